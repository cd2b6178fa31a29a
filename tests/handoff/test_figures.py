"""The figures, counted by hand from a small day."""

from __future__ import annotations

from datetime import timedelta

from core.clock import ManualClock
from core.database import Database
from handoff import desk_figures, figures
from handoff.desk_tables import Takeover
from handoff.moves import Move
from handoff.record_tables import TurnRecord
from tests.handoff.people import TENANT, Scene, person

ZONE = "Asia/Dhaka"
# conversation, minute, form, intent, outcome, step left open
DAY = (
    (1, 0, "bn", "report_no_supply", "answered", "complaint_form:account"),
    (1, 1, "bn", "inform", "answered", "complaint_form:area"),
    (2, 0, "en", "nlu_fallback", "unclear", ""),
    (2, 1, "en", "nlu_fallback", "unclear", ""),
    (2, 2, "en", "nlu_fallback", "person", ""),
    (2, 9, "en", "bill_amount", "answered", ""),
    (3, 0, "bn", "report_no_supply", "answered", "complaint_form:account"),
    (3, 90, "bn", "talk_to_operator", "person", ""),
)


async def a_day(database: Database) -> Scene:
    scene = Scene(database)
    ids = {number: await scene.customer() for number in (1, 2, 3)}
    async with database.transaction() as session:
        for place, (conversation, minute, form, intent, outcome, step) in enumerate(DAY):
            session.add(
                TurnRecord(
                    inbox_id=place + 1,
                    tenant=TENANT,
                    conversation_id=ids[conversation],
                    at=database.now() + timedelta(minutes=minute),
                    language=form,
                    intent=intent,
                    confidence=0.9,
                    outcome=outcome,
                    step=step,
                )
            )
    return scene


async def test_the_bots_figures(database: Database) -> None:
    await a_day(database)
    now = database.now()
    async with database.reading() as session:
        made = await figures.bot(session, TENANT, ZONE, now - timedelta(days=1), now + timedelta(days=1))
        nothing = await figures.bot(session, TENANT, ZONE, now - timedelta(days=9), now - timedelta(days=8))
    total = made.total
    assert (total.messages, total.conversations) == (8, 3)
    assert (total.fallback, total.handoff, total.contained) == (3 / 8, 2 / 3, 1 / 3)
    intents = {one.name: one for one in made.by_intent}
    assert intents["report_no_supply"].handoff == 1 / 2
    assert intents["bill_amount"].handoff == 0, "it came up after the call"
    assert intents["nlu_fallback"].fallback == 1
    forms = {one.name: (one.conversations, one.fallback, one.contained) for one in made.by_language}
    assert forms == {"bn": (2, 0, 1 / 2), "en": (1, 3 / 4, 0)}
    assert [(step.name, step.asked, step.left) for step in made.steps] == [
        ("complaint_form:account", 2, 1),
        ("complaint_form:area", 1, 1),
    ]
    assert (nothing.total.messages, nothing.total.contained, nothing.steps) == (0, None, ())


async def test_a_question_that_may_still_be_answered_is_not_left(database: Database) -> None:
    await a_day(database)
    async with database.reading() as session:
        start = database.now()
        made = await figures.bot(session, TENANT, ZONE, start, start + timedelta(minutes=30))
    assert [(step.name, step.asked, step.left) for step in made.steps] == [("complaint_form:account", 1, 0)]


async def test_who_wanted_a_person_was_not_contained_whether_one_came_or_not(database: Database) -> None:
    """A wish that nobody could answer, a conversation that somebody took, and one that asked for a call back."""
    scene = Scene(database)
    refused, taken, alone = [await scene.customer() for _ in range(3)]
    now = database.now()
    rows = (
        (refused, 0, "bill_amount", "answered", ""),
        (refused, 1, "talk_to_operator", "answered", ""),
        (refused, 5, "thanks", "answered", ""),
        # Words that no intent fits answer the question of a form; the question after it is left to a person.
        (taken, 0, "nlu_fallback", "answered", "complaint_form:since"),
        (taken, 1, "report_no_supply", "unclear", "complaint_form:since"),
        (alone, 0, "report_no_supply", "answered", ""),
    )
    async with database.transaction() as session:
        for place, (conversation, minute, intent, outcome, step) in enumerate(rows):
            at = now + timedelta(minutes=minute)
            session.add(
                TurnRecord(
                    inbox_id=place + 1,
                    tenant=TENANT,
                    conversation_id=conversation,
                    at=at,
                    language="bn",
                    intent=intent,
                    outcome=outcome,
                    step=step,
                )
            )
        for conversation, minute, state in ((refused, 1, "returned"), (taken, 3, "open")):
            at = now + timedelta(minutes=minute) - timedelta(seconds=1)
            session.add(Takeover(conversation_id=conversation, contact_id=1, tenant=TENANT, state=state, queued_at=at))
    async with database.reading() as session:
        made = await figures.bot(session, TENANT, ZONE, now, now + timedelta(hours=5))
    assert (made.total.conversations, made.total.handoff, made.total.contained) == (3, 2 / 3, 1 / 3)
    assert made.total.fallback == 1 / 6, "what a form could use was understood"
    called = {one.name: one.handoff for one in made.by_intent}
    assert called == {
        "bill_amount": 1,
        "talk_to_operator": 1,
        "thanks": 0,
        "nlu_fallback": 1,
        "report_no_supply": 1 / 2,
    }
    assert {one.name: one.fallback for one in made.by_intent}["report_no_supply"] == 1 / 2
    assert [(step.name, step.asked, step.left) for step in made.steps] == [("complaint_form:since", 2, 0)]


async def test_who_lost_a_conversation_is_known_from_before_the_span(database: Database, clock: ManualClock) -> None:
    scene = Scene(database)
    first = await scene.operator(1)
    takeover = await scene.ask(await scene.customer())
    await scene.change(takeover.id, Move.CLAIM, person(1), assignee=first)
    clock.advance(timedelta(minutes=3))
    start = database.now()
    clock.advance(timedelta(minutes=3))
    await scene.ring()
    async with database.reading() as session:
        found = await desk_figures.operators(session, TENANT, start, database.now() + timedelta(seconds=1))
    assert [(one.taken, one.lost) for one in found] == [(0, 1)]


async def test_the_figures_of_operators_and_queue(database: Database, clock: ManualClock) -> None:
    scene = Scene(database)
    first = await scene.operator(1)
    start = database.now()
    conversation = await scene.customer()
    takeover = await scene.ask(conversation)
    clock.advance(timedelta(seconds=40))
    await scene.change(takeover.id, Move.CLAIM, person(1), assignee=first)
    clock.advance(timedelta(seconds=20))
    async with database.transaction() as session:
        await scene.bridge.operator_wrote(session, conversation, person(1))
    clock.advance(timedelta(minutes=4))
    await scene.change(takeover.id, Move.RESOLVE, person(1))
    assert takeover.id is not None
    async with database.transaction() as session:
        assert await scene.bridge.rate(session, conversation, takeover.id, 4)
        assert not await scene.bridge.rate(session, conversation, takeover.id, 1), "once"
    second = await scene.operator(2)
    again = await scene.ask(await scene.customer())
    await scene.change(again.id, Move.CLAIM, person(2), assignee=second)
    clock.advance(timedelta(minutes=4))
    await scene.ring()
    async with database.reading() as session:
        until = database.now() + timedelta(seconds=1)
        one, two = await desk_figures.operators(session, TENANT, start, until)
        line = await desk_figures.queue(session, TENANT, start, until)
    assert (one.taken, one.resolved, one.lost, one.first_answer_seconds, one.handled_seconds) == (1, 1, 0, 20, 260)
    assert (one.ratings, one.rating, two.lost, two.taken, two.first_answer_seconds) == (1, 4, 1, 1, None)
    assert (line.asked, line.taken, line.waited_seconds, line.rating) == (2, 2, 20, 4)
