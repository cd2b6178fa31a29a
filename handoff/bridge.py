"""Who has the conversation, bot or people: every change of hands goes through here.

The changes allowed are the table of handoff/moves.py. Ownership is compared and set in the database: the conversation's
row is locked, the takeover's version must be the one that was seen, and what the customer is told, the timers and the
desk's event are written in the same transaction. So of any number who reach for a conversation one gets it, a killed
process leaves either all of a change or nothing, and a timer always stands behind a state that must not last.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.database import Database
from core.tables import Conversation, Message
from core.tenants import Tenants
from handoff import alarms, events, hours, routing
from handoff.desk_tables import HandoffEvent, Operator, Takeover
from handoff.hours import Patience
from handoff.moves import BOT, CUSTOMER, ENDED, SYSTEM, By, HandoffRefused, Move, State, Who, rule
from handoff.voice import Voice

RATING = range(1, 6)
LEFT = "message left"
RATED = frozenset({Move.RESOLVE, Move.GIVE_BACK, Move.CUSTOMER_GONE})
# Why a person cannot come; kept with the refusal.
QUEUE_FULL, OUT_OF_HOURS, NOBODY_ON_DUTY = "queue full", "out of hours", "nobody on duty"


@dataclass(frozen=True, kw_only=True)
class Wish:
    """Why a person is needed, and what they should know and be able to do."""

    reason: str
    utility: str = ""
    language: str = ""
    skill: str = ""
    priority: int = 1
    summary: Mapping[str, Any]


class Bridge:
    """The service. Nothing here commits: the caller's transaction does."""

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

    async def refusal(self, session: AsyncSession, conversation_id: int, wish: Wish) -> str:
        """Why nobody could come at this moment; nothing when somebody could."""
        conversation = await events.lock_conversation(session, self._db, conversation_id)
        return await self._refusal(session, self._new(conversation, wish))

    async def ask(self, session: AsyncSession, conversation_id: int, wish: Wish, by: By = BOT) -> Takeover:
        """Queue a conversation for people, or join the takeover it has; a returned one means that nobody can come."""
        conversation = await events.lock_conversation(session, self._db, conversation_id)
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
