"""Who may open a line to the web chat and what it may carry: bad frames, floods, foreign pages, others' sessions."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import WSServerHandshakeError

from connectors.webchat import MAX_FRAME
from core.clock import ManualClock
from core.tables import InboxRow
from gateway import webchat
from gateway.webchat_sessions import COOKIE
from tests.gateway.webchat_double import Browser, Double, Tab, poll, rows, serving

BAD = [
    ("no-json", "{", "bad_frame"),
    ("a list", "[]", "bad_frame"),
    ("unknown", '{"t":"dance"}', "unknown_frame"),
    ("no kind", "{}", "unknown_frame"),
    ("no cid", '{"t":"msg","text":"a"}', "bad_cid"),
    ("a cid too long", '{"t":"msg","cid":"%s","text":"a"}' % ("x" * 65), "bad_cid"),
    ("a cid with a quote", '{"t":"msg","cid":"a\'b","text":"a"}', "bad_cid"),
    ("empty text", '{"t":"msg","cid":"a","text":"  "}', "empty"),
    ("text that is none", '{"t":"msg","cid":"a","text":5}', "bad_frame"),
    ("long text", '{"t":"msg","cid":"a","text":"%s"}' % ("x" * 8001), "too_long"),
    ("a file of nobody", '{"t":"msg","cid":"a","text":"","media":[{"id":"AAAA"}]}', "bad_file"),
    ("a path for a file", '{"t":"msg","cid":"a","text":"","media":[{"id":"../../etc"}]}', "bad_file"),
    ("a place off the earth", '{"t":"location","cid":"a","lat":91,"lon":0}', "bad_location"),
    ("a place that is none", '{"t":"location","cid":"a","lat":NaN,"lon":0}', "bad_location"),
    ("an endless choice", '{"t":"choice","cid":"a","id":"%s","msg_seq":1}' % ("x" * 257), "bad_choice"),
    ("a negative number", '{"t":"read","seq":-1}', "bad_frame"),
    ("a second hello", '{"t":"hello","v":1,"token":"","session":"","last_seq":0}', "unknown_frame"),
]


@pytest.mark.parametrize(("data", "code"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
async def test_a_bad_frame_is_refused_and_the_line_stays(url: str, double: Double, data: str, code: str) -> None:
    async with Browser(url) as browser:
        tab = await browser.tab()
        await tab.socket.send_str(data)
        assert (await tab.next("err"))["code"] == code
        await tab.say({"t": "ping"})
        await tab.next("pong")
        assert await rows(double.db, InboxRow) == []


async def test_binary_frames_are_refused(url: str) -> None:
    async with Browser(url) as browser:
        tab = await browser.tab()
        await tab.socket.send_bytes(b"\x00")
        assert (await tab.next("err"))["code"] == "bad_frame"


async def test_a_flood_of_bad_frames_ends_the_line(url: str) -> None:
    async with Browser(url) as browser:
        tab = await browser.tab()
        for _ in range(25):
            await tab.socket.send_str("{")
        assert await tab.closed() == 1008


async def test_an_oversize_frame_ends_the_line(url: str, double: Double) -> None:
    async with Browser(url) as browser:
        tab = await browser.tab()
        await tab.socket.send_str('{"t":"msg","cid":"a","text":"' + "x" * MAX_FRAME + '"}')
        assert await tab.closed() == 1009
        assert await rows(double.db, InboxRow) == []


async def test_more_than_five_in_five_seconds_must_wait(url: str, double: Double) -> None:
    async with Browser(url) as browser:
        tab = await browser.tab()
        began = time.monotonic()
        for number in range(20):  # one more is allowed each second, and a busy machine takes some for twenty
            await tab.say({"t": "msg", "cid": f"c-{number}", "text": "silence"})
        errors = [await tab.next("err") for _ in range(2)]
        assert {error["code"] for error in errors} == {"rate_limited"}
        assert all(0 < error["retry_ms"] <= 2000 for error in errors)
        await asyncio.sleep(max(error["retry_ms"] for error in errors) / 1000 + 1.05)
        await tab.say({"t": "msg", "cid": errors[0]["cid"], "text": "silence"})
        while (await tab.next("ack"))["cid"] != errors[0]["cid"]:
            pass
        assert len(set(double.turns)) <= 5 + (time.monotonic() - began)


async def test_danger_does_not_wait_for_the_limit(url: str, double: Double) -> None:
    async with Browser(url) as browser:
        tab = await browser.tab()
        for number in range(20):
            await tab.say({"t": "msg", "cid": f"c-{number}", "text": "silence"})
        await tab.next("err")
        await tab.say({"t": "msg", "cid": "danger", "text": "তার ছিঁড়ে রাস্তায় পড়েছে"})
        frames = [await tab.next("ack", "err")]
        while frames[-1].get("cid") != "danger":
            frames.append(await tab.next("ack", "err"))
        assert frames[-1]["t"] == "ack"


async def test_no_hello_in_time_closes_with_4401(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webchat, "HELLO_SECONDS", 0.3)
    async with Browser(url) as browser:
        socket = await browser.socket()
        await socket.ping()
        assert await Tab(socket).closed() == 4401


HELLOS = [
    ("no token", {"token": "", "session": ""}),
    ("a forged token", {"token": "0" * 32 + ".AAAA.BBBB"}),
    ("another's session", {"session": "f" * 32}),
    ("no token but a session", {"token": ""}),
    ("an old version", {"v": 0}),
]


@pytest.mark.parametrize("change", [case[1] for case in HELLOS], ids=[case[0] for case in HELLOS])
async def test_a_hello_that_proves_nothing_closes_with_4401(url: str, change: dict[str, Any]) -> None:
    async with Browser(url) as browser:
        tab = Tab(await browser.socket())
        await tab.say(
            {"t": "hello", "v": 1, "token": browser.token, "session": browser.session, "last_seq": 0, **change}
        )
        assert (await tab.next("err"))["code"] in ("unauthorized", "bad_version")
        assert await tab.closed() == 4401


async def test_anything_before_hello_closes_with_4401(url: str, double: Double) -> None:
    async with Browser(url) as browser:
        tab = Tab(await browser.socket())
        await tab.say({"t": "msg", "cid": "a", "text": "hello"})
        assert await tab.closed() == 4401
        assert await rows(double.db, InboxRow) == []


async def test_a_token_dies_after_minutes(url: str, clock: ManualClock) -> None:
    async with Browser(url) as browser:
        clock.advance(timedelta(minutes=11))
        tab = Tab(await browser.socket())
        await tab.say({"t": "hello", "v": 1, "token": browser.token, "session": browser.session, "last_seq": 0})
        assert await tab.closed() == 4401
        before = browser.session
        await browser.begin()
        assert browser.session == before
        await browser.tab()


async def test_the_cookie_alone_is_enough_from_our_own_page(url: str) -> None:
    async with Browser(url) as browser:
        tab = Tab(await browser.socket(Origin=url))
        await tab.say({"t": "hello", "v": 1, "token": "", "session": "", "last_seq": 0})
        assert (await tab.next("welcome"))["session"] == browser.session


FOREIGN = ["https://evil.example", "null", "http://127.0.0.1:1", "http://127.0.0.1", "file://"]


@pytest.mark.parametrize("origin", FOREIGN)
async def test_a_foreign_page_is_refused(url: str, origin: str) -> None:
    async with Browser(url) as browser:
        with pytest.raises(WSServerHandshakeError) as refused:
            await browser.socket(Origin=origin)
        assert refused.value.status == 403
        for path in ("session", "send", "upload", "leave"):
            async with browser.http.post(f"{url}/chat/{path}", headers={"Origin": origin}, data=b"{}") as answer:
                assert answer.status == 403, path


async def test_another_site_is_refused_by_what_the_browser_says(url: str) -> None:
    async with Browser(url) as browser:
        headers = {"Sec-Fetch-Site": "cross-site"}
        async with browser.http.post(f"{url}/chat/session", headers=headers) as answer:
            assert answer.status == 403


async def test_a_session_cannot_be_chosen(url: str) -> None:
    async with Browser(url) as browser:
        real = browser.session
        for value in ("1" * 32, f"{'1' * 32}.abc", "", "a" * 5000, f"{real}.forged"):
            async with browser.http.post(f"{url}/chat/session", cookies={COOKIE: value}) as answer:
                given = (await answer.json())["session"]
            assert len(given) == 32 and given not in value


async def test_many_swapped_sessions_read_nothing(url: str, double: Double) -> None:
    async with Browser(url) as owner, Browser(url) as stranger:
        tab = await owner.tab()
        await tab.say({"t": "msg", "cid": "a", "text": "pdf please"})
        address = (await tab.next("msg"))["media"][0]["url"]
        async with stranger.http.get(url + address) as answer:
            assert answer.status == 404
        for _ in range(50):
            mixed = Tab(await stranger.socket())
            await mixed.say({"t": "hello", "v": 1, "token": stranger.token, "session": owner.session, "last_seq": 0})
            assert await mixed.closed() == 4401
        theirs = await stranger.tab()
        assert theirs.welcome["seq"] == 0 and await theirs.rest() == []


async def test_leaving_forgets_the_session(url: str) -> None:
    async with Browser(url) as browser:
        before = browser.session
        async with browser.http.post(f"{url}/chat/leave") as answer:
            assert answer.status == 200
        await browser.begin()
        assert browser.session != before


async def test_the_cookie_is_out_of_reach_of_scripts(url: str) -> None:
    async with Browser(url) as browser, browser.http.post(f"{url}/chat/session") as answer:
        cookie = answer.headers["Set-Cookie"]
        assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and browser.session in cookie


async def test_a_stop_says_going_away(double: Double) -> None:
    async with serving(double) as url:
        browser = Browser(url)
        await browser.begin()
        tab, waiting = await browser.tab(), asyncio.create_task(poll(browser))
        await asyncio.sleep(0.2)
    assert await tab.closed() == 1001
    assert (await waiting)[0]["t"] == "welcome"
    await browser.http.close()


async def test_so_many_lines_from_one_address_and_no_more(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webchat, "MAX_PER_CALLER", 3)
    async with Browser(url) as browser:
        tabs = [await browser.tab() for _ in range(3)]
        with pytest.raises(WSServerHandshakeError) as refused:
            await browser.socket()
        assert refused.value.status == 503
        await tabs[0].socket.close()
        await asyncio.sleep(0.1)
        await browser.tab()


async def test_a_browser_that_does_not_read_is_sent_away(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from gateway import webchat_hub

    monkeypatch.setattr(webchat_hub, "QUEUE_FRAMES", 4)
    monkeypatch.setattr(webchat_hub.Pipe, "send", _never)
    async with Browser(url) as browser:
        socket = await browser.socket()
        tab = Tab(socket)
        await tab.say({"t": "hello", "v": 1, "token": browser.token, "session": browser.session, "last_seq": 0})
        for _ in range(12):
            await tab.say({"t": "ping"})
        assert await tab.closed() == 1013


async def _never(pipe: Any, frame: str) -> None:
    if '"welcome"' not in frame:
        await asyncio.sleep(3600)
