"""A complaint exists once for an effect, on both databases, whatever comes twice or at the same time."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select

from complaints import alerts, service
from complaints.service import Complaints, NewComplaint
from complaints.tables import AlertSubscription, Complaint, ComplaintEvent, Feedback
from core.clock import ManualClock
from core.codes import ALPHABET
from core.database import Database
from core.errors import EffectConflict
from core.settings import ROOT
from core.tables import Contact
from core.tenants import Tenants

BPD = "bangladesh-power-division"


@pytest.fixture(scope="module")
def tenants() -> Tenants:
    return Tenants.load(ROOT)


@pytest.fixture
def complaints(database: Database, tenants: Tenants) -> Complaints:
    return Complaints(database, tenants)


async def person(database: Database) -> int:
    async with database.transaction() as session:
        contact = Contact(tenant=BPD, created_at=database.now())
        session.add(contact)
        await session.flush()
        assert contact.id is not None
        return contact.id


async def draft(database: Database, **more: object) -> NewComplaint:
    values: dict[str, object] = {
        "tenant": BPD,
        "contact_id": await person(database),
        "kind": "OUT-HOME",
        "utility": "desco",
        "account": "12345678",
        "area": "Mirpur 10",
    }
    return NewComplaint(**(values | more))  # type: ignore[arg-type]


async def register(database: Database, complaints: Complaints, new: NewComplaint, key: str) -> Complaint:
    async with database.transaction() as session:
        return await complaints.register(session, new, key)


async def rows(database: Database) -> list[Complaint]:
    async with database.reading() as session:
        return list((await session.exec(select(Complaint))).all())


async def test_the_same_effect_gives_the_same_number(database: Database, complaints: Complaints) -> None:
    new = await draft(database)
    first = await register(database, complaints, new, "7:complaint")
    later = replace(new, since_at=database.now())
    assert (await register(database, complaints, later, "7:complaint")).number == first.number
    assert len(await rows(database)) == 1
    async with database.reading() as session:
        assert len((await session.exec(select(ComplaintEvent))).all()) == 1


async def test_twenty_at_the_same_time_make_one(database: Database, complaints: Complaints) -> None:
    new = await draft(database)
    made = await asyncio.gather(*(register(database, complaints, new, "7:complaint") for _ in range(20)))
    assert len({complaint.number for complaint in made}) == 1
    assert len(await rows(database)) == 1


async def test_other_content_under_a_used_key_is_refused(database: Database, complaints: Complaints) -> None:
    new = await draft(database)
    await register(database, complaints, new, "7:complaint")
    with pytest.raises(EffectConflict):
        await register(database, complaints, replace(new, area="Gulshan"), "7:complaint")
    assert len(await rows(database)) == 1


async def test_an_aborted_turn_leaves_nothing(database: Database, complaints: Complaints) -> None:
    new = await draft(database)
    with pytest.raises(RuntimeError):
        async with database.transaction() as session:
            await complaints.register(session, new, "7:complaint")
            raise RuntimeError("killed before the commit")
    assert await rows(database) == []


async def test_a_number_that_is_taken_is_drawn_again(
    database: Database, complaints: Complaints, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = iter(["DES-222222", "DES-222222", "DES-222222", "DES-333333"])
    monkeypatch.setattr(service.numbers, "new_number", lambda code: next(drawn))
    new = await draft(database)
    first = await register(database, complaints, new, "1:complaint")
    second = await register(database, complaints, new, "2:complaint")
    assert (first.number, second.number) == ("DES-222222", "DES-333333")


async def test_the_number_begins_with_the_company_or_the_tenant(database: Database, complaints: Complaints) -> None:
    known = await register(database, complaints, await draft(database), "1:complaint")
    unknown = await register(database, complaints, await draft(database, utility="", account=""), "2:complaint")
    assert known.number[:4] == "DES-" and unknown.number[:4] == "BPD-"
    assert set(known.number[4:] + unknown.number[4:]) <= set(ALPHABET)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, True),
        ({"account": "", "area": "MIRPUR  10"}, True),
        ({"account": "", "area": "Gulshan"}, False),
        ({"account": "87654321", "area": "Gulshan"}, False),
        ({"kind": "OUT-TRF"}, True),
        ({"kind": "VOLT-LOW"}, False),
        ({"tenant": "mp-central"}, False),
    ],
)
async def test_the_same_fault_of_the_same_person(
    database: Database, complaints: Complaints, changes: dict[str, str], found: bool
) -> None:
    held = await draft(database, account="" if changes.get("account") == "" else "12345678")
    await register(database, complaints, held, "1:complaint")
    values = {"tenant": BPD, "kind": "OUT-HOME", "account": "12345678", "area": "Mirpur 10"} | changes
    async with database.reading() as session:
        same = await complaints.find_open_same(session, contact_id=held.contact_id, **values)  # type: ignore[arg-type]
    assert (same is not None) is found


async def test_a_strangers_complaint_is_only_found_through_an_own_account(
    database: Database, complaints: Complaints
) -> None:
    await register(database, complaints, await draft(database), "1:complaint")
    stranger = await person(database)
    async with database.reading() as session:
        for owned in (False, True):
            same = await complaints.find_open_same(
                session,
                tenant=BPD,
                kind="OUT-HOME",
                contact_id=stranger,
                account="12345678",
                account_owned=owned,
                area="Mirpur 10",
            )
            assert (same is not None) is owned


async def test_a_closed_complaint_is_not_the_same_fault(database: Database, complaints: Complaints) -> None:
    new = await draft(database)
    made = await register(database, complaints, new, "1:complaint")
    async with database.transaction() as session:
        row = await session.get(Complaint, made.id)
        assert row
        row.state = "solved"
        session.add(row)
    async with database.reading() as session:
        same = await complaints.find_open_same(
            session, tenant=BPD, kind="OUT-HOME", contact_id=new.contact_id, account="12345678", account_owned=True
        )
    assert same is None


async def test_a_note_is_added_once(database: Database, complaints: Complaints) -> None:
    made = await register(database, complaints, await draft(database), "1:complaint")
    for expected in (True, False):
        async with database.transaction() as session:
            row = await complaints.by_number(session, BPD, made.number)
            assert row
            added = await complaints.add_note(session, row, "2:note", text="hurry", photos=[{"inbox": 2, "count": 1}])
            assert added is expected
    [row] = await rows(database)
    assert len(row.photos) == 1


async def test_reopening_once_and_not_for_ever(database: Database, complaints: Complaints, clock: ManualClock) -> None:
    made = await register(database, complaints, await draft(database), "1:complaint")
    async with database.transaction() as session:
        row = await complaints.by_number(session, BPD, made.number)
        assert row and not complaints.can_reopen(row)
        row.state, row.solved_at = "solved", database.now()
        session.add(row)
    for expected in (True, False):
        async with database.transaction() as session:
            row = await complaints.by_number(session, BPD, made.number)
            assert row
            assert await complaints.reopen(session, row, "2:reopen", "still dark") is expected
    [row] = await rows(database)
    assert (row.state, row.reopened) == ("accepted", 1)
    row.state, row.solved_at = "closed", database.now()
    clock.advance(timedelta(days=16))
    assert not complaints.can_reopen(row)


async def test_limits_are_the_confirmed_ones_of_the_company(database: Database, complaints: Complaints) -> None:
    made = await register(database, complaints, await draft(database, utility="bpdb"), "1:complaint")
    assert [limit.hours for limit in complaints.limits(made)] == [24]
    made = await register(database, complaints, await draft(database, utility="", account=""), "2:complaint")
    assert complaints.limits(made) == []


async def test_notices_on_twice_off_once(database: Database) -> None:
    contact = await person(database)
    for _ in range(2):
        async with database.transaction() as session:
            await alerts.subscribe(session, database, tenant=BPD, contact_id=contact, conversation_id=1)
    async with database.reading() as session:
        assert [row.active for row in (await session.exec(select(AlertSubscription))).all()] == [True]
    for expected in (True, False):
        async with database.transaction() as session:
            assert await alerts.unsubscribe(session, database, tenant=BPD, contact_id=contact) is expected


async def test_feedback_is_kept_once(database: Database) -> None:
    contact = await person(database)
    for _ in range(2):
        async with database.transaction() as session:
            await alerts.give_feedback(
                session, database, effect_key="1:feedback", tenant=BPD, contact_id=contact, text="good"
            )
    async with database.reading() as session:
        assert [row.text for row in (await session.exec(select(Feedback))).all()] == ["good"]
