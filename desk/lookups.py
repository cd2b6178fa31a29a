"""Looks at customers' data: each has a reason, is kept in the audit, and uses up an hour's quota (T31).

What waits for a person or is with one is work, and the reason for the call is the reason of the look; so is a danger
that somebody reported. What is one's own counts for nothing. Everything else, a conversation with the bot or one that is
over, wants a reason in words. Once given it holds for an hour. Whoever has used up the quota is shown nothing more, an
alarm goes to the supervisors, and one of them may let the person on.
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from aiohttp import web
from sqlalchemy import delete, func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.database import Database
from core.tables import Conversation
from desk.audit import Audit
from desk.base import Me
from desk.tables import Lookup, Staff
from handoff import events
from handoff.desk_tables import Takeover

log = structlog.get_logger(__name__)
HOUR = timedelta(hours=1)
# Somebody's own conversations stay theirs to look at for a day after they ended.
OWN = timedelta(hours=24)
SHORTEST, LONGEST = 3, 200
CONVERSATION, LIST, CASE, BLOCKED, ALLOWED = "conversation", "list", "case", "blocked", "allowed"


class Unexplained(web.HTTPForbidden):
    """A reason must be given first."""

    def __init__(self) -> None:
        super().__init__(text="Say why you look at this conversation: open it and give a reason.")


class TooMany(web.HTTPTooManyRequests):
    """The hour's quota is used up."""

    def __init__(self) -> None:
        super().__init__(text="You have looked at too much in an hour. A supervisor can let you on.")


class Lookups:
    """Keeps and counts looks."""

    def __init__(self, db: Database, audit: Audit, quota: int) -> None:
        self._db = db
        self._audit = audit
        self.quota = quota

    async def see(self, me: Me, conversation: Conversation, takeover: Takeover | None) -> None:
        """Let somebody look at a conversation, or raise. `takeover` is its latest."""
        now = self._db.now()
        if (
            takeover is not None
            and takeover.assignee_id == me.id
            and (takeover.ended_at is None or takeover.ended_at > now - OWN)
        ):
            return
        if await self.granted(me, CONVERSATION, str(conversation.id)):
            return
        if takeover is None or takeover.ended_at is not None:
            async with self._db.reading() as session:
                endangered = await events.in_danger(session, self._db, conversation)
            if not endangered:
                raise Unexplained
            await self.count(me, CONVERSATION, str(conversation.id), "work: danger")
            return
        await self.count(me, CONVERSATION, str(conversation.id), f"work: {takeover.reason}")

    async def explain(self, me: Me, conversation_id: int, reason: str) -> bool:
        """Take a reason in words; False when it is none."""
        reason = " ".join(reason.split())[:LONGEST]
        if len(reason) < SHORTEST:
            return False
        await self.count(me, CONVERSATION, str(conversation_id), reason)
        return True

    async def granted(self, me: Me, kind: str, subject: str) -> bool:
        """Whether the same was looked at within the hour."""
        async with self._db.reading() as session:
            return await self._known(session, me, kind, subject)

    async def _known(self, session: AsyncSession, me: Me, kind: str, subject: str) -> bool:
        query = select(Lookup.id).where(
            Lookup.staff_id == me.id,
            Lookup.kind == kind,
            Lookup.subject == subject,
            col(Lookup.at) > self._db.now() - HOUR,
        )
        return (await session.exec(query.limit(1))).first() is not None

    async def count(self, me: Me, kind: str, subject: str, reason: str) -> None:
        """Keep a look, once an hour for the same; TooMany when the quota is used up."""
        async with self._db.transaction() as session:
            # One after the other for one person: the quota holds however many windows ask.
            await session.execute(select(col(Staff.id)).where(col(Staff.id) == me.id).with_for_update())
            if await self._known(session, me, kind, subject):
                return
            # The audit keeps what was looked at; these rows only count.
            old = col(Lookup.at) < self._db.now() - OWN
            await session.execute(delete(Lookup).where(col(Lookup.staff_id) == me.id, old))
            full = await self.used(session, me.id) >= self.quota
            if not full:
                await self._keep(session, me, kind, subject, reason)
                await self._audit.note(session, f"staff:{me.id}", "looked up", f"{kind}:{subject}", reason=reason)
            elif not await self._known(session, me, BLOCKED, ""):
                await self._keep(session, me, BLOCKED, "", reason, counted=False)
                await self._audit.note(
                    session, f"staff:{me.id}", "look-ups blocked", f"{kind}:{subject}", reason=reason
                )
                await events.append(session, self._db, me.tenant, "alarm", staff=me.id)
                log.error("Somebody of the staff looks at too much.", action="lookup", tenant=me.tenant, staff=me.id)
        if full:
            raise TooMany

    async def _keep(
        self, session: AsyncSession, me: Me, kind: str, subject: str, reason: str, *, counted: bool = True
    ) -> None:
        now = self._db.now()
        row = Lookup(
            tenant=me.tenant, staff_id=me.id, kind=kind, subject=subject, reason=reason, counted=counted, at=now
        )
        session.add(row)
        await session.flush()

    async def used(self, session: AsyncSession, staff_id: int) -> int:
        """How much of the quota somebody has used in the last hour, or since a supervisor let them on."""
        since = self._db.now() - HOUR
        let = select(func.max(col(Lookup.id))).where(col(Lookup.staff_id) == staff_id, col(Lookup.kind) == ALLOWED)
        after = (await session.execute(let)).scalar() or 0
        query = select(func.count()).where(
            col(Lookup.staff_id) == staff_id, col(Lookup.counted), col(Lookup.at) > since, col(Lookup.id) > after
        )
        return int((await session.execute(query)).scalar_one())

    async def blocked(self, session: AsyncSession, tenant: str) -> list[tuple[Staff, Lookup]]:
        """Who has used up the quota and may look at nothing, each once."""
        query = (
            select(Staff, Lookup)
            .join(Lookup, col(Lookup.staff_id) == col(Staff.id))
            .where(Lookup.tenant == tenant, Lookup.kind == BLOCKED, col(Lookup.at) > self._db.now() - HOUR)
            .order_by(col(Lookup.id))
        )
        latest = {staff.id: (staff, row) for staff, row in (await session.exec(query)).all()}
        return [pair for number, pair in latest.items() if await self.used(session, number or 0) >= self.quota]

    async def let_on(self, me: Me, staff_id: int) -> bool:
        """A supervisor's word: the count begins anew. Nobody gives it to themselves."""
        async with self._db.transaction() as session:
            staff = await session.get(Staff, staff_id)
            if staff is None or staff.tenant != me.tenant or staff_id == me.id:
                return False
            now = self._db.now()
            session.add(
                Lookup(tenant=me.tenant, staff_id=staff_id, kind=ALLOWED, subject="", counted=False, by=me.id, at=now)
            )
            # The alarm is over: the next time it rings anew.
            for row in (
                await session.exec(select(Lookup).where(Lookup.staff_id == staff_id, Lookup.kind == BLOCKED))
            ).all():
                row.subject = "over"
                session.add(row)
            await self._audit.note(session, f"staff:{me.id}", "look-ups allowed", f"staff:{staff_id}")
            await events.append(session, self._db, me.tenant, "alarm", staff=staff_id)
        return True
