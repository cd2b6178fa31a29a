"""One change of hands: looked up in the table, compared and set, with all that must follow in the same transaction.

The conversation's row is locked, the takeover's version must be the one that was seen, and what the customer is told, the
timers and the desk's event are written with it. So of any number who reach for a conversation one gets it, a killed
process leaves either all of a change or nothing, and a timer always stands behind a state that must not last.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.database import Database
from core.tables import Conversation, Message
from core.tenants import Tenants
from handoff import alarms, events, hours
from handoff.desk_tables import HandoffEvent, Operator, Takeover
from handoff.hours import Patience
from handoff.moves import ENDED, By, HandoffRefused, Move, State, Who, rule
from handoff.voice import Voice

RATING = range(1, 6)
RATED = frozenset({Move.RESOLVE, Move.GIVE_BACK, Move.CUSTOMER_GONE})


class Changes:
    """Makes changes. Nothing here commits: the caller's transaction does."""

    def __init__(
        self, db: Database, voice: Voice, patience: Patience | None = None, tenants: Tenants | None = None
    ) -> None:
        self._db = db
        self.voice = voice
        self._tenants = tenants
        self.patience = patience or Patience()

    def patience_for(self, tenant: str) -> Patience:
        """How patient a tenant is: its own data over what holds for everybody."""
        return hours.patience_of(self._tenants.get(tenant), self.patience) if self._tenants else self.patience

    async def current(self, session: AsyncSession, conversation_id: int) -> Takeover | None:
        """The takeover that has not ended, if any."""
        query = select(Takeover).where(Takeover.conversation_id == conversation_id, col(Takeover.ended_at).is_(None))
        return (await session.exec(query.execution_options(populate_existing=True))).first()

    async def _begin(
        self,
        session: AsyncSession,
        conversation: Conversation,
        takeover: Takeover,
        move: Move,
        by: By,
        why: str,
        assignee: Operator | None = None,
    ) -> Takeover:
        change = rule(State.PENDING, move, by.who)
        now = self._db.now()
        takeover.state = change.target.value
        takeover.ended_at = now if change.target in ENDED else None
        if change.target is State.OPEN:
            takeover.assigned_at = now
            takeover.waiting_since = now
            takeover.assignee_id = assignee.id if assignee else None
        session.add(takeover)
        await session.flush()
        await self._finish(session, conversation, takeover, State.PENDING, move, by, why)
        if move is Move.TAKE and assignee:
            facts = {"operator": assignee.name}
            await self.voice.say(session, conversation, change.says, facts, f"handoff:{takeover.id}:{takeover.version}")
        return takeover

    async def change(
        self,
        session: AsyncSession,
        takeover_id: int,
        move: Move,
        by: By,
        *,
        why: str = "",
        assignee: Operator | None = None,
        team: str = "",
        until: datetime | None = None,
        seen_version: int | None = None,
        seen_seq: int | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> Takeover:
        """Make one change of the table. `seen_*` is what the person saw: when that is old they must look again."""
        found = await session.get(Takeover, takeover_id)
        if found is None:
            raise HandoffRefused("unknown", "there is no such takeover")
        conversation = await events.lock_conversation(session, self._db, found.conversation_id)
        await session.refresh(found)
        source = State(found.state)
        change = rule(source, move, by.who)
        if seen_version is not None and seen_version != found.version:
            raise HandoffRefused("changed", "somebody changed this conversation in the meantime")
        if seen_seq is not None and change.target in ENDED and await self._wrote_since(session, found, seen_seq):
            raise HandoffRefused("unread", "the customer wrote something that was not on the screen")
        if by.who is Who.OPERATOR and by.id is not None and found.assignee_id not in (None, by.id):
            raise HandoffRefused("taken", "another operator has this conversation")
        now = self._db.now()
        target = change.target
        values: dict[str, Any] = {"state": target.value, "version": found.version + 1}
        if target is State.QUEUED and source is not State.QUEUED:
            # Back in line at the old place: the customer waited once already.
            values |= {"assignee_id": None, "assigned_at": None, "team": team, "priority": min(found.priority, 1)}
        elif target is State.OPEN and move in (Move.CLAIM, Move.TRANSFER, Move.TAKE_OUTSIDE):
            values |= {"assignee_id": assignee.id if assignee else None, "assigned_at": now, "snoozed_until": None}
            values["waiting_since"] = found.waiting_since or now
        elif target is State.OPEN and source is State.SNOOZED:
            values |= {"snoozed_until": None, "waiting_since": found.waiting_since or now}
        elif target is State.SNOOZED:
            values |= {"snoozed_until": until}
        elif target in ENDED:
            values |= {"ended_at": now, "waiting_since": None}
        written = await session.execute(
            update(Takeover)
            .where(
                col(Takeover.id) == takeover_id,
                col(Takeover.state) == source.value,
                col(Takeover.version) == found.version,
            )
            .values(**values)
            .returning(col(Takeover.id))
        )
        if written.first() is None:
            raise HandoffRefused("changed", "somebody changed this conversation in the meantime")
        await session.refresh(found)
        if change.says:
            name = assignee.name if assignee else by.name
            code = found.summary.get("code") or ""
            said = {"operator": name, "code": code, **(facts or {}), **self._rating(found, move)}
            await self.voice.say(session, conversation, change.says, said, f"handoff:{found.id}:{found.version}")
        await self._finish(session, conversation, found, source, move, by, why)
        return found

    def _rating(self, takeover: Takeover, move: Move) -> dict[str, Any]:
        """The customer is asked how satisfied they were when a person's part is over."""
        if move not in RATED:
            return {}
        return {
            "choices": [
                {
                    "title": {"$word": f"label_handoff_score_{score}"},
                    "intent": "rate_handoff",
                    "entities": {"score": score, "takeover": takeover.id},
                }
                for score in RATING
            ]
        }

    async def _wrote_since(self, session: AsyncSession, takeover: Takeover, seq: int) -> bool:
        query = select(Message.id).where(
            Message.conversation_id == takeover.conversation_id, Message.seq > seq, Message.direction == "incoming"
        )
        return (await session.exec(query.limit(1))).first() is not None

    async def _finish(
        self,
        session: AsyncSession,
        conversation: Conversation,
        takeover: Takeover,
        source: State,
        move: Move,
        by: By,
        why: str,
    ) -> None:
        """What every change leaves: the conversation's status, the note of it, the timers, the desks' event."""
        target = State(takeover.state)
        assert takeover.id is not None
        conversation.status = (State.PENDING if target in ENDED else target).value
        session.add(conversation)
        session.add(
            HandoffEvent(
                takeover_id=takeover.id,
                conversation_id=takeover.conversation_id,
                at=self._db.now(),
                move=move.value,
                source=source.value,
                target=target.value,
                who=str(by),
                why=why[:200],
                assignee_id=takeover.assignee_id,
            )
        )
        await session.flush()
        if move is not Move.URGE or source is not target:
            await alarms.after_change(session, self._db, conversation, takeover, self.patience_for(takeover.tenant))
        if move is not Move.REFUSE:
            await events.append(
                session, self._db, takeover.tenant, "takeover", takeover.conversation_id, state=target.value, move=move
            )
