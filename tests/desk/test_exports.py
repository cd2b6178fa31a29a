"""Exports: a second person, once, in time, in the audit, masked, and no formula in any cell (T21, T31)."""

from __future__ import annotations

import asyncio
import csv
import io
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from core.answers import Answers
from core.database import Database
from core.settings import ROOT
from core.tables import AuditEntry, Contact
from core.tenants import Tenants
from desk import lists, sheets
from desk.base import Me
from desk.exports import APPROVABLE, LOADABLE
from desk.extracts import EXTRACTS, Span
from desk.speech import Speech
from desk.tables import Export
from handoff import events
from handoff.desk_tables import Takeover
from tests.desk.crowd import TENANT, crowd
from tests.desk.stage import Person, Stage

on_stage = pytest.mark.asyncio(loop_scope="session")

BEGINNINGS = (
    "=",
    "+",
    "-",
    "@",
    "\t=",
    "\r=",
    "\n=",
    " =",
    "\x00=",
    "＝",
    "＋",
    "－",
    "＠",
    "\u200b=",
    "'=",
    '"=',
    "|",
    "%",
)
FORMULAS = ('HYPERLINK("http://x","y")', "1+1", "cmd|' /C calc'!A0", "SUM(A1:A9)", 'IMPORTXML("http://x","//a")', "2")
PAYLOADS = [beginning + formula for beginning in BEGINNINGS for formula in FORMULAS]
# What any program that reads tables takes for the beginning of a formula.
RECKONED = re.compile(r"\s*[=+\-@＝＋－＠|%]")


def table(body: bytes) -> list[list[str]]:
    assert body.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(body[3:].decode("utf-8"), newline="")))


def test_no_cell_is_a_formula() -> None:
    assert len(PAYLOADS) >= 100
    rows = table(sheets.written(["=head", "text"], [(number, text) for number, text in enumerate(PAYLOADS)]))
    assert len(rows) == len(PAYLOADS) + 1 and {len(row) for row in rows} == {2}
    for row in rows:
        assert not RECKONED.match(row[1]) and row[1] and "\x00" not in row[1] and "\t" not in row[1], row
    assert rows[0][0] == "'=head" and rows[1][0] == "0"


def test_lines_and_quotes_stay_in_their_cell() -> None:
    text = 'first "one"\nsecond, with a comma; ক্ষ'
    assert table(sheets.written(["a", "b"], [(text, -5), ("", None)])) == [["a", "b"], [text, "-5"], ["", ""]]


@pytest.mark.parametrize(
    ("masked", "wanted"),
    [
        (sheets.masked_number("+8801700000002"), "•••02"),
        (sheets.masked_number("7"), "•••"),
        (sheets.masked_number(""), ""),
        (sheets.masked_name("Rahim Uddin"), "R••• U•••"),
        (sheets.masked_name(""), ""),
        (sheets.masked_text("call 01700-000 002 or ০১৭০০০০০০০২", ""), "call •••02 or •••০২"),
        (sheets.masked_text("I am Rahim, rahim@x.org, 5 lights, 2026", "Rahim Uddin"), "I am R•••, ••• 5 lights, 2026"),
        (sheets.masked_text("রহিমের মিটার, রহিম", "রহিম"), "র•••ের মিটার, র•••"),
    ],
)
def test_what_names_somebody_is_masked(masked: str, wanted: str) -> None:
    assert masked == wanted


async def asked(stage: Stage, person: Person, what: str = "transcripts", **form: str) -> int:
    today = f"{datetime.now():%Y-%m-%d}"
    days = {"first": f"{datetime.now() - timedelta(days=5):%Y-%m-%d}", "last": today}
    answer = await person.post("/desk/exports", what=what, reason="quality of the answers", **(days | form))
    assert answer.status == 303, await answer.text()
    async with stage.service.services.db.reading() as session:
        found = (await session.exec(select(Export.id).order_by(col(Export.id).desc()).limit(1))).first()
    assert found is not None
    return found


async def aged(stage: Stage, number: int, **values: Any) -> None:
    async with stage.service.services.db.transaction() as session:
        await session.execute(update(Export).where(col(Export.id) == number).values(**values))


@on_stage
async def test_a_second_person_approves_and_whoever_asked_loads_once(stage: Stage) -> None:
    _, customer, id = await stage.claimed()
    await customer.say("=HYPERLINK(1) my account 12345678, I am Rahim")
    async with stage.service.services.db.transaction() as session:
        conversation = await customer.conversation()
        assert conversation is not None
        await session.execute(update(Contact).where(col(Contact.id) == conversation.contact_id).values(name="Rahim"))
    boss, admin = await stage.person("supervisor"), await stage.person("administrator")
    for _ in range(100):
        if any("HYPERLINK" in row.text for row in await customer.transcript()):
            break
        await asyncio.sleep(0.05)
    number = await asked(stage, boss)
    at = f"/desk/exports/{number}"
    assert "1 exports wait" in await (await admin.get("/desk/")).text()
    assert "exports wait" not in await (await boss.get("/desk/floor")).text(), "it is their own wish"
    assert "Nobody decides" in await (await boss.post(f"{at}/approve")).text()
    assert "Only whoever asked" in await (await boss.post(f"{at}/load")).text()
    assert (await admin.post(f"{at}/approve")).status == 303
    assert "does not wait" in await (await admin.post(f"{at}/refuse")).text()
    assert "Only whoever asked" in await (await admin.post(f"{at}/load")).text()
    both = await asyncio.gather(*(boss.post(f"{at}/load") for _ in range(4)))
    files = [answer for answer in both if answer.content_type == "text/csv"]
    assert len(files) == 1 and "attachment" in files[0].headers["Content-Disposition"]
    assert files[0].headers["Cache-Control"] == "no-store"
    rows = table(await files[0].read())
    assert rows[0] == ["Conversation", "When", "Who", "Text"]
    said = [row[3] for row in rows if row[0] == str(id)]
    assert "'=HYPERLINK(1) my account •••78, I am R•••" in said
    assert "Only whoever asked" in await (await boss.post(f"{at}/load")).text()
    async with stage.service.services.db.reading() as session:
        entries = (await session.exec(select(AuditEntry).where(AuditEntry.subject == f"export:{number}"))).all()
    assert [entry.action for entry in entries] == ["export asked", "export approved", "export loaded"]
    assert all(entry.detail["reason"] == "quality of the answers" for entry in entries)
    assert entries[2].detail["lines"] == len(rows) - 1 and await stage.desk.audit.fault() == ""


@on_stage
async def test_what_is_late_refused_or_taken_back_is_over(stage: Stage) -> None:
    boss, admin = await stage.person("supervisor"), await stage.person("administrator")
    now = stage.service.services.db.now()
    late, unloaded, refused, back = [await asked(stage, boss, "figures") for _ in range(4)]
    await aged(stage, late, asked_at=now - APPROVABLE - timedelta(minutes=1))
    assert "does not wait" in await (await admin.post(f"/desk/exports/{late}/approve")).text()
    assert (await admin.post(f"/desk/exports/{unloaded}/approve")).status == 303
    await aged(stage, unloaded, decided_at=now - LOADABLE - timedelta(minutes=1))
    assert (await admin.post(f"/desk/exports/{refused}/refuse")).status == 303
    assert "does not wait" in await (await admin.post(f"/desk/exports/{back}/back")).text()
    assert (await boss.post(f"/desk/exports/{back}/back")).status == 303
    assert "does not wait" in await (await admin.post(f"/desk/exports/{back}/approve")).text()
    for number in (late, unloaded, refused, back):
        assert (await boss.post(f"/desk/exports/{number}/load")).content_type == "text/html"
    page = await (await admin.get("/desk/exports")).text()
    for words in ("not approved in time", "not loaded in time", "refused by Tareq", "taken back"):
        assert words in page
    # Two decide at once: one of them does.
    number = await asked(stage, boss)
    at = f"/desk/exports/{number}"
    both = await asyncio.gather(admin.post(f"{at}/approve"), admin.post(f"{at}/refuse"))
    assert sorted(answer.status for answer in both) == [200, 303]


@on_stage
@pytest.mark.parametrize(
    ("form", "fault"),
    [
        ({"what": "passwords"}, "Choose what"),
        ({"reason": "because"}, "Say in some words"),
        ({"first": "2026-01-01", "last": "2026-11-01"}, "Give the days"),
        ({"first": "2026-11-02", "last": "2026-11-01"}, "Give the days"),
        ({"last": "2999-01-01", "first": "2998-12-31"}, "Give the days"),
        ({"first": "yesterday"}, "Give the days"),
    ],
)
async def test_a_wish_is_whole(stage: Stage, form: dict[str, str], fault: str) -> None:
    boss = await stage.person("supervisor")
    whole = {"what": "figures", "reason": "the monthly report", "first": "2026-11-01", "last": "2026-11-02"}
    assert fault in await (await boss.post("/desk/exports", **(whole | form))).text()


@on_stage
async def test_every_kind_has_its_columns_and_nobody_asks_all_day(stage: Stage) -> None:
    _, customer, id = await stage.claimed()
    boss, admin = await stage.person("supervisor"), await stage.person("administrator")
    await boss.post(f"/desk/c/{id}/claim")
    await boss.post(
        f"/desk/c/{id}/do/complaint", cid="12345678", kind="OUT-HOME", utility="desco", area="Road 7, 01700000001"
    )
    for what in ("conversations", "complaints", "figures"):
        number = await asked(stage, boss, what)
        assert (await admin.post(f"/desk/exports/{number}/approve")).status == 303
        rows = table(await (await boss.post(f"/desk/exports/{number}/load")).read())
        assert len(rows) > 1 and {len(row) for row in rows} == {len(rows[0])}, what
        mine = [row for row in rows if row[0] == str(id)]
        if what == "conversations":
            assert len(mine) == 1 and mine[0][10] == "1" and mine[0][11] == "asked"
        if what == "complaints":
            assert rows[1][5] == "Road 7, •••01" and customer.session not in str(rows)
    for _ in range(7):
        await asked(stage, boss)
    page = await (
        await boss.post(
            "/desk/exports", what="figures", reason="once more please", first="2026-11-01", last="2026-11-01"
        )
    ).text()
    assert "too many exports" in page


async def test_both_databases_give_the_same_lines(database: Database) -> None:
    """What is read for an export and for the alarms of the inbox, also on PostgreSQL."""
    made = await crowd(database, ["Rahim Uddin", "Salma"], [["my account 12345678"], ["hello", "I am Salma"]])
    now = database.now()
    async with database.transaction() as session:
        await events.append(session, database, TENANT, "danger", made[0], danger="fire")
    answers, tenant = Answers.load(ROOT), Tenants.load(ROOT).get(TENANT)
    span = Span(
        tenant=tenant,
        since=now - timedelta(hours=1),
        until=now + timedelta(hours=1),
        speech=Speech(answers, tenant, "bn", now),
    )
    may = frozenset({"converse"})
    me = Me(id=1, login="", name="", role="", tenant=TENANT, csrf="", may=may, session_key="")
    async with database.reading() as session:
        lines = {what: await extract(session, span) for what, extract in EXTRACTS.items()}
        alarms = await lists.alarms(session, me, now - timedelta(hours=12))
    assert [(row[0], row[3], row[7], row[10]) for row in lines["conversations"]] == [
        (made[0], "R••• U•••", 1, 1),
        (made[1], "S•••", 2, 1),
    ]
    assert [row[3] for row in lines["transcripts"]] == ["my account •••78", "hello", "I am S•••"]
    assert lines["complaints"] == [] and lines["figures"][0][0] == "বার্তা"
    assert alarms == [], "people were asked to have it"
    async with database.transaction() as session:
        for row in (await session.exec(select(Takeover))).all():
            await session.delete(row)
    async with database.reading() as session:
        [alarm] = await lists.alarms(session, me, now - timedelta(hours=12))
    assert (alarm.conversation_id, alarm.kind, alarm.name) == (made[0], "fire", "Rahim Uddin")
