"""Messages left while nobody is there: asked for, kept, and opened as a conversation when the desk is staffed again.

The bot goes on answering meanwhile. What was left is found in the transcript from `from_seq` on.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.database import Database
from core.lanes import insert_for
from core.tables import Conversation
from core.tenants import Tenants
from handoff import alarms, events, hours
from handoff.bridge import LEFT, Bridge, Wish
from handoff.desk_tables import Operator, Takeover
from handoff.moves import By, HandoffRefused
from handoff.tables import LeftMessage

# The desk should be open and nobody is on duty yet: looked at again after so long.
LOOK_AGAIN = timedelta(minutes=5)
rows: Any = LeftMessage.__table__  # type: ignore[attr-defined]


class LeftState(StrEnum):
    """What became of a message."""

    WRITING = "writing"
    WAITING = "waiting"
    OPENED = "opened"
    WITHDRAWN = "withdrawn"


class Leaving:
    """The service. Nothing here commits: the caller's transaction does."""

    def __init__(self, db: Database, tenants: Tenants, bridge: Bridge) -> None:
        self._db = db
        self._tenants = tenants
        self._bridge = bridge

    async def begin(
        self,
        session: AsyncSession,
        effect_key: str,
        conversation: Conversation,
        *,
        utility: str = "",
        language: str = "",
        reason: str = "",
        summary: Mapping[str, Any] | None = None,
    ) -> LeftMessage:
        """A customer wants to leave a message; the next thing they write is it. One that waits already is added to."""
        waiting = await self._find(session, conversation.id, LeftState.WAITING, LeftState.WRITING)
        opens_at = await self._opening(session, conversation.tenant)
        if waiting is not None:
            waiting.opens_at = opens_at
            session.add(waiting)
            await session.flush()
            return waiting
        statement = (
            insert_for(self._db, rows)
            .values(
                effect_key=effect_key,
                tenant=conversation.tenant,
                utility=utility,
                language=language,
                contact_id=conversation.contact_id,
                conversation_id=conversation.id,
                reason=reason,
                summary=dict(summary or {}),
                state=LeftState.WRITING.value,
                from_seq=0,
                opens_at=opens_at,
                created_at=self._db.now(),
            )
            .on_conflict_do_nothing()
        )
        await session.execute(statement)
        return (await session.exec(select(LeftMessage).where(LeftMessage.effect_key == effect_key))).one()

    async def keep(self, session: AsyncSession, conversation: Conversation, seq: int) -> LeftMessage | None:
        """What was written is the message, from `seq` of the transcript on. None when nothing was to be left."""
        left = await self._find(session, conversation.id, LeftState.WRITING, LeftState.WAITING)
        if left is None or left.id is None:
            return None
        left.state = LeftState.WAITING.value
        left.from_seq = left.from_seq or seq
        left.opens_at = await self._opening(session, conversation.tenant)
        session.add(left)
        await session.flush()
        await alarms.open_at(session, self._db, conversation, left.id, left.opens_at)
        await events.append(session, self._db, left.tenant, "left", conversation.id, state=left.state)
        return left

    async def drop(self, session: AsyncSession, conversation_id: int) -> None:
        """The customer leaves no message after all; one that waits already stays."""
        await session.execute(
            update(LeftMessage)
            .where(
                col(LeftMessage.conversation_id) == conversation_id,
                col(LeftMessage.state) == LeftState.WRITING.value,
            )
            .values(state=LeftState.WITHDRAWN.value)
        )

    async def waiting(self, session: AsyncSession, tenant: str, limit: int = 200) -> list[LeftMessage]:
        """What waits for the desk to open, oldest first: whoever is there early may begin."""
        query = (
            select(LeftMessage)
            .where(LeftMessage.tenant == tenant, LeftMessage.state == LeftState.WAITING.value)
            .order_by(col(LeftMessage.id))
            .limit(limit)
        )
        return list((await session.exec(query)).all())

    async def take(self, session: AsyncSession, left_id: int, operator: Operator, by: By) -> Takeover:
        """An operator opens one before its time: the conversation is theirs."""
        left = await session.get(LeftMessage, left_id)
        if left is None or left.tenant != operator.tenant or left.state != LeftState.WAITING:
            raise HandoffRefused("state", "this message does not wait any more")
        takeover = await self._bridge.take(session, left.conversation_id, operator, by)
        await self._opened(session, left)
        return takeover

    async def ring(self, session: AsyncSession, left_id: int) -> str:
        """The desk should be open: queue the conversation for whoever is there, or look again later."""
        left = await session.get(LeftMessage, left_id)
        if left is None or left.state != LeftState.WAITING:
            return "over"
        conversation = await events.lock_conversation(session, self._db, left.conversation_id)
        if await self._bridge.current(session, left.conversation_id) is not None or await self._seen(session, left):
            await self._opened(session, left)  # somebody has the conversation, with all that is in it, or had it
            return "opened"
        summary = {**left.summary, "left": left.from_seq}
        wish = Wish(reason=LEFT, utility=left.utility, language=left.language, summary=summary)
        if await self._bridge.refusal(session, left.conversation_id, wish):
            opening = await hours.next_opening(session, self._tenants.get(left.tenant), self._db.now())
            await alarms.open_at(session, self._db, conversation, left_id, opening or self._db.now() + LOOK_AGAIN)
            return "later"
        await self._opened(session, left)
        await self._bridge.ask(session, left.conversation_id, wish)
        return "opened"

    async def again(self, session: AsyncSession, takeover: Takeover) -> None:
        """Nobody came to a message that was opened before the desk closed: it opens again next time."""
        if takeover.reason != LEFT:
            return
        left = await self._find(session, takeover.conversation_id, LeftState.OPENED)
        conversation = await session.get(Conversation, takeover.conversation_id)
        if left is None or left.id is None or conversation is None:
            return
        left.state, left.opens_at = LeftState.WAITING.value, await self._opening(session, takeover.tenant)
        session.add(left)
        await session.flush()
        await alarms.open_at(session, self._db, conversation, left.id, left.opens_at)

    async def mend(self, session: AsyncSession) -> int:
        """Set the clocks of all that wait, at the start of the service."""
        found = (await session.exec(select(LeftMessage).where(LeftMessage.state == LeftState.WAITING.value))).all()
        for left in found:
            conversation = await session.get(Conversation, left.conversation_id)
            if conversation is not None and left.id is not None:
                await alarms.open_at(session, self._db, conversation, left.id, max(left.opens_at, self._db.now()))
        return len(found)

    async def _seen(self, session: AsyncSession, left: LeftMessage) -> bool:
        """Whether a person has had the conversation since the message was left."""
        query = select(Takeover.id).where(
            Takeover.conversation_id == left.conversation_id, col(Takeover.first_reply_at) > left.created_at
        )
        return (await session.exec(query.limit(1))).first() is not None

    async def _opened(self, session: AsyncSession, left: LeftMessage) -> None:
        left.state = LeftState.OPENED.value
        session.add(left)
        await session.flush()
        await events.append(session, self._db, left.tenant, "left", left.conversation_id, state=left.state)

    async def _opening(self, session: AsyncSession, tenant: str) -> datetime:
        """When the desk opens; soon, where it should be open already or gives no hours."""
        opening = await hours.next_opening(session, self._tenants.get(tenant), self._db.now())
        return opening or self._db.now() + LOOK_AGAIN

    async def _find(self, session: AsyncSession, conversation_id: int | None, *states: LeftState) -> LeftMessage | None:
        query = (
            select(LeftMessage)
            .where(
                LeftMessage.conversation_id == conversation_id,
                col(LeftMessage.state).in_([state.value for state in states]),
            )
            .order_by(col(LeftMessage.id).desc())
            .limit(1)
        )
        return (await session.exec(query)).first()
