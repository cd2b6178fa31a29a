"""The company's side answered from our own tables: the demo, and utilities without a billing system to ask."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.database import Database
from core.tenants import Tenants
from utility import places, tariff
from utility.base import (
    Account,
    Application,
    Bill,
    ChargeLine,
    Estimate,
    Outage,
    Payment,
    PaymentRecord,
    PrepaidStatus,
    SlabLine,
)
from utility.tables import (
    SupplyFeeder,
    SupplySubstation,
    SupplyTransformer,
    UtilityAccount,
    UtilityApplication,
    UtilityBill,
    UtilityMeter,
    UtilityOutage,
    UtilityPayment,
    UtilityPrepaid,
)
from utility.wire import decode

AHEAD = timedelta(days=1)
MOST = 60  # rows of one answer, whatever is asked


class LocalUtility:
    """Implements `UtilityGateway` on our tables."""

    def __init__(self, db: Database, tenants: Tenants) -> None:
        self._db = db
        self._tenants = tenants

    async def accounts_by_mobile(self, tenant: str, mobile: str) -> list[Account]:
        if not mobile:
            return []
        async with self._db.reading() as session:
            query = (
                select(UtilityAccount)
                .where(UtilityAccount.tenant == tenant, UtilityAccount.mobile == mobile)
                .order_by(col(UtilityAccount.utility), col(UtilityAccount.number))
                .limit(MOST)
            )
            return await self._accounts(session, (await session.exec(query)).all())

    async def account(self, tenant: str, utility: str, number: str) -> Account | None:
        async with self._db.reading() as session:
            query = select(UtilityAccount).where(
                UtilityAccount.tenant == tenant, UtilityAccount.utility == utility, UtilityAccount.number == number
            )
            found = await self._accounts(session, (await session.exec(query)).all())
        return found[0] if found else None

    async def account_by_meter(self, tenant: str, meter: str) -> Account | None:
        async with self._db.reading() as session:
            query = (
                select(UtilityAccount)
                .join(
                    UtilityMeter,
                    (col(UtilityMeter.utility) == col(UtilityAccount.utility))
                    & (col(UtilityMeter.account) == col(UtilityAccount.number)),
                )
                .where(UtilityMeter.tenant == tenant, UtilityMeter.number == meter)
            )
            found = await self._accounts(session, (await session.exec(query)).all())
        return found[0] if found else None

    async def _accounts(self, session: AsyncSession, rows: Sequence[UtilityAccount]) -> list[Account]:
        """Accounts with their meter and the way up the supply chain."""
        found = []
        for row in rows:
            meter = (
                await session.exec(
                    select(UtilityMeter.number).where(
                        UtilityMeter.utility == row.utility, UtilityMeter.account == row.number
                    )
                )
            ).first()
            chain = (
                await session.exec(
                    select(SupplyFeeder.code, SupplySubstation.office)
                    .join(SupplyTransformer, col(SupplyTransformer.feeder) == col(SupplyFeeder.code))
                    .join(SupplySubstation, col(SupplySubstation.code) == col(SupplyFeeder.substation))
                    .where(
                        SupplyTransformer.utility == row.utility,
                        SupplyFeeder.utility == row.utility,
                        SupplySubstation.utility == row.utility,
                        SupplyTransformer.code == row.transformer,
                    )
                )
            ).first()
            feeder, office = chain or ("", "")
            utility = self._tenants.utility(row.utility)
            area = utility.area(row.area) if utility else None
            found.append(
                Account(
                    utility=row.utility,
                    number=row.number,
                    kind=Payment(row.kind),
                    holder=row.holder,
                    address=row.address,
                    mobile=row.mobile,
                    meter=meter or "",
                    tariff_class=row.tariff_class,
                    load_kw=row.load_kw,
                    area=dict(area.name) if area else {},
                    feeder=feeder,
                    office=office,
                )
            )
        return found

    async def bills(self, account: Account, limit: int = 6) -> list[Bill]:
        async with self._db.reading() as session:
            query = (
                select(UtilityBill)
                .where(UtilityBill.utility == account.utility, UtilityBill.account == account.number)
                .order_by(col(UtilityBill.month).desc())
                .limit(min(limit, MOST))
            )
            return [_bill(row) for row in (await session.exec(query)).all()]

    async def bill(self, account: Account, month: date | None = None) -> Bill | None:
        if month is None:
            newest = await self.bills(account, 1)
            return newest[0] if newest else None
        async with self._db.reading() as session:
            query = select(UtilityBill).where(
                UtilityBill.utility == account.utility,
                UtilityBill.account == account.number,
                UtilityBill.month == month.replace(day=1),
            )
            row = (await session.exec(query)).first()
        return _bill(row) if row else None

    async def payments(self, account: Account, limit: int = 6) -> list[PaymentRecord]:
        async with self._db.reading() as session:
            query = (
                select(UtilityPayment)
                .where(UtilityPayment.utility == account.utility, UtilityPayment.account == account.number)
                .order_by(col(UtilityPayment.paid_at).desc(), col(UtilityPayment.reference))
                .limit(min(limit, MOST))
            )
            rows = (await session.exec(query)).all()
        return [
            PaymentRecord(
                utility=row.utility,
                account=row.account,
                reference=row.reference,
                amount=row.amount,
                paid_at=row.paid_at,
                way=row.way,
                bill_number=row.bill_number,
                token=row.token,
            )
            for row in rows
        ]

    async def prepaid(self, account: Account) -> PrepaidStatus | None:
        async with self._db.reading() as session:
            query = select(UtilityPrepaid).where(
                UtilityPrepaid.utility == account.utility, UtilityPrepaid.account == account.number
            )
            row = (await session.exec(query)).first()
        if row is None:
            return None
        return PrepaidStatus(
            balance=row.balance,
            reported_at=row.reported_at,
            emergency_limit=row.emergency_limit,
            month_units=row.month_units,
        )

    async def outages_on(self, tenant: str, feeder: str, at: datetime) -> list[Outage]:
        if not feeder:
            return []
        return [outage for outage in await self._outages(tenant, at) if feeder in outage.feeders]

    async def outages_in(self, tenant: str, place: str, at: datetime) -> list[Outage]:
        outages = await self._outages(tenant, at)
        if not outages:
            return []
        areas = {
            (utility.slug, area.id)
            for utility in self._tenants.get(tenant).utilities.values()
            for area in places.find_areas(utility.areas, place)
        }
        async with self._db.reading() as session:
            query = select(SupplyFeeder).where(
                col(SupplyFeeder.utility).in_(sorted({utility for utility, _ in areas})),
                col(SupplyFeeder.area).in_(sorted({area for _, area in areas})),
            )
            feeders = {
                (row.utility, row.code) for row in (await session.exec(query)).all() if (row.utility, row.area) in areas
            }
        return [
            outage
            for outage in outages
            if places.matches(place, outage.area.values())
            or any((outage.utility, feeder) in feeders for feeder in outage.feeders)
        ]

    async def _outages(self, tenant: str, at: datetime) -> list[Outage]:
        async with self._db.reading() as session:
            query = (
                select(UtilityOutage)
                .where(UtilityOutage.tenant == tenant, col(UtilityOutage.starts_at) <= at + AHEAD)
                .where(col(UtilityOutage.restore_at).is_(None) | (col(UtilityOutage.restore_at) > at))
                .order_by(col(UtilityOutage.starts_at), col(UtilityOutage.id))
            )
            rows = (await session.exec(query)).all()
        return [
            Outage(
                id=row.id,
                utility=row.utility,
                kind=row.kind,
                feeders=tuple(row.feeders),
                area=dict(row.area),
                reason=dict(row.reason),
                starts_at=row.starts_at,
                restore_at=row.restore_at,
                planned=row.planned,
            )
            for row in rows
        ]

    async def application(self, tenant: str, tracking: str) -> Application | None:
        async with self._db.reading() as session:
            query = select(UtilityApplication).where(
                UtilityApplication.tenant == tenant, UtilityApplication.tracking == tracking
            )
            row = (await session.exec(query)).first()
        if row is None:
            return None
        return Application(
            utility=row.utility,
            tracking=row.tracking,
            stage=row.stage,
            applied_on=row.applied_on,
            next_step_on=row.next_step_on,
        )

    async def estimate(
        self, tenant: str, utility: str, units: Decimal, load_kw: Decimal, on: date, tariff_class: str = ""
    ) -> Estimate | None:
        found = self._tenants.get(tenant).utility(utility)
        return tariff.estimate(found, units, load_kw, on, tariff_class) if found else None


def _bill(row: UtilityBill) -> Bill:
    return Bill(
        utility=row.utility,
        account=row.account,
        number=row.number,
        month=row.month,
        period_from=row.period_from,
        period_to=row.period_to,
        issued_on=row.issued_on,
        due_on=row.due_on,
        reading_before=row.reading_before,
        reading_now=row.reading_now,
        units=row.units,
        slabs=tuple(decode(SlabLine, line) for line in row.slabs),
        charges=tuple(decode(ChargeLine, line) for line in row.charges),
        arrears=row.arrears,
        total=row.total,
        due=row.due,
        estimated=row.estimated,
    )
