"""Who has the conversation, bot or people: every change of hands goes through here.

The changes allowed are the table of handoff/moves.py; how one is made is in handoff/changes.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import update
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from core.tables import Conversation
from handoff import alarms, events, hours, routing
from handoff.changes import RATING, Changes
from handoff.desk_tables import Operator, Takeover
from handoff.moves import BOT, CUSTOMER, SYSTEM, By, HandoffRefused, Move, State, Who

LEFT = "message left"
# Why a person cannot come; kept with the refusal.
QUEUE_FULL, OUT_OF_HOURS, NOBODY_ON_DUTY = "queue full", "out of hours", "nobody on duty"
# Before everybody else in the queue.
URGENT = 0


@dataclass(frozen=True, kw_only=True)
class Wish:
    """Why a person is needed, and what they should know and be able to do."""

    reason: str
    utility: str = ""
    language: str = ""
    skill: str = ""
    priority: int = 1
    summary: Mapping[str, Any]


class Bridge(Changes):
    """The service. Nothing here commits: the caller's transaction does."""

    async def refusal(self, session: AsyncSession, conversation_id: int, wish: Wish) -> str:
        """Why nobody could come at this moment; nothing when somebody could."""
        conversation = await events.lock_conversation(session, self._db, conversation_id)
        return await self._refusal(session, self._new(conversation, wish))

    async def ask(self, session: AsyncSession, conversation_id: int, wish: Wish, by: By = BOT) -> Takeover:
        """Queue a conversation for people, or join the takeover it has; a returned one means that nobody can come."""
        conversation = await events.lock_conversation(session, self._db, conversation_id)
        if wish.priority > URGENT and await events.in_danger(session, self._db, conversation):
            wish = replace(wish, priority=URGENT)
        known = await self.current(session, conversation_id)
        if known is not None and known.id is not None:
            if wish.priority < known.priority:
                await session.execute(
                    update(Takeover).where(col(Takeover.id) == known.id).values(priority=wish.priority)
                )
            return await self.change(session, known.id, Move.URGE, by, why=wish.reason)
        takeover = self._new(conversation, wish)
        if refused := await self._refusal(session, takeover):
            return await self._begin(session, conversation, takeover, Move.REFUSE, SYSTEM, refused)
        takeover = await self._begin(session, conversation, takeover, Move.ASK, by, wish.reason)
        patience = self.patience_for(takeover.tenant)
        operator = await routing.best_operator(session, self._db, takeover, patience)
        if operator is not None and takeover.id is not None:
            return await self.change(
                session, takeover.id, Move.CLAIM, SYSTEM, assignee=operator, why="given automatically"
            )
        place = await routing.place(session, self._db, takeover, patience)
        await self.tell_place(session, conversation, takeover, place, first=True)
        return takeover

    async def tell_place(
        self,
        session: AsyncSession,
        conversation: Conversation,
        takeover: Takeover,
        place: routing.Place,
        *,
        first: bool,
    ) -> None:
        """Say where in the queue somebody stands, and how long it will take where that is known."""
        facts = {
            "position": {"$number": str(place.position)},
            "wait": {"$duration": place.minutes} if place.minutes else None,
            "choices": [{"title": {"$word": "label_handoff_leave"}, "intent": "leave_queue"}],
        }
        name = "utter_handoff_queued" if first else "utter_handoff_still_waiting"
        if takeover.reason == LEFT:  # written long ago: nobody stands there waiting
            name = "utter_message_opened"
        moment = takeover.version if first else f"{self._db.now().timestamp():.0f}"
        await self.voice.say(session, conversation, name, facts, f"handoff:{takeover.id}:place:{moment}")

    async def _refusal(self, session: AsyncSession, takeover: Takeover) -> str:
        """Why nobody can come, or nothing. Who is on duty counts, the hours only say why nobody is."""
        patience = self.patience_for(takeover.tenant)
        if await routing.is_full(session, takeover.tenant, patience):
            return QUEUE_FULL
        if takeover.skill and not await routing.anybody_for(session, self._db, takeover, patience):
            takeover.skill = ""
        if await routing.anybody_for(session, self._db, takeover, patience):
            return ""
        tenant = self._tenants.get(takeover.tenant) if self._tenants else None
        if tenant is not None and not await hours.is_open(session, tenant, self._db.now()):
            return OUT_OF_HOURS
        return NOBODY_ON_DUTY

    async def take(self, session: AsyncSession, conversation_id: int, operator: Operator, by: By) -> Takeover:
        """A person takes a conversation that the bot has, by their own wish."""
        conversation = await events.lock_conversation(session, self._db, conversation_id)
        if await self.current(session, conversation_id) is not None:
            raise HandoffRefused("taken", "somebody has this conversation already")
        takeover = self._new(conversation, Wish(reason="operator's wish", summary={}))
        return await self._begin(session, conversation, takeover, Move.TAKE, by, "operator's wish", operator)

    async def take_outside(self, session: AsyncSession, conversation_id: int) -> Takeover:
        """A person has the conversation in the platform's own inbox or app: the bot is silent until they stop."""
        conversation = await events.lock_conversation(session, self._db, conversation_id)
        known = await self.current(session, conversation_id)
        by = By(who=Who.OPERATOR)
        if known is None:
            takeover = self._new(conversation, Wish(reason="answered outside", summary={}))
            return await self._begin(session, conversation, takeover, Move.TAKE_OUTSIDE, by, "answered outside")
        if known.state != State.OPEN and known.id is not None:
            return await self.change(session, known.id, Move.TAKE_OUTSIDE, by, why="answered outside")
        return known

    def _new(self, conversation: Conversation, wish: Wish) -> Takeover:
        assert conversation.id is not None
        return Takeover(
            conversation_id=conversation.id,
            contact_id=conversation.contact_id,
            tenant=conversation.tenant,
            utility=wish.utility,
            language=wish.language,
            skill=wish.skill,
            reason=wish.reason,
            priority=wish.priority,
            summary=dict(wish.summary),
            state=State.PENDING.value,
            queued_at=self._db.now(),
        )

    async def customer_wrote(self, session: AsyncSession, conversation_id: int) -> Takeover | None:
        """Note that a customer waits for a person's word; a snoozed conversation wakes up."""
        conversation = await events.lock_conversation(session, self._db, conversation_id)
        takeover = await self.current(session, conversation_id)
        if takeover is None or takeover.id is None:
            return None
        if takeover.state == State.SNOOZED:
            takeover = await self.change(session, takeover.id, Move.WAKE, CUSTOMER, why="the customer wrote")
        if takeover.waiting_since is None:
            takeover.waiting_since = self._db.now()
            session.add(takeover)
            await session.flush()
            await alarms.reply_awaited(session, self._db, conversation, takeover, self.patience_for(takeover.tenant))
        await events.append(session, self._db, takeover.tenant, "message", conversation_id)
        return takeover

    async def operator_wrote(self, session: AsyncSession, conversation_id: int, by: By) -> Takeover:
        """Note a person's word, in the transaction that queues it. Only who has the conversation may speak in it."""
        conversation = await events.lock_conversation(session, self._db, conversation_id)
        takeover = await self.current(session, conversation_id)
        if takeover is None or takeover.state != State.OPEN or takeover.assignee_id != by.id:
            raise HandoffRefused("not_yours", "this conversation is not with you")
        takeover.replied_at = self._db.now()
        takeover.first_reply_at = takeover.first_reply_at or takeover.replied_at
        takeover.waiting_since = None
        session.add(takeover)
        await session.flush()
        await alarms.customer_awaited(session, self._db, conversation, takeover, self.patience_for(takeover.tenant))
        await events.append(session, self._db, takeover.tenant, "message", conversation_id)
        return takeover

    async def rate(self, session: AsyncSession, conversation_id: int, takeover_id: int, score: int) -> bool:
        """Keep how satisfied a customer was, once. False when it is not theirs to rate, or was rated already."""
        if score not in RATING:
            return False
        written = await session.execute(
            update(Takeover)
            .where(
                col(Takeover.id) == takeover_id,
                col(Takeover.conversation_id) == conversation_id,
                col(Takeover.ended_at).is_not(None),
                col(Takeover.rating).is_(None),
            )
            .values(rating=score, rated_at=self._db.now())
            .returning(col(Takeover.tenant))
        )
        tenant = written.scalar()
        if tenant is None:
            return False
        await events.append(session, self._db, tenant, "rating", conversation_id, score=score)
        return True
