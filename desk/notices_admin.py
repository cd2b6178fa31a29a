"""Known and planned cuts: enter, say when power is back, end."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from aiohttp import web

from core.errors import DataError
from desk.base import ME, Me, Rule
from desk.room import Room, form_of, rules, to
from utility.notices import KINDS, NewNotice, Notices

KIND_WORDS = {
    "fault": "Fault",
    "load_shedding": "Load-shedding",
    "maintenance": "Maintenance",
    "upgrade": "Works",
    "storm": "Storm",
}


class NoticesAdmin(Room):
    """The page of cuts."""

    def rules(self) -> list[Rule]:
        return rules(
            "notices",
            {
                "GET /desk/notices": self.page,
                "POST /desk/notices": self.create,
                "POST /desk/notices/{number}": self.end,
            },
        )

    async def page(
        self, request: web.Request, fault: str = "", typed: dict[str, str] | None = None
    ) -> web.StreamResponse:
        me = request[ME]
        async with self.parts.db.reading() as session:
            notices = Notices(self.parts.db)
            latest = await notices.latest(session, me.tenant)
            feeders = await notices.feeders(session, self.tenant(me))
        now = self.parts.db.now()
        return self.pages.render(
            request,
            "notices.html",
            fault=fault,
            typed=typed or {},
            current=[row for row in latest if row.restore_at is None or row.restore_at > now],
            over=[row for row in latest if row.restore_at is not None and row.restore_at <= now][:20],
            feeders=feeders,
            forms=self.tenant(me).forms,
            kinds={kind: KIND_WORDS[kind] for kind in KINDS},
            saved="saved" in request.query,
        )

    def _moment(self, me: Me, typed: str) -> datetime | None:
        """A time as the browser gives it: the tenant's own, without a zone."""
        try:
            return datetime.fromisoformat(typed).replace(tzinfo=ZoneInfo(self.tenant(me).timezone)).astimezone(UTC)
        except ValueError:
            return None

    async def create(self, request: web.Request) -> web.StreamResponse:
        me, form = request[ME], await form_of(request)
        forms = self.tenant(me).forms
        new = NewNotice(
            utility=form.get("utility", ""),
            kind=form.get("kind", ""),
            feeders=tuple(str(code) for code in (await request.post()).getall("feeder", [])),
            area={one: form.get(f"area_{one}", "")[:120] for one in dict.fromkeys(("en", *forms))},
            reason={one: form.get(f"reason_{one}", "")[:200] for one in dict.fromkeys(("en", *forms))},
            starts_at=self._moment(me, form.get("starts", "")) or self.parts.db.now(),
            restore_at=self._moment(me, form.get("restore", "")),
            planned=form.get("planned") == "1",
        )
        try:
            async with self.parts.db.transaction() as session:
                row = await Notices(self.parts.db).put(session, self.tenant(me), new)
                await self.audit.note(session, f"staff:{me.id}", "notice", f"outage:{row.id}", area=row.area)
        except DataError as error:
            return await self.page(request, f"{error}.", form)
        return to("/desk/notices?saved")

    async def end(self, request: web.Request) -> web.StreamResponse:
        """Power is back now, or will be at another time."""
        me, form, number = request[ME], await form_of(request), request.match_info["number"]
        at = self.parts.db.now() if form.get("now") == "1" else self._moment(me, form.get("restore", ""))
        try:
            if at is None:
                raise DataError("Give a time")
            async with self.parts.db.transaction() as session:
                await Notices(self.parts.db).end(session, me.tenant, number, at)
                await self.audit.note(session, f"staff:{me.id}", "notice end", f"outage:{number}", at=at.isoformat())
        except DataError as error:
            return await self.page(request, f"{error}.")
        return to("/desk/notices?saved")
