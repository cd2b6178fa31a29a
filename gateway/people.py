"""People in the way of a message: conversations they have, wishes for one, ratings, and the handoff's alarm clocks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from core.tables import Contact, Conversation
from gateway.calling import Calling, Person
from gateway.duty import Alarm
from gateway.services import Services
from gateway.silence import AT
from gateway.speaking import Speaker
from gateway.voice import Voice
from handoff import alarms, events
from handoff.bridge import URGENT, Bridge, Wish
from handoff.brief import remembered
from handoff.callbacks import Callbacks
from handoff.hours import Patience
from handoff.leaving import Leaving
from handoff.moves import CUSTOMER, SYSTEM, By, Move, State, Who
from handoff.timers import Timers

LEAVE, RATE, CANCEL = "leave_queue", "rate_handoff", "cancel"
CALL_PERSON, LEAVE_MESSAGE, STOP_CALLBACK = "call_person", "leave_message", "stop_callback"
# Taps that are handled here and never reach the dialogue core: they work while it is down.
OURS = frozenset({LEAVE, RATE, CALL_PERSON, LEAVE_MESSAGE, STOP_CALLBACK})
# In the conversation's state, beside what the dialogue core remembers: the next message is to be kept.
LEAVING = "leaving"
# There too: the customer has been told that it is too much at once.
FLOODED = "flooded"
BESIDE = frozenset({LEAVING, FLOODED, AT})


class People:
    """What the worker asks of the handoff. Nothing here commits."""

    def __init__(self, services: Services, speaker: Speaker, patience: Patience | None = None) -> None:
        self._services = services
        self.db = services.db
        self.voice = Voice(services, speaker)
        self.bridge = Bridge(services.db, self.voice, patience, services.tenants)
        self._timers = Timers(services.db, self.bridge, services.tenants)
        self.calling = Calling(services, self.voice, self.bridge)
        self.duty = Alarm(services, self.bridge)
        self.leaving = Leaving(services.db, services.tenants, self.bridge)
        self.callbacks = Callbacks(services.db, services.tenants, self.voice)

    def rings(self, payload: Mapping[str, Any]) -> bool:
        """Whether a timer is the handoff's."""
        return str(payload.get("timer", "")).startswith(alarms.PREFIX)

    async def ring(self, session: AsyncSession, payload: dict[str, Any]) -> str:
        outcome = await self._timers.ring(session, payload)
        if outcome in ("returned", "customer gone"):
            await self.voice.take_thread(session, int(payload["conversation_id"]))
        return outcome

    async def start(self) -> None:
        """Set the alarm clocks that an accident may have lost."""
        await self._timers.mend()

    async def status(self, session: AsyncSession, conversation_id: int) -> str:
        """Who answers now; nobody changes it until the end of the transaction."""
        return (await events.lock_conversation(session, self._services.db, conversation_id)).status

    async def wrote(self, session: AsyncSession, conversation_id: int, *, danger: bool) -> None:
        """A customer wrote in a conversation that people have; danger puts it in front."""
        takeover = await self.bridge.customer_wrote(session, conversation_id)
        if danger and takeover is not None and takeover.priority > URGENT:
            await self.bridge.ask(
                session, conversation_id, Wish(reason="danger", priority=URGENT, summary={}), CUSTOMER
            )

    async def alarm(self, session: AsyncSession, conversation_id: int, tenant: str, kind: str, words: str = "") -> None:
        """Tell whoever is there, at the desk or on duty, of a danger while the safety words are on their way."""
        conversation = await events.lock_conversation(session, self._services.db, conversation_id)
        await self.duty.raise_(session, conversation, kind, words)

    async def left(self, session: AsyncSession, conversation_id: int) -> bool:
        """The customer leaves the queue. False when they are not in it."""
        takeover = await self.bridge.current(session, conversation_id)
        if takeover is None or takeover.id is None or takeover.state != State.QUEUED:
            return False
        await self.bridge.change(session, takeover.id, Move.LEAVE, CUSTOMER, why="left the queue")
        return True

    async def tapped(
        self, session: AsyncSession, person: Person, intent: str, entities: Mapping[str, Any], inbox_id: int
    ) -> None:
        """A tap that concerns people and not the dialogue core."""
        conversation = await events.lock_conversation(session, self._services.db, person.conversation_id)
        dedupe = f"in:{inbox_id}"
        if intent == RATE:
            await self._rated(session, conversation, entities, dedupe)
        elif intent == CALL_PERSON:
            await self.calling.wished(session, person, inbox_id)
        elif intent == STOP_CALLBACK:
            await self.callbacks.withdraw(session, person.contact_id)
            await self.voice.say(session, conversation, "utter_callback_not_wanted", {}, dedupe)
        elif intent == LEAVE_MESSAGE:
            await self._begin_message(session, person, conversation, inbox_id)

    async def _rated(
        self, session: AsyncSession, conversation: Conversation, entities: Mapping[str, Any], dedupe: str
    ) -> None:
        """The customer tapped how satisfied they were."""
        assert conversation.id is not None
        score, takeover_id = int(entities.get("score", 0)), int(entities.get("takeover", 0))
        kept = await self.bridge.rate(session, conversation.id, takeover_id, score)
        name = "utter_handoff_rated" if kept else "utter_handoff_rated_before"
        await self.voice.say(session, conversation, name, {}, dedupe)

    async def _begin_message(
        self, session: AsyncSession, person: Person, conversation: Conversation, inbox_id: int
    ) -> None:
        """The next thing the customer writes is a message for when somebody is there."""
        known = remembered(conversation.state)
        left = await self.leaving.begin(
            session,
            f"{inbox_id}:left",
            conversation,
            utility=str(known["utility"] or ""),
            language=person.form,
            reason="left",
            summary={name: value for name, value in known.items() if value},
        )
        await self._mark(session, conversation, leaving=True)
        facts = {"opening": {"$when": left.opens_at.isoformat()}}
        await self.voice.say(session, conversation, "utter_message_ask", facts, f"in:{inbox_id}")

    def is_leaving(self, conversation: Conversation) -> bool:
        """Whether the next thing the customer writes is a message to keep."""
        return bool((conversation.state or {}).get(LEAVING))

    async def keep_message(self, session: AsyncSession, conversation_id: int, seq: int, dedupe: str) -> None:
        """What was written is the message."""
        conversation = await events.lock_conversation(session, self._services.db, conversation_id)
        await self._mark(session, conversation, leaving=False)
        left = await self.leaving.keep(session, conversation, seq)
        if left is not None:
            facts = {"opening": {"$when": left.opens_at.isoformat()}}
            await self.voice.say(session, conversation, "utter_message_kept", facts, dedupe)

    async def drop_message(self, session: AsyncSession, conversation_id: int, dedupe: str = "") -> None:
        """The customer wants something else; with `dedupe` they are told that nothing is left."""
        conversation = await events.lock_conversation(session, self._services.db, conversation_id)
        await self._mark(session, conversation, leaving=False)
        await self.leaving.drop(session, conversation_id)
        if dedupe:
            await self.voice.say(session, conversation, "utter_message_dropped", {}, dedupe)

    async def _mark(self, session: AsyncSession, conversation: Conversation, *, leaving: bool) -> None:
        state = {name: value for name, value in (conversation.state or {}).items() if name != LEAVING}
        conversation.state = {**state, LEAVING: True} if leaving else state
        session.add(conversation)
        await session.flush()

    async def outside(self, session: AsyncSession, conversation_id: int) -> None:
        """Somebody of the company has the conversation in the platform's own inbox."""
        await self.bridge.take_outside(session, conversation_id)

    async def answered_outside(self, session: AsyncSession, conversation_id: int) -> None:
        """Somebody of the company wrote there; the bot comes back when they have been silent for long enough."""
        takeover = await self.bridge.take_outside(session, conversation_id)
        if takeover.state == State.OPEN and takeover.assignee_id is None:
            await self.bridge.operator_wrote(session, conversation_id, By(who=Who.OPERATOR))

    async def overheard(self, session: AsyncSession, conversation_id: int) -> None:
        """The customer wrote to whoever has the conversation outside."""
        await self.bridge.take_outside(session, conversation_id)
        await self.bridge.customer_wrote(session, conversation_id)

    async def back_from_outside(self, session: AsyncSession, conversation_id: int) -> None:
        """The platform gave the conversation back to us."""
        takeover = await self.bridge.current(session, conversation_id)
        if takeover and takeover.id is not None and takeover.state == State.OPEN and takeover.assignee_id is None:
            await self.bridge.change(session, takeover.id, Move.OUTSIDE_ENDED, SYSTEM, why="passed back")

    async def person(self, session: AsyncSession, conversation_id: int) -> Person:
        """Whose conversation this is."""
        conversation = await events.lock_conversation(session, self._services.db, conversation_id)
        contact = await session.get(Contact, conversation.contact_id)
        tenant = self._services.tenants.get(conversation.tenant)
        return Person(
            conversation_id=conversation_id,
            contact_id=conversation.contact_id,
            tenant=conversation.tenant,
            form=(contact.language if contact else "") or tenant.default_form,
        )
