"""Rates and estimates, always from dated rows; what is not confirmed is said to be so."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from actions.accounts import named_utility, owned_if_possible
from actions.bills import month_fact, month_of
from actions.turn import Turn, act
from core.tenant_model import Tariff, Utility
from utility.base import Account

DEFAULT_LOAD = Decimal(2)
MAX_UNITS = 100_000


async def company_for(turn: Turn) -> tuple[Utility, Account | None]:
    """The company whose rates are meant. Within a tenant the rates are the same, so any of them will do."""
    named = named_utility(turn)
    accounts = await owned_if_possible(turn)
    account = next((item for item in accounts if named is None or item.utility == named.slug), None)
    if named:
        return named, account
    if account and account.utility in turn.tenant.utilities:
        return turn.tenant.utilities[account.utility], account
    return next(iter(turn.tenant.utilities.values())), account


def in_force(utility: Utility, on: date, tariff_class: str = "") -> Tariff | None:
    """The row of a class on a day; the default class when none is named."""
    for tariff in utility.tariffs:
        wanted = tariff.tariff_class == tariff_class if tariff_class else tariff.default
        if wanted and tariff.starts_on <= on and (tariff.ends_on is None or on <= tariff.ends_on):
            return tariff
    return None


@act("action_tariff_info", "tariff_info")
async def tariff_info(turn: Turn) -> None:
    """The slabs in force in a month."""
    utility, account = await company_for(turn)
    month = month_of(turn)
    on = month or turn.today()
    tariff = in_force(utility, on, account.tariff_class if account else "") or in_force(utility, on)
    if tariff is None or not tariff.confirmed:
        turn.say("utter_tariff_unknown", month=month_fact(on), website=utility.website)
        return
    turn.say(
        "utter_tariff_info",
        tariff={"$name": dict(tariff.name)},
        since={"$month": f"{tariff.starts_on:%Y-%m}"},
        rows={"$lines": _rows(tariff)},
        lifeline=_lifeline(tariff),
        unconfirmed={"$word": "label_rates_unconfirmed"} if _doubtful(tariff) else None,
    )


def _doubtful(tariff: Tariff) -> bool:
    return not all(slab.confirmed for slab in tariff.slabs)


def _rows(tariff: Tariff) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    first = 1
    for slab in tariff.slabs:
        # A rate that nobody has confirmed is not told to a customer.
        if slab.confirmed:
            label = "label_slab" if slab.to else "label_slab_above"
            if not slab.to and first == 1:
                label = "label_slab_all"
            rows.append(
                {
                    "$word": label,
                    "facts": {
                        "first": {"$number": str(first if slab.to else first - 1)},
                        "last": {"$number": str(slab.to or 0)},
                        "rate": {"$money": str(slab.rate)},
                    },
                }
            )
        first = (slab.to or 0) + 1
    return rows


def _lifeline(tariff: Tariff) -> dict[str, Any] | None:
    slab = tariff.lifeline
    if slab is None or not slab.confirmed:
        return None
    facts = {"last": {"$number": str(slab.to or 0)}, "rate": {"$money": str(slab.rate)}}
    return {"$word": "label_lifeline", "facts": facts}


def units_of(turn: Turn) -> Decimal | None:
    """The units that were named."""
    try:
        units = Decimal(str(turn.value("units")))
    except InvalidOperation:
        return None
    return units if 0 < units <= MAX_UNITS else None


def load_of(turn: Turn, account: Account | None) -> Decimal:
    """The load that was named, else the account's, else a usual home's."""
    try:
        load = Decimal(str(turn.value("load")))
    except InvalidOperation:
        load = account.load_kw if account else DEFAULT_LOAD
    return load if 0 < load <= 1000 else DEFAULT_LOAD


@act("action_bill_calculator", "bill_calculator")
async def bill_calculator(turn: Turn) -> None:
    """What so many units would cost."""
    units = units_of(turn)
    if units is None:
        entities = {name: values[0] for name, values in turn.entities.items() if name in ("load", "month", "utility")}
        turn.open("question_form", question="units", task="bill_calculator", task_entities=entities)
        return
    turn.set("last_task", turn.intent)
    utility, account = await company_for(turn)
    load = load_of(turn, account)
    on = month_of(turn) or turn.today()
    tariff_class = account.tariff_class if account else ""
    estimate = await turn.ctx.utility.estimate(turn.tenant.slug, utility.slug, units, load, on, tariff_class)
    if estimate is None:
        # The tables of today may be missing while those of a year ago are known: an old figure would mislead.
        turn.say("utter_tariff_unknown", month=month_fact(on), website=utility.website)
        return
    energy = sum((line.amount for line in estimate.slabs), Decimal(0))
    charges = [
        {
            "$word": f"label_charge_{line.code}",
            "facts": {"amount": {"$money": str(line.amount)}},
        }
        for line in estimate.charges
    ]
    turn.say(
        "utter_bill_calculator",
        units={"$units": str(units)},
        total={"$money": str(estimate.total)},
        energy={"$money": str(energy)},
        charges={"$lines": charges},
        load={"$number": str(load)},
        since=month_fact(estimate.tariff_from),
        unconfirmed=None if estimate.confirmed else {"$word": "label_estimate_unconfirmed"},
    )
