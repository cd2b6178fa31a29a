"""People in the way of a message: conversations they have, wishes for one, ratings, and the handoff's alarm clocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.tables import Contact
from gateway.rasa_client import Answer, TurnResult
from gateway.services import Services
from gateway.speaking import Speaker
from gateway.voice import Voice
from handoff import alarms, events
from handoff.bridge import Bridge, Wish
from handoff.hours import Patience
from handoff.moves import BOT, CUSTOMER, SYSTEM, By, Move, State, Who
from handoff.tables import HandoffCase
from handoff.timers import Timers

# Answers that send the customer to a person, and why.
REASONS = {"utter_talk_to_operator": "asked", "utter_stuck": "not understood"}
LEAVE, RATE, CANCEL = "leave_queue", "rate_handoff", "cancel"
CALL_PERSON, LEAVE_MESSAGE, STOP_CALLBACK = "call_person", "leave_message", "stop_callback"
# Taps that are handled here and never reach the dialogue core: they work while it is down.
OURS = frozenset({LEAVE, RATE, CALL_PERSON, LEAVE_MESSAGE, STOP_CALLBACK})
URGENT = 0


@dataclass(frozen=True, kw_only=True)
class Person:
    """Whose conversation a wish is about."""

    conversation_id: int
    contact_id: int
    tenant: str
    form: str


class People:
    """What the worker asks of the handoff. Nothing here commits."""

    def __init__(self, services: Services, speaker: Speaker, patience: Patience | None = None) -> None:
        self._services = services
        self.voice = Voice(services, speaker)
        self.bridge = Bridge(services.db, self.voice, patience, services.tenants)
        self._timers = Timers(services.db, self.bridge, services.tenants)

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

    async def called(
        self, session: AsyncSession, person: Person, inbox_id: int, result: TurnResult, answers: list[Answer]
    ) -> list[Answer]:
        """Queue a conversation whose turn ended with "a person must help"; returns what the bot still says itself.

        When nobody can come the answers stay as they are: the hotline with its case code.
        """
        reason = next((REASONS[answer.name] for answer in answers if answer.name in REASONS), "")
        if not reason:
            return answers
        query = select(HandoffCase).where(HandoffCase.effect_key == f"{inbox_id}:case")
        case = (await session.exec(query)).first()
        summary: dict[str, Any] = {"intent": result.intent, "confidence": round(result.confidence, 2)}
        if case:
            summary = {**summary, **case.summary, "code": case.code}
        slots = result.state.get("slots") or {}
        current = slots.get("current") or {}
        utility = (case.utility if case else "") or str(current.get("utility") or "")
        by = CUSTOMER if reason == "asked" else BOT
        takeover = await self._ask(
            session, person, Wish(reason=reason, utility=utility, language=person.form, summary=summary), by
        )
        if takeover == State.RETURNED:
            return answers
        return [answer for answer in answers if answer.name not in REASONS]

    async def failed(self, session: AsyncSession, person: Person) -> bool:
        """A message could not be handled at all: a person should look. False when nobody can."""
        wish = Wish(reason="turn failed", language=person.form, summary={})
        return await self._ask(session, person, wish, SYSTEM) != State.RETURNED

    async def _ask(self, session: AsyncSession, person: Person, wish: Wish, by: By) -> State:
        return State((await self.bridge.ask(session, person.conversation_id, wish, by)).state)

    async def wrote(self, session: AsyncSession, conversation_id: int, *, danger: bool) -> None:
        """A customer wrote in a conversation that people have; danger puts it in front."""
        takeover = await self.bridge.customer_wrote(session, conversation_id)
        if danger and takeover is not None and takeover.priority > URGENT:
            await self.bridge.ask(
                session, conversation_id, Wish(reason="danger", priority=URGENT, summary={}), CUSTOMER
            )

    async def alarm(self, session: AsyncSession, conversation_id: int, tenant: str, kind: str) -> None:
        """Tell every desk of a danger while the safety words are on their way."""
        await events.append(session, self._services.db, tenant, "danger", conversation_id, danger=kind)

    async def left(self, session: AsyncSession, conversation_id: int) -> bool:
        """The customer leaves the queue. False when they are not in it."""
        takeover = await self.bridge.current(session, conversation_id)
        if takeover is None or takeover.id is None or takeover.state != State.QUEUED:
            return False
        await self.bridge.change(session, takeover.id, Move.LEAVE, CUSTOMER, why="left the queue")
        return True

    async def rated(
        self, session: AsyncSession, conversation_id: int, entities: Mapping[str, Any], dedupe: str
    ) -> bool:
        """The customer tapped how satisfied they were."""
        score, takeover_id = int(entities.get("score", 0)), int(entities.get("takeover", 0))
        if not await self.bridge.rate(session, conversation_id, takeover_id, score):
            return False
        conversation = await events.lock_conversation(session, self._services.db, conversation_id)
        await self.voice.say(session, conversation, "utter_handoff_rated", {}, dedupe)
        return True

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
