"""The table of changes: each row is made once for real, and what does not stand in it is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.database import Database
from handoff.moves import BOT, CHANGES, CUSTOMER, ENDED, SYSTEM, TABLE, By, Change, HandoffRefused, Move, State, Who
from tests.handoff.people import Scene, person

ROWS = [(source, change) for change in CHANGES for source in change.sources]
MAKERS = {Who.CUSTOMER: CUSTOMER, Who.BOT: BOT, Who.SYSTEM: SYSTEM, Who.OPERATOR: person(1)}
MAKERS[Who.SUPERVISOR] = person(9, Who.SUPERVISOR)


async def bring(scene: Scene, state: State) -> tuple[int, int | None]:
    """A conversation in a state."""
    await scene.operator(1)
    await scene.operator(2)
    conversation = await scene.customer()
    if state is State.PENDING:
        return conversation, None
    takeover = await scene.ask(conversation)
    if state is not State.QUEUED:
        me = await scene.operator(1)
        await scene.change(takeover.id, Move.CLAIM, person(1), assignee=me)
    if state is State.SNOOZED:
        await scene.change(takeover.id, Move.SNOOZE, person(1), until=scene.db.now() + timedelta(hours=2))
    elif state is State.RETURNED:
        await scene.change(takeover.id, Move.GIVE_BACK, person(1))
    elif state is State.RESOLVED:
        await scene.change(takeover.id, Move.RESOLVE, person(1))
    return conversation, takeover.id


async def make(scene: Scene, conversation: int, takeover: int | None, move: Move, by: By) -> None:
    """Make one change in the way it is made."""
    other = await scene.operator(2)
    if move in (Move.ASK, Move.URGE):
        await scene.ask(conversation, by)
    elif move is Move.REFUSE:
        await scene.operator(1, on_duty=False)
        await scene.operator(2, on_duty=False)
        await scene.ask(conversation)
    elif move is Move.TAKE:
        async with scene.db.transaction() as session:
            await scene.bridge.take(session, conversation, other, by)
    elif move is Move.TAKE_OUTSIDE:
        async with scene.db.transaction() as session:
            await scene.bridge.take_outside(session, conversation)
    else:
        await scene.change(takeover, move, by, why="a test", assignee=other, until=scene.db.now())


@pytest.mark.parametrize(("source", "change"), ROWS, ids=[f"{source}-{change.move}" for source, change in ROWS])
async def test_every_change_of_the_table_is_made_kept_and_told(
    database: Database, source: State, change: Change
) -> None:
    scene = Scene(database)
    conversation, takeover = await bring(scene, source)
    before, heard = len(await scene.history(conversation)), len(await scene.heard(conversation))
    await make(scene, conversation, takeover, change.move, MAKERS[change.by[0]])
    told = (await scene.heard(conversation))[heard:]
    assert told == ([change.says] if change.says else [])
    kept = (await scene.history(conversation))[before:]
    assert [(row.source, row.move, row.target) for row in kept] == [(source, change.move, change.target)]
    assert kept[0].who.startswith(("operator", "system") if change.move is Move.REFUSE else change.by[0])
    assert kept[0].why or change.move is Move.REFUSE
    status = await scene.status(conversation)
    assert status == ("pending" if change.target in ENDED else change.target)


@pytest.mark.parametrize("source", [State.QUEUED, State.OPEN, State.SNOOZED, State.RETURNED, State.RESOLVED])
async def test_what_does_not_stand_in_the_table_is_refused(database: Database, source: State) -> None:
    scene = Scene(database)
    conversation, takeover = await bring(scene, source)
    before = len(await scene.history(conversation)), await scene.heard(conversation)
    for move in Move:
        if (source, move) not in TABLE:
            for by in MAKERS.values():
                with pytest.raises(HandoffRefused):
                    await scene.change(takeover, move, by)
    for move in [change.move for change in CHANGES if source in change.sources]:
        for who, by in MAKERS.items():
            if who not in TABLE[source, move].by:
                with pytest.raises(HandoffRefused) as caught:
                    await scene.change(takeover, move, by)
                assert caught.value.reason == "who"
    assert (len(await scene.history(conversation)), await scene.heard(conversation)) == before


def test_every_state_that_lasts_can_be_left_by_itself() -> None:
    for state in (State.QUEUED, State.OPEN, State.SNOOZED):
        assert any(Who.SYSTEM in change.by for change in CHANGES if state in change.sources)
    assert not [change for change in CHANGES if ENDED & set(change.sources)]


async def test_another_operators_conversation_is_not_mine_to_change(database: Database) -> None:
    scene = Scene(database)
    _, takeover = await bring(scene, State.OPEN)
    for move in (Move.RESOLVE, Move.GIVE_BACK, Move.SNOOZE, Move.TRANSFER):
        with pytest.raises(HandoffRefused) as caught:
            await scene.change(takeover, move, person(2))
        assert caught.value.reason == "taken"
    await scene.change(takeover, Move.RESOLVE, person(9, Who.SUPERVISOR))


async def test_an_old_view_must_look_again(database: Database) -> None:
    scene = Scene(database)
    _, takeover = await bring(scene, State.QUEUED)
    seen = (await scene.takeover(takeover)).version
    await scene.change(takeover, Move.CLAIM, person(1), assignee=await scene.operator(1), seen_version=seen)
    with pytest.raises(HandoffRefused):
        await scene.change(takeover, Move.RESOLVE, person(1), seen_version=seen)
