"""Customers' files: fetched at once, looked at, kept, refused with a reason; voices honestly answered or heard."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web
from PIL import Image

from core.clock import ManualClock
from core.database import Database
from core.media import FolderShelf, Library
from core.tables import Message
from gateway.media_check import BadFile, check, kind_of, position
from tests.fakes.ledger import File
from tests.gateway.live import Live, live

PHONE = "+8801700000077"
OGG = b"OggS\x00\x02" + bytes(40)
PDF = b"%PDF-1.7\n% an application\n"


def photo(*, place: bool = True, size: tuple[int, int] = (64, 32)) -> bytes:
    """A picture with a position and a comment hidden in it."""
    exif = Image.Exif()
    if place:
        exif.get_ifd(0x8825).update({1: "N", 2: (23.0, 48.0, 36.0), 3: "E", 4: (90.0, 24.0, 0.0)})
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, "JPEG", exif=exif.tobytes(), comment=b"where I live")
    return out.getvalue()


async def send(here: Live, kind: str, content: bytes, mime: str, **more: object) -> None:
    """Somebody sends a file on WhatsApp."""
    media_id = here.platform.meta.keep(File(name="", mime=mime, content=content))
    body = {"id": media_id, "mime_type": mime, "sha256": "x", **more}
    assert await here.platform.send_whatsapp(PHONE, {"type": kind, kind: body}) == [200]


async def test_a_photo_is_fetched_looked_at_and_kept_without_what_it_hides(tmp_path: Path) -> None:
    async with live(tmp_path) as here:
        await send(here, "image", photo(), "image/jpeg")
        [row] = await here.stored()
        assert (row.mime, row.width, row.height, row.kind) == ("image/jpeg", 64, 32, "image")
        assert row.latitude is None, "nobody asked for a place"
        services = here.service.services
        found = await services.library.open(row.id, row.tenant)
        assert found is not None and b"where I live" not in found.content
        with Image.open(io.BytesIO(found.content)) as image:
            assert not image.getexif()
        assert await services.library.open(row.id, "somebody-else") is None
        [message] = [item for item in await here.rows(Message) if item.direction == "incoming"]
        assert message.payload["media"][0]["stored"] == row.id


async def test_a_picture_s_own_place_is_kept_only_as_the_answer_to_a_place_question(tmp_path: Path) -> None:
    ask = [{"name": "utter_ask_hazard_place", "facts": {}}]
    async with live(tmp_path, answering=lambda body: ask) as here:
        await here.platform.say(PHONE, "hello there")
        await here.platform.wait_for(1, to=PHONE)
        [asked] = [row for row in await here.rows(Message) if row.direction == "outgoing"]
        assert asked.payload.get("ask") == "location", "the test needs a question for a place"
        await send(here, "document", photo(), "image/jpeg", filename="IMG 1.jpeg")
        [row] = await here.stored()
        assert (row.latitude, row.longitude) == (23.81, 90.4)
        assert row.name == "IMG 1.jpg"


async def test_what_is_no_picture_is_refused_and_the_customer_is_told(tmp_path: Path) -> None:
    async with live(tmp_path) as here:
        await send(here, "document", b"MZ\x90\x00" * 20, "application/pdf", filename="bill.pdf")
        [row] = await here.stored(state="refused")
        assert row.reason == "type" and not row.shelf_key
        assert "PDF" in await here.said("could not take that file", PHONE)
        assert not (tmp_path / "media").exists()


async def test_a_file_server_that_is_away_is_asked_again(tmp_path: Path) -> None:
    async with live(tmp_path) as here:
        here.platform.fail("whatsapp", status=503, path="media-file", times=1)
        await send(here, "image", photo(), "image/jpeg")
        [row] = await here.stored()
        assert row.attempts == 2


async def test_a_voice_message_is_kept_and_honestly_answered(tmp_path: Path) -> None:
    async with live(tmp_path) as here:
        await send(here, "audio", OGG, "audio/ogg; codecs=opus", voice=True)
        assert "ভয়েস মেসেজ আমি শুনতে পারি না" in await here.said("ভয়েস", PHONE)
        [row] = await here.stored()
        assert (row.kind, row.mime) == ("voice", "audio/ogg")
        assert here.rasa.turns == [], "the dialogue core is not asked about a sound"


async def test_somebody_who_listens_makes_a_voice_a_turn(tmp_path: Path) -> None:
    asked: list[dict[str, object]] = []

    async def hear(request: web.Request) -> web.Response:
        form = await request.post()
        sound = form["file"]
        assert isinstance(sound, web.FileField)
        asked.append({"size": len(sound.file.read()), "language": form["language"], **dict(request.headers)})
        return web.json_response({"text": " বিদ্যুৎ  নেই দুই ঘণ্টা "})

    app = web.Application()
    app.router.add_post("/v1/audio/transcriptions", hear)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1/audio/transcriptions"
    try:
        async with live(tmp_path, stt_url=url, stt_token="token-of-the-listener") as here:
            await send(here, "audio", OGG, "audio/ogg", voice=True)
            assert "বিদ্যুৎ নেই দুই ঘণ্টা" in await here.said("I heard", PHONE)
            assert here.rasa.turns[0]["text"] == "বিদ্যুৎ নেই দুই ঘণ্টা"
            [row] = await here.stored()
            assert (row.words, row.attempts) == ("বিদ্যুৎ নেই দুই ঘণ্টা", 0)
            assert ("incoming", "customer", "বিদ্যুৎ নেই দুই ঘণ্টা") in await here.transcript()
            assert asked[0]["size"] == len(OGG) and asked[0]["language"] == "bn"
            assert asked[0]["Authorization"] == "Bearer token-of-the-listener"
    finally:
        await runner.cleanup()


async def test_a_listener_that_is_away_costs_honesty_not_the_message(tmp_path: Path) -> None:
    async with live(tmp_path, stt_url="http://127.0.0.1:9/none") as here:
        await send(here, "audio", OGG, "audio/ogg", voice=True)
        assert "ভয়েস" in await here.said("ভয়েস", PHONE)
        await here.stored()


async def test_messenger_and_telegram_files_are_kept_too(tmp_path: Path) -> None:
    async with live(tmp_path) as here:
        number = here.platform.meta.keep(File(name="", mime="image/jpeg", content=photo()))
        url = f"{here.platform.graph_url}/cdn/{number}"
        attachment = {"type": "image", "payload": {"url": url}}
        await here.platform.send_messenger("7001", {"message": {"mid": "m_photo", "attachments": [attachment]}})
        file_id = "F-1"
        here.platform.telegram.files[file_id] = File(name="a.pdf", mime="application/pdf", content=PDF)
        document = {"file_id": file_id, "file_name": "a.pdf", "mime_type": "application/pdf", "file_size": len(PDF)}
        await here.platform.send_telegram(42, {"document": document})
        rows = {row.channel.partition(":")[0]: row for row in await here.stored(2)}
        assert rows["messenger"].mime == "image/jpeg" and rows["telegram"].name == "a.pdf"


async def test_what_cannot_be_read_is_answered(tmp_path: Path) -> None:
    async with live(tmp_path) as here:
        await here.platform.send_whatsapp(PHONE, {"type": "unsupported", "unsupported": {"type": "poll"}})
        assert await here.said("এই ধরনের মেসেজ", PHONE)
        await here.platform.send_telegram(42, {"contact": {"phone_number": "", "first_name": "N", "user_id": 43}})
        assert await here.said("এই ধরনের মেসেজ", "42"), "a card without a number"
        assert here.rasa.turns == []


async def test_a_claim_ends_and_old_files_go(tmp_path: Path, clock: ManualClock) -> None:
    async with live(tmp_path, clock=clock, media_days=30) as here:
        library = here.service.services.library
        await send(here, "image", photo(), "image/jpeg")
        [row] = await here.stored()
        assert await library.claim() is None
        clock.advance(timedelta(days=29))
        assert await library.remove_old(30) == 0
        clock.advance(timedelta(days=2))
        assert await library.remove_old(30) == 1
        [gone] = await here.media()
        assert (gone.state, gone.shelf_key) == ("removed", "")
        assert await library.open(row.id, row.tenant) is None
        assert not [path for path in (tmp_path / "media").rglob("*") if path.is_file()]


async def test_a_dead_worker_s_file_is_taken_up_and_its_late_word_refused(database: Database, tmp_path: Path) -> None:
    from core import media, store
    from core.messages import IncomingMessage, Kind, MediaRef

    clock = database.clock
    assert isinstance(clock, ManualClock)
    library = Library(database, FolderShelf(tmp_path))
    ref = MediaRef(kind="image", ref="1")
    message = IncomingMessage(
        external_id="w1", addresses=("whatsapp:+1",), kind=Kind.MEDIA, occurred_at=clock.now(), media=(ref,)
    )
    async with database.transaction() as session:
        _, conversation = await store.open_conversation(session, database, "t", "whatsapp:1", message)
        row = await store.write_incoming(session, database, conversation, message, "")
        await media.register(session, database, conversation, row, {0: ref})
    first = await library.claim()
    assert first is not None and await library.claim() is None
    clock.advance(media.LEASE + timedelta(seconds=1))
    second = await library.claim()
    assert second is not None and second.id == first.id
    async with database.transaction() as session:
        assert not await library.note_refused(session, first, "late")
        assert await library.note_refused(session, second, "type")


KINDS = [
    (b"\xff\xd8\xff\xe0", "JPEG"),
    (b"RIFF\0\0\0\0WEBPVP8 ", "WEBP"),
    (b"RIFF\0\0\0\0WAVEfmt ", "WAV"),
    (b"\0\0\0\x20ftypM4A ", "M4A"),
    (b"\0\0\0\x20ftypisom", "MP4"),
    (b"\0\0\0\x203gp5", ""),
    (b"\0\0\0\x20ftyp3gp5", "3GP"),
    (b"#!AMR\n", "AMR"),
    (b"ID3\x04", "MP3"),
    (b"\xff\xfb\x90", "MP3"),
    (b"\xff\xf1\x50", "AAC"),
    (b"<svg xmlns=", ""),
    (b"PK\x03\x04", ""),
    (b"", ""),
]


@pytest.mark.parametrize(("head", "kind"), KINDS)
def test_a_kind_is_its_first_bytes(head: bytes, kind: str) -> None:
    assert kind_of(head) == kind


def bomb() -> bytes:
    out = io.BytesIO()
    Image.new("1", (9000, 9000)).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"<html><script>", "type"),
        (b"\x89PNG\r\n\x1a\n<script>", "unreadable"),
        (photo()[:60], "unreadable"),
        (b"\xff\xd8\xff" + bytes(10 << 20), "too_large"),
        (b"OggS" + bytes(16 << 20), "too_large"),
        (bomb(), "too_large"),
    ],
    ids=["page", "polyglot", "half", "big picture", "long sound", "pixels"],
)
def test_what_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(BadFile) as refused:
        check(content)
    assert refused.value.code == code


def test_a_recording_that_looks_like_a_film_is_a_recording() -> None:
    assert check(b"\0\0\0\x20ftypisom" + bytes(20), "voice").mime == "audio/mp4"
    assert check(b"\0\0\0\x20ftypisom" + bytes(20), "video").mime == "video/mp4"


@pytest.mark.parametrize(
    ("gps", "found"),
    [
        ({1: "S", 2: (22, 30, 0), 3: "W", 4: (88, 0, 36)}, (-22.5, -88.01)),
        ({1: "N", 2: (95, 0, 0), 3: "E", 4: (90, 0, 0)}, None),
        ({1: "N", 2: (0, 0, 0), 3: "E", 4: (0, 0, 0)}, None),
        ({1: "N", 2: ("x", 0, 0), 3: "E", 4: (0, 0, 0)}, None),
        ({}, None),
    ],
)
def test_positions(gps: dict[int, object], found: tuple[float, float] | None) -> None:
    assert position(gps) == found
