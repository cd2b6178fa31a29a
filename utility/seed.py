"""Fills the tables with invented demo data from tenants/<slug>/demo.yml, the same for the same day.

Six months of bills up to the month before today, each computed by the calculator with the tariff of its month. Running
it again on the same day writes nothing new; on another day it renews what it wrote, so that a demo never looks stale.
"""

from __future__ import annotations

import random
import string
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert, text
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from core import yaml_text
from core.database import Database
from core.errors import DataError
from core.settings import ROOT
from core.tenant_model import Area, Tenant, Utility
from core.tenants import Tenants
from utility.seed_history import VERSION, DemoAccount, History, Rows
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

FOLDER = ROOT / "tenants"
Row = dict[str, Any]


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
        if not db.is_sqlite:
            # Several gateways may start at once.
            await session.execute(text("SELECT pg_advisory_xact_lock(hashtext('sathi demo data'))"))
        cuts = Rows()
        for demo in demos:
            demo.outages(cuts, now)
        await session.execute(delete(UtilityOutage).where(col(UtilityOutage.id).like("demo-%")))
        await _write(session, cuts)
        held = await session.get(SeedMark, "demo")
        if held and held.value == mark:
            return False
        rows = Rows()
        for demo in demos:
            demo.rows(rows, now)
        await _clear(session, demos)
        await _write(session, rows)
        if held:
            held.value = mark
        else:
            session.add(SeedMark(name="demo", value=mark))
    return True


async def _write(session: AsyncSession, rows: Rows) -> None:
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
        self.data: dict[str, Any] = (yaml_text.load(path.read_text("utf-8")) or {}) if path.exists() else {}
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

    def rows(self, rows: Rows, now: datetime) -> None:
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
            history = History(account, self._utility(account.utility), self.tenant, today)
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

    def _supply(self, rows: Rows) -> None:
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

    def outages(self, rows: Rows, now: datetime) -> None:
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
