"""Nobody comes, the operator is gone, the customer is gone, a process is killed: nothing stays as it is for ever."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from core.clock import ManualClock
from core.database import Database
from handoff.hours import Patience
from handoff.moves import SYSTEM, Move, State
from tests.handoff import victim
from tests.handoff.people import Scene, person

PATIENCE = Patience()


async def pass_time(scene: Scene, clock: ManualClock, by: timedelta, *, alive: int | None = None) -> list[str]:
    """Let time pass from one clock that rings to the next; an operator may give signs of life every half minute."""
    done, end = [], clock.now() + by
    while (now := clock.now()) < end:
        due = await scene.next_ring() or end
        pause = min(max(due - now, timedelta(seconds=1)), end - now)
        clock.advance(min(pause, timedelta(seconds=30)) if alive is not None else pause)
        if alive is not None:
            await scene.operator(alive)
        done += await scene.ring()
    return done


async def test_who_waits_hears_the_place_and_at_last_the_hotline(database: Database, clock: ManualClock) -> None:
    scene = Scene(database)
    await scene.operator(1)
    conversation = await scene.customer()
    await scene.ask(conversation)
    done = await pass_time(scene, clock, PATIENCE.queue + PATIENCE.notice, alive=1)
    assert done == ["waiting"] * 4 + ["nobody"]
    assert await scene.heard(conversation) == [
        "utter_handoff_queued",
        *["utter_handoff_still_waiting"] * 4,
        "utter_handoff_nobody",
    ]
    assert await scene.status(conversation) == "pending"


async def test_who_urges_again_and_again_does_not_wait_for_ever(database: Database, clock: ManualClock) -> None:
    scene = Scene(database)
    await scene.operator(1)
    conversation = await scene.customer()
    await scene.ask(conversation)
    for _ in range(12):
        await scene.ask(conversation)
        await pass_time(scene, clock, timedelta(minutes=1), alive=1)
    assert "nobody" in [row.move for row in await scene.history(conversation)]


async def test_the_desk_closes_on_those_who_wait(database: Database, clock: ManualClock) -> None:
    scene = Scene(database)
    await scene.operator(1)
    clock.advance(timedelta(hours=9, minutes=59))  # 21:59 in Dhaka, one minute before the last shift ends
    await scene.operator(1)
    conversation = await scene.customer()
    await scene.ask(conversation)
    await scene.operator(1, on_duty=False)
    assert await pass_time(scene, clock, PATIENCE.notice) == ["closed"]
    assert (await scene.heard(conversation))[-1] == "utter_handoff_closed"


async def test_nobody_on_duty_means_the_hotline_at_once(database: Database) -> None:
    scene = Scene(database)
    conversation = await scene.customer()
    takeover = await scene.ask(conversation)
    assert takeover.state == State.RETURNED
    assert await scene.heard(conversation) == [], "the words are those of the bot's own answer"
    assert (await scene.history(conversation))[0].why == "nobody on duty"


async def test_a_full_queue_takes_nobody_more(database: Database) -> None:
    scene = Scene(database)
    scene.bridge.patience = Patience(places=1)
    await scene.operator(1)
    await scene.ask(await scene.customer())
    last = await scene.customer()
    assert (await scene.ask(last)).state == State.RETURNED
    assert (await scene.history(last))[0].why == "queue full"


async def test_operator_gone_then_the_next_then_the_bot(database: Database, clock: ManualClock) -> None:
    scene = Scene(database)
    first = await scene.operator(1)
    conversation = await scene.customer()
    takeover = await scene.ask(conversation)
    await scene.change(takeover.id, Move.CLAIM, person(1), assignee=first)
    assert "operator gone" in await pass_time(scene, clock, PATIENCE.presence * 2 + timedelta(minutes=1), alive=2)
    assert await scene.status(conversation) == "queued"
    second = await scene.operator(2)
    await scene.change(takeover.id, Move.CLAIM, person(2), assignee=second)
    await scene.change(takeover.id, Move.GIVE_BACK, person(2))
    assert await scene.status(conversation) == "pending"
    assert [row.move for row in await scene.history(conversation)] == [
        "ask",
        "claim",
        "operator_gone",
        "claim",
        "give_back",
    ]


async def test_an_operator_who_is_there_but_silent_loses_the_conversation(
    database: Database, clock: ManualClock
) -> None:
    scene = Scene(database)
    operator = await scene.operator(1)
    conversation = await scene.customer()
    takeover = await scene.ask(conversation)
    await scene.change(takeover.id, Move.CLAIM, person(1), assignee=operator)
    done = await pass_time(scene, clock, PATIENCE.reply + timedelta(minutes=1), alive=1)
    assert done.count("operator gone") == 1
    assert (await scene.history(conversation))[-1].why == "the operator did not answer"


async def test_a_customer_who_writes_no_more_hears_the_close_once(database: Database, clock: ManualClock) -> None:
    scene = Scene(database)
    operator = await scene.operator(1)
    conversation = await scene.customer()
    takeover = await scene.ask(conversation)
    await scene.change(takeover.id, Move.CLAIM, person(1), assignee=operator)
    async with database.transaction() as session:
        await scene.bridge.operator_wrote(session, conversation, person(1))
    await pass_time(scene, clock, PATIENCE.customer * 2, alive=1)
    assert (await scene.takeover(takeover.id)).state == State.RESOLVED
    assert (await scene.heard(conversation)).count("utter_handoff_customer_gone") == 1


async def test_a_snoozed_conversation_wakes_by_itself_or_by_the_customer(
    database: Database, clock: ManualClock
) -> None:
    scene = Scene(database)
    operator = await scene.operator(1)
    conversation = await scene.customer()
    takeover = await scene.ask(conversation)
    await scene.change(takeover.id, Move.CLAIM, person(1), assignee=operator)
    await scene.change(takeover.id, Move.SNOOZE, person(1), until=database.now() + timedelta(minutes=3))
    assert "woken" in await pass_time(scene, clock, timedelta(minutes=4), alive=1)
    await scene.change(takeover.id, Move.SNOOZE, person(1), until=database.now() + timedelta(hours=3))
    async with database.transaction() as session:
        await scene.bridge.customer_wrote(session, conversation)
    assert await scene.status(conversation) == "open"


async def test_a_returning_case_goes_to_who_had_it(database: Database) -> None:
    scene = Scene(database)
    await scene.operator(1, automatic=True)
    known = await scene.operator(2, automatic=True)
    conversation = await scene.customer()
    async with database.transaction() as session:
        takeover = await scene.bridge.take(session, conversation, known, person(2))
    await scene.change(takeover.id, Move.GIVE_BACK, person(2))
    again = await scene.ask(conversation)
    assert (again.state, again.assignee_id) == ("open", 2)


@pytest.mark.parametrize(
    ("fields", "wish"),
    [
        ({"capacity": 0}, {}),
        ({"utilities": ["elsewhere"]}, {"utility": "here"}),
        ({"languages": ["hi"]}, {}),
        ({"skills": []}, {"skill": "theft"}),
        ({"tenant": "another"}, {}),
    ],
)
async def test_nothing_is_given_to_who_may_not_have_it(database: Database, fields: dict, wish: dict) -> None:
    scene = Scene(database)
    await scene.operator(1, automatic=True, **fields)
    await scene.operator(2, skills=["theft"])
    takeover = await scene.ask(await scene.customer(), **wish)
    assert takeover.state == State.QUEUED


LASTING = [State.QUEUED, State.OPEN, State.SNOOZED]


@pytest.mark.parametrize("point", ["before", "after"])
@pytest.mark.parametrize("state", LASTING)
async def test_a_killed_process_leaves_no_conversation_stuck(
    database: Database, clock: ManualClock, state: State, point: str
) -> None:
    scene = Scene(database)
    await scene.operator(1)
    conversation = await scene.customer()
    words = (database.url, database.now().isoformat(), conversation, state.value, point)
    assert await asyncio.to_thread(victim.run, *words) == -9
    history = await scene.history(conversation)
    reached = history[-1].target if history else "pending"
    expected = {"before": {"queued": "pending", "open": "queued", "snoozed": "open"}, "after": {s: s for s in LASTING}}
    assert reached == await scene.status(conversation) == expected[point][state]
    done_by_clocks = await pass_time(scene, clock, timedelta(hours=3))
    assert await scene.status(conversation) == "pending", done_by_clocks
    heard = await scene.heard(conversation)
    assert len(heard) == len(
        [row for row in await scene.history(conversation) if row.move not in ("snooze", "wake")]
    ) + heard.count("utter_handoff_still_waiting")


async def test_lost_clocks_are_set_again_at_the_start(database: Database, clock: ManualClock) -> None:
    scene = Scene(database)
    await scene.operator(1)
    conversation = await scene.customer()
    await scene.ask(conversation)
    async with database.transaction() as session:
        from core.inbox import inbox

        await session.execute(inbox.delete())
    await pass_time(scene, clock, timedelta(hours=1))
    assert await scene.status(conversation) == "queued"
    assert await scene.timers.mend() == 1
    await pass_time(scene, clock, timedelta(hours=1))
    assert await scene.status(conversation) == "pending"


async def test_a_rating_is_kept_only_from_whom_it_was_asked(database: Database) -> None:
    scene = Scene(database)
    operator = await scene.operator(1)
    conversation, stranger = await scene.customer(), await scene.customer()
    takeover = await scene.ask(conversation)
    await scene.change(takeover.id, Move.CLAIM, SYSTEM, assignee=operator)
    await scene.change(takeover.id, Move.RESOLVE, person(1))
    assert takeover.id is not None
    async with database.transaction() as session:
        assert not await scene.bridge.rate(session, stranger, takeover.id, 1)
        assert not await scene.bridge.rate(session, conversation, takeover.id, 6)
        assert await scene.bridge.rate(session, conversation, takeover.id, 4)
        assert not await scene.bridge.rate(session, conversation, takeover.id, 5), "the first one counts"
    assert (await scene.takeover(takeover.id)).rating == 4
