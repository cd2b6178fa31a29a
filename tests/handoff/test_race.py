"""Two operators and the bot reach for one conversation, a thousand times: one owner each time (R25)."""

from __future__ import annotations

import asyncio
import os

import pytest
from sqlmodel import func, select

from core.database import Database
from core.tables import OutboxRow
from handoff import events
from handoff.desk_tables import HandoffEvent, Operator, Takeover
from handoff.moves import HandoffRefused, Move
from tests.handoff.people import Scene, Voice, person

# A thousand under `make soak`; here enough to meet.
# Each race takes three connections at once, and a pool has 24.
RACES, ABREAST = (1000 if os.environ.get("SATHI_SOAK") == "1" else 60), 8


OPERATORS: dict[int, Operator] = {}


async def bot_speaks(scene: Scene, conversation: int) -> bool:
    """What a turn does at its end: look who has the conversation, then speak, in one transaction."""
    async with scene.db.transaction() as session:
        row = await events.lock_conversation(session, scene.db, conversation)
        if row.status != "pending":
            await scene.bridge.customer_wrote(session, conversation)
            return False
        await Voice(scene.db).say(session, row, "bot", {}, f"bot:{conversation}")
        return True


async def reach(scene: Scene, conversation: int, number: int) -> bool:
    operator = OPERATORS[number]
    try:
        async with scene.db.transaction() as session:
            await scene.bridge.take(session, conversation, operator, person(number))
    except HandoffRefused:
        return False
    return True


async def race(scene: Scene, turn: int) -> tuple[bool, int]:
    conversation = await scene.customer()
    runners = [reach(scene, conversation, 1), reach(scene, conversation, 2), bot_speaks(scene, conversation)]
    order = [0, 1, 2] if turn % 3 == 0 else [2, 0, 1] if turn % 3 == 1 else [1, 2, 0]
    done = await asyncio.gather(*(runners[place] for place in order))
    results = dict(zip(order, done, strict=True))
    assert [results[0], results[1]].count(True) == 1, "one of the two, never both, never none"
    heard = await scene.heard(conversation)
    assert heard.count("utter_handoff_joined") == 1
    if results[2]:
        assert heard == ["bot", "utter_handoff_joined"], "the bot spoke only before the person came"
    else:
        assert heard == ["utter_handoff_joined"], "the bot is silent while owned"
    return results[2], 1 if results[0] else 2


@pytest.mark.timeout(600)
async def test_a_conversation_has_one_owner_a_thousand_times(database: Database) -> None:
    scene = Scene(database)
    for number in (1, 2):
        OPERATORS[number] = await scene.operator(number)
    limit = asyncio.Semaphore(ABREAST)

    async def one(turn: int) -> tuple[bool, int]:
        async with limit:
            return await race(scene, turn)

    results = await asyncio.gather(*(one(turn) for turn in range(RACES)))
    assert {bot for bot, _ in results} == {True, False}, "the bot came first sometimes, and sometimes late"
    async with database.reading() as session:
        owned = (await session.exec(select(func.count()).select_from(Takeover))).one()
        moves = (await session.exec(select(func.count()).select_from(HandoffEvent))).one()
        said = (await session.exec(select(func.count()).select_from(OutboxRow))).one()
    assert owned == moves == RACES
    assert said == RACES + sum(bot for bot, _ in results)


async def test_two_operators_claim_the_same_from_the_queue(database: Database) -> None:
    scene = Scene(database)
    operators = {number: await scene.operator(number) for number in (1, 2, 3)}

    async def claim(takeover: int | None, number: int) -> bool:
        try:
            await scene.change(takeover, Move.CLAIM, person(number), assignee=operators[number])
        except HandoffRefused:
            return False
        return True

    for _ in range(30):
        takeover = await scene.ask(await scene.customer())
        wins = await asyncio.gather(*(claim(takeover.id, number) for number in operators))
        assert wins.count(True) == 1
        assert (await scene.takeover(takeover.id)).assignee_id == wins.index(True) + 1
