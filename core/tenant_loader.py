"""Turns one tenant's folder and its region's file into a `Tenant`, naming every fault."""

from __future__ import annotations

import re
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.tenant_model import (
    ChannelEntry,
    Domain,
    Duty,
    Grievance,
    Holiday,
    Hotline,
    Hours,
    MobileFormat,
    PaymentWay,
    Shift,
    Tenant,
)
from core.tenant_rates import Rates
from core.tenant_reader import CODE, SLUG, Node, read_yaml
from core.tenant_utility import UtilityReader

PATIENCE = ("notice", "queue", "reply", "customer", "presence", "places")


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
        shared = Rates(region)
        reader = UtilityReader(self._slug, self._faults)
        order = node.texts("utilities")
        utilities = {
            slug: reader.utility(slug, self._file("utilities", f"{slug}.yml"), hotline, shared) for slug in order
        }
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
