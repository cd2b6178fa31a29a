"""Every story of tests/conversations against the real model, real actions and a real database (`make replay`)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.platform import FakePlatform
from tests.replay import story
from tests.replay.player import play
from tests.replay.stage import Stage

ROOT = Path(__file__).resolve().parent.parent / "conversations"
STORIES = story.find(ROOT)


def test_there_are_stories_in_all_forms_on_two_channels() -> None:
    """Forty stories over five written forms and two channels are the least that counts as covered."""
    forms = {path.name.split("_", 1)[0] for path in STORIES}
    channels = {story.load(path).channel for path in STORIES}
    assert len(STORIES) >= 40
    assert {"bn", "bn-Latn", "en", "hi", "hi-Latn"} <= forms
    assert {"whatsapp", "web"} <= channels


@pytest.mark.timeout(180)
@pytest.mark.parametrize("path", STORIES, ids=[str(path.relative_to(ROOT)) for path in STORIES])
async def test_story(path: Path, place: Stage) -> None:
    told = story.load(path)
    # The intent of an answer to a question (a bare number, a place) is nobody's concern; what it leads to is.
    assert all(turn.answers or turn.does == "wait" for turn in told.turns), "a turn that expects nothing proves nothing"
    async with FakePlatform() as platform, place.service(told.tenant, platform) as service:
        outcome = await play(told, service)
    assert not outcome.faults, "\n".join(outcome.faults)
