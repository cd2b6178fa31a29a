"""What every page of the desk needs besides the inbox: its parts, a page drawn, a form answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from core.tenants import Tenant
from desk.audit import Audit
from desk.base import Handler, Me, Parts, Rule, whole
from desk.pages import Pages


class Room:
    """A page or several of one kind."""

    def __init__(self, parts: Parts, pages: Pages, audit: Audit) -> None:
        self.parts = parts
        self.pages = pages
        self.audit = audit

    def rules(self) -> list[Rule]:
        """The routes."""
        return []

    def tenant(self, me: Me) -> Tenant:
        return self.parts.tenants.get(me.tenant)


def rules(permission: str, routes: Mapping[str, Handler]) -> list[Rule]:
    """Routes of one permission, each written as `GET /path`."""
    made = []
    for route, handler in routes.items():
        method, _, path = route.partition(" ")
        made.append(Rule(method=method, path=path, handler=handler, permission=permission))
    return made


async def form_of(request: web.Request) -> dict[str, str]:
    """The words of a form; files are left out."""
    return {name: value.strip() for name, value in (await request.post()).items() if isinstance(value, str)}


def to(path: str) -> web.Response:
    """After a write: load a page, so that loading it again writes nothing."""
    return web.Response(status=303, headers={"Location": path})


def number_of(form: Mapping[str, Any], name: str) -> int:
    """A number of a form; 0 when it is none."""
    return whole(form.get(name, ""))


def bases(tenant: Tenant) -> list[str]:
    """The languages of a tenant, whatever they are written in."""
    return sorted({form.split("-")[0] for form in tenant.forms})


def skills_of(text: str) -> list[str]:
    """Skills as they were typed: words, with commas or without."""
    return [skill[:30] for skill in text.replace(",", " ").split()][:10]
