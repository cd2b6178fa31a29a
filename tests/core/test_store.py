"""Contacts, conversations, transcript and buttons."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from core import store
from core.clock import ManualClock
from core.database import Database
from core.messages import Actor, IncomingMessage, Kind, MediaRef, OutgoingMessage, QuickReply
from core.tables import Contact, Conversation
from tests.core.queues import together

TENANT, CHANNEL, PHONE = "t", "whatsapp:1", "whatsapp:+8801700000001"


def message(database: Database, *addresses: str, **changes: Any) -> IncomingMessage:
    given: dict[str, Any] = {"external_id": "wamid.1", "kind": Kind.TEXT, "text": "নমস্কার"}
    given |= {"occurred_at": database.now()} | changes
    return IncomingMessage(addresses=addresses or (PHONE,), **given)


async def arrive(
    database: Database, *addresses: str, tenant: str = TENANT, channel: str = CHANNEL, **changes: Any
) -> tuple[Contact, Conversation]:
    async with database.transaction() as session:
        return await store.open_conversation(
            session, database, tenant, channel, message(database, *addresses, **changes)
        )


@pytest.mark.parametrize(
    ("address", "number"),
    [
        ("whatsapp:+8801700000001", "+8801700000001"),
        ("whatsapp:BD.13491208655302741918", ""),
        ("telegram:+8801700000001", ""),
        ("web:+8801700000001", ""),
        ("whatsapp:+88017", ""),
        ("whatsapp:+8801700000001x", ""),
        ("", ""),
    ],
)
def test_only_whatsapp_s_own_number_is_proof(address: str, number: str) -> None:
    assert store.phone_of(address) == number


async def test_a_person_is_known_again(database: Database) -> None:
    first, conversation = await arrive(database, name="Karim")
    second, same = await arrive(database)
    assert (first.id, conversation.id) == (second.id, same.id)
    assert second.name == "Karim"


async def test_a_new_address_is_added_to_its_person(database: Database) -> None:
    first, _ = await arrive(database, PHONE)
    second, _ = await arrive(database, "whatsapp:BD.1349", PHONE)
    third, _ = await arrive(database, "whatsapp:BD.1349")
    assert first.id == second.id == third.id


async def test_the_same_address_with_another_tenant_is_another_person(database: Database) -> None:
    ours, _ = await arrive(database)
    theirs, _ = await arrive(database, tenant="other", channel="whatsapp:2")
    assert ours.id != theirs.id


async def test_one_person_on_two_channels_has_two_conversations(database: Database) -> None:
    first, one = await arrive(database)
    second, two = await arrive(database, channel="whatsapp:2")
    assert first.id == second.id
    assert one.id != two.id


async def test_an_operator_s_echo_does_not_open_the_window(database: Database, clock: ManualClock) -> None:
    _, conversation = await arrive(database)
    heard_at = conversation.last_incoming_at
    clock.advance(timedelta(hours=1))
    _, conversation = await arrive(database, actor=Actor.OPERATOR, external_id="wamid.2")
    assert (conversation.last_incoming_at, conversation.last_incoming_id) == (heard_at, "wamid.1")


async def test_a_late_redelivery_moves_no_window(database: Database, clock: ManualClock) -> None:
    _, conversation = await arrive(database)
    heard_at = conversation.last_incoming_at
    late = clock.now() - timedelta(days=2)
    _, conversation = await arrive(database, external_id="wamid.0", occurred_at=late)
    assert (conversation.last_incoming_at, conversation.last_incoming_id) == (heard_at, "wamid.1")
    ahead = clock.now() + timedelta(days=2)
    _, conversation = await arrive(database, external_id="wamid.2", occurred_at=ahead)
    assert (conversation.last_incoming_at, conversation.last_incoming_id) == (clock.now(), "wamid.2")


async def test_the_transcript_is_numbered_in_order(database: Database) -> None:
    _, conversation = await arrive(database)

    async def write(number: int) -> None:
        async with database.transaction() as session:
            mine = await session.get(Conversation, conversation.id)
            assert mine is not None
            await store.write_outgoing(session, database, mine, OutgoingMessage(text=str(number)))

    await together(*(write(number) for number in range(10)))
    async with database.reading() as session:
        assert conversation.id is not None
        rows = await store.transcript(session, conversation.id)
        later = await store.transcript(session, conversation.id, after_seq=7, limit=2)
    assert [row.seq for row in rows] == list(range(1, 11))
    assert [row.seq for row in later] == [8, 9]


async def test_what_was_said_is_kept_with_what_hung_on_it(database: Database) -> None:
    photo = MediaRef(kind="image", ref="1")
    _, conversation = await arrive(database)
    async with database.transaction() as session:
        mine = await session.get(Conversation, conversation.id)
        assert mine is not None
        await store.write_incoming(session, database, mine, message(database, media=(photo,), text="123456"), "••••••")
        reply = OutgoingMessage(text="ok", choices=(QuickReply(token="t", title="A"),), answer="utter_ok")
        await store.write_outgoing(session, database, mine, reply)
    async with database.reading() as session:
        assert conversation.id is not None
        said, answered = await store.transcript(session, conversation.id)
    assert (said.text, said.direction, said.author) == ("••••••", "incoming", "customer")
    assert said.payload["media"][0]["ref"] == "1"
    assert (answered.answer, answered.payload["choices"][0]["title"]) == ("utter_ok", "A")


async def test_a_button_is_worth_something_only_in_its_conversation(database: Database, clock: ManualClock) -> None:
    _, mine = await arrive(database)
    _, theirs = await arrive(database, "whatsapp:+8801700000002")
    async with database.transaction() as session:
        token = await store.make_token(session, database, mine, "Yes", {"intent": "affirm"})
    assert len(token) == 22

    async def read(conversation: Conversation, value: str) -> bool:
        async with database.reading() as session:
            return await store.read_token(session, database, conversation, value) is not None

    assert await read(mine, token)
    assert not await read(theirs, token)
    assert not await read(mine, token[:-1] + ("A" if token[-1] != "A" else "B"))
    assert not await read(mine, "")
    clock.advance(store.TOKEN_LIFE + timedelta(seconds=1))
    assert not await read(mine, token)


async def test_typed_words_are_matched_to_the_latest_choices(database: Database) -> None:
    _, conversation = await arrive(database)
    async with database.transaction() as session:
        mine = await session.get(Conversation, conversation.id)
        assert mine is not None
        await store.make_token(session, database, mine, "old", {"intent": "x", "place": 0})
        await store.write_outgoing(session, database, mine, OutgoingMessage(text="1"))
        for place, title in enumerate(("B", "A")):
            await store.make_token(session, database, mine, title, {"intent": "y", "place": place})
    async with database.reading() as session:
        assert [choice.title for choice in await store.last_choices(session, conversation)] == ["B", "A"]
