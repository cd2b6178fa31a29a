"""Calls back: one caller at a time whoever reaches for it, tried again within hours, and the customer told each time."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.clock import ManualClock
from core.database import Database
from core.tables import Conversation
from handoff import callback_wishes, callbacks
from handoff.callback_wishes import CallState, NewCallback
from handoff.callbacks import Callbacks, Outcome
from handoff.moves import HandoffRefused
from handoff.tables import CallbackRequest
from tests.handoff.people import TENANT, TENANTS, Scene, Voice, person

RACES = 20


class Calls:
    """Requests and callers over a real database."""

    def __init__(self, db: Database) -> None:
        self.db, self.scene = db, Scene(db)
        self.service = Callbacks(db, TENANTS, Voice(db))

    async def wish(self, key: str, phone: str = "+8801700000001", **fields: Any) -> CallbackRequest:
        conversation = fields.pop("conversation", None) or await self.scene.customer()
        async with self.db.transaction() as session:
            found = await session.get(Conversation, conversation)
            assert found is not None
            new = NewCallback(
                tenant=TENANT,
                contact_id=found.contact_id,
                conversation_id=conversation,
                phone=phone,
                summary={},
                **fields,
            )
            return await callback_wishes.keep(session, self.db, TENANTS, key, new)

    async def claim(self, request: CallbackRequest, operator: int) -> CallbackRequest:
        assert request.id is not None
        async with self.db.transaction() as session:
            return await self.service.claim(session, request.id, person(operator))

    async def report(self, request: CallbackRequest, operator: int, outcome: Outcome, **more: str) -> CallbackRequest:
        assert request.id is not None
        async with self.db.transaction() as session:
            return await self.service.report(session, request.id, person(operator), outcome, **more)


async def test_of_those_who_reach_for_a_call_one_gets_it(database: Database) -> None:
    calls = Calls(database)

    async def reach(request: CallbackRequest, operator: int) -> bool:
        try:
            await calls.claim(request, operator)
        except HandoffRefused as error:
            assert error.reason == "taken"
            return False
        return True

    for turn in range(RACES):
        request = await calls.wish(f"race:{turn}", f"+88017100000{turn:02d}")
        wins = await asyncio.gather(*(reach(request, operator) for operator in (1, 2, 3)))
        assert wins.count(True) == 1
        assert await calls.scene.heard(request.conversation_id) == ["utter_callback_calling"]


async def test_two_requests_for_one_number_are_never_called_at_once(database: Database) -> None:
    calls = Calls(database)
    first, second = await calls.wish("1"), await calls.wish("2")
    assert first.id != second.id

    async def reach(request: CallbackRequest, operator: int) -> bool:
        try:
            await calls.claim(request, operator)
        except HandoffRefused:
            return False
        return True

    assert sorted(await asyncio.gather(reach(first, 1), reach(second, 2))) == [False, True]


async def test_who_asks_again_while_waiting_changes_the_wish(database: Database) -> None:
    calls = Calls(database)
    conversation = await calls.scene.customer()
    first = await calls.wish("1", conversation=conversation)
    again = await calls.wish("2", "+8801700000009", conversation=conversation, wanted_words="in the evening")
    assert (again.id, again.phone, again.wanted_words) == (first.id, "+8801700000009", "in the evening")
    assert (await calls.wish("1", conversation=conversation)).id == first.id


@pytest.mark.parametrize(
    ("outcome", "state", "told"),
    [
        (Outcome.REACHED, CallState.DONE, "utter_callback_done"),
        (Outcome.NOT_WANTED, CallState.DONE, "utter_callback_not_wanted"),
        (Outcome.WRONG_NUMBER, CallState.GIVEN_UP, "utter_callback_wrong_number"),
        (Outcome.NO_ANSWER, CallState.OPEN, "utter_callback_missed"),
        (Outcome.BUSY, CallState.OPEN, "utter_callback_missed"),
    ],
)
async def test_the_customer_is_told_how_the_call_went(
    database: Database, outcome: Outcome, state: CallState, told: str
) -> None:
    calls = Calls(database)
    request = await calls.wish("1")
    await calls.claim(request, 1)
    with pytest.raises(HandoffRefused):
        await calls.report(request, 2, outcome)
    done = await calls.report(request, 1, outcome, result="A team comes tomorrow.", note="sounded cross")
    assert done.state == state
    assert await calls.scene.heard(request.conversation_id) == ["utter_callback_calling", told]
    async with database.reading() as session:
        [attempt] = await calls.service.attempts(session, request.id or 0)
    assert (attempt.staff_id, attempt.outcome, attempt.note) == (1, outcome, "sounded cross")


async def test_nobody_answers_three_times_and_it_is_given_up(database: Database, clock: ManualClock) -> None:
    calls = Calls(database)
    request = await calls.wish("1")
    due = []
    for _ in range(3):
        await calls.claim(request, 1)
        request = await calls.report(request, 1, Outcome.NO_ANSWER)
        due.append(request.due_at)
        clock.advance(timedelta(minutes=1))
    start = datetime(2026, 10, 20, 6, 0, tzinfo=UTC)
    assert due[:2] == [start + timedelta(minutes=15), start + timedelta(minutes=61)]
    assert (request.state, request.attempts) == ("given_up", 3)
    assert (await calls.scene.heard(request.conversation_id))[-1] == "utter_callback_given_up"


async def test_nobody_is_called_while_the_desk_is_closed(database: Database, clock: ManualClock) -> None:
    calls = Calls(database)
    late = await calls.wish("1", wanted_at=datetime(2026, 10, 20, 18, 0, tzinfo=UTC))  # midnight in Dhaka
    assert late.due_at == datetime(2026, 10, 21, 2, 0, tzinfo=UTC)
    clock.advance(timedelta(hours=9, minutes=58))  # 21:58
    request = await calls.wish("2", "+8801700000002")
    await calls.claim(request, 1)
    request = await calls.report(request, 1, Outcome.BUSY)
    assert request.due_at == datetime(2026, 10, 21, 2, 0, tzinfo=UTC)


async def test_a_caller_who_never_reports_loses_the_call(database: Database, clock: ManualClock) -> None:
    calls = Calls(database)
    request = await calls.wish("1")
    await calls.claim(request, 1)
    clock.advance(callbacks.CLAIM_LASTS - timedelta(seconds=1))
    with pytest.raises(HandoffRefused):
        await calls.claim(request, 2)
    clock.advance(timedelta(seconds=1))
    assert (await calls.claim(request, 2)).claimed_by == 2
    with pytest.raises(HandoffRefused):
        await calls.report(request, 1, Outcome.REACHED)


async def test_put_back_and_withdrawn(database: Database) -> None:
    calls = Calls(database)
    request = await calls.wish("1")
    await calls.claim(request, 1)
    async with database.transaction() as session:
        assert not await calls.service.withdraw(session, request.contact_id), "somebody is calling"
        await calls.service.release(session, request.id or 0, person(1))
        [waiting] = await calls.service.queue(session, TENANT)
        assert waiting.state == "open" and waiting.claimed_by is None
        assert await calls.service.withdraw(session, request.contact_id)
        assert await calls.service.queue(session, TENANT) == []
        assert [row.state for row in await calls.service.settled(session, TENANT)] == ["withdrawn"]
    with pytest.raises(HandoffRefused):
        await calls.claim(request, 2)
