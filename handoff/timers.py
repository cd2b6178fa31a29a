"""What happens when an alarm clock of the handoff rings: nobody came, the operator is gone, the customer is gone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.database import Database
from core.tables import Conversation
from core.tenants import Tenants
from handoff import hours, routing
from handoff.alarms import CUSTOMER, REPLY, SNOOZE, WAIT, after_change, ring_at
from handoff.alarms import LEFT as LEFT_RINGS
from handoff.bridge import LEFT, Bridge
from handoff.desk_tables import HandoffEvent, Operator, Takeover
from handoff.events import lock_conversation
from handoff.leaving import Leaving
from handoff.moves import SYSTEM, Move, State


class Timers:
    """What happens when one rings. Nothing here commits."""

    def __init__(self, db: Database, bridge: Bridge, tenants: Tenants) -> None:
        self._db = db
        self._bridge = bridge
        self._tenants = tenants
        self._leaving = Leaving(db, tenants, bridge)

    async def ring(self, session: AsyncSession, payload: dict[str, Any]) -> str:
        """Handle one; returns a word for what was done."""

        if payload["timer"] == LEFT_RINGS:
            return await self._leaving.ring(session, int(payload["left_id"]))
        conversation = await lock_conversation(session, self._db, int(payload["conversation_id"]))
        takeover = await self._bridge.current(session, int(payload["conversation_id"]))
        if takeover is None or takeover.id != payload["takeover_id"]:
            return "over"
        name = payload["timer"]
        state = State(takeover.state)
        if name == WAIT and state is State.QUEUED:
            if datetime.fromisoformat(payload["set_at"]) < await self._in_line_since(session, takeover):
                return "over"
            return await self._waited(session, conversation, takeover)
        if name == SNOOZE and state is State.SNOOZED and takeover.version == payload["version"]:
            await self._change(session, takeover, Move.WAKE, "its time came")
            return "woken"
        if name == REPLY and state is State.OPEN and takeover.waiting_since is not None:
            return await self._unanswered(session, conversation, takeover)
        if name == CUSTOMER and state is State.OPEN and takeover.waiting_since is None:
            set_at = datetime.fromisoformat(payload["set_at"])
            if takeover.replied_at is not None and takeover.replied_at > set_at:
                return "later"
            if takeover.assignee_id is None:
                await self._change(session, takeover, Move.OUTSIDE_ENDED, "nobody wrote any more outside")
            else:
                await self._change(session, takeover, Move.CUSTOMER_GONE, "the customer wrote no more")
            return "customer gone"
        return "over"

    async def mend(self) -> int:
        """Set the clocks of everything that has not ended, at the start of the service: no state may last by accident.

        Clocks that are still set ring too and find nothing left to do, or do it first.
        """
        async with self._db.transaction() as session:
            query = select(Takeover).where(col(Takeover.ended_at).is_(None)).order_by(col(Takeover.conversation_id))
            found = list((await session.exec(query)).all())
            for takeover in found:
                conversation = await lock_conversation(session, self._db, takeover.conversation_id)
                patience = self._bridge.patience_for(takeover.tenant)
                await after_change(session, self._db, conversation, takeover, patience)
            await self._leaving.mend(session)
        return len(found)

    async def _waited(self, session: AsyncSession, conversation: Conversation, takeover: Takeover) -> str:
        """In the queue: a free operator, the hotline when patience or hours have run out, else the new place."""
        now, patience = self._db.now(), self._bridge.patience_for(takeover.tenant)
        await routing.loosen(session, self._db, takeover, patience)
        operator = await routing.best_operator(session, self._db, takeover, patience)
        if operator is not None and takeover.id is not None:
            await self._bridge.change(
                session, takeover.id, Move.CLAIM, SYSTEM, assignee=operator, why="given automatically"
            )
            return "given"
        somebody = await routing.anybody_for(session, self._db, takeover, patience)
        tenant = self._tenants.get(takeover.tenant)
        facts: dict[str, Any] = {}
        if not somebody and not await hours.is_open(session, tenant, now):
            opening = await hours.next_opening(session, tenant, now)
            facts["opening"] = {"$when": opening.isoformat()} if opening else None
            await self._change(session, takeover, Move.CLOSE, "out of hours", facts)
            await self._leaving.again(session, takeover)
            return "closed"
        if takeover.reason == LEFT:
            # Nobody stands there waiting: it keeps its place for as long as the desk is open.
            await ring_at(session, self._db, conversation, takeover, WAIT, now + patience.notice)
            return "waiting"
        line_began = await self._in_line_since(session, takeover)
        if now - line_began >= patience.queue or not somebody:
            await self._change(
                session, takeover, Move.NOBODY, "nobody answered" if somebody else "nobody on duty", facts
            )
            return "nobody"
        place = await routing.place(session, self._db, takeover, patience)
        await self._bridge.tell_place(session, conversation, takeover, place, first=False)
        await ring_at(session, self._db, conversation, takeover, WAIT, now + patience.notice)
        return "waiting"

    async def _in_line_since(self, session: AsyncSession, takeover: Takeover) -> datetime:
        """When the customer came into the queue this time; the place in it counts from the first time."""

        query = (
            select(HandoffEvent.at)
            .where(
                HandoffEvent.takeover_id == takeover.id,
                HandoffEvent.target == State.QUEUED.value,
                HandoffEvent.source != State.QUEUED.value,
            )
            .order_by(col(HandoffEvent.id).desc())
            .limit(1)
        )
        return (await session.exec(query)).first() or takeover.queued_at

    async def _unanswered(self, session: AsyncSession, conversation: Conversation, takeover: Takeover) -> str:
        """The customer waits: an operator who is gone or too slow gives the conversation up to the queue."""
        now, patience = self._db.now(), self._bridge.patience_for(takeover.tenant)
        if takeover.assignee_id is None:
            # Somebody outside our desk: their signs of life are their messages.
            waited = now - (takeover.waiting_since or now)
            if waited >= patience.customer:
                await self._change(session, takeover, Move.OUTSIDE_ENDED, "nobody wrote any more outside")
                return "returned"
            await ring_at(session, self._db, conversation, takeover, REPLY, now + patience.reply)
            return "waiting"
        operator = await session.get(Operator, takeover.assignee_id)
        there = operator is not None and routing.is_there(operator, now, patience)
        waited = now - max(takeover.waiting_since or now, takeover.assigned_at or now)
        if not there or waited >= patience.reply:
            why = "the operator did not answer" if there else "the operator is gone"
            await self._change(session, takeover, Move.OPERATOR_GONE, why)
            return "operator gone"
        due = max(takeover.waiting_since or now, takeover.assigned_at or now) + patience.reply
        await ring_at(session, self._db, conversation, takeover, REPLY, min(due, now + patience.presence))
        return "waiting"

    async def _change(
        self, session: AsyncSession, takeover: Takeover, move: Move, why: str, facts: dict[str, Any] | None = None
    ) -> None:

        assert takeover.id is not None
        await self._bridge.change(session, takeover.id, move, SYSTEM, why=why, facts=facts)
