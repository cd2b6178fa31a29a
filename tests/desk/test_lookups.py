"""Looks at customers' data: a reason, a quota, an alarm, and a supervisor who lets on (T31)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, update
from sqlmodel import col, select

from core.clock import ManualClock
from core.database import Database
from core.tables import AuditEntry
from desk.audit import Audit
from desk.base import Me
from desk.lookups import CONVERSATION, LIST, Lookups, TooMany
from desk.tables import Staff
from handoff.desk_tables import DeskEvent, Takeover
from tests.desk.crowd import TENANT, crowd
from tests.desk.stage import Stage, staged

on_stage = pytest.mark.asyncio(loop_scope="session")

# The threat names 200 in an hour.
LOOKS, QUOTA = 200, 100


async def me(db: Database, name: str) -> Me:
    async with db.transaction() as session:
        row = Staff(
            login=name, tenant=TENANT, name=name, role="operator", password_hash="", created_at=db.now(), demo=True
        )
        session.add(row)
        await session.flush()
    may = frozenset({"converse"})
    return Me(id=row.id or 0, login=name, name=name, role="operator", tenant=TENANT, csrf="", may=may, session_key="")


async def test_of_two_hundred_looks_in_an_hour_half_are_refused_and_an_alarm_rings_once(
    database: Database, clock: ManualClock
) -> None:
    lookups = Lookups(database, Audit(database, b"key"), QUOTA)
    nasrin, kamal = await me(database, "nasrin"), await me(database, "kamal")
    refused = 0
    for number in range(LOOKS):
        clock.advance(timedelta(seconds=15))
        try:
            await lookups.count(nasrin, CONVERSATION, str(number), "curious")
            if number < 3:
                await lookups.count(nasrin, CONVERSATION, str(number), "the same again costs nothing")
        except TooMany:
            refused += 1
    assert refused == LOOKS - QUOTA
    await lookups.count(kamal, LIST, "1", "another's quota is another's")
    async with database.reading() as session:
        actions = (await session.exec(select(AuditEntry.action))).all()
        alarms = (await session.exec(select(DeskEvent).where(DeskEvent.kind == "alarm"))).all()
        blocked = await lookups.blocked(session, TENANT)
    assert actions.count("looked up") == QUOTA + 1 and actions.count("look-ups blocked") == 1 == len(alarms)
    assert [staff.name for staff, _ in blocked] == ["nasrin"]
    assert not await lookups.let_on(nasrin, nasrin.id), "nobody lets themselves on"
    assert await lookups.let_on(kamal, nasrin.id)
    async with database.reading() as session:
        assert await lookups.blocked(session, TENANT) == []
    await lookups.count(nasrin, CONVERSATION, "999", "let on")
    clock.advance(timedelta(hours=1))
    assert not await lookups.granted(nasrin, CONVERSATION, "999"), "a reason holds for an hour"


async def test_windows_side_by_side_share_one_quota(database: Database) -> None:
    lookups = Lookups(database, Audit(database, b"key"), 3)
    nasrin = await me(database, "nasrin")
    looks = [lookups.count(nasrin, CONVERSATION, str(number), "many windows") for number in range(8)]
    done = await asyncio.gather(*looks, return_exceptions=True)
    assert sum(isinstance(one, TooMany) for one in done) == 5 and done.count(None) == 3


@on_stage
async def test_work_needs_no_reason_and_everything_else_does(stage: Stage) -> None:
    operator, customer, id = await stage.claimed()
    boss = await stage.person("supervisor", on_duty=False)
    assert "a person please" in await (await boss.get(f"/desk/c/{id}")).text(), "a conversation with people is work"
    seen = (await customer.transcript())[-1].seq
    await operator.post(f"/desk/c/{id}/resolve", seen=str(seen))
    assert "a person please" in await (await operator.get(f"/desk/c/{id}")).text(), "one's own of today"
    [other] = await crowd(stage.service.services.db, ["Rahima"], [["my secret matter"]], state="returned")
    async with stage.service.services.db.transaction() as session:
        await session.execute(_ended(other))
    pane = await operator.get(f"/desk/c/{other}")
    page = await (await operator.get(f"/desk/?c={other}&list=unassigned")).text()
    for text in (await pane.text(), page):
        assert "Why do you look" in text and "my secret matter" not in text
    for path in ("messages", "side", "suggest", "file/1/0", "sent/1"):
        assert (await operator.get(f"/desk/c/{other}/{path}")).status == 403, path
    for path in ("claim", "reply", "note", "label", "snooze", "resolve", "do/status"):
        form = {"text": "x", "cid": "12345678", "label": "x"}
        assert (await operator.post(f"/desk/c/{other}/{path}", **form)).status == 403, path
    assert "a few words" in await (await operator.post(f"/desk/c/{other}/why", reason=" x ")).text()
    assert (await operator.post(f"/desk/c/{other}/why", reason="she called <b>us")).status == 303
    assert "my secret matter" in await (await operator.get(f"/desk/c/{other}")).text()
    assert "Why do you look" in await (await boss.get(f"/desk/c/{other}")).text(), "a reason is one person's"
    async with stage.service.services.db.reading() as session:
        query = select(AuditEntry).where(AuditEntry.action == "looked up").order_by(col(AuditEntry.id))
        found = [(row.subject, row.detail["reason"]) for row in (await session.exec(query)).all()]
    work = (f"conversation:{id}", "work: asked")
    assert found == [work, work, (f"conversation:{other}", "she called <b>us")]


def _ended(id: int) -> Any:
    return update(Takeover).where(col(Takeover.conversation_id) == id).values(ended_at=func.now())


async def test_lists_searches_and_codes_use_the_quota_too(tmp_path: Path) -> None:
    async with staged(tmp_path, desk_lookups=4) as stage:
        operator, boss = await stage.person("operator"), await stage.person("supervisor")
        customer = stage.customer()
        await customer.say("my meter is quick")
        await customer.heard(1)
        row = f'data-id="{await customer.id()}"'
        for path in ("/desk/?list=bot", "/desk/list?list=bot", "/desk/?q=meter", "/desk/case?code=AAAAAA"):
            await operator.get(path)
        assert row in await (await operator.get("/desk/?list=bot")).text(), "the same costs nothing"
        assert "no case" in await (await operator.get("/desk/case?code=BBBBBB")).text()
        assert "too much" in await (await operator.get("/desk/case?code=CCCCCC")).text()
        searched = await (await operator.get("/desk/?q=quick")).text()
        assert "too much" in searched and row not in searched
        refused = await operator.post(f"/desk/c/{await customer.id()}/why", reason="let me see")
        assert "too much" in await refused.text()
        assert (await operator.get("/desk/?list=unassigned")).status == 200, "work goes on"
        floor = await (await boss.get("/desk/floor")).text()
        assert "Nasrin" in floor and "Let on" in floor
        async with stage.service.services.db.reading() as session:
            number = (await session.exec(select(Staff.id).where(Staff.login == "operator"))).one()
        assert (await operator.post(f"/desk/floor/looks/{number}")).status == 403
        assert (await boss.post(f"/desk/floor/looks/{number}")).status == 303
        assert row in await (await operator.get("/desk/?q=quick")).text()
