"""The hotline for a company, with hours as they are; case codes and calls back, each once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlmodel import select

from core.clock import ManualClock
from core.database import Database
from core.settings import ROOT
from core.tables import Contact, Conversation
from core.tenants import Tenants
from handoff.callback_wishes import NewCallback
from handoff.service import Handoff
from handoff.tables import CallbackRequest, HandoffCase

BPD = "bangladesh-power-division"


@pytest.fixture(scope="module")
def tenants() -> Tenants:
    return Tenants.load(ROOT)


async def somebody(database: Database) -> dict[str, Any]:
    async with database.transaction() as session:
        contact = Contact(tenant=BPD, created_at=database.now())
        session.add(contact)
        await session.flush()
        assert contact.id is not None
        conversation = Conversation(
            tenant=BPD, channel="web", contact_id=contact.id, address="web:x", created_at=database.now()
        )
        session.add(conversation)
        await session.flush()
        return {"contact_id": contact.id, "conversation_id": conversation.id}


@pytest.mark.parametrize(
    ("tenant", "utility", "number", "key", "own"),
    [
        (BPD, "desco", "16999", "3", "16120"),
        (BPD, "wzpdcl", "16999", "6", "16117"),
        (BPD, "", "16999", "", ""),
        ("mp-central", "", "1912", "", ""),
        ("evnnpc", "", "", "", ""),
    ],
)
async def test_whom_to_call(
    database: Database, tenants: Tenants, tenant: str, utility: str, number: str, key: str, own: str
) -> None:
    line = Handoff(database, tenants).line(tenants.get(tenant), utility)
    assert (line.number, line.key, line.own_number) == (number, key, own)
    assert line.always is (tenant != "evnnpc")


async def test_a_case_is_written_once_and_found_by_its_code(database: Database, tenants: Tenants) -> None:
    handoff, who = Handoff(database, tenants), await somebody(database)
    codes = set()
    for _ in range(2):
        async with database.transaction() as session:
            case = await handoff.open_case(
                session,
                effect_key="1:case",
                tenant=BPD,
                utility="desco",
                reason="asked",
                language="bn",
                summary={"intent": "talk_to_operator"},
                **who,
            )
            codes.add(case.code)
    [code] = codes
    async with database.reading() as session:
        assert len((await session.exec(select(HandoffCase))).all()) == 1
        found = await handoff.by_code(session, f" {code[:3].lower()} {code[3:]} ")
    assert found and found.summary == {"intent": "talk_to_operator"}


async def test_a_call_back_is_written_once(database: Database, tenants: Tenants, clock: ManualClock) -> None:
    handoff, who = Handoff(database, tenants), await somebody(database)
    for _ in range(2):
        async with database.transaction() as session:
            new = NewCallback(
                tenant=BPD,
                phone="+8801700000001",
                wanted_at=datetime(2026, 10, 20, 12, tzinfo=UTC),
                wanted_words="after six",
                summary={},
                **who,
            )
            await handoff.request_callback(session, "1:callback", new)
    async with database.reading() as session:
        [row] = (await session.exec(select(CallbackRequest))).all()
    assert row.wanted_at == datetime(2026, 10, 20, 12, tzinfo=UTC)
