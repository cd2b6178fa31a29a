"""The contract of a desk, over real HTTP, for ours and for Chatwoot: the same tests hold for both."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

import pytest
from sqlmodel import select

from core.clock import SystemClock
from core.errors import ConfigurationError
from core.messages import IncomingMessage, Kind
from core.settings import Settings
from core.store import write_incoming
from core.tables import Conversation, Medium
from gateway import chatwoot as chatwoot_desk
from gateway import desk_relay, desk_transcript
from gateway.transport import HttpTransport
from handoff.desk_tables import HandoffEvent, Takeover
from tests.desk.stage import Customer, Person, Stage, staged
from tests.fakes.chatwoot import ACCOUNT, INBOX, SECRET, TOKEN, FakeChatwoot
from tests.patience import SECONDS


async def until(what: Callable[[], Awaitable[Any]], seconds: float = SECONDS) -> Any:
    end = time.monotonic() + seconds
    while not (found := await what()):
        assert time.monotonic() < end, "it did not come to that"
        await asyncio.sleep(0.05)
    return found


class Seat(Protocol):
    """Somebody who sits at a desk."""

    async def shown(self, id: int, words: str) -> None:
        """Wait until a conversation shows these words."""
        ...

    async def write(self, id: int, text: str, times: int = 1) -> None:
        """Answer; the same answer arrives so many times."""
        ...

    async def resolve(self, id: int, times: int = 1) -> None: ...

    async def give_back(self, id: int) -> None: ...


class OurSeat:
    def __init__(self, person: Person, customer: Customer) -> None:
        self.person = person
        self.customer = customer

    async def shown(self, id: int, words: str) -> None:
        async def there() -> bool:
            return words in await (await self.person.get(f"/desk/c/{id}")).text()

        await until(there)

    async def write(self, id: int, text: str, times: int = 1) -> None:
        await self.person.post(f"/desk/c/{id}/claim")
        cid = uuid.uuid4().hex
        for _ in range(times):
            assert (await self.person.post(f"/desk/c/{id}/reply", text=text, cid=cid)).status == 303

    async def resolve(self, id: int, times: int = 1) -> None:
        for _ in range(times):
            await self._end(id, "resolve")

    async def give_back(self, id: int) -> None:
        await self._end(id, "return")

    async def _end(self, id: int, move: str) -> None:
        seen = (await self.customer.transcript())[-1].seq
        assert (await self.person.post(f"/desk/c/{id}/{move}", seen=str(seen))).status in (200, 303)


class ChatwootSeat:
    def __init__(self, chatwoot: FakeChatwoot, stage: Stage) -> None:
        self.chatwoot = chatwoot
        self.stage = stage

    async def there(self, id: int) -> int:
        """Chatwoot's number of a conversation."""

        async def found() -> int:
            async with self.stage.service.services.db.reading() as session:
                row = await session.get(desk_relay.OutsideConversation, id)
            return int(row.conversation_ref) if row else 0

        number: int = await until(found)
        return number

    async def shown(self, id: int, words: str) -> None:
        number = await self.there(id)

        async def said() -> bool:
            return any(words in text for text in self.chatwoot.said(number))

        await until(said)

    async def write(self, id: int, text: str, times: int = 1) -> None:
        assert set(await self.chatwoot.write(await self.there(id), text, times=times)) == {200}

    async def resolve(self, id: int, times: int = 1) -> None:
        assert set(await self.chatwoot.set_status(await self.there(id), "resolved", times=times)) == {200}

    async def give_back(self, id: int) -> None:
        await self.chatwoot.set_status(await self.there(id), "pending")


@pytest.fixture
async def chatwoot() -> AsyncIterator[FakeChatwoot]:
    async with FakeChatwoot().serving() as fake:
        yield fake


def settings(chatwoot: FakeChatwoot) -> dict[str, Any]:
    return {
        "chatwoot_url": chatwoot.url,
        "chatwoot_token": TOKEN,
        "chatwoot_account_id": ACCOUNT,
        "chatwoot_inbox_id": INBOX,
        "chatwoot_secret": SECRET,
    }


async def online(stage: Stage) -> None:
    """Wait until the agents of the other desk count as on duty."""

    async def there() -> bool:
        async with stage.service.services.db.reading() as session:
            return bool((await session.exec(select(desk_relay.Operator).where(desk_relay.Operator.id < 0))).first())

    await until(there)


@pytest.mark.parametrize("kind", ["ours", "chatwoot"])
async def test_a_person_takes_over_answers_and_gives_back(
    tmp_path: Path, chatwoot: FakeChatwoot, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_relay, "ROUND_SECONDS", 0.05)
    async with AsyncExitStack() as stack:
        stage = await stack.enter_async_context(staged(tmp_path, **(settings(chatwoot) if kind == "chatwoot" else {})))
        chatwoot.callback = f"{stage.url}/webhooks/chatwoot"
        customer = stage.customer()
        seat: Seat
        if kind == "ours":
            seat = OurSeat(await stage.person("operator"), customer)
        else:
            await online(stage)
            seat = ChatwootSeat(chatwoot, stage)
        await customer.say("hello there")
        await customer.heard(1)
        await customer.say("a person please")
        await customer.status("queued")
        id = await customer.id()
        await seat.shown(id, "hello there")
        await seat.shown(id, "a person please")
        await seat.write(id, "I am here, what is it?", times=3)
        await customer.status("open")
        said = await customer.heard(1, "operator")
        assert [row.text for row in said] == ["I am here, what is it?"]
        before = len(await customer.heard(0))
        await customer.say("my meter is quick")
        await seat.shown(id, "my meter is quick")
        await seat.resolve(id, times=2)
        await customer.status("pending")
        closing = (await customer.heard(before + 1))[before:]
        assert [row.answer for row in closing] == ["utter_handoff_resolved"], "once, and the bot was silent"
        await customer.say("5")
        await customer.heard(before + 2)
        await customer.say("hello")
        assert (await customer.heard(before + 3))[-1].answer == "utter_greet"
        # Again, and back to the bot this time.
        await customer.say("a person again")
        await customer.status("queued")
        await seat.shown(id, "a person again")
        await seat.write(id, "The bot knows this better.")
        await customer.heard(2, "operator")
        await seat.give_back(id)
        await customer.status("pending")
        async with stage.service.services.db.reading() as session:
            taken = (await session.exec(select(Takeover).where(Takeover.conversation_id == id))).all()
            moves = [row.move for row in (await session.exec(select(HandoffEvent))).all()]
        assert [(one.state, one.rating) for one in taken] == [("resolved", 5), ("returned", None)]
        assert moves == ["ask", "claim", "resolve", "ask", "claim", "give_back"]


async def test_chatwoot_is_told_everything_once_through_failures_and_is_believed_only_signed(
    tmp_path: Path, chatwoot: FakeChatwoot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_relay, "ROUND_SECONDS", 0.05)
    monkeypatch.setattr(desk_relay, "PAUSE_SECONDS", 0.1)
    async with staged(tmp_path, **settings(chatwoot)) as stage:
        chatwoot.callback = f"{stage.url}/webhooks/chatwoot"
        await online(stage)
        customer, seat = stage.customer(), ChatwootSeat(chatwoot, stage)
        await customer.say("a person please")
        await customer.status("queued")
        id = await customer.id()
        number = await seat.there(id)
        [note] = await until(lambda: _later(chatwoot.said(number, private=True)))
        assert "reason asked" in note and "intent talk_to_operator" in note
        await chatwoot.assign(number)
        await customer.status("open")
        assert (await customer.heard(2))[-1].answer == "utter_handoff_joined"
        # The line breaks: before it was done, after it was done, again.
        for text, faults in (("one", ["down"]), ("two", ["lost"]), ("three", ["lost", "down", "down"]), ("four", [])):
            chatwoot.faults += faults
            await customer.say(text)
            await seat.shown(id, text)
        await until(lambda: _later(not chatwoot.faults))
        mine = [text for text in chatwoot.said(number) if text in ("one", "two", "three", "four")]
        assert mine == ["one", "two", "three", "four"], "in order, none twice, none lost"
        # Notes are for colleagues; forged, stale or changed deliveries are nobody's.
        assert await chatwoot.note(number, "looks like a trick") == 200
        message = chatwoot._message(number, "forged", "outgoing", private=False, sender={"id": 3, "type": "user"})
        event = chatwoot.message_event(number, message)
        assert await chatwoot.deliver(event, secret="another-secret") == 401
        assert await chatwoot.deliver(event, stamp=int(time.time()) - 600) == 401
        assert await chatwoot.deliver(event, tamper=True) == 401
        other = event | {"inbox": {"id": INBOX + 1}}
        assert await chatwoot.deliver(other) == 200, "another inbox of the account is not ours"
        await chatwoot.write(number, "genuine")
        said = await customer.heard(1, "operator")
        assert [row.text for row in said] == ["genuine"]
        # The desk falls silent for too long, with a conversation in its hands: the bot has it again, and the hotline is told.
        monkeypatch.setattr(desk_relay, "DOWN_SECONDS", 0.0)
        chatwoot.faults += ["down"] * 3
        await customer.say("hello?")
        await customer.status("pending")
        assert "utter_handoff_nobody" in [row.answer for row in await customer.heard(0)]
        monkeypatch.setattr(desk_relay, "DOWN_SECONDS", 180.0)
        await until(lambda: _later(chatwoot.conversations[number]["status"] == "pending"))
        await customer.say("a person please")
        await customer.status("queued")
        await seat.shown(id, "hello?")
        # Another agent takes it over; then it is put off and woken by the customer.
        await chatwoot.write(number, "I am here again")
        await chatwoot.write(number, "I take over", agent=4)
        await customer.heard(3, "operator")
        await chatwoot.set_status(number, "snoozed", agent=4)
        await customer.status("snoozed")
        await customer.say("still there?")
        await customer.status("open")
        # Nobody is there any more: the next wish hears the hotline.
        await chatwoot.set_status(number, "resolved", agent=4)
        await customer.status("pending")
        chatwoot.agents = []
        async with stage.service.services.db.transaction() as session:
            for one in (await session.exec(select(desk_relay.Operator))).all():
                one.on_duty = False
                session.add(one)
        await customer.say("a person once more")

        async def answered() -> bool:
            return (await customer.heard(0))[-1].answer == "utter_talk_to_operator"

        await until(answered)


async def test_chatwoot_gets_pictures_and_documents_and_is_warned_of_danger(
    tmp_path: Path, chatwoot: FakeChatwoot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_relay, "ROUND_SECONDS", 0.05)
    monkeypatch.setattr(desk_relay, "PAUSE_SECONDS", 0.1)
    async with staged(tmp_path, **settings(chatwoot)) as stage:
        chatwoot.callback = f"{stage.url}/webhooks/chatwoot"
        await online(stage)
        services, customer, seat = stage.service.services, stage.customer(), ChatwootSeat(chatwoot, stage)
        await customer.say("a person please")
        await customer.status("queued")
        number = await seat.there(await customer.id())
        await chatwoot.assign(number)
        await customer.status("open")
        key = f"pictures/{'a' * 32}.jpg"
        await services.library.shelf.put(key, b"a picture", "image/jpeg")
        found = await customer.conversation()
        assert found is not None
        async with services.db.transaction() as session:
            conversation = await session.get(Conversation, found.id)
            assert conversation is not None
            kinds = {"media": [{"kind": "image", "ref": name, "mime": "image/jpeg"} for name in ("one", "two", "gone")]}
            message = IncomingMessage(
                external_id="p",
                addresses=(found.address,),
                kind=Kind.MEDIA,
                occurred_at=services.db.now(),
                text="meter",
            )
            row = await write_incoming(session, services.db, conversation, message, message.text)
            row.payload = kinds
            session.add(row)
            await session.flush()
            for place, state in enumerate(("stored", "stored", "refused")):
                values = {"kind": "image", "ref": str(place), "name": f"p{place}.jpg", "mime": "image/jpeg", "size": 9}
                now = services.db.now()
                session.add(
                    Medium(
                        tenant=found.tenant,
                        channel=found.channel,
                        conversation_id=found.id or 0,
                        message_id=row.id or 0,
                        place=place,
                        state=state,
                        shelf_key=key if state == "stored" else "",
                        due_at=now,
                        created_at=now,
                        **values,
                    )
                )
        # The first picture arrives, the answer to it does not: both come again, the words once.
        chatwoot.faults += ["lost"]
        await seat.shown(found.id or 0, "meter")
        got = chatwoot.files(number)
        assert got[-2:] == [(f"p{place}.jpg", "image/jpeg", b"a picture") for place in (0, 1)] and len(got) <= 3
        assert [text for text in chatwoot.said(number) if "meter" in text] == ["meter\n[image]"], (
            "what was refused is named"
        )
        await customer.say("a live wire has fallen on the road and is sparking")
        await until(lambda: _later(chatwoot.conversations[number].get("priority") == "urgent"))
        await until(lambda: _later([text for text in chatwoot.said(number, private=True) if "danger: " in text]))
        await seat.shown(found.id or 0, "a live wire")
        warned = [text for text in chatwoot.said(number, private=True) if "danger: " in text]
        assert len(warned) == 1, warned


async def test_chatwoot_is_told_of_danger_while_the_bot_has_the_conversation(
    tmp_path: Path, chatwoot: FakeChatwoot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_relay, "ROUND_SECONDS", 0.05)
    monkeypatch.setattr(desk_relay, "PAUSE_SECONDS", 0.1)
    async with staged(tmp_path, **settings(chatwoot)) as stage:
        chatwoot.callback = f"{stage.url}/webhooks/chatwoot"
        await online(stage)
        customer, seat = stage.customer(), ChatwootSeat(chatwoot, stage)
        await customer.say("good morning")
        await customer.heard(1)
        # The desk is down just then: it is told when it is back, once.
        chatwoot.faults += ["down", "lost"]
        await customer.say("a live wire has fallen on the road and is sparking")
        id = await customer.id()
        await seat.shown(id, "a live wire")
        number = await seat.there(id)
        shown = chatwoot.conversations[number]
        assert (shown["status"], shown["priority"]) == ("open", "urgent")
        assert len([text for text in chatwoot.said(number, private=True) if "danger: " in text]) == 1
        assert [text for text in chatwoot.said(number) if "good morning" in text] == ["good morning"]
        # The bot has the conversation still, and what is said is followed.
        assert (await customer.conversation()).status == "pending"  # type: ignore[union-attr]
        before = len(await customer.heard(1, "bot"))
        await customer.say("I stand far away from it")
        await customer.heard(before + 1, "bot")
        await seat.shown(id, "I stand far away")
        # Who writes has it; given back it stays with the bot, without a second warning.
        await seat.write(id, "Stay there, the crew is coming")
        await customer.status("open")
        await seat.give_back(id)
        await customer.status("pending")
        await until(lambda: _later(chatwoot.conversations[number]["status"] == "pending"))
        assert len([text for text in chatwoot.said(number, private=True) if "danger: " in text]) == 1
        # Another one is put away there, and comes no more; a third goes by itself when its danger is old.
        for old in (False, True):
            other = stage.customer()
            await other.say("sparks from the pole, fire")
            other_id = await other.id() if await other.heard(1) else 0
            await seat.shown(other_id, "sparks from the pole")
            there = await seat.there(other_id)
            if old:
                monkeypatch.setattr(desk_transcript, "ALARM_SHOWN", timedelta(0))
                await until(lambda: _later(chatwoot.conversations[there]["status"] == "pending"))  # noqa: B023
            else:
                await chatwoot.set_status(there, "resolved")
            count = len(await other.heard(1, "bot"))
            await other.say("thank you")
            await other.heard(count + 1, "bot")
            await asyncio.sleep(0.3)
            assert "thank you" not in chatwoot.said(there)
            assert chatwoot.conversations[there]["status"] == ("pending" if old else "resolved")


async def _later(value: Any) -> Any:
    return value


def test_half_a_configuration_stops_the_start() -> None:
    half = Settings(_env_file=None, chatwoot_url="https://chat.example.org", chatwoot_secret=SECRET)
    with pytest.raises(ConfigurationError, match="SATHI_CHATWOOT_TOKEN, SATHI_CHATWOOT_ACCOUNT_ID"):
        chatwoot_desk.configured(half, [half.tenant], HttpTransport(), SystemClock().now)
