"""Turns one tenant's folder and its region's file into a `Tenant`, naming every fault."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.tenant_model import (
    Area,
    ChannelEntry,
    ComplaintLimit,
    Domain,
    Duty,
    Fee,
    FixedCharge,
    Grievance,
    Holiday,
    Hotline,
    Hours,
    IdentifierFormat,
    MobileFormat,
    Office,
    PaymentWay,
    Percent,
    Rent,
    Shift,
    Slab,
    Tariff,
    Tenant,
    Utility,
)
from core.tenant_reader import Node, read_yaml

SLUG = r"[a-z][a-z0-9-]*"
CODE = r"[A-Z]{3}"
FIXED_PER = ("connection", "kw", "units")
BASES = ("energy+fixed", "energy", "bill", "recharge")
SETTINGS = ("urban", "rural", "any")
PATIENCE = ("notice", "queue", "reply", "customer", "presence", "places")


def unique(faults: list[str], what: str, pairs: Iterable[tuple[str, str]]) -> None:
    owners: dict[str, str] = {}
    for value, owner in pairs:
        if value in owners and owners[value] != owner:
            faults.append(f"{owner}: {what} {value!r} is taken by {owners[value]}")
        owners.setdefault(value, owner)


class Loader:
    """Reads one tenant's folder."""

    def __init__(self, root: Path, folder: Path, faults: list[str]) -> None:
        self._root = root
        self._folder = folder
        self._faults = faults
        self._slug = folder.name

    def _file(self, *parts: str) -> Node:
        path = self._folder.joinpath(*parts)
        return read_yaml(path, self._faults, "/".join((self._slug, *parts)))

    def tenant(self) -> Tenant:
        node = self._file("tenant.yml")
        if not re.fullmatch(SLUG, self._slug):
            node.fault("", f"the folder's name must fit {SLUG}")
        region_name = node.text("region", pattern=SLUG)
        region = read_yaml(self._root / "_regions" / f"{region_name}.yml", self._faults, f"_regions/{region_name}.yml")
        timezone = self._timezone(region)
        holidays = tuple(
            Holiday(day=item.day("day"), name=item.words("name"), **item.fact())
            for item in (*region.nodes("holidays"), *node.nodes("holidays"))
        )
        forms = node.texts("forms")
        if not forms:
            node.fault("forms", "needs at least one language")
        default_form = node.text("default_form")
        if forms and default_form not in forms:
            node.fault("default_form", f"{default_form!r} is not among forms")
        hotline = self._hotline(node.node("hotline"))
        shared = _Shared(region)
        order = node.texts("utilities")
        utilities = {slug: self._utility(slug, hotline, shared) for slug in order}
        present = {path.stem for path in (self._folder / "utilities").glob("*.yml")}
        for slug in sorted(present - set(order)):
            node.fault("utilities", f"utilities/{slug}.yml is not listed")
        for slug in hotline.keys:
            if slug not in utilities:
                node.fault(f"hotline.keys.{slug}", "is no utility of this tenant")
        mobile = region.node("mobile")
        grievance = region.node("grievance") if "grievance" in region else None
        domain_nodes = [*region.nodes("domains"), *node.nodes("domains")]
        found = Tenant(
            slug=self._slug,
            code=node.text("code", pattern=CODE),
            name=node.words("name"),
            region=region_name,
            country=region.text("country", pattern="[A-Z]{2}"),
            currency=region.text("currency", pattern="[A-Z]{3}"),
            timezone=timezone,
            forms=forms,
            default_form=default_form,
            accent=node.text("accent", pattern="#[0-9a-f]{6}"),
            hotline=hotline,
            hours=self._hours(node.node("hours"), timezone, holidays),
            holidays=holidays,
            utilities=utilities,
            payment_ways=tuple(
                PaymentWay(
                    code=item.text("code", pattern=r"[a-z_]+"),
                    name=item.words("name"),
                    prepaid=item.flag("prepaid", True),
                    **item.fact(),
                )
                for item in region.nodes("payment_ways")
            ),
            domains=tuple(
                Domain(name=item.text("name", pattern=r"[a-z0-9.-]+"), **item.fact()) for item in domain_nodes
            ),
            mobile=MobileFormat(
                code=mobile.text("code", pattern=r"\+\d+"),
                trunk=mobile.text("trunk", ""),
                pattern=mobile.text("pattern"),
                **mobile.fact(),
            ),
            grievance=Grievance(number=grievance.text("number"), name=grievance.words("name"), **grievance.fact())
            if grievance
            else None,
            storm_note=node.words("storm_note", required=False) or region.words("storm_note", required=False),
            channels=self._channels(),
            patience=self._patience(node),
            duty=self._duty(node, forms, default_form),
        )
        mobile.close()
        region.close()
        node.close()
        return found

    def _timezone(self, node: Node) -> str:
        name = node.text("timezone")
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            node.fault("timezone", f"{name!r} is not a time zone")
            return "UTC"
        return name

    def _hotline(self, node: Node) -> Hotline:
        fact = node.fact()
        number = node.text("number", pattern=r"\+?\d{3,15}")
        known = fact["confidence"] in ("H", "M")
        keys = node.map_of_texts("keys")
        node.close()
        return Hotline(number=number if known else "", keys=keys, unconfirmed="" if known else number, **fact)

    def _patience(self, node: Node) -> dict[str, float]:
        """Minutes by name, for what the tenant wants otherwise than everybody."""
        if "patience" not in node:
            return {}
        item = node.node("patience")
        found: dict[str, float] = {name: item.whole(name) for name in PATIENCE if name in item}
        for name, value in found.items():
            if value < 1:
                item.fault(name, "must be 1 or more")
        item.close()
        return found

    def _duty(self, node: Node, forms: tuple[str, ...], default_form: str) -> Duty | None:
        """Who is told of danger by text message while nobody is at the desk."""
        if "duty" not in node:
            return None
        item = node.node("duty")
        form = item.text("form", default_form)
        if form not in forms:
            item.fault("form", f"{form!r} is not among forms")
        duty = Duty(phone=item.text("phone", pattern=r"\+\d{8,15}"), form=form, **item.fact())
        item.close()
        return duty

    def _hours(self, node: Node, timezone: str, holidays: tuple[Holiday, ...]) -> dict[str, Hours]:
        """Hours of the telephone, of the people who answer chats, of the offices."""
        found = {}
        for what in node.keys():  # noqa: SIM118 - a Node is no dict
            item = node.node(what)
            fact = item.fact()
            shifts = []
            for shift in item.nodes("shifts"):
                days = shift.raw("days")
                if not isinstance(days, list) or not all(isinstance(day, int) and 0 <= day <= 6 for day in days):
                    shift.fault("days", "must be a list of weekdays, Monday is 0")
                    days = []
                shifts.append(Shift(days=tuple(days), opens=shift.clock("opens"), closes=shift.clock("closes")))
                shift.close()
            always = item.flag("always")
            closed = frozenset(holiday.day for holiday in holidays) if item.flag("closed_on_holidays") else frozenset()
            if not always and not shifts:
                item.fault("", "needs `always: true` or shifts")
            found[what] = Hours(timezone=timezone, always=always, shifts=tuple(shifts), holidays=closed, **fact)
            item.close()
        if "hotline" not in found:
            node.fault("hotline", "is missing")
        return found

    def _channels(self) -> tuple[ChannelEntry, ...]:
        node = self._file("channels.yml")
        found = []
        for item in node.nodes("channels"):
            settings = item.map_of_texts("settings")
            for name, variable in settings.items():
                if not re.fullmatch(r"SATHI_[A-Z0-9_]+", variable):
                    item.fault(f"settings.{name}", "must name an environment variable SATHI_…, never a value")
            found.append(
                ChannelEntry(
                    type=item.text("type", pattern="[a-z]+"),
                    name=item.text("name", pattern=SLUG),
                    settings=settings,
                    options=item.map_of_texts("options"),
                )
            )
            item.close()
        node.close()
        return tuple(found)

    def _utility(self, slug: str, hotline: Hotline, shared: _Shared) -> Utility:
        node = self._file("utilities", f"{slug}.yml")
        own = _Shared(node)
        offices = self._offices(node.node("offices"))
        contact = node.node("contact")
        own_hotline = node.node("hotline") if "hotline" in node else None
        number = ""
        if own_hotline:
            fact = own_hotline.fact()
            number = own_hotline.text("number", pattern=r"\+?\d{3,15}")
            number = number if fact["confidence"] in ("H", "M") else ""
            own_hotline.close()
        own_classes = {tariff.tariff_class for tariff in own.tariffs}
        utility = Utility(
            slug=slug,
            tenant=self._slug,
            code=node.text("code", pattern=CODE),
            name=node.words("name"),
            full_name=node.words("full_name"),
            aliases=node.texts("aliases"),
            hotline=number or hotline.number,
            hotline_key=hotline.keys.get(slug, ""),
            email=contact.text("email", ""),
            website=contact.text("website", ""),
            identifiers=tuple(self._identifier(item) for item in node.nodes("identifiers")),
            offices=offices,
            areas=self._areas(node.node("areas"), offices),
            tariffs=own.tariffs + tuple(item for item in shared.tariffs if item.tariff_class not in own_classes),
            percents=own.percents or shared.percents,
            rents=own.rents or shared.rents,
            fees=own.fees or shared.fees,
            complaint_limits=own.limits + shared.limits,
        )
        if not any(identifier.kind == "account" for identifier in utility.identifiers):
            node.fault("identifiers", "has no format for account numbers")
        if "contact" in node:
            contact.fact()
        contact.close()
        node.close()
        return utility

    def _identifier(self, node: Node) -> IdentifierFormat:
        found = IdentifierFormat(
            kind=node.text("kind", pattern="account|meter|tracking"),
            digits=node.whole("digits"),
            prefix=node.text("prefix", ""),
            pattern=node.text("pattern", ""),
            name=node.words("name"),
            example=node.text("example", ""),
            **node.fact(),
        )
        if found.example and not found.canonical(found.example):
            node.fault("example", "does not fit the format")
        node.close()
        return found

    def _offices(self, node: Node) -> tuple[Office, ...]:
        found = []
        fact = node.fact() if "list" in node else {}
        for item in node.nodes("list"):
            found.append(
                Office(
                    id=item.text("id", pattern=SLUG),
                    name=item.words("name"),
                    phone=item.text("phone", ""),
                    address=item.words("address", required=False),
                    **item.fact(fact),
                )
            )
            item.close()
        node.close()
        unique(self._faults, "office", ((office.id, f"{node.where}[{n}]") for n, office in enumerate(found)))
        return tuple(found)

    def _areas(self, node: Node, offices: tuple[Office, ...]) -> tuple[Area, ...]:
        found = []
        known = {office.id for office in offices}
        fact = node.fact() if "list" in node else {}
        for item in node.nodes("list"):
            office = item.text("office", "")
            if office and office not in known:
                item.fault("office", f"{office!r} is not an office")
            found.append(
                Area(
                    id=item.text("id", pattern=SLUG),
                    name=item.words("name"),
                    office=office,
                    rural=item.flag("rural"),
                    spellings=item.texts("spellings"),
                    feeders=item.texts("feeders"),
                    **item.fact(fact),
                )
            )
            item.close()
        node.close()
        unique(self._faults, "area", ((area.id, f"{node.where}[{n}]") for n, area in enumerate(found)))
        return tuple(found)


class _Shared:
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
