"""The case code on the telephone: what an operator sees, the result in the chat; and the line an operator gets first."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlmodel import col

from core import store
from core.database import Database
from core.messages import Actor, OutgoingMessage
from core.tables import Contact, Conversation
from handoff import brief
from handoff.cases import Cases
from handoff.moves import HandoffRefused
from handoff.record_tables import TurnRecord
from handoff.service import Handoff
from tests.handoff.people import TENANT, TENANTS, Scene, Voice, person

SUMMARY = {
    "intent": "report_no_supply",
    "account": "12345678",
    "feeder": "F-12",
    "incident": "cut-7",
    "complaints": ["DES-7K3M9Q"],
    "area": "Mirpur 10",
}


async def a_case(database: Database) -> tuple[Scene, int, str]:
    """Somebody who was told a case code, after two messages."""
    scene = Scene(database)
    conversation = await scene.customer()
    async with database.transaction() as session:
        found = await session.get(Conversation, conversation)
        assert found is not None
        for text in ("I am still here.", "Call 16999."):
            await store.write_outgoing(session, database, found, OutgoingMessage(text=text, author=Actor.BOT))
        case = await Handoff(database, TENANTS).open_case(
            session,
            effect_key="1:case",
            tenant=TENANT,
            utility="desco",
            contact_id=found.contact_id,
            conversation_id=conversation,
            reason="asked",
            language="bn-Latn",
            summary=SUMMARY,
        )
        return scene, conversation, case.code


@pytest.mark.parametrize("heard", ["{code}", " {low} ", "{spaced}"])
async def test_a_code_shows_all_that_is_needed(database: Database, heard: str) -> None:
    scene, conversation, code = await a_case(database)
    typed = heard.format(code=code, low=code.lower(), spaced=" ".join(code))
    async with database.transaction() as session:
        view = await Cases(database, Voice(database)).look_up(session, TENANT, typed, person(7))
        assert view is not None
    assert (view.language, view.account, view.place) == ("bn-Latn", "12345678", "Mirpur 10")
    assert [message.text for message in view.transcript] == ["I am still here.", "Call 16999."]
    assert view.brief.line == (
        "intent report_no_supply · account 12345678 · utility DESCO · feeder F-12 · incident cut-7"
        f" · complaints DES-7K3M9Q · place Mirpur 10 · code {code}"
    )
    assert (view.case.opened_by, view.conversation.id) == (7, conversation)
    assert scene.db is database


async def test_another_tenants_code_is_no_code(database: Database) -> None:
    _, _, code = await a_case(database)
    other = next(tenant.slug for tenant in TENANTS.all() if tenant.slug != TENANT)
    async with database.transaction() as session:
        cases = Cases(database, Voice(database))
        assert await cases.look_up(session, other, code, person(7)) is None
        assert await cases.look_up(session, TENANT, "222222", person(7)) is None
        view = await cases.look_up(session, TENANT, code, person(7))
        assert view is not None and view.case.id is not None
        with pytest.raises(HandoffRefused):
            await cases.answer(session, other, view.case.id, person(7), "Done", "press-1")


async def test_the_result_returns_to_the_chat(database: Database) -> None:
    scene, conversation, code = await a_case(database)
    cases = Cases(database, Voice(database))
    async with database.transaction() as session:
        view = await cases.look_up(session, TENANT, code, person(7))
        assert view is not None and view.case.id is not None
        case = await cases.answer(session, TENANT, view.case.id, person(7), " A team comes at six. ", "press-1")
        assert (case.result, case.result_by) == ("A team comes at six.", 7)
        with pytest.raises(HandoffRefused):
            await cases.answer(session, TENANT, view.case.id, person(7), "  ", "press-2")
    assert await scene.heard(conversation) == ["utter_case_result"]


async def test_the_line_says_what_is_filled_and_how_sure_the_bot_was(database: Database) -> None:
    scene = Scene(database)
    conversation = await scene.customer()
    state = {
        "slots": {
            "kind": "OUT-HOME",
            "area": "Uttara",
            "requested_slot": "since",
            "details": "burnt smell",
            "photos": [{"count": 1}],
            "current": {"account": "12345678", "utility": "desco"},
        },
        "active_loop": "complaint_form",
    }
    async with database.transaction() as session:
        await session.execute(update(Conversation).where(col(Conversation.id) == conversation).values(state=state))
        found = await session.get(Conversation, conversation)
        assert found is not None
        other = Conversation(
            tenant=TENANT,
            channel="telegram:1",
            contact_id=found.contact_id,
            address="telegram:5",
            created_at=database.now() - timedelta(days=1),
        )
        session.add(other)
        session.add(
            TurnRecord(
                inbox_id=1,
                tenant=TENANT,
                conversation_id=conversation,
                at=database.now(),
                intent="report_no_supply",
                confidence=0.914,
                outcome="answered",
            )
        )
        await session.execute(update(Contact).values(language="hi-Latn"))
    async with database.reading() as session:
        made = await brief.of(session, database, TENANT, conversation)
        assert await brief.of(session, database, "nobody", conversation) is None
    assert made is not None
    assert (made.form, made.language, made.script) == ("hi-Latn", "hi", "Latn")
    assert [one.channel for one in made.others] == ["telegram:1"]
    assert brief._words({"since": {"at": "2026-11-22T15:44:45.911348+06:00"}}) == "since=22 Nov 15:44"
    assert made.line == (
        "intent report_no_supply · kind OUT-HOME · account 12345678 · utility DESCO · place Uttara"
        " · filled details=burnt smell, photos=1 · question complaint_form:since · confidence 91%"
    )
