"""Files to and from the browser: what is taken, and who gets what."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import FormData
from PIL import Image
from sqlmodel import select

from core.clock import ManualClock
from core.tables import Medium
from gateway import webchat_uploads
from gateway.webchat_uploads import clean_name, kind_of
from tests.gateway.webchat_double import PDF, Browser, Double, alone


@pytest.fixture(scope="session")
def picture() -> bytes:
    """A photo with a position in it."""
    image = Image.new("RGB", (40, 20), "red")
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[1] = "N"
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif.tobytes(), comment=b"where I live")
    return out.getvalue()


@pytest.fixture
async def double(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Double]:
    async with alone(tmp_path, clock) as made:
        yield made


async def upload(browser: Browser, content: bytes, name: str = "a.jpg") -> tuple[int, dict[str, Any]]:
    form = FormData(quote_fields=False)  # as browsers do
    form.add_field("file", io.BytesIO(content), filename=name, content_type="application/octet-stream")
    async with browser.http.post(f"{browser.url}/chat/upload", data=form) as answer:
        return answer.status, await answer.json()


async def test_a_photo_goes_up_and_every_tab_can_see_it(url: str, picture: bytes) -> None:
    async with Browser(url) as browser:
        status, given = await upload(browser, picture, "আমার মিটার.JPG")
        assert status == 201
        assert (given["mime"], given["name"]) == ("image/jpeg", "আমার মিটার.jpg")
        tab, other = await browser.tab(), await browser.tab()
        await tab.say({"t": "msg", "cid": "a", "text": "", "media": [{"id": given["id"]}]})
        await tab.next("ack")
        assert (await tab.next("msg"))["text"] == "1 file, image/jpeg"
        shown = (await other.next("msg"))["media"][0]
        async with browser.http.get(url + shown["url"]) as answer:
            assert answer.status == 200
            content = await answer.read()
        assert len(content) == shown["size"]
        with Image.open(io.BytesIO(content)) as image:
            assert image.size == (20, 40), "turned as the camera was held"
            assert not image.getexif() and "comment" not in image.info
        assert b"where I live" not in content


async def test_an_uploaded_photo_is_known_to_the_library(url: str, double: Double, picture: bytes) -> None:
    async with Browser(url) as browser:
        _, given = await upload(browser, picture)
        tab = await browser.tab()
        await tab.say({"t": "msg", "cid": "a", "text": "", "media": [{"id": given["id"]}]})
        await tab.next("ack")
        async with double.db.reading() as session:
            [row] = (await session.exec(select(Medium))).all()
        assert (row.state, row.mime, row.size) == ("stored", "image/jpeg", given["size"])
        kept = await double.services.library.open(row.id or 0, double.channel.tenant)
        assert kept is not None and len(kept.content) == given["size"]


async def test_a_file_belongs_to_its_session(url: str, picture: bytes) -> None:
    async with Browser(url) as owner, Browser(url) as stranger:
        _, given = await upload(owner, picture)
        tab = await stranger.tab()
        await tab.say({"t": "msg", "cid": "a", "text": "", "media": [{"id": given["id"]}]})
        assert (await tab.next("err"))["code"] == "bad_file"


def png(width: int, height: int) -> bytes:
    out = io.BytesIO()
    Image.new("1", (width, height)).save(out, "PNG")
    return out.getvalue()


REFUSED = [
    ("a page", b"<html><script>alert(1)</script>", 415, "type"),
    ("a program", b"MZ\x90\x00" * 10, 415, "type"),
    ("a drawing with scripts", b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, "type"),
    ("half a picture", b"\xff\xd8\xff\xe0\x00\x10JFIF", 415, "unreadable"),
    ("a picture by its first bytes only", b"\x89PNG\r\n\x1a\n<script>", 415, "unreadable"),
    ("nothing", b"", 400, "empty"),
    ("too large a picture", b"\xff\xd8\xff", 413, "too_large"),
    ("too large a paper", b"%PDF-", 413, "too_large"),
]


@pytest.mark.parametrize(
    ("content", "status", "code"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
async def test_what_is_no_picture_and_no_paper_is_refused(
    url: str, double: Double, content: bytes, status: int, code: str
) -> None:
    async with Browser(url) as browser:
        if code == "too_large":
            content += bytes(webchat_uploads.limit_of(kind_of(content)))
        got, answer = await upload(browser, content)
        assert (got, answer["code"]) == (status, code)
        folder = double.settings.data_dir / "uploads"
        assert not folder.exists() or not any(folder.rglob("*"))


async def test_a_bomb_of_pixels_is_refused(url: str) -> None:
    async with Browser(url) as browser:
        assert await upload(browser, png(9000, 9000)) == (413, {"code": "too_large"})


async def test_a_body_that_is_no_form_is_refused(url: str) -> None:
    async with Browser(url) as browser:
        async with browser.http.post(f"{url}/chat/upload", data=b"abc") as answer:
            assert answer.status == 415
        headers = {"Content-Type": "multipart/form-data; boundary=x"}
        for body in (b"", b"--x\r\n", b"--x\r\n\r\nabc\r\n--x--", b"garbage"):
            async with browser.http.post(f"{url}/chat/upload", data=body, headers=headers) as answer:
                assert answer.status in (400, 415), body
        browser.http.cookie_jar.clear()
        form = FormData()
        form.add_field("file", PDF, filename="a.pdf")
        async with browser.http.post(f"{url}/chat/upload", data=form) as answer:
            assert answer.status == 401


async def test_so_many_uploads_a_minute(url: str) -> None:
    async with Browser(url) as browser:
        statuses = [(await _status(browser)) for _ in range(12)]
        assert statuses[:10] == [201] * 10 and statuses[-1] == 429


async def _status(browser: Browser) -> int:
    form = FormData()
    form.add_field("file", PDF, filename="a.pdf")
    async with browser.http.post(f"{browser.url}/chat/upload", data=form) as answer:
        return answer.status


async def test_a_bill_can_be_fetched_by_its_customer_for_a_while(url: str, double: Double, clock: ManualClock) -> None:
    async with Browser(url) as browser:
        tab = await browser.tab()
        await tab.say({"t": "msg", "cid": "a", "text": "pdf"})
        item = (await tab.next("msg"))["media"][0]
        assert (item["mime"], item["size"]) == ("application/pdf", len(PDF))
        async with browser.http.get(url + item["url"]) as answer:
            assert await answer.read() == PDF
            headers = answer.headers
        assert headers["Content-Disposition"].startswith('attachment; filename="___-2026-09.pdf"; filename*=UTF-8')
        assert headers["X-Content-Type-Options"] == "nosniff" and headers["Cache-Control"] == "no-store"
        assert headers["X-Robots-Tag"] == "noindex" and "sandbox" in headers["Content-Security-Policy"]
        altered = item["url"][:-3] + ("aaa" if not item["url"].endswith("aaa") else "bbb")
        for address in (altered, "/chat/file/x", "/chat/file/" + "a" * 3000):
            async with browser.http.get(url + address) as answer:
                assert answer.status == 404
        clock.advance(timedelta(minutes=16))
        async with browser.http.get(url + item["url"]) as answer:
            assert answer.status == 404
        fresh = await browser.http.get(f"{url}/chat/poll", params={"after": 1, "wait": 0})
        address = (await fresh.json())["frames"][1]["media"][0]["url"]
        async with browser.http.get(url + address) as answer:
            assert answer.status == 200


async def test_a_preview_without_the_cookie_gets_nothing(url: str) -> None:
    async with Browser(url) as browser:
        tab = await browser.tab()
        await tab.say({"t": "msg", "cid": "a", "text": "pdf"})
        item = (await tab.next("msg"))["media"][0]
        browser.http.cookie_jar.clear()
        async with browser.http.get(url + item["url"]) as answer:
            assert answer.status == 404 and await answer.read() == b""


NAMES = [
    ("../../etc/passwd", "passwd.pdf"),
    ("C:\\Users\\a\\bill.exe", "bill.pdf"),
    ("\u202egnp.exe", "gnp.pdf"),
    ("ক্ষ\u200dয় বিল.PDF", "ক্ষ\u200dয় বিল.pdf"),
    ("", "file.pdf"),
    ("...", "file.pdf"),
    ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie: x.pdf"),
]


@pytest.mark.parametrize(("name", "wanted"), NAMES)
def test_a_name_keeps_its_letters_and_loses_its_tricks(name: str, wanted: str) -> None:
    assert clean_name(name, "pdf") == wanted


def test_kinds_by_content() -> None:
    assert kind_of(b"RIFF\0\0\0\0WEBPVP8 ") == "WEBP"
    assert kind_of(b"RIFF\0\0\0\0WAVEfmt ") == ""
    assert kind_of(b"GIF89a") == ""


async def test_a_file_that_nobody_sends_goes_after_a_day(
    url: str, double: Double, picture: bytes, clock: ManualClock
) -> None:
    library = double.services.library
    async with Browser(url) as browser:
        tab = await browser.tab()
        (_, sent), _ = await upload(browser, picture), await upload(browser, picture)
        await tab.say({"t": "msg", "cid": "a", "text": "my meter", "media": [{"id": sent["id"]}]})
        await tab.next("ack")
        clock.advance(timedelta(hours=23))
        assert await library.remove_unsent() == 0
        clock.advance(timedelta(hours=2))
        assert await library.remove_unsent() == 1 and await library.remove_unsent() == 0
        assert len(list(double.settings.data_dir.glob("uploads/*/*"))) == 2, (
            "the one that was sent, and what is known of it"
        )
        clock.advance(timedelta(days=400))
        assert await library.remove_old(365) == 1
        assert not list(double.settings.data_dir.glob("uploads/*/*"))
