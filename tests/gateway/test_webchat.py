"""The web chat's protocol over a real server, on both databases: nothing lost, nothing doubled."""

from __future__ import annotations

import asyncio
import gzip
from typing import Any

from connectors.webchat import MAX_FRAME
from core.database import Database
from core.messages import Actor, OutgoingMessage
from core.tables import InboxRow, Message, OutboxRow
from tests.gateway.webchat_double import Browser, Double, poll, rows


async def test_a_message_is_acked_and_answered_in_order(url: str, double: Double) -> None:
    async with Browser(url) as browser:
        tab = await browser.tab()
        assert tab.welcome == {"t": "welcome", "session": browser.session, "seq": 0, "resume": False}
        await tab.say({"t": "msg", "cid": "c-1", "text": "বিদ্যুৎ নেই"})
        assert await tab.next("ack", "msg") == {"t": "ack", "cid": "c-1", "seq": 1}
        answer = await tab.next("msg")
        assert (answer["seq"], answer["from"], answer["text"]) == (2, "bot", "echo: বিদ্যুৎ নেই")
        assert answer["choices"] == [] and answer["media"] == []
        assert {"t": "typing", "on": True} in tab.got


async def test_transcript_and_inbox_are_written_together(url: str, double: Double) -> None:
    async with Browser(url) as browser:
        tab = await browser.tab()
        await tab.say({"t": "msg", "cid": "c-1", "text": "hello"})
        await tab.next("msg")
        (entry,) = await rows(double.db, InboxRow)
        assert entry.external_id == f"{browser.session}:c-1"
        written, answered = await rows(double.db, Message)
        assert entry.payload["detail"]["transcript"] == written.id
        assert (written.text, written.direction, answered.direction) == ("hello", "incoming", "outgoing")


async def test_a_message_sent_again_is_taken_once(url: str, double: Double) -> None:
    async with Browser(url) as browser:
        tab = await browser.tab()
        for _ in range(3):
            await tab.say({"t": "msg", "cid": "same", "text": "hello"})
        acks = [await tab.next("ack") for _ in range(3)]
        assert [ack["seq"] for ack in acks] == [1, 1, 1]
        if not any(frame["t"] == "msg" for frame in tab.got):
            await tab.next("msg")
        await tab.socket.close()
        again = await browser.tab(last_seq=2)
        await again.say({"t": "msg", "cid": "same", "text": "hello"})
        assert (await again.next("ack"))["seq"] == 1
        assert double.turns == [f"{browser.session}:same"]
        assert len(await rows(double.db, Message)) == 2


async def test_the_same_message_over_many_lines_at_once_is_taken_once(url: str, double: Double) -> None:
    async with Browser(url) as browser:
        tabs = await asyncio.gather(*(browser.tab() for _ in range(4)))
        await asyncio.gather(*(tab.say({"t": "msg", "cid": "same", "text": "hello"}) for tab in tabs))
        acks = await asyncio.gather(*(tab.next("ack") for tab in tabs))
        assert {ack["seq"] for ack in acks} == {1}
        await tabs[0].next("msg")
        assert double.turns == [f"{browser.session}:same"]


async def test_what_was_missed_is_replayed_in_order(url: str, double: Double) -> None:
    async with Browser(url) as browser:
        tab = await browser.tab()
        for number in range(3):
            await tab.say({"t": "msg", "cid": f"c-{number}", "text": f"word {number}"})
            await tab.next("msg")
        await tab.socket.close()
        await double.speak(browser.session, OutgoingMessage(text="while away"))
        again = await browser.tab(last_seq=2)
        assert again.welcome["resume"] is True and again.welcome["seq"] == 7
        replay = [await again.next("msg") for _ in range(5)]
        assert [frame["seq"] for frame in replay] == [3, 4, 5, 6, 7]
        assert [frame["from"] for frame in replay] == ["customer", "bot", "customer", "bot", "bot"]
        assert replay[0]["cid"] == "c-1" and replay[0]["text"] == "word 1"
        assert await again.rest() == []


async def test_an_ack_lost_with_the_line_comes_back(url: str, double: Double) -> None:
    async with Browser(url) as browser:
        tab = await browser.tab()
        await tab.say({"t": "msg", "cid": "lost", "text": "silence"})
        tab.socket._response.connection.transport.abort()  # type: ignore[union-attr]
        await asyncio.sleep(0.3)
        again = await browser.tab()
        await again.say({"t": "msg", "cid": "lost", "text": "silence"})
        frames = await again.rest(0.6)
        told = [frame for frame in frames if frame.get("cid") == "lost"]
        assert told and all(frame["seq"] == 1 for frame in told)
        assert double.turns.count(f"{browser.session}:lost") == 1


async def test_a_browser_that_knows_more_than_we_do_starts_anew(url: str) -> None:
    async with Browser(url) as browser:
        tab = await browser.tab()
        await tab.say({"t": "msg", "cid": "a", "text": "hello"})
        await tab.next("msg")
        again = await browser.tab(last_seq=999)
        assert again.welcome["resume"] is False
        assert (await again.next("msg"))["seq"] == 1


async def test_every_tab_sees_everything_once(url: str, double: Double) -> None:
    async with Browser(url) as browser:
        one, two = await browser.tab(), await browser.tab()
        await one.say({"t": "msg", "cid": "from-one", "text": "hello"})
        await two.say({"t": "msg", "cid": "from-two", "text": "silence"})
        seen = {}
        for name, tab in (("one", one), ("two", two)):
            frames = [frame for frame in await tab.rest(0.8) if frame["t"] in ("msg", "ack")]
            seen[name] = [(frame["t"], frame["seq"]) for frame in frames]
            assert [seq for _, seq in seen[name]] == sorted({seq for _, seq in seen[name]}) == [1, 2, 3]
        assert sorted(kind for kind, _ in seen["one"]) == ["ack", "msg", "msg"]
        assert sorted(kind for kind, _ in seen["two"]) == ["ack", "msg", "msg"]


async def test_another_process_is_found_by_the_look(url: str, double: Double, database: Database) -> None:
    async with Browser(url) as browser:
        tab = await browser.tab()
        await tab.say({"t": "msg", "cid": "a", "text": "silence"})
        await tab.next("ack")
        # Another process writes and pushes to a hub of its own.
        real, double.connector._hub = double.connector._hub, None
        await double.speak(browser.session, OutgoingMessage(text="from far"), Actor.OPERATOR)
        frame = await tab.next("msg", seconds=4)
        double.connector._hub = real
        assert (frame["text"], frame["from"]) == ("from far", "operator")


async def test_a_choice_carries_its_token_back(url: str, double: Double) -> None:
    async with Browser(url) as browser:
        tab, other = await browser.tab(), await browser.tab()
        await tab.say({"t": "msg", "cid": "a", "text": "choose"})
        offer = await tab.next("msg")
        assert [one["title"] for one in offer["choices"]] == ["One", "Two", "Three"]
        token = offer["choices"][1]["id"]
        await tab.say({"t": "choice", "cid": "b", "id": token, "msg_seq": offer["seq"]})
        assert (await tab.next("ack"))["seq"] == 3
        assert (await tab.next("msg"))["text"] == "chosen"
        for _ in range(2):
            await other.next("msg")
        own = await other.next("msg")
        assert (own["cid"], own["text"], own["from"]) == ("b", "Two", "customer")
        assert (await rows(double.db, InboxRow))[1].payload["token"] == token


async def test_a_token_of_another_conversation_gets_no_title(url: str, double: Double) -> None:
    async with Browser(url) as one, Browser(url) as two:
        first = await one.tab()
        await first.say({"t": "msg", "cid": "a", "text": "choose"})
        token = (await first.next("msg"))["choices"][0]["id"]
        second = await two.tab()
        await second.say({"t": "choice", "cid": "b", "id": token, "msg_seq": 2})
        await second.next("ack")
        assert [row.text for row in await rows(double.db, Message) if row.kind == "choice"] == [""]


async def test_a_place_is_taken(url: str, double: Double) -> None:
    async with Browser(url) as browser:
        tab = await browser.tab()
        await tab.say({"t": "location", "cid": "a", "lat": 23.81, "lon": 90.41})
        assert (await tab.next("msg"))["text"] == "place 23.81"


async def test_reading_moves_the_outbox(url: str, double: Double) -> None:
    async with Browser(url) as browser:
        tab = await browser.tab()
        await tab.say({"t": "msg", "cid": "a", "text": "hello"})
        answer = await tab.next("msg")
        await _until(lambda: _states(double), ["sent"])
        await tab.say({"t": "read", "seq": answer["seq"]})
        await _until(lambda: _states(double), ["read"])


async def _states(double: Double) -> list[str]:
    return [row.state for row in await rows(double.db, OutboxRow)]


async def _until(look: Any, wanted: Any) -> None:
    for _ in range(60):
        if (found := await look()) == wanted:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"{found!r} instead of {wanted!r}")


async def test_ping_is_answered_and_typing_is_taken(url: str) -> None:
    async with Browser(url) as browser:
        tab = await browser.tab()
        await tab.say({"t": "typing"})
        await tab.say({"t": "ping"})
        assert await tab.next("pong") == {"t": "pong"}


async def test_polling_speaks_the_same_frames(url: str, double: Double) -> None:
    async with Browser(url) as browser:
        assert await poll(browser, wait=0) == [{"t": "welcome", "session": browser.session, "seq": 0, "resume": False}]
        waiting = asyncio.create_task(poll(browser))
        await asyncio.sleep(0.1)
        for _ in range(2):
            async with browser.http.post(f"{url}/chat/send", json={"t": "msg", "cid": "a", "text": "hello"}) as answer:
                assert (await answer.json())["frames"] == [{"t": "ack", "cid": "a", "seq": 1}]
        frames = [frame for frame in await waiting if frame["t"] == "msg"]
        assert frames[0]["cid"] == "a"
        after = frames[-1]["seq"]
        while after < 2:
            frames += [frame for frame in await poll(browser, after) if frame["t"] == "msg"]
            after = frames[-1]["seq"]
        assert [frame["text"] for frame in frames] == ["hello", "echo: hello"]
        assert double.turns == [f"{browser.session}:a"]


async def test_polling_needs_a_session_and_refuses_bad_frames(url: str) -> None:
    async with Browser(url) as browser:
        for frame, status in (("{", 400), ('{"t":"msg"}', 400), ("\udcff", 400)):
            body = frame.encode("utf-8", "surrogateescape")
            async with browser.http.post(f"{url}/chat/send", data=body) as answer:
                assert answer.status == status
        async with browser.http.post(f"{url}/chat/send", data=b"x" * (MAX_FRAME + 1)) as answer:
            assert answer.status == 413
        headers = {"Content-Encoding": "gzip"}
        async with browser.http.post(f"{url}/chat/send", data=gzip.compress(b"{}"), headers=headers) as answer:
            assert answer.status == 415
        browser.http.cookie_jar.clear()
        async with browser.http.post(f"{url}/chat/send", json={"t": "ping"}) as answer:
            assert answer.status == 401
        headers = {"Authorization": f"Bearer {browser.token}"}
        async with browser.http.post(f"{url}/chat/send", json={"t": "ping"}, headers=headers) as answer:
            assert (await answer.json())["frames"] == [{"t": "pong"}]


async def test_order_holds_under_load(url: str, double: Double) -> None:
    async with Browser(url) as browser:
        tab = await browser.tab()
        for number in range(4):
            await tab.say({"t": "msg", "cid": f"c-{number}", "text": f"twice {number}"})
        seen: list[int] = []
        while len(seen) < 12:
            seen.append((await tab.next("msg", "ack"))["seq"])
        assert seen == list(range(1, 13))
        told = [row.text for row in await rows(double.db, Message) if row.direction == "incoming"]
        assert told == [f"twice {number}" for number in range(4)]
