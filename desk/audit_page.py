"""The audit to read, and the check that nobody changed it."""

from __future__ import annotations

from aiohttp import web
from sqlmodel import col, select

from core.tables import AuditEntry
from desk.base import ME, Rule
from desk.room import Room, number_of, rules
from desk.tables import Staff

PAGE = 100


class AuditPage(Room):
    """The page of the audit: entries of the tenant's own people."""

    def rules(self) -> list[Rule]:
        return rules("audit", {"GET /desk/audit": self.page})

    async def page(self, request: web.Request) -> web.StreamResponse:
        me = request[ME]
        before, wanted = number_of(request.query, "before"), request.query.get("who", "")[:20]
        async with self.parts.db.reading() as session:
            people = (await session.exec(select(Staff.id, Staff.name).where(Staff.tenant == me.tenant))).all()
            names = {f"staff:{number}": name for number, name in people}
            query = select(AuditEntry).where(col(AuditEntry.actor).in_([wanted] if wanted in names else list(names)))
            if before:
                query = query.where(col(AuditEntry.id) < before)
            entries = (await session.exec(query.order_by(col(AuditEntry.id).desc()).limit(PAGE))).all()
        checked = "check" in request.query
        fault = await self.audit.fault() if checked else ""
        return self.pages.render(
            request,
            "audit.html",
            entries=entries,
            names=names,
            wanted=wanted,
            checked=checked,
            fault=fault,
            older=entries[-1].id if len(entries) == PAGE else 0,
        )
