"""Hours, holidays and patience are data; the place in the queue and the wait are told honestly or not at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from core.clock import ManualClock
from core.database import Database
from core.errors import DataError
from core.settings import ROOT
from core.tables import Publication
from core.tenant_model import Holiday, Hours, Shift
from core.tenants import Tenants
from handoff import hours, routing
from handoff.bridge import Bridge
from handoff.hours import Patience
from handoff.moves import Move
from tests.handoff.people import TENANT, TENANTS, Scene, Voice, person

DHAKA = "Asia/Dhaka"
TWO_SHIFTS = {
    "shifts": [
        {"days": [0, 1, 2, 3, 6], "opens": "08:00", "closes": "12:00"},
        {"days": [0, 1, 2, 3, 6], "opens": "13:00", "closes": "17:00"},
        {"days": [4], "opens": "22:00", "closes": "02:00"},
    ],
    "holidays": ["2026-10-21"],
}


@pytest.mark.parametrize(
    ("at", "is_open", "opens"),
    [
        ("2026-10-20T09:00", True, "2026-10-20T09:00"),
        ("2026-10-20T12:30", False, "2026-10-20T13:00"),  # between two shifts
        ("2026-10-20T17:00", False, "2026-10-22T08:00"),  # a holiday in between
        ("2026-10-23T23:00", True, "2026-10-23T23:00"),  # past midnight
        ("2026-10-24T01:59", True, "2026-10-24T01:59"),
        ("2026-10-24T02:00", False, "2026-10-25T08:00"),
    ],
)
def test_several_shifts_a_day_nights_and_holidays(at: str, is_open: bool, opens: str) -> None:
    found = hours.read(TWO_SHIFTS, DHAKA)
    moment = datetime.fromisoformat(at + "+06:00")
    assert found.is_open(moment) is is_open
    assert found.next_opening(moment) == datetime.fromisoformat(opens + "+06:00")


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"shifts": []},
        {"shifts": [{"days": [7], "opens": "08:00", "closes": "12:00"}]},
        {"shifts": [{"days": [], "opens": "08:00", "closes": "12:00"}]},
        {"shifts": [{"days": [1], "opens": "08:00", "closes": "08:00"}]},
        {"shifts": [{"days": [1], "opens": "eight", "closes": "12:00"}]},
        {"always": True, "holidays": ["yesterday"]},
    ],
)
def test_hours_that_cannot_be_are_refused(value: dict) -> None:
    with pytest.raises(DataError):
        hours.read(value, DHAKA)


async def test_what_staff_publish_stands_over_the_file_until_it_is_taken_back(database: Database) -> None:
    tenant, noon = TENANTS.get(TENANT), datetime(2026, 10, 20, 6, 30, tzinfo=UTC)

    async def publish(value: dict) -> None:
        async with database.transaction() as session:
            session.add(
                Publication(tenant=TENANT, kind="hours", name="desk", value=value, staff="a", at=database.now())
            )

    async with database.reading() as session:
        assert await hours.is_open(session, tenant, noon)
    await publish(TWO_SHIFTS)
    async with database.reading() as session:
        assert not await hours.is_open(session, tenant, noon)
        assert await hours.next_opening(session, tenant, noon) == datetime(2026, 10, 20, 7, 0, tzinfo=UTC)
    await publish({})
    async with database.reading() as session:
        assert await hours.is_open(session, tenant, noon)


async def test_holidays_of_the_tenant_close_the_desk(database: Database, clock: ManualClock) -> None:
    tenant = TENANTS.get(TENANT)
    day = Holiday(day=date(2026, 10, 20), name={"en": "A day off"}, source="test")
    shift = Shift(days=(0, 1, 2, 3, 4, 5, 6), opens=time(8), closes=time(22))
    closed = Hours(timezone=DHAKA, shifts=(shift,), holidays=frozenset({day.day}), source="test")
    tenant = replace(tenant, hours={"desk": closed}, holidays=(day,))
    async with database.reading() as session:
        assert not await hours.is_open(session, tenant, clock.now())


def test_a_tenant_is_as_patient_as_its_data_says() -> None:
    tenant = replace(TENANTS.get(TENANT), patience={"queue": 25, "places": 7})
    found = hours.patience_of(tenant, Patience(notice=timedelta(minutes=1)))
    assert (found.queue, found.places, found.notice) == (timedelta(minutes=25), 7, timedelta(minutes=1))
    assert found.reply == Patience().reply


async def test_the_patience_of_the_tenant_decides(database: Database, clock: ManualClock) -> None:
    tenants = Tenants({one.slug: replace(one, patience={"queue": 4}) for one in TENANTS.all()})
    scene = Scene(database)
    scene.bridge = Bridge(database, Voice(database), tenants=tenants)
    scene.timers = type(scene.timers)(database, scene.bridge, tenants)
    await scene.operator(1)
    conversation = await scene.customer()
    await scene.ask(conversation)
    for _ in range(2):
        clock.advance(timedelta(minutes=2))
        await scene.operator(1)
        await scene.ring()
    assert await scene.status(conversation) == "pending"
    assert (await scene.heard(conversation))[-1] == "utter_handoff_nobody"


async def test_the_wait_is_said_only_when_enough_is_known(database: Database, clock: ManualClock) -> None:
    scene = Scene(database)
    me = await scene.operator(1)

    async def stands(takeover_of: int) -> routing.Place:
        async with database.reading() as session:
            takeover = await scene.bridge.current(session, takeover_of)
            assert takeover is not None
            return await routing.place(session, database, takeover, scene.bridge.patience)

    waiting = await scene.customer()
    await scene.ask(waiting)
    assert await stands(waiting) == routing.Place(position=1, minutes=None)
    for minutes in (2, 4, 9):
        other = await scene.customer()
        takeover = await scene.ask(other, priority=0)
        clock.advance(timedelta(minutes=minutes))
        me = await scene.operator(1)
        await scene.change(takeover.id, Move.CLAIM, person(1), assignee=me)
        await scene.change(takeover.id, Move.GIVE_BACK, person(1))
    assert await stands(waiting) == routing.Place(position=1, minutes=4)
    for _ in range(2):
        await scene.ask(await scene.customer(), priority=0)
    assert await stands(waiting) == routing.Place(position=3, minutes=12), "urgent ones go first, one operator"
    await scene.operator(2)
    assert await stands(waiting) == routing.Place(position=3, minutes=8), "two operators"


def test_every_tenant_has_desk_hours_with_several_shifts() -> None:
    assert all(len(tenant.hours["desk"].shifts) >= 2 for tenant in Tenants.load(ROOT).all() if "desk" in tenant.hours)
