"""Reads one company of a tenant: its numbers, offices and areas."""

from __future__ import annotations

from core.tenant_model import Area, Hotline, IdentifierFormat, Office, Utility
from core.tenant_rates import Rates
from core.tenant_reader import CODE, SLUG, Node, unique


class UtilityReader:
    """Reads the companies of the tenant `tenant`."""

    def __init__(self, tenant: str, faults: list[str]) -> None:
        self._tenant = tenant
        self._faults = faults

    def utility(self, slug: str, node: Node, hotline: Hotline, shared: Rates) -> Utility:
        """The company of the file `node`; what it does not say itself, its region says."""
        own = Rates(node)
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
            tenant=self._tenant,
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
