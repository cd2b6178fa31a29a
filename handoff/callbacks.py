"""Calls back: who wants to be called, when, who calls, how it ended. Never two callers at once.

A request is claimed by compare-and-set, and a number that is being called is unique in the table: however many reach for
it, and whichever of a person's requests they take, one calls. A caller who never reports loses the claim after a while.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.database import Database
from core.tables import Conversation
from core.tenants import Tenants
from handoff.callback_wishes import CallState, next_chance, tell_desks
from handoff.moves import By, HandoffRefused
from handoff.tables import CallbackAttempt, CallbackRequest
from handoff.voice import Voice

CLAIM_LASTS = timedelta(minutes=20)
# Nobody answered: again after so long; after the last one it is given up.
PAUSES = (timedelta(minutes=15), timedelta(hours=1))


class Outcome(StrEnum):
    """How a call ended."""

    REACHED = "reached"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    WRONG_NUMBER = "wrong_number"
    NOT_WANTED = "not_wanted"


WAITING = (CallState.OPEN.value, CallState.CALLING.value)
AGAIN = frozenset({Outcome.NO_ANSWER, Outcome.BUSY})


class Callbacks:
    """The queue for callers. Nothing here commits: the caller's transaction does."""

    def __init__(self, db: Database, tenants: Tenants, voice: Voice) -> None:
        self._db = db
        self._tenants = tenants
        self._voice = voice

    async def queue(self, session: AsyncSession, tenant: str, limit: int = 200) -> list[CallbackRequest]:
        """Who waits for a call or is being called, the next due first."""
        query = (
            select(CallbackRequest)
            .where(CallbackRequest.tenant == tenant, col(CallbackRequest.state).in_(WAITING))
            .order_by(col(CallbackRequest.due_at), col(CallbackRequest.id))
            .limit(limit)
        )
        return list((await session.exec(query.execution_options(populate_existing=True))).all())

    async def settled(self, session: AsyncSession, tenant: str, limit: int = 50) -> list[CallbackRequest]:
        """Those that are over, the newest first."""
        query = (
            select(CallbackRequest)
            .where(CallbackRequest.tenant == tenant, col(CallbackRequest.state).not_in(WAITING))
            .order_by(col(CallbackRequest.done_at).desc())
            .limit(limit)
        )
        return list((await session.exec(query)).all())

    async def attempts(self, session: AsyncSession, request_id: int) -> list[CallbackAttempt]:
        """Every call that was tried for a request."""
        query = select(CallbackAttempt).where(CallbackAttempt.request_id == request_id)
        return list((await session.exec(query.order_by(col(CallbackAttempt.id)))).all())

    async def claim(
        self, session: AsyncSession, request_id: int, by: By, seen_version: int | None = None
    ) -> CallbackRequest:
        """Take a request to call now; the customer is told who calls. HandoffRefused `taken` when somebody else has.

        A claim that was never reported on is free again after twenty minutes.
        """
        now = self._db.now()
        row = await self._read(session, request_id)
        stale = row.claimed_at is not None and row.claimed_at <= now - CLAIM_LASTS
        if row.state == CallState.CALLING and row.claimed_by == by.id:
            return row
        if row.state not in WAITING:
            raise HandoffRefused("state", "nobody waits for this call any more")
        if row.state == CallState.CALLING and not stale:
            raise HandoffRefused("taken", "somebody calls this number already")
        if seen_version is not None and seen_version != row.version:
            raise HandoffRefused("changed", "this request was changed in the meantime")
        try:
            async with session.begin_nested():
                written = await session.execute(
                    update(CallbackRequest)
                    .where(
                        col(CallbackRequest.id) == request_id,
                        col(CallbackRequest.state) == row.state,
                        col(CallbackRequest.version) == row.version,
                    )
                    .values(state=CallState.CALLING.value, claimed_by=by.id, claimed_at=now, version=row.version + 1)
                    .returning(col(CallbackRequest.id))
                )
                taken = written.first() is None
        except IntegrityError:
            raise HandoffRefused("taken", "this number is being called for another request") from None
        if taken:
            raise HandoffRefused("taken", "somebody calls this number already")
        await session.refresh(row)
        await self._say(session, row, "utter_callback_calling", {"operator": by.name, "phone": row.phone})
        await tell_desks(session, self._db, row)
        return row

    async def release(self, session: AsyncSession, request_id: int, by: By) -> CallbackRequest:
        """Put a claimed request back without having called."""
        row = await self._mine(session, request_id, by)
        return await self._settle(session, row, {"state": CallState.OPEN.value, "claimed_by": None, "claimed_at": None})

    async def report(
        self,
        session: AsyncSession,
        request_id: int,
        by: By,
        outcome: Outcome,
        *,
        result: str = "",
        note: str = "",
    ) -> CallbackRequest:
        """How the call went. `result` are words for the customer's chat, `note` is for colleagues alone.

        Nobody answered: tried again twice, later each time; then the request is given up and the hotline told.
        """
        row = await self._mine(session, request_id, by)
        now = self._db.now()
        attempts = row.attempts + 1
        assert by.id is not None
        session.add(
            CallbackAttempt(request_id=request_id, staff_id=by.id, at=now, outcome=outcome.value, note=note[:500])
        )
        values: dict[str, Any] = {"attempts": attempts, "outcome": outcome.value, "claimed_at": None}
        facts: dict[str, Any] = {"phone": row.phone, "operator": by.name}
        if outcome in AGAIN and attempts <= len(PAUSES):
            due_at = await next_chance(session, self._db, self._tenants, row.tenant, now + PAUSES[attempts - 1])
            values |= {"state": CallState.OPEN.value, "claimed_by": None, "due_at": due_at}
            name, facts = "utter_callback_missed", {**facts, "again": {"$when": due_at.isoformat()}}
        elif outcome in AGAIN:
            values |= {"state": CallState.GIVEN_UP.value, "done_at": now}
            name = "utter_callback_given_up"
        elif outcome is Outcome.WRONG_NUMBER:
            values |= {"state": CallState.GIVEN_UP.value, "done_at": now}
            name = "utter_callback_wrong_number"
        else:
            values |= {"state": CallState.DONE.value, "done_at": now}
            name = "utter_callback_done" if outcome is Outcome.REACHED else "utter_callback_not_wanted"
            facts["result"] = result.strip()[:1000]
        row = await self._settle(session, row, values)
        await self._say(session, row, name, facts)
        return row

    async def withdraw(self, session: AsyncSession, contact_id: int) -> bool:
        """The customer does not want to be called any more. False when nobody waits."""
        written = await session.execute(
            update(CallbackRequest)
            .where(col(CallbackRequest.contact_id) == contact_id, col(CallbackRequest.state) == CallState.OPEN.value)
            .values(state=CallState.WITHDRAWN.value, done_at=self._db.now(), version=col(CallbackRequest.version) + 1)
            .returning(col(CallbackRequest.id))
        )
        return bool(written.all())

    async def _read(self, session: AsyncSession, request_id: int) -> CallbackRequest:
        query = select(CallbackRequest).where(CallbackRequest.id == request_id)
        row = (await session.exec(query.execution_options(populate_existing=True))).first()
        if row is None:
            raise HandoffRefused("unknown", "there is no such request")
        return row

    async def _mine(self, session: AsyncSession, request_id: int, by: By) -> CallbackRequest:
        row = await self._read(session, request_id)
        if row.state != CallState.CALLING or row.claimed_by != by.id:
            raise HandoffRefused("not_yours", "somebody else calls this number, or nobody")
        return row

    async def _settle(self, session: AsyncSession, row: CallbackRequest, values: Mapping[str, Any]) -> CallbackRequest:
        written = await session.execute(
            update(CallbackRequest)
            .where(col(CallbackRequest.id) == row.id, col(CallbackRequest.version) == row.version)
            .values(**values, version=row.version + 1)
            .returning(col(CallbackRequest.id))
        )
        if written.first() is None:
            raise HandoffRefused("changed", "this request was changed in the meantime")
        await session.refresh(row)
        await tell_desks(session, self._db, row)
        return row

    async def _say(self, session: AsyncSession, row: CallbackRequest, name: str, facts: Mapping[str, Any]) -> None:
        conversation = await session.get(Conversation, row.conversation_id)
        assert conversation is not None
        await self._voice.say(session, conversation, name, facts, f"callback:{row.id}:{row.version}")
