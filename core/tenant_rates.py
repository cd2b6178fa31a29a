"""Reads what a region or a single company can hold: tariffs, percentages, rents, fees, time limits of complaints."""

from __future__ import annotations

from core.tenant_model import ComplaintLimit, Fee, FixedCharge, Percent, Rent, Slab, Tariff
from core.tenant_reader import Node

FIXED_PER = ("connection", "kw", "units")
BASES = ("energy+fixed", "energy", "bill", "recharge")
SETTINGS = ("urban", "rural", "any")


class Rates:
    """The parts that a region or a single company can hold: tariffs, percentages, rents, fees, time limits."""

    def __init__(self, node: Node) -> None:
        self.tariffs = tuple(self._tariff(item) for item in node.nodes("tariffs"))
        self.percents = tuple(self._percent(item) for item in node.nodes("percentages"))
        self.rents = tuple(
            Rent(phase=item.text("phase"), amount=item.decimal("amount"), **item.fact())
            for item in node.nodes("meter_rents")
        )
        self.fees = tuple(self._fee(item) for item in node.nodes("fees"))
        self.limits = tuple(self._limit(item) for item in node.nodes("complaint_limits"))

    def _tariff(self, node: Node) -> Tariff:
        fact = node.fact()
        lifeline = None
        if "lifeline" in node:
            item = node.node("lifeline")
            lifeline = Slab(to=item.whole("to"), rate=item.decimal("rate"), **item.fact(fact))
            item.close()
        slabs = []
        for item in node.nodes("slabs"):
            slabs.append(Slab(to=item.upto("to"), rate=item.decimal("rate"), **item.fact(fact)))
            item.close()
        if not slabs:
            node.fault("slabs", "is missing")
        ends = [slab.to for slab in slabs]
        if ends and (ends[-1] is not None or None in ends[:-1] or ends[:-1] != sorted(set(ends[:-1]))):  # type: ignore[type-var]
            node.fault("slabs", "must rise, and the last one has no `to`")
        fixed = []
        for item in node.nodes("fixed"):
            per = item.text("per")
            if per not in FIXED_PER:
                item.fault("per", f"must be one of {', '.join(FIXED_PER)}")
            step = item.whole("step", 0)
            if per == "units" and not step:
                item.fault("step", "is missing")
            fixed.append(
                FixedCharge(to=item.upto("to"), amount=item.decimal("amount"), per=per, step=step, **item.fact(fact))
            )
            item.close()
        peak_node = node.node("peak")
        peak = {name: peak_node.decimal(name) for name in peak_node.keys()}  # noqa: SIM118 - a Node is no dict
        starts_on, ends_on = node.day("from"), node.maybe_day("until", last=True)
        if ends_on and ends_on < starts_on:
            node.fault("until", "is before `from`")
        found = Tariff(
            tariff_class=node.text("class"),
            name=node.words("name"),
            starts_on=starts_on,
            ends_on=ends_on,
            slabs=tuple(slabs),
            fixed=tuple(fixed),
            fixed_code=node.text("fixed_code", "fixed_charge"),
            lifeline=lifeline,
            peak=peak,
            default=node.flag("default"),
            **fact,
        )
        node.close()
        return found

    def _percent(self, node: Node) -> Percent:
        base = node.text("base")
        if base not in BASES:
            node.fault("base", f"must be one of {', '.join(BASES)}")
        found = Percent(
            code=node.text("code", pattern="[a-z_]+"),
            percent=node.decimal("percent"),
            starts_on=node.day("from"),
            ends_on=node.maybe_day("until", last=True),
            base=base,
            **node.fact(),
        )
        node.close()
        return found

    def _fee(self, node: Node) -> Fee:
        found = Fee(
            service=node.text("service", pattern="[a-z0-9_]+"),
            phase=node.text("phase", pattern="[a-z_]+"),
            amount=node.decimal("amount"),
            **node.fact(),
        )
        node.close()
        return found

    def _limit(self, node: Node) -> ComplaintLimit:
        setting = node.text("setting", "any")
        if setting not in SETTINGS:
            node.fault("setting", f"must be one of {', '.join(SETTINGS)}")
        found = ComplaintLimit(
            kinds=node.texts("kinds"),
            hours=node.whole("hours"),
            setting=setting,
            where=node.words("where"),
            compensation=node.decimal("compensation") if "compensation" in node else None,
            **node.fact(),
        )
        node.close()
        return found
