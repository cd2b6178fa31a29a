"""Exports: asked for with a reason, approved by a second person, loaded once within an hour (reliability.md T31).

Whoever asks never approves; what is done stands in the audit; the file has people's data masked and no formulas.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web
from sqlalchemy import func, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from desk import sheets
from desk.base import ME, Me, Rule
from desk.extracts import EXTRACTS, HEADS, MOST, Span
from desk.room import Room, form_of, rules, to
from desk.speech import Speech
from desk.tables import Export, Staff
from handoff import events

KINDS = {
    "conversations": "Conversations",
    "transcripts": "Transcripts",
    "complaints": "Complaints",
    "figures": "Figures",
}
WAITING, APPROVED, REFUSED, LOADED, TAKEN_BACK = "waiting", "approved", "refused", "loaded", "taken back"
LOADABLE, APPROVABLE = timedelta(hours=1), timedelta(hours=24)
MOST_DAYS, PER_DAY = 92, 10
SHORTEST, LONGEST, SHOWN = 10, 300, 50
GONE = "This request does not wait any more."


class Exports(Room):
    """The page of exports."""

    def rules(self) -> list[Rule]:
        at = "/desk/exports/{id:\\d+}"
        return rules(
            "export",
            {
                "GET /desk/exports": self.page,
                "POST /desk/exports": self.ask,
                f"POST {at}/{{do:approve|refuse}}": self.decide,
                f"POST {at}/back": self.take_back,
                f"POST {at}/load": self.load,
            },
        )

    async def page(
        self, request: web.Request, fault: str = "", typed: dict[str, str] | None = None
    ) -> web.StreamResponse:
        me, now = request[ME], self.parts.db.now()
        async with self.parts.db.reading() as session:
            query = select(Export).where(Export.tenant == me.tenant).order_by(col(Export.id).desc()).limit(SHOWN)
            asked = (await session.exec(query)).all()
            names = dict((await session.exec(select(Staff.id, Staff.name).where(Staff.tenant == me.tenant))).all())
        today = now.astimezone(self._zone(me)).date()
        return self.pages.render(
            request,
            "exports.html",
            fault=fault,
            typed=typed or {"first": f"{today - timedelta(days=6)}", "last": f"{today}"},
            asked=[(one, _standing(one, now)) for one in asked],
            names=names,
            kinds=KINDS,
            loadable=LOADABLE,
            today=today,
        )

    def _zone(self, me: Me) -> ZoneInfo:
        return ZoneInfo(self.tenant(me).timezone)

    async def ask(self, request: web.Request) -> web.StreamResponse:
        """Ask for an export; nothing is read before a second person has approved."""
        me, form, now = request[ME], await form_of(request), self.parts.db.now()
        reason, what = " ".join(form.get("reason", "").split())[:LONGEST], form.get("what", "")
        days = _days(form, now.astimezone(self._zone(me)).date())
        if what not in KINDS:
            return await self.page(request, "Choose what is to be exported.", form)
        if days is None:
            return await self.page(request, f"Give the days, at most {MOST_DAYS}, none of them to come.", form)
        if len(reason) < SHORTEST:
            return await self.page(request, "Say in some words why it is needed.", form)
        async with self.parts.db.transaction() as session:
            since = col(Export.asked_at) > now - timedelta(days=1)
            mine = select(func.count()).where(col(Export.asked_by) == me.id, since)
            if (await session.execute(mine)).scalar_one() >= PER_DAY:
                return await self.page(request, "You have asked for too many exports today.", form)
            row = Export(
                tenant=me.tenant,
                what=what,
                first=days[0].isoformat(),
                last=days[1].isoformat(),
                reason=reason,
                asked_by=me.id,
                asked_at=now,
            )
            session.add(row)
            await session.flush()
            detail = {"what": what, "first": row.first, "last": row.last, "reason": reason}
            await self.audit.note(session, f"staff:{me.id}", "export asked", f"export:{row.id}", **detail)
            await events.append(session, self.parts.db, me.tenant, "alarm", staff=me.id)
        return to("/desk/exports")

    async def _find(self, request: web.Request) -> Export:
        async with self.parts.db.reading() as session:
            row = await session.get(Export, int(request.match_info["id"]), populate_existing=True)
        if row is None or row.tenant != request[ME].tenant:
            raise web.HTTPNotFound(text="There is no such request.")
        return row

    async def _become(self, me: Me, row: Export, states: tuple[str, ...], action: str, **values: Any) -> bool:
        """Change a request that stands as somebody saw it, with its entry in the audit; False when it does not."""
        async with self.parts.db.transaction() as session:
            change = update(Export).where(col(Export.id) == row.id, col(Export.state).in_(states)).values(**values)
            if (await session.execute(change)).rowcount != 1:  # type: ignore[attr-defined]
                return False
            detail = {"what": row.what, "reason": row.reason, "asked_by": row.asked_by}
            if "lines" in values:
                detail["lines"] = values["lines"]
            await self.audit.note(session, f"staff:{me.id}", action, f"export:{row.id}", **detail)
        return True

    async def decide(self, request: web.Request) -> web.StreamResponse:
        """Approve or refuse what somebody else asked for."""
        me, row, now = request[ME], await self._find(request), self.parts.db.now()
        if row.asked_by == me.id:
            return await self.page(request, "Nobody decides on their own request.")
        if _standing(row, now) != WAITING:
            return await self.page(request, GONE)
        state = APPROVED if request.match_info["do"] == "approve" else REFUSED
        values = {"state": state, "decided_by": me.id, "decided_at": now}
        if not await self._become(me, row, (WAITING,), f"export {state}", **values):
            return await self.page(request, GONE)
        return to("/desk/exports")

    async def take_back(self, request: web.Request) -> web.StreamResponse:
        """Whoever asked does not want it any more."""
        me, row = request[ME], await self._find(request)
        mine = row.asked_by == me.id
        if not mine or not await self._become(me, row, (WAITING, APPROVED), "export taken back", state=TAKEN_BACK):
            return await self.page(request, GONE)
        return to("/desk/exports")

    async def load(self, request: web.Request) -> web.StreamResponse:
        """The file, once. It is made now, so that what was erased meanwhile is not in it."""
        me, row, now = request[ME], await self._find(request), self.parts.db.now()
        if row.asked_by != me.id or _standing(row, now) != APPROVED:
            return await self.page(request, "Only whoever asked may load it, once, in time.")
        tenant, zone = self.tenant(me), self._zone(me)
        first, last = date.fromisoformat(row.first), date.fromisoformat(row.last)
        span = Span(
            tenant=tenant,
            since=datetime.combine(first, time(), zone).astimezone(UTC),
            until=datetime.combine(last + timedelta(days=1), time(), zone).astimezone(UTC),
            speech=Speech(self.parts.answers, tenant, me.form, now),
        )
        async with self.parts.db.reading() as session:
            lines = await EXTRACTS[row.what](session, span)
        if len(lines) > MOST:
            return await self.page(request, f"More than {MOST} lines: ask for fewer days.")
        body = sheets.written([span.speech.say(word) for word in HEADS[row.what]], lines)
        done = {"state": LOADED, "loaded_at": now, "lines": len(lines)}
        if not await self._become(me, row, (APPROVED,), "export loaded", **done):
            return await self.page(request, "Only whoever asked may load it, once, in time.")
        name = f"{row.what}-{row.first}-{row.last}.csv"
        return web.Response(
            body=body,
            content_type="text/csv",
            charset="utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


async def awaiting(session: AsyncSession, me: Me, now: datetime) -> int:
    """How many wishes of others wait for this person's word; nothing for who may not give it."""
    if "export" not in me.may:
        return 0
    query = select(func.count()).where(
        col(Export.tenant) == me.tenant,
        col(Export.state) == WAITING,
        col(Export.asked_by) != me.id,
        col(Export.asked_at) > now - APPROVABLE,
    )
    return int((await session.execute(query)).scalar_one())


def _days(form: dict[str, str], today: date) -> tuple[date, date] | None:
    try:
        first, last = date.fromisoformat(form.get("first", "")), date.fromisoformat(form.get("last", ""))
    except ValueError:
        return None
    return (first, last) if first <= last <= today and (last - first).days < MOST_DAYS else None


def _standing(row: Export, now: datetime) -> str:
    """Where a request stands; what nobody approved or loaded in time is over."""
    if row.state == WAITING and now - row.asked_at > APPROVABLE:
        return "late"
    if row.state == APPROVED and row.decided_at is not None and now - row.decided_at > LOADABLE:
        return "unloaded"
    return row.state
