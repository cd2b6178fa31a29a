"""When the desk is staffed: shifts and holidays over the tenant's file, with every version kept."""

from __future__ import annotations

import re
from typing import Any

from aiohttp import web

from core.errors import DataError
from core.publications import Publications
from desk.base import ME, Me, Rule
from desk.room import Room, rules, to
from handoff import hours

SHIFTS = 4
WEEK = tuple("0123456")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class HoursAdmin(Room):
    """The page of hours."""

    def rules(self) -> list[Rule]:
        return rules("hours", {"GET /desk/hours": self.page, "POST /desk/hours": self.save})

    async def page(self, request: web.Request, fault: str = "", typed: dict[str, Any] | None = None) -> web.Response:
        me = request[ME]
        async with self.parts.db.reading() as session:
            known = await hours.hours_of(session, self.tenant(me))
            history = await Publications(self.parts.db).history(session, me.tenant, hours.KIND, hours.DESK)
            now_open = await hours.is_open(session, self.tenant(me), self.parts.db.now())
            opening = await hours.next_opening(session, self.tenant(me), self.parts.db.now())
        value = typed or {
            "always": bool(known and known.always),
            "shifts": [
                {"days": list(shift.days), "opens": f"{shift.opens:%H:%M}", "closes": f"{shift.closes:%H:%M}"}
                for shift in (known.shifts if known else ())
            ],
            "holidays": sorted(day.isoformat() for day in (known.holidays if known else ())),
        }
        shifts = [*value["shifts"], *({} for _ in range(SHIFTS))][: max(SHIFTS, len(value["shifts"]) + 1)]
        return self.pages.render(
            request,
            "hours.html",
            fault=fault,
            value=value,
            shifts=shifts,
            days=DAYS,
            given=known is not None,
            published=bool(history and history[0].value),
            history=history,
            now_open=now_open,
            opening=opening,
            saved="saved" in request.query,
        )

    async def save(self, request: web.Request) -> web.StreamResponse:
        """Publish hours, or give them back to the file."""
        me, form = request[ME], await request.post()
        if form.get("back") == "1":
            await self._put(me, {}, "back to the file")
            return to("/desk/hours?saved")
        shifts = []
        for place in range(SHIFTS * 3):
            days = [int(str(day)) for day in form.getall(f"days{place}", []) if str(day) in WEEK]
            opens, closes = str(form.get(f"opens{place}", "")), str(form.get(f"closes{place}", ""))
            if days or opens or closes:
                shifts.append({"days": days, "opens": opens, "closes": closes})
        holidays = sorted(set(re.findall(r"\S+", str(form.get("holidays", "")))))
        value = {"always": form.get("always") == "1", "shifts": shifts, "holidays": holidays}
        try:
            hours.read(value, self.tenant(me).timezone)
        except DataError as error:
            return await self.page(request, str(error)[:1].upper() + str(error)[1:] + ".", value)
        await self._put(me, value, str(form.get("note", "")))
        return to("/desk/hours?saved")

    async def _put(self, me: Me, value: dict[str, Any], note: str) -> None:
        async with self.parts.db.transaction() as session:
            rows = Publications(self.parts.db)
            await rows.put(session, me.tenant, hours.KIND, hours.DESK, value, staff=me.name, note=note)
            await self.audit.note(session, f"staff:{me.id}", "hours published", hours.DESK, value=value)
