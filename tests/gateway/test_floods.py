"""One person's flood (R15): others are served, one notice is given, nothing is lost, and a danger in it is still heard."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from core.clock import ManualClock
from core.tables import InboxRow
from tests.gateway.live import Live, live

DANGER = "a live wire has fallen on the road and it is sparking"
FLOODER, OTHER = "+8801700000077", "+8801700000078"
NOTICE = "That is a lot at once"


async def _handled(here: Live, count: int) -> bool:
    rows = [row for row in await here.rows(InboxRow) if row.kind == "message"]
    return len(rows) == count and all(row.state == "done" for row in rows)


async def test_a_flood_is_kept_told_once_and_hides_no_danger(tmp_path: Path) -> None:
    async with live(tmp_path, messages_per_minute=1) as here:
        for number in range(14):
            await here.platform.say(FLOODER, f"hello number {number}")
        await here.platform.say(FLOODER, DANGER)
        await here.platform.say(FLOODER, "hello again")
        await here.platform.say(OTHER, "hello from somebody else")
        await here.until(lambda: _handled(here, 17))
        asked = [turn.get("text") for turn in here.rasa.turns if turn["metadata"]["contact_id"] == 1]
        assert asked == [f"hello number {number}" for number in range(5)] + [DANGER]
        assert len(here.rasa.turns) == 7, "somebody else was not answered"
        written = [text for direction, _, text in await here.transcript() if direction == "incoming"]
        assert len(written) == 17
        said = [seen.text for seen in await here.platform.wait_for(8, to=FLOODER)]
        assert sum(NOTICE in text for text in said) == 1
        assert sum("16999" in text and "wire" in text.lower() for text in said) == 1, "no safety words"


async def test_after_some_minutes_messages_are_answered_again(tmp_path: Path) -> None:
    clock = ManualClock(datetime.now(UTC))
    async with live(tmp_path, messages_per_minute=1, clock=clock) as here:
        for number in range(7):
            await here.platform.say(FLOODER, f"hello number {number}")
        await here.until(lambda: _handled(here, 7))
        assert len(here.rasa.turns) == 5
        clock.advance(timedelta(seconds=301))
        await here.platform.say(FLOODER, "hello later")
        await here.until(lambda: _handled(here, 8))
        assert here.rasa.turns[-1]["text"] == "hello later"
        assert "flooded" not in here.rasa.turns[-1]["state"]
