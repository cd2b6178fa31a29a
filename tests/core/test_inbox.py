"""The inbox: stored once, handled in order, by one worker at a time, and never forgotten."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from core import inbox as inbox_module
from core.clock import ManualClock
from core.database import Database
from core.errors import LeaseLost
from core.inbox import Bad, Inbox
from core.retry import MAX_TURN_ATTEMPTS
from core.tables import InboxRow, Quarantine
from tests.core.queues import SECONDS, drain, finish, inbox_rows, lane_of, new_row, running, together


@pytest.fixture
def inbox(database: Database) -> Inbox:
    return Inbox(database)


# --- stored once (R3) ------------------------------------------------------------------------------------------------


async def test_a_second_delivery_is_ignored(database: Database, inbox: Inbox) -> None:
    async with running(inbox):
        assert await inbox.put([new_row("a")]) == 1
        assert await inbox.put([new_row("a", payload={"text": "changed"})]) == 0
    assert (await inbox_rows(database))["a"].payload == {"text": "a"}


async def test_the_same_message_twice_in_one_batch_is_one(database: Database, inbox: Inbox) -> None:
    async with running(inbox):
        assert await inbox.put([new_row("a"), new_row("b"), new_row("a")]) == 2
    assert await drain(database, inbox) == ["a", "b"]


async def test_deliveries_at_the_same_moment_store_one_row(database: Database, inbox: Inbox) -> None:
    async with running(inbox):
        counts = await together(*(inbox.put([new_row("a"), new_row(f"own-{n}")]) for n in range(20)))
    assert sorted(counts) == [1] * 19 + [2]
    assert len(await inbox_rows(database)) == 21


async def test_two_gateways_store_one_row(database: Database, inbox: Inbox) -> None:
    other = Inbox(Database(database.url, database.clock))
    async with running(inbox, other):
        rows = [new_row(f"m{n}", lane=f"whatsapp:{n % 3}") for n in range(30)]
        # In opposite order: the two transactions meet on each other's keys.
        counts = await together(*(one.put(part) for part in (rows, rows[::-1], rows[10:20]) for one in (inbox, other)))
    assert sum(counts) == 30
    assert len(await inbox_rows(database)) == 30
    await other._db.close()


async def test_a_delivery_days_later_is_ignored(database: Database, inbox: Inbox, clock: ManualClock) -> None:
    async with running(inbox):
        await inbox.put([new_row("a")])
        assert await drain(database, inbox) == ["a"]
        clock.advance(timedelta(days=6))
        assert await inbox.put([new_row("a")]) == 0
    assert await drain(database, inbox) == []


async def test_the_same_id_on_another_channel_is_another_message(database: Database, inbox: Inbox) -> None:
    async with running(inbox):
        assert await inbox.put([new_row("a"), new_row("a", channel="telegram:9")]) == 2


async def test_a_batch_larger_than_a_statement_can_hold(database: Database, inbox: Inbox) -> None:
    async with running(inbox):
        assert await inbox.put([new_row(f"m{n}", lane=f"lane-{n % 2500}") for n in range(5000)]) == 5000


# --- confirmed after the commit (R1) ---------------------------------------------------------------------------------


async def test_requests_of_one_moment_share_a_commit(database: Database, inbox: Inbox) -> None:
    commits = 0
    original = database.transaction

    def counted():  # type: ignore[no-untyped-def]
        nonlocal commits
        commits += 1
        return original()

    database.transaction = counted  # type: ignore[method-assign]
    async with running(inbox):
        counts = await together(*(inbox.put([new_row(f"m{n}")]) for n in range(50)))
    assert counts == [1] * 50
    assert commits <= 2


async def test_one_bad_request_does_not_fail_its_neighbours(database: Database, inbox: Inbox) -> None:
    unreadable = new_row("bad", payload={"not JSON": {1, 2}})
    async with running(inbox):
        results = await asyncio.gather(
            inbox.put([new_row("a")]), inbox.put([unreadable]), inbox.put([new_row("b")]), return_exceptions=True
        )
    assert results[0] == results[2] == 1
    assert isinstance(results[1], Exception)
    assert set(await inbox_rows(database)) == {"a", "b"}


async def test_a_request_is_stored_whole_or_not_at_all(database: Database, inbox: Inbox) -> None:
    async with running(inbox):
        with pytest.raises(Exception, match="JSON"):
            await inbox.put([new_row("a"), new_row("bad", payload={"x": object()})])
    assert await inbox_rows(database) == {}


async def test_without_a_database_nothing_is_confirmed(database: Database, inbox: Inbox) -> None:
    async with database.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE inbox RENAME TO gone"))
    async with running(inbox):
        with pytest.raises(Exception, match="inbox"):
            await inbox.put([new_row("a")])
        async with database.engine.begin() as connection:
            await connection.execute(text("ALTER TABLE gone RENAME TO inbox"))
        assert await inbox.put([new_row("a")]) == 1


async def test_a_stop_writes_what_waits(database: Database, inbox: Inbox) -> None:
    await inbox.start()
    puts = [asyncio.create_task(inbox.put([new_row(f"m{n}")])) for n in range(10)]
    await asyncio.sleep(0)
    await inbox.stop()
    assert [await put for put in puts] == [1] * 10
    with pytest.raises(ConnectionError):
        await inbox.put([new_row("late")])


async def test_a_stop_answers_whoever_could_not_be_served(
    database: Database, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_module, "STOP_SECONDS", 0.1)
    await inbox.start()
    async with database.engine.connect() as connection:
        # Somebody else holds the database.
        await connection.execute(
            text("BEGIN IMMEDIATE" if database.is_sqlite else "LOCK TABLE inbox IN ACCESS EXCLUSIVE MODE")
        )
        put = asyncio.create_task(inbox.put([new_row("a")]))
        await asyncio.sleep(0.1)
        stop = asyncio.create_task(inbox.stop())
        with pytest.raises(ConnectionError):
            await asyncio.wait_for(put, 60)
        await connection.rollback()
        await stop
    assert await inbox_rows(database) == {}


async def test_what_cannot_be_read_is_kept_whole(database: Database, inbox: Inbox) -> None:
    async with running(inbox):
        assert await inbox.put([], [Bad(channel="c", reason="no sender", body='{"a": "\\u0995"}')]) == 0
    async with database.reading() as session:
        kept = (await session.execute(select(Quarantine))).scalar_one()
    assert (kept.reason, kept.body) == ("no sender", '{"a": "\\u0995"}')


async def test_any_text_comes_back_as_it_was(database: Database, inbox: Inbox) -> None:
    payload = {"text": "র‍্যাব \x00 \ud83d নেই 👨‍👩‍👧 \u202e", "deep": [{"৳": 1.5}]}
    async with running(inbox):
        await inbox.put([new_row("a", payload=payload)])
    claimed = await inbox.claim_next("w", SECONDS)
    assert claimed is not None
    assert claimed.payload == payload


# --- order (R7) ------------------------------------------------------------------------------------------------------


async def test_eight_workers_keep_each_conversation_in_order(database: Database, inbox: Inbox) -> None:
    people, each = 6, 8
    handled: dict[str, list[int]] = defaultdict(list)
    busy: set[str] = set()

    async def work(name: str) -> None:
        while len([n for numbers in handled.values() for n in numbers]) < people * each:
            claimed = await inbox.claim_next(name, SECONDS)
            if claimed is None:
                await asyncio.sleep(0.005)
                continue
            assert claimed.lane not in busy, "two workers in one conversation"
            busy.add(claimed.lane)
            await asyncio.sleep(0.001)
            handled[claimed.lane].append(claimed.payload["n"])
            busy.discard(claimed.lane)
            await finish(database, inbox, claimed)

    async with running(inbox):
        workers = [asyncio.create_task(work(f"w{n}")) for n in range(8)]
        for n in range(each):
            await together(
                *(inbox.put([new_row(f"{p}-{n}", lane=f"whatsapp:{p}", payload={"n": n})]) for p in range(people))
            )
        await asyncio.wait_for(together(*workers), 60)
    assert handled == {f"whatsapp:{p}": list(range(each)) for p in range(people)}
    assert await inbox.counts() == {"done": people * each}


async def test_a_conversation_does_not_wait_for_another(database: Database, inbox: Inbox) -> None:
    async with running(inbox):
        await inbox.put([new_row("a1", lane="a"), new_row("a2", lane="a"), new_row("b1", lane="b")])
    first, second = await inbox.claim_next("w", SECONDS), await inbox.claim_next("v", SECONDS)
    assert first is not None and second is not None
    assert {first.external_id, second.external_id} == {"a1", "b1"}
    assert await inbox.claim_next("u", SECONDS) is None


async def test_the_urgent_conversation_comes_first(database: Database, inbox: Inbox, clock: ManualClock) -> None:
    async with running(inbox):
        await inbox.put([new_row(f"m{n}", lane=f"l{n}") for n in range(3)])
        clock.advance(timedelta(seconds=1))
        await inbox.put([new_row("danger", lane="l9", priority=0)])
    assert (await drain(database, inbox))[0] == "danger"


async def test_danger_makes_its_waiting_conversation_urgent(database: Database, inbox: Inbox) -> None:
    async with running(inbox):
        await inbox.put([new_row("other", lane="a"), new_row("mine", lane="b")])
        await inbox.put([new_row("danger", lane="b", priority=0)])
    assert await drain(database, inbox) == ["mine", "danger", "other"]


async def test_a_message_put_back_keeps_the_next_one_waiting(
    database: Database, inbox: Inbox, clock: ManualClock
) -> None:
    async with running(inbox):
        await inbox.put([new_row("first"), new_row("second")])
    claimed = await inbox.claim_next("w", SECONDS)
    assert claimed is not None
    assert await inbox.give_back(claimed, "TurnFailed")
    assert await inbox.claim_next("w", SECONDS) is None
    clock.advance(timedelta(seconds=1))
    assert await drain(database, inbox) == ["first", "second"]


# --- leases and fences (R8) ------------------------------------------------------------------------------------------


async def test_a_worker_that_slept_past_its_lease_can_write_nothing(
    database: Database, inbox: Inbox, clock: ManualClock
) -> None:
    async with running(inbox):
        await inbox.put([new_row("a")])
    stale = await inbox.claim_next("sleeper", 10)
    assert stale is not None
    assert await inbox.claim_next("other", 10) is None
    clock.advance(timedelta(seconds=11))
    fresh = await inbox.claim_next("other", 10)
    assert fresh is not None and fresh.id == stale.id
    assert fresh.lease.fence > stale.lease.fence
    with pytest.raises(LeaseLost):
        await finish(database, inbox, stale)
    with pytest.raises(LeaseLost):
        await inbox.give_back(stale, "late")
    assert (await inbox_rows(database))["a"].state == "new"
    await finish(database, inbox, fresh)
    with pytest.raises(LeaseLost):
        await finish(database, inbox, fresh)


async def test_effects_of_a_refused_finish_are_undone(database: Database, inbox: Inbox, clock: ManualClock) -> None:
    async with running(inbox):
        await inbox.put([new_row("a")])
    stale = await inbox.claim_next("sleeper", 10)
    clock.advance(timedelta(seconds=11))
    assert await inbox.claim_next("other", 10) is not None
    assert stale is not None
    with pytest.raises(LeaseLost):
        async with database.transaction() as session:
            session.add(Quarantine(channel="effect", reason="", body="", received_at=database.now()))
            await session.flush()
            await inbox.finish(session, stale, {})
    async with database.reading() as session:
        assert (await session.execute(select(func.count()).select_from(Quarantine))).scalar_one() == 0


async def test_a_late_worker_may_still_finish_while_nobody_else_came(
    database: Database, inbox: Inbox, clock: ManualClock
) -> None:
    async with running(inbox):
        await inbox.put([new_row("a")])
    late = await inbox.claim_next("w", 10)
    clock.advance(timedelta(minutes=5))
    assert late is not None
    await finish(database, inbox, late)
    assert (await inbox_rows(database))["a"].state == "done"


async def test_an_action_may_write_only_while_its_turn_is_under_way(
    database: Database, inbox: Inbox, clock: ManualClock
) -> None:
    async def may_write(row_id: int, fence: int) -> bool:
        async with database.transaction() as session:
            return await inbox.still_ours(session, row_id, fence)

    async with running(inbox):
        await inbox.put([new_row("a")])
    first = await inbox.claim_next("w", 10)
    assert first is not None
    assert await may_write(first.id, first.lease.fence)
    assert not await may_write(first.id, first.lease.fence + 1)
    assert not await may_write(first.id + 1, first.lease.fence)
    await inbox.give_back(first, "TurnFailed")
    assert not await may_write(first.id, first.lease.fence), "a ghost of a turn that was given back"
    clock.advance(timedelta(seconds=2))
    second = await inbox.claim_next("w", 10)
    assert second is not None
    assert not await may_write(first.id, first.lease.fence)
    assert await may_write(second.id, second.lease.fence)
    await finish(database, inbox, second)
    assert not await may_write(second.id, second.lease.fence)


async def test_two_workers_never_get_the_same_row(database: Database, inbox: Inbox) -> None:
    other = Inbox(Database(database.url, database.clock))
    async with running(inbox):
        await inbox.put([new_row(f"m{n}", lane=f"l{n}") for n in range(10)])
    claims = await together(*(one.claim_next(f"w{n}", SECONDS) for n in range(8) for one in (inbox, other)))
    got = [claim.external_id for claim in claims if claim]
    assert len(got) == len(set(got)) == 10
    await other._db.close()


# --- tries (R10) -----------------------------------------------------------------------------------------------------


async def test_tries_wait_longer_each_time_and_end(database: Database, inbox: Inbox, clock: ManualClock) -> None:
    async with running(inbox):
        await inbox.put([new_row("a")])
    for delay in (1, 2, 4, 8):
        claimed = await inbox.claim_next("w", SECONDS)
        assert claimed is not None
        assert await inbox.give_back(claimed, "TurnFailed")
        clock.advance(timedelta(seconds=delay - 0.1))
        assert await inbox.claim_next("w", SECONDS) is None
        clock.advance(timedelta(seconds=0.1))
    last = await inbox.claim_next("w", SECONDS)
    assert last is not None
    assert last.attempts == MAX_TURN_ATTEMPTS
    assert not await inbox.give_back(last, "TurnFailed")
    await finish(database, inbox, last, state="dead", reason="TurnFailed")
    assert await inbox.counts() == {"dead": 1}
    assert await drain(database, inbox) == []


async def test_a_message_that_kills_its_worker_uses_up_its_tries(
    database: Database, inbox: Inbox, clock: ManualClock
) -> None:
    async with running(inbox):
        await inbox.put([new_row("poison"), new_row("next")])
    for attempt in range(1, MAX_TURN_ATTEMPTS + 2):
        claimed = await inbox.claim_next("w", 10)
        assert claimed is not None
        assert (claimed.external_id, claimed.attempts) == ("poison", attempt)
        clock.advance(timedelta(seconds=11))  # no word from the worker ever again
    await finish(database, inbox, claimed, state="dead", reason="it stopped its worker again and again")
    assert await drain(database, inbox) == ["next"]


# --- timers ----------------------------------------------------------------------------------------------------------


async def test_a_timer_waits_for_its_time_and_keeps_nobody_waiting(
    database: Database, inbox: Inbox, clock: ManualClock
) -> None:
    async with running(inbox):
        await inbox.put([new_row("timer", kind="timer", due_at=clock.now() + timedelta(hours=1))])
        await inbox.put([new_row("message")])
        assert await drain(database, inbox) == ["message"]
        clock.advance(timedelta(minutes=59))
        assert await drain(database, inbox) == []
        clock.advance(timedelta(minutes=1))
        assert await drain(database, inbox) == ["timer"]


async def test_a_due_timer_does_not_wait_for_a_message_that_was_put_back(
    database: Database, inbox: Inbox, clock: ManualClock
) -> None:
    async with running(inbox):
        await inbox.put([new_row("message")])
        claimed = await inbox.claim_next("w", SECONDS)
        assert claimed is not None
        await inbox.give_back(claimed, "TurnFailed")
        await inbox.put([new_row("timer", kind="timer", due_at=clock.now())])
        assert await asyncio.wait_for(drain(database, inbox), 60) == ["timer"]
        clock.advance(timedelta(seconds=1))
        assert await drain(database, inbox) == ["message"]


async def test_a_timer_may_be_set_within_a_turn(database: Database, inbox: Inbox, clock: ManualClock) -> None:
    async with running(inbox):
        await inbox.put([new_row("message")])
    claimed = await inbox.claim_next("w", SECONDS)
    assert claimed is not None
    async with database.transaction() as session:
        due = clock.now() + timedelta(minutes=30)
        await inbox_module.insert(session, database, [new_row("timer", kind="timer", due_at=due)])
        await inbox.finish(session, claimed, {})
    assert (await lane_of(database, "in", claimed.lane)).ready_at == due
    clock.advance(timedelta(minutes=30))
    assert await drain(database, inbox) == ["timer"]


# --- conservation ----------------------------------------------------------------------------------------------------


async def test_a_row_is_finished_as_what_it_was(database: Database, inbox: Inbox) -> None:
    async with running(inbox):
        await inbox.put([new_row("a", lane="a"), new_row("b", lane="b"), new_row("c", lane="c")])
    for state in ("done", "ignored"):
        claimed = await inbox.claim_next("w", SECONDS)
        assert claimed is not None
        await finish(database, inbox, claimed, state=state, reason="because")
    assert await inbox.counts() == {"done": 1, "ignored": 1, "new": 1}
    row: InboxRow = (await inbox_rows(database))["a"]
    assert (row.reason, row.done_at) == ("because", database.now())


async def test_a_deadlock_is_simply_tried_again(database: Database, inbox: Inbox) -> None:
    class Deadlock(Exception):
        sqlstate = "40P01"

    original = database.transaction
    faults = [DBAPIError("", {}, Deadlock()), DBAPIError("", {}, Deadlock())]

    def unlucky():  # type: ignore[no-untyped-def]
        if faults:
            raise faults.pop()
        return original()

    database.transaction = unlucky  # type: ignore[method-assign]
    async with running(inbox):
        assert await inbox.put([new_row("a")]) == 1
    assert not faults
