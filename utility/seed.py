"""Fills the tables with invented demo data from tenants/<slug>/demo.yml, the same for the same day.

Six months of bills up to the month before today, each computed by the calculator with the tariff of its month. Running
it again on the same day writes nothing new; on another day it renews what it wrote, so that a demo never looks stale.
"""

from __future__ import annotations

import random
import string
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from sqlalchemy import delete, insert
from sqlmodel import SQLModel, col
from sqlmodel.ext.asyncio.session import AsyncSession

from core.database import Database
from core.errors import DataError
from core.settings import ROOT
from core.tenant_model import Area, Tenant, Utility
from core.tenants import Tenants
from utility import tariff
from utility.base import ChargeLine, Payment
from utility.tables import (
    SeedMark,
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
from utility.wire import encode

VERSION = "1"
FOLDER = ROOT / "tenants"
MONTHS = 6
FIRST_READING = date(2025, 1, 1)
DUE_DAY = 28
NOTHING = Decimal("0.00")
# Use by month of the year, in percent of a usual month: fans and coolers from April to October.
SEASON = (78, 76, 92, 108, 118, 120, 118, 116, 112, 104, 86, 78)
TOKEN_LETTERS = string.ascii_uppercase + string.digits
Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class DemoAccount:
    """An account to write. `habit`: prompt, unpaid (the newest bill is open), behind (two are open)."""

    tenant: str
    utility: str
    number: str
    mobile: str
    kind: str
    holder: str
    address: str
    area: str
    meter: str
    load_kw: Decimal
    units: int
    least_units: int
    tariff_class: str
    habit: str

    def chance(self, what: str) -> random.Random:
        """Chance that is the same for the same account and matter."""
        return random.Random(f"{VERSION}:{self.utility}:{self.number}:{what}")  # noqa: S311 - demo data, no secret


@dataclass
class _Rows:
    """Everything to write, by table."""

    tables: dict[type[SQLModel], list[Row]] = field(default_factory=dict)

    def add(self, table: type[SQLModel], **values: Any) -> None:
        self.tables.setdefault(table, []).append(values)


def people(tenants: Tenants, root: Path = FOLDER) -> list[DemoAccount]:
    """The demo people of all tenants, the same in every copy."""
    return [person for tenant in tenants.all() for person in _Demo(tenant, root / tenant.slug / "demo.yml").people]


async def seed(db: Database, tenants: Tenants, today: date | None = None, *, root: Path = FOLDER) -> bool:
    """Write the demo data for a day; False when it was there already. Known cuts are renewed every time."""
    now = db.now()
    if today and today != now.date():
        now = datetime.combine(today, now.timetz())
    demos = [_Demo(tenant, root / tenant.slug / "demo.yml") for tenant in tenants.all()]
    mark = f"{VERSION}:{now.date().isoformat()}"
    async with db.transaction() as session:
        cuts = _Rows()
        for demo in demos:
            demo.outages(cuts, now)
        await session.execute(delete(UtilityOutage).where(col(UtilityOutage.id).like("demo-%")))
        await _write(session, cuts)
        held = await session.get(SeedMark, "demo")
        if held and held.value == mark:
            return False
        rows = _Rows()
        for demo in demos:
            demo.rows(rows, now)
        await _clear(session, demos)
        await _write(session, rows)
        if held:
            held.value = mark
        else:
            session.add(SeedMark(name="demo", value=mark))
    return True


async def _write(session: AsyncSession, rows: _Rows) -> None:
    for table, values in rows.tables.items():
        await session.execute(insert(table), values)


async def _clear(session: AsyncSession, demos: list[_Demo]) -> None:
    """Take away what the seed wrote before; what customers did stays."""
    for demo in demos:
        utilities = sorted({account.utility for account in demo.accounts})
        for table in (SupplySubstation, SupplyFeeder, SupplyTransformer):
            await session.execute(delete(table).where(col(table.utility).in_(utilities)))
        for utility in utilities:
            numbers = [account.number for account in demo.accounts if account.utility == utility]
            for owned in (UtilityBill, UtilityPayment, UtilityPrepaid, UtilityMeter):
                await session.execute(
                    delete(owned).where(col(owned.utility) == utility, col(owned.account).in_(numbers))
                )
            await session.execute(
                delete(UtilityAccount).where(
                    col(UtilityAccount.utility) == utility, col(UtilityAccount.number).in_(numbers)
                )
            )
        tracked = [str(item["tracking"]) for item in demo.data.get("applications") or []]
        await session.execute(
            delete(UtilityApplication).where(
                col(UtilityApplication.tenant) == demo.tenant.slug, col(UtilityApplication.tracking).in_(tracked)
            )
        )


class _Demo:
    """The demo data of one tenant."""

    def __init__(self, tenant: Tenant, path: Path) -> None:
        self.tenant = tenant
        self.data: dict[str, Any] = (yaml.safe_load(path.read_text("utf-8")) or {}) if path.exists() else {}
        self._path = path
        self._zone = ZoneInfo(tenant.timezone)
        self.people = [self._person(item) for item in self.data.get("accounts") or []]
        self.accounts = [*self.people, *self._invented()]

    def _utility(self, slug: str) -> Utility:
        utility = self.tenant.utility(slug)
        if utility is None:
            raise DataError(f"{self._path}: {slug!r} is no utility of {self.tenant.slug}")
        return utility

    def _area(self, utility: Utility, id: str) -> Area:
        area = utility.area(id)
        if area is None:
            raise DataError(f"{self._path}: {id!r} is no area of {utility.slug}")
        return area

    def _person(self, item: Row) -> DemoAccount:
        utility = self._utility(item["utility"])
        self._area(utility, item["area"])
        if utility.canonical(item["number"]) != item["number"]:
            raise DataError(f"{self._path}: {item['number']} is no account number of {utility.slug}")
        return DemoAccount(
            tenant=self.tenant.slug,
            utility=utility.slug,
            number=item["number"],
            mobile=item["mobile"],
            kind=item["kind"],
            holder=item["holder"],
            address=item["address"],
            area=item["area"],
            meter=item["meter"] or _meter(utility, item["number"]),
            load_kw=Decimal(item["load"]),
            units=item["units"],
            least_units=(self.data.get("invented") or {}).get("least_units", 0),
            tariff_class=item.get("class") or _usual_class(utility, rural=False),
            habit=item["habit"],
        )

    def _invented(self) -> Iterator[DemoAccount]:
        """Accounts made up from the lists of names and streets."""
        plan = self.data.get("invented")
        if not plan:
            return
        first = int(plan["first_mobile"][1:])
        taken = {(person.utility, person.number) for person in self.people}
        count = 0
        for utility in self.tenant.utilities.values():
            account_format = utility.identifier("account")
            if account_format is None or not utility.areas:
                continue
            for place in range(plan["per_utility"]):
                chance = random.Random(f"{VERSION}:{utility.slug}:{place}")  # noqa: S311 - demo data, no secret
                number = account_format.prefix + "".join(chance.choices("123456789", k=account_format.digits))
                if (utility.slug, number) in taken:
                    raise DataError(f"{self._path}: {number} came up twice")
                taken.add((utility.slug, number))
                area = chance.choice(utility.areas)
                classes = plan.get("classes") or {}
                tariff_class = next(
                    (name for name, nth in classes.items() if place % nth == nth - 1),
                    _usual_class(utility, rural=area.rural),
                )
                street, house = chance.choice(plan["streets"]), chance.randint(1, 180)
                every = plan.get("prepaid_every")
                yield DemoAccount(
                    tenant=self.tenant.slug,
                    utility=utility.slug,
                    number=number,
                    mobile=f"+{first + count}",
                    kind="prepaid" if every and place % every == every - 1 else "postpaid",
                    holder=plan["names"][count % len(plan["names"])],
                    address=f"{house} {street}, {self._local(area)}",
                    area=area.id,
                    meter=_meter(utility, number),
                    load_kw=Decimal(chance.randint(plan["load"]["from"], plan["load"]["to"])),
                    units=chance.randint(plan["units"]["from"], plan["units"]["to"]),
                    least_units=plan.get("least_units", 0),
                    tariff_class=tariff_class,
                    habit=chance.choice(["prompt", "prompt", "prompt", "unpaid", "behind"]),
                )
                count += 1

    def _local(self, area: Area) -> str:
        return area.name.get(self.tenant.default_form) or area.name["en"]

    def rows(self, rows: _Rows, now: datetime) -> None:
        """Accounts, their chain, six months of bills and payments, applications."""
        today = now.astimezone(self._zone).date()
        self._supply(rows)
        for account in self.accounts:
            rows.add(
                UtilityAccount,
                tenant=account.tenant,
                utility=account.utility,
                number=account.number,
                kind=account.kind,
                holder=account.holder,
                address=account.address,
                mobile=account.mobile,
                tariff_class=account.tariff_class,
                load_kw=account.load_kw,
                transformer=_transformer(self._utility(account.utility), account.area, account.number),
                area=account.area,
            )
            rows.add(
                UtilityMeter,
                tenant=account.tenant,
                utility=account.utility,
                number=account.meter,
                account=account.number,
                phase="single",
            )
            history = _History(account, self._utility(account.utility), self.tenant, today)
            history.write(rows, now)
        for item in self.data.get("applications") or []:
            rows.add(
                UtilityApplication,
                tenant=self.tenant.slug,
                utility=item["utility"],
                tracking=item["tracking"],
                stage=item["stage"],
                applied_on=today - timedelta(days=item["applied_days_ago"]),
                next_step_on=today + timedelta(days=item["next_in_days"]),
            )

    def _supply(self, rows: _Rows) -> None:
        """A substation, a feeder and two transformers for every area of a company that has accounts."""
        for slug in sorted({account.utility for account in self.accounts}):
            utility = self._utility(slug)
            for area in utility.areas:
                substation, feeder = _codes(utility, area.id)
                rows.add(SupplySubstation, utility=slug, code=substation, office=area.office, name=dict(area.name))
                rows.add(
                    SupplyFeeder,
                    utility=slug,
                    code=feeder,
                    substation=substation,
                    area=area.id,
                    name=dict(area.name),
                )
                for place in (1, 2):
                    rows.add(SupplyTransformer, utility=slug, code=f"{feeder}-T{place}", feeder=feeder)

    def outages(self, rows: _Rows, now: datetime) -> None:
        """Known cuts around the present moment."""
        homes = {_codes(self._utility(person.utility), person.area)[1] for person in self.people}
        for item in self.data.get("outages") or []:
            utility = self._utility(item["utility"])
            areas = [self._area(utility, id) for id in item["areas"]]
            feeders = [_codes(utility, area.id)[1] for area in areas]
            if homes & set(feeders):
                raise DataError(f"{self._path}: outage {item['id']} darkens a demo person")
            planned = "in_days" in item
            if planned:
                day = now.astimezone(self._zone).date() + timedelta(days=item["in_days"])
                starts_at = datetime.combine(day, time.fromisoformat(item["from"]), self._zone)
                restore_at = datetime.combine(day, time.fromisoformat(item["to"]), self._zone)
            else:
                base = now.replace(minute=now.minute // 10 * 10, second=0, microsecond=0)
                starts_at = base - timedelta(minutes=item["minutes_ago"])
                restore_at = base + timedelta(minutes=item["restore_in_minutes"])
            rows.add(
                UtilityOutage,
                id=item["id"],
                tenant=self.tenant.slug,
                utility=utility.slug,
                kind=item["kind"],
                feeders=feeders,
                area=_joined(areas),
                reason=item["reason"],
                starts_at=starts_at,
                restore_at=restore_at,
                planned=planned,
            )


@dataclass(frozen=True)
class _History:
    """Six months of one account."""

    account: DemoAccount
    utility: Utility
    tenant: Tenant
    today: date

    def write(self, rows: _Rows, now: datetime) -> None:
        months = [_month(self.today, -back) for back in range(MONTHS, 0, -1)]
        carried = NOTHING
        for place, month in enumerate(months):
            left = len(months) - 1 - place
            bill, payment = self._bill(month, left, carried)
            carried = bill["due"] if self.account.kind == Payment.POSTPAID else NOTHING
            rows.add(UtilityBill, **bill)
            if payment:
                rows.add(UtilityPayment, **payment)
        if self.account.kind == Payment.PREPAID:
            self._prepaid(rows, months, now)

    def units(self, month: date) -> int:
        """What was used in a month: the same whenever it is asked."""
        swing = self.account.chance(f"units:{month}").randint(88, 112)
        return max(self.account.units * SEASON[month.month - 1] * swing // 10_000, self.account.least_units, 12)

    def reading(self, month: date) -> int:
        """The meter at the beginning of a month."""
        total = self.account.chance("reading").randint(800, 9_000)
        at = FIRST_READING
        while at < month:
            total += self.units(at)
            at = _month(at, 1)
        return total

    def _bill(self, month: date, left: int, carried: Decimal) -> tuple[Row, Row | None]:
        account = self.account
        units = self.units(month)
        cost = tariff.estimate(self.utility, Decimal(units), account.load_kw, month, account.tariff_class)
        if cost is None:
            raise DataError(f"{self.utility.slug} has no tariff {account.tariff_class} for {month}")
        charges = list(cost.charges)
        prepaid = account.kind == Payment.PREPAID
        if prepaid:
            charges += self._prepaid_lines(sum((line.amount for line in cost.slabs), Decimal(0)), month)
        elif carried and (late := tariff.late_charge(self.utility, carried, month)):
            charges.append(ChargeLine(code="late_charge", amount=late))
        energy = sum((line.amount for line in cost.slabs), Decimal(0))
        total = energy + sum((line.amount for line in charges), Decimal(0)) + carried
        issued_on = _month(month, 1)
        paid_on = self._paid_on(month, issued_on, left)
        number = f"{self.utility.code}-{month:%Y%m}-{account.number}"
        reading = self.reading(month)
        bill = {
            "utility": account.utility,
            "account": account.number,
            "number": number,
            "month": month,
            "period_from": month,
            "period_to": issued_on - timedelta(days=1),
            "issued_on": issued_on,
            "due_on": issued_on.replace(day=DUE_DAY),
            "reading_before": Decimal(reading),
            "reading_now": Decimal(reading + units),
            "units": Decimal(units),
            "slabs": encode(cost.slabs),
            "charges": encode(charges),
            "arrears": carried,
            "total": total,
            "due": NOTHING if prepaid or paid_on else total,
            "estimated": False,
        }
        payment = self._payment(f"pay:{month}", total, paid_on, number) if paid_on and not prepaid else None
        return bill, payment

    def _paid_on(self, month: date, issued_on: date, left: int) -> date | None:
        """When a bill was paid; None while it is open."""
        open_bills = {"prompt": 0, "unpaid": 1, "behind": 2}[self.account.habit]
        if left < open_bills:
            return None
        paid_on = issued_on + timedelta(days=self.account.chance(f"day:{month}").randint(2, 18))
        return paid_on if paid_on < self.today else None

    def _prepaid_lines(self, energy: Decimal, month: date) -> list[ChargeLine]:
        lines = []
        rent = next((item for item in self.utility.rents if item.phase == "single"), None)
        if rent:
            lines.append(ChargeLine(code="meter_rent", amount=tariff.cents(rent.amount)))
        rebate = tariff.percent_on(self.utility.percents, "prepaid_rebate", month)
        if rebate:
            amount = tariff.cents(energy * rebate.percent / 100)
            lines.append(ChargeLine(code="rebate", amount=-amount, detail=f"{rebate.percent}%"))
        return lines

    def _prepaid(self, rows: _Rows, months: list[date], now: datetime) -> None:
        """Recharges with their tokens, and what the meter last reported."""
        account = self.account
        for month in months:
            cost = tariff.estimate(self.utility, Decimal(self.units(month)), account.load_kw, month)
            amount = (cost.total / 100).quantize(Decimal(1), ROUND_HALF_UP) * 100 if cost else Decimal(500)
            chance = account.chance(f"recharge:{month}")
            paid_on = month + timedelta(days=chance.randint(1, 6))
            payment = self._payment(f"recharge:{month}", max(amount, Decimal(200)).quantize(tariff.CENT), paid_on, "")
            rows.add(UtilityPayment, **payment | {"token": "".join(chance.choices(string.digits, k=20))})
        chance = account.chance(f"balance:{self.today}")
        rows.add(
            UtilityPrepaid,
            utility=account.utility,
            account=account.number,
            balance=Decimal(chance.randint(9_000, 92_000)) / 100,
            reported_at=now.replace(minute=0, second=0, microsecond=0),
            emergency_limit=Decimal("50.00"),
            month_units=Decimal(self.units(self.today.replace(day=1)) * self.today.day // 31),
        )

    def _payment(self, what: str, amount: Decimal, paid_on: date, bill_number: str) -> Row:
        chance = self.account.chance(what)
        ways = [way.code for way in self.tenant.payment_ways] or ["counter"]
        zone = ZoneInfo(self.tenant.timezone)
        return {
            "utility": self.account.utility,
            "account": self.account.number,
            "reference": "".join(chance.choices(TOKEN_LETTERS, k=10)),
            "amount": amount,
            "paid_at": datetime.combine(paid_on, time(chance.randint(8, 21), chance.randint(0, 59)), zone),
            "way": chance.choice(ways),
            "bill_number": bill_number,
            "token": "",
        }


def _month(day: date, months: int) -> date:
    """The first of the month so many months later."""
    count = day.year * 12 + day.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def _meter(utility: Utility, account: str) -> str:
    """An invented meter number, in the company's format where it has one."""
    chance = random.Random(f"{VERSION}:meter:{utility.slug}:{account}")  # noqa: S311 - demo data, no secret
    meter_format = utility.identifier("meter")
    digits = meter_format.digits if meter_format else 8
    return "4" + "".join(chance.choices(string.digits, k=digits - 1))


def _usual_class(utility: Utility, *, rural: bool) -> str:
    classes = utility.tariff_classes
    usual = next((row.tariff_class for row in utility.tariffs if row.default), "")
    # A class that differs from the usual one in its last letter alone is the same class for the countryside.
    country = next((item for item in classes if item != usual and item[:-1] == usual[:-1] and item.endswith("R")), "")
    return country if rural and country else usual


def _codes(utility: Utility, area: str) -> tuple[str, str]:
    """The codes of an area's substation and feeder."""
    name = area.upper()
    return f"{utility.code}-SS-{name}", f"{utility.code}-F-{name}"


def _transformer(utility: Utility, area: str, number: str) -> str:
    return f"{_codes(utility, area)[1]}-T{int(number[-1]) % 2 + 1}"


def _joined(areas: list[Area]) -> dict[str, str]:
    """The names of several areas, in every form that all of them have."""
    forms = set.intersection(*(set(area.name) for area in areas))
    return {form: ", ".join(area.name[form] for area in areas) for form in sorted(forms)}
