"""The past of one demo account: six months of bills, payments and recharges, computed by the calculator."""

from __future__ import annotations

import random
import string
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import SQLModel

from core.errors import DataError
from core.tenant_model import Tenant, Utility
from utility import tariff
from utility.base import ChargeLine, Payment
from utility.tables import UtilityBill, UtilityPayment, UtilityPrepaid
from utility.wire import encode

VERSION = "1"
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
class Rows:
    """Everything to write, by table."""

    tables: dict[type[SQLModel], list[Row]] = field(default_factory=dict)

    def add(self, table: type[SQLModel], **values: Any) -> None:
        self.tables.setdefault(table, []).append(values)


@dataclass(frozen=True)
class History:
    """Six months of one account."""

    account: DemoAccount
    utility: Utility
    tenant: Tenant
    today: date

    def write(self, rows: Rows, now: datetime) -> None:
        months = [first_of(self.today, -back) for back in range(MONTHS, 0, -1)]
        carried, reading = NOTHING, self.reading(months[0])
        for place, month in enumerate(months):
            left = len(months) - 1 - place
            bill, payment = self._bill(month, left, carried, reading)
            reading += int(bill["units"])
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
            at = first_of(at, 1)
        return total

    def _bill(self, month: date, left: int, carried: Decimal, reading: int) -> tuple[Row, Row | None]:
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
        issued_on = first_of(month, 1)
        paid_on = self._paid_on(month, issued_on, left)
        number = f"{self.utility.code}-{month:%Y%m}-{account.number}"
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

    def _prepaid(self, rows: Rows, months: list[date], now: datetime) -> None:
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


def first_of(day: date, months: int) -> date:
    """The first of the month so many months later."""
    count = day.year * 12 + day.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)
