"""The demo data: the people everybody counts on, the same on the same day, sums that hold."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlmodel import select

from core.clock import ManualClock
from core.database import Database
from core.tenants import Tenants
from utility import tariff
from utility.base import Payment
from utility.local import LocalUtility
from utility.seed import people, seed
from utility.tables import (
    SupplyFeeder,
    UtilityAccount,
    UtilityApplication,
    UtilityBill,
    UtilityMeter,
    UtilityOutage,
    UtilityPayment,
    UtilityPrepaid,
)

TABLES = (
    UtilityAccount,
    UtilityMeter,
    UtilityBill,
    UtilityPayment,
    UtilityPrepaid,
    UtilityOutage,
    UtilityApplication,
    SupplyFeeder,
)
# design.md §4: the same in every copy.
PEOPLE = [
    ("bangladesh-power-division", "desco", "12345678", "+8801700000001", Payment.POSTPAID),
    ("bangladesh-power-division", "wzpdcl", "104231245", "+8801700000002", Payment.POSTPAID),
    ("bangladesh-power-division", "dpdc", "23456789", "+8801700000003", Payment.PREPAID),
    ("mp-central", "mpcz", "N1234567890", "+919800000001", Payment.POSTPAID),
    ("mp-east", "mpez", "N2345678901", "+919800000002", Payment.POSTPAID),
]


async def everything(db: Database) -> dict[str, list[dict]]:
    found = {}
    async with db.reading() as session:
        for table in TABLES:
            rows = (await session.exec(select(table))).all()
            found[table.__tablename__] = sorted(
                ({k: v for k, v in row.model_dump().items() if k != "id"} for row in rows), key=repr
            )
    return found


@pytest.mark.parametrize(("tenant", "utility", "number", "mobile", "kind"), PEOPLE)
async def test_demo_people(
    local: LocalUtility, tenant: str, utility: str, number: str, mobile: str, kind: Payment
) -> None:
    (account,) = await local.accounts_by_mobile(tenant, mobile)
    assert (account.utility, account.number, account.kind) == (utility, number, kind)
    assert await local.account(tenant, utility, number) == account
    assert account.feeder and account.area["en"] and account.holder and account.meter
    bills = await local.bills(account, 12)
    assert [bill.month for bill in bills] == [date(2026, month, 1) for month in (9, 8, 7, 6, 5, 4)]
    assert len(await local.payments(account, 12)) >= 5


async def test_the_list_of_people_matches(tenants: Tenants) -> None:
    assert [(p.tenant, p.utility, p.number, p.mobile, p.kind) for p in people(tenants)] == PEOPLE


async def test_the_prepaid_meter(local: LocalUtility) -> None:
    account = await local.account_by_meter("bangladesh-power-division", "012345678901")
    assert account and account.number == "23456789"
    status = await local.prepaid(account)
    assert status and status.balance > 0
    payments = await local.payments(account)
    assert len(payments) == 6
    assert all(len(payment.token) == 20 and payment.token.isdigit() for payment in payments)


async def test_same_day_writes_nothing_new(demo: Database, tenants: Tenants) -> None:
    before = await everything(demo)
    assert not await seed(demo, tenants)
    assert await everything(demo) == before


async def test_several_gateways_start_at_once(database: Database, tenants: Tenants) -> None:
    results = await asyncio.gather(*(seed(database, tenants) for _ in range(3)))
    assert sorted(results) == [False, False, True]


async def test_same_day_same_data(database: Database, tenants: Tenants) -> None:
    """Also after the tables held another day's data."""
    assert await seed(database, tenants, date(2026, 10, 20))
    first = await everything(database)
    assert await seed(database, tenants, date(2026, 12, 3))
    assert await everything(database) != first
    assert await seed(database, tenants, date(2026, 10, 20))
    assert await everything(database) == first


async def test_the_demo_stays_fresh(demo: Database, local: LocalUtility, tenants: Tenants, clock: ManualClock) -> None:
    clock.advance(timedelta(days=70))
    assert await seed(demo, tenants)
    account = await local.account("bangladesh-power-division", "desco", "12345678")
    assert account
    bills = await local.bills(account)
    assert bills[0].month == date(2026, 11, 1) and bills[0].due > 0
    # Months that both days show are the same, but for what was paid since.
    old = await local.bill(account, date(2026, 9, 1))
    assert old and old.paid


async def test_sums_hold(demo: Database, tenants: Tenants) -> None:
    async with demo.reading() as session:
        accounts = (await session.exec(select(UtilityAccount))).all()
        prepaid = {(row.utility, row.number) for row in accounts if row.kind == "prepaid"}
        assert 55 <= len(accounts) <= 75 and len(prepaid) >= 10
        assert {row.utility for row in accounts} >= {"bpdb", "breb", "nesco", "mpwz"}
        bills = (await session.exec(select(UtilityBill))).all()
        payments = (await session.exec(select(UtilityPayment))).all()
    assert len(bills) == 6 * len(accounts)
    classes = {(row.utility, row.number): (row.load_kw, row.tariff_class) for row in accounts}
    for bill in bills:
        company = tenants.utility(bill.utility)
        load, tariff_class = classes[bill.utility, bill.account]
        assert company
        estimate = tariff.estimate(company, bill.units, load, bill.month, tariff_class)
        assert estimate
        lines = [Decimal(line["amount"]) for line in (*bill.slabs, *bill.charges)]
        assert bill.total == sum(lines) + bill.arrears
        own = {"late_charge", "meter_rent", "rebate"}
        assert (
            sum(Decimal(line["amount"]) for line in bill.charges if line["code"] not in own)
            + sum(Decimal(line["amount"]) for line in bill.slabs)
            == estimate.total
        )
        assert bill.reading_now - bill.reading_before == bill.units
        assert bill.due in (0, bill.total)
    newest = [bill for bill in bills if bill.month == date(2026, 9, 1)]
    assert any(bill.due for bill in newest) and any(not bill.due for bill in newest)
    assert any(bill.arrears for bill in newest)
    paid = {payment.bill_number: payment.amount for payment in payments if payment.bill_number}
    settled = [bill for bill in bills if not bill.due and (bill.utility, bill.account) not in prepaid]
    assert all(paid[bill.number] == bill.total for bill in settled)
    by_key = {(bill.utility, bill.account, bill.month): bill for bill in bills}
    for bill in bills:
        before = by_key.get((bill.utility, bill.account, (bill.month - timedelta(days=1)).replace(day=1)))
        if before:
            assert bill.reading_before == before.reading_now
            assert bill.arrears == before.due


async def test_no_cut_darkens_a_demo_person(local: LocalUtility, clock: ManualClock) -> None:
    for tenant, utility, number, _, _ in PEOPLE:
        account = await local.account(tenant, utility, number)
        assert account
        assert await local.outages_on(tenant, account.feeder, clock.now()) == []


async def test_known_cuts(local: LocalUtility, demo: Database, tenants: Tenants, clock: ManualClock) -> None:
    tenant = "bangladesh-power-division"
    (cut,) = await local.outages_in(tenant, "কাফরুলে", clock.now())
    assert cut.kind == "fault" and not cut.planned
    assert cut.starts_at < clock.now() < cut.restore_at
    assert await local.outages_on(tenant, cut.feeders[0], clock.now()) == [cut]
    (planned,) = await local.outages_in(tenant, "agrabad", clock.now())
    assert planned.planned and planned.starts_at > clock.now()
    assert await local.outages_in(tenant, "Gulshan", clock.now()) == []
    assert await local.outages_in("mp-central", "kafrul", clock.now()) == []
    # Hours later the service starts again: the cut is around its present moment.
    clock.advance(timedelta(hours=9))
    assert await local.outages_in(tenant, "কাফরুল", clock.now()) == []
    assert not await seed(demo, tenants)
    (again,) = await local.outages_in(tenant, "কাফরুল", clock.now())
    assert again.starts_at < clock.now() < again.restore_at


async def test_what_customers_did_outlives_a_new_day(demo: Database, tenants: Tenants, clock: ManualClock) -> None:
    from core.tables import Contact
    from utility.tables import AccountLink

    async with demo.transaction() as session:
        contact = Contact(tenant="bangladesh-power-division", created_at=clock.now())
        session.add(contact)
        await session.flush()
        session.add(
            AccountLink(
                contact_id=contact.id,
                tenant="bangladesh-power-division",
                utility="desco",
                account="12345678",
                mobile="+8801700000001",
                way="code",
                effect_key="1:code",
                verified_at=clock.now(),
            )
        )
    clock.advance(timedelta(days=1))
    assert await seed(demo, tenants)
    async with demo.reading() as session:
        assert len((await session.exec(select(AccountLink))).all()) == 1
