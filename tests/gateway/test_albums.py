"""Pictures that come one by one and belong together: one turn, one answer, and no picture lost."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.inbox import InboxRow
from core.messages import Actor, IncomingMessage, Kind, MediaRef
from core.tables import Message
from gateway.albums import album_of
from tests.fakes.ledger import File
from tests.gateway.live import Live, live
from tests.gateway.test_media import PHONE, photo, send

CHAT = 4711


async def album(
    here: Live, *, names: tuple[str, ...], group: str = "g", captions: dict[str, str] | None = None
) -> None:
    """Somebody sends an album on Telegram: an update for each picture, the next when the one before was taken."""
    for number, name in enumerate(names):
        here.platform.telegram.files[name] = File(name=name, mime="image/jpeg", content=photo(size=(40 + number, 30)))
        content: dict[str, Any] = {"photo": [{"file_id": name, "width": 90, "height": 90}], "media_group_id": group}
        if caption := (captions or {}).get(name):
            content["caption"] = caption
        assert await here.platform.send_telegram(CHAT, content) == [200]


async def incoming(here: Live) -> list[Message]:
    return [row for row in await here.rows(Message) if row.direction == "incoming"]


async def test_an_album_is_one_turn_and_every_picture_is_kept(tmp_path: Path) -> None:
    async with live(tmp_path) as here:
        await album(here, names=("a", "b", "c", "d"))
        stored = await here.stored(4)
        [seen] = await here.platform.wait_for(1, to=str(CHAT))
        await asyncio.sleep(0.3)
        assert here.platform.messages(str(CHAT)) == [seen], "one answer"
        [turn] = here.rasa.turns
        assert turn["choice"] == {"intent": "inform_media", "entities": {"count": 4, "kind": "image"}}
        assert sorted(row.width for row in stored) == [40, 41, 42, 43]
        rows = await incoming(here)
        assert [row.payload["media"][0]["ref"] for row in rows] == ["a", "b", "c", "d"], "each in its place"
        first, *others = [row for row in await here.rows(InboxRow) if row.kind == "message"]
        assert {row.state for row in (first, *others)} == {"done"} and first.attempts == 1
        assert all(row.result == {"outcome": "album", "with": first.id} for row in others)


async def test_two_albums_and_words_between_them_stay_in_order(tmp_path: Path) -> None:
    async with live(tmp_path, album_seconds=10.0) as here:
        await album(here, names=("a", "b"), captions={"b": "our house"})
        await album(here, names=("c", "d"), group="h")
        await here.platform.send_telegram(CHAT, {"text": "my street"})
        # What follows shows that an album is complete: nobody waits for the pause.
        await here.platform.wait_for(3, to=str(CHAT), seconds=9)
        asked = [turn.get("text") or turn["choice"]["entities"]["count"] for turn in here.rasa.turns]
        assert asked == ["our house", 2, "my street"]
        assert [row.text for row in await incoming(here)] == ["", "our house", "", "", "my street"]
        assert len(await here.stored(4)) == 4


async def test_pictures_at_once_on_whatsapp_are_one_turn(tmp_path: Path) -> None:
    async with live(tmp_path) as here:
        await asyncio.gather(*(send(here, "image", photo(size=(50 + n, 20)), "image/jpeg") for n in range(3)))
        assert len(await here.stored(3)) == 3
        await here.platform.wait_for(1, to=PHONE)
        await asyncio.sleep(0.3)
        assert [turn["choice"]["entities"]["count"] for turn in here.rasa.turns] == [3]
        assert len(here.platform.messages(PHONE)) == 1
        last = (await incoming(here))[-1].external_id
        assert last in here.platform.ledger.acknowledged, "read to the end"


async def test_danger_in_a_caption_does_not_wait(tmp_path: Path) -> None:
    async with live(tmp_path, album_seconds=10.0) as here:
        await album(here, names=("a",), captions={"a": "তার ছিঁড়ে পড়ে আছে, আগুন!"})
        await here.platform.wait_for(1, to=str(CHAT), seconds=9)
        first = next(row for row in await here.rows(Message) if row.direction == "outgoing")
        assert first.answer == "utter_danger"


async def test_a_picture_alone_waits_for_the_pause_and_no_longer(tmp_path: Path) -> None:
    async with live(tmp_path, album_seconds=0.5) as here:
        began = asyncio.get_running_loop().time()
        await send(here, "image", photo(), "image/jpeg")
        await here.platform.wait_for(1, to=PHONE)
        assert 0.4 < asyncio.get_running_loop().time() - began < 8.0
        [row] = [row for row in await here.rows(InboxRow) if row.kind == "message"]
        assert row.attempts == 1, "waiting is no try"


@pytest.mark.parametrize(
    ("kinds", "album", "loose", "expected"),
    [
        (("image",), "g", False, "album g"),
        (("image",), "", True, "loose"),
        (("image", "document"), "", True, "loose"),
        (("image",), "", False, ""),
        (("voice",), "", True, ""),
        (("audio",), "g", False, ""),
        (("sticker",), "", True, ""),
    ],
)
def test_what_belongs_together(kinds: tuple[str, ...], album: str, loose: bool, expected: str) -> None:
    message = IncomingMessage(
        external_id="1",
        addresses=("x:1",),
        kind=Kind.MEDIA,
        occurred_at=datetime.now(UTC),
        media=tuple(MediaRef(kind=kind, ref="r") for kind in kinds),
        detail={"album": album} if album else {},
    )
    assert album_of(message, loose=loose) == expected
    assert album_of(replace(message, actor=Actor.OPERATOR), loose=loose) == ""
