"""What a month's electricity costs, from dated tariff rows. Pure arithmetic; every rate comes from tenant data.

Amounts are rounded half up to two decimals line by line, as the published examples are. A date after the last known
row is answered with that row and marked as not confirmed, and so is any amount that rests on an unconfirmed rate.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from core.tenant_model import FixedCharge, Percent, Tariff, Utility
from utility.base import ChargeLine, Estimate, SlabLine

CENT = Decimal("0.01")
# Percentages that stand on every bill where the data has a row for the day, in the order of the bill.
EVERY_BILL = ("fuel_surcharge", "duty", "vat")


def cents(amount: Decimal) -> Decimal:
    """Two decimals, half up."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def tariff_on(utility: Utility, on: date, tariff_class: str = "") -> tuple[Tariff, bool] | None:
    """The row of a class (or of the usual class) for a day, and whether the day lies within it."""
    wanted = tariff_class or _usual_class(utility)
    rows = sorted((row for row in utility.tariffs if row.tariff_class == wanted), key=lambda row: row.starts_on)
    begun = [row for row in rows if row.starts_on <= on]
    if not begun:
        return None
    row = begun[-1]
    return row, row.ends_on is None or on <= row.ends_on


def _usual_class(utility: Utility) -> str:
    return next((row.tariff_class for row in utility.tariffs if row.default), "")


def estimate(utility: Utility, units: Decimal, load_kw: Decimal, on: date, tariff_class: str = "") -> Estimate | None:
    """The cost of a month's use without arrears; None when no rate is known for the class and day."""
    if units < 0 or load_kw < 0:
        raise ValueError("units and load cannot be below zero")
    found = tariff_on(utility, on, tariff_class)
    if found is None:
        return None
    row, current = found
    slabs, sure = energy(row, units)
    energy_amount = sum((line.amount for line in slabs), Decimal(0))
    charges: list[ChargeLine] = []
    fixed = fixed_charge(row, units)
    fixed_amount = Decimal(0)
    if fixed:
        count = _count(fixed, units, load_kw)
        fixed_amount = cents(fixed.amount * count)
        sure = sure and fixed.confirmed
        charges.append(ChargeLine(code=row.fixed_code, amount=fixed_amount, detail=_detail(fixed, count)))
    for code in EVERY_BILL:
        percent = percent_on(utility.percents, code, on)
        if percent:
            base = energy_amount if percent.base == "energy" else energy_amount + fixed_amount
            amount = cents(base * percent.percent / 100)
            charges.append(ChargeLine(code=code, amount=amount, detail=f"{_plain(percent.percent)}%"))
            sure = sure and percent.confirmed
    return Estimate(
        units=units,
        slabs=slabs,
        charges=tuple(charges),
        total=energy_amount + sum((line.amount for line in charges), Decimal(0)),
        tariff_from=row.starts_on,
        confirmed=sure and current and row.confirmed,
    )


def energy(row: Tariff, units: Decimal) -> tuple[tuple[SlabLine, ...], bool]:
    """The bands that a month's use falls into, and whether all their rates are confirmed."""
    lifeline = row.lifeline
    if lifeline and lifeline.to is not None and units <= lifeline.to:
        line = SlabLine(first=0, last=lifeline.to, units=units, rate=lifeline.rate, amount=cents(units * lifeline.rate))
        return (line,) if units else (), lifeline.confirmed
    lines, sure, below = [], True, Decimal(0)
    for slab in row.slabs:
        upper = units if slab.to is None else min(units, Decimal(slab.to))
        used = upper - below
        if used <= 0:
            break
        lines.append(
            SlabLine(
                first=int(below) + 1 if below else 0,
                last=slab.to,
                units=used,
                rate=slab.rate,
                amount=cents(used * slab.rate),
            )
        )
        sure = sure and slab.confirmed
        below = upper
    return tuple(lines), sure


def fixed_charge(row: Tariff, units: Decimal) -> FixedCharge | None:
    """The fixed charge that belongs to a month's use."""
    return next((item for item in row.fixed if item.to is None or units <= item.to), None)


def percent_on(percents: Iterable[Percent], code: str, on: date) -> Percent | None:
    """A percentage as it stands on a day; None when no row covers the day."""
    rows = [
        row
        for row in percents
        if row.code == code and row.starts_on <= on and (row.ends_on is None or on <= row.ends_on)
    ]
    return max(rows, key=lambda row: row.starts_on, default=None)


def late_charge(utility: Utility, amount: Decimal, on: date) -> Decimal:
    """What is added to a bill that was not paid in time; zero when no rule is known."""
    percent = percent_on(utility.percents, "late_charge", on)
    return cents(amount * percent.percent / 100) if percent else Decimal(0)


@dataclass(frozen=True, kw_only=True)
class Recharge:
    """How a prepaid recharge is used: what is taken off, and what is left for electricity. `lines` are signed."""

    amount: Decimal
    lines: tuple[ChargeLine, ...]
    credit: Decimal
    confirmed: bool


def recharge(
    utility: Utility, amount: Decimal, load_kw: Decimal, on: date, *, months: int = 1, phase: str = "single"
) -> Recharge | None:
    """What a prepaid recharge leaves for electricity.

    `months` counts those whose fixed charges are still to be taken: the present one and any that were skipped; 0 for a
    second recharge in a month. An empty `phase` is a meter that the customer bought.
    """
    found = tariff_on(utility, on)
    vat = percent_on(utility.percents, "prepaid_vat", on)
    rebate = percent_on(utility.percents, "prepaid_rebate", on)
    if found is None or vat is None:
        return None
    row, current = found
    vat_amount = cents(amount * vat.percent / (100 + vat.percent))
    lines = [ChargeLine(code="vat", amount=-vat_amount, detail=f"{_plain(vat.percent)}%")]
    sure = current and row.confirmed and vat.confirmed
    fixed = fixed_charge(row, Decimal(0))
    if fixed and months:
        each = cents(fixed.amount * _count(fixed, Decimal(0), load_kw))
        lines.append(ChargeLine(code=row.fixed_code, amount=-each * months, detail=_detail(fixed, load_kw)))
        sure = sure and fixed.confirmed
    rent = next((item for item in utility.rents if item.phase == phase), None)
    if rent and months:
        lines.append(ChargeLine(code="meter_rent", amount=-rent.amount * months))
    if rebate:
        lines.append(
            ChargeLine(
                code="rebate",
                amount=cents((amount - vat_amount) * rebate.percent / 100),
                detail=f"{_plain(rebate.percent)}%",
            )
        )
    credit = amount + sum((line.amount for line in lines), Decimal(0))
    # What the rebate is taken of was not seen in any notice.
    return Recharge(amount=amount, lines=tuple(lines), credit=credit, confirmed=sure and not rebate)


def _count(fixed: FixedCharge, units: Decimal, load_kw: Decimal) -> Decimal:
    if fixed.per == "kw":
        return load_kw
    if fixed.per == "units":
        return Decimal(math.ceil(units / fixed.step))
    return Decimal(1)


def _detail(fixed: FixedCharge, count: Decimal) -> str:
    if fixed.per == "connection":
        return ""
    unit = " kW" if fixed.per == "kw" else ""
    return f"{_plain(count)}{unit} × {_plain(fixed.amount)}"


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
