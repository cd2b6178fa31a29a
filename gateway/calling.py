"""When a person is called: asked for, not understood, anger, reopened again, delicate reports, a turn that failed.

What the bot says itself comes first or is replaced, and when nobody can come the customer hears what is left: hotline
with a case code, a call back, a message for the morning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from complaints.service import OPEN
from complaints.tables import Complaint
from core.messages import Actor
from core.tables import Conversation, Message
from gateway.matters import REOPENED, matter_of
from gateway.rasa_client import Answer, TurnResult
from gateway.services import Services
from gateway.voice import Voice
from handoff import events, hours, skills, temper
from handoff.bridge import NOBODY_ON_DUTY, Bridge, Wish
from handoff.brief import remembered
from handoff.leaving import Leaving
from handoff.moves import BOT, CUSTOMER, SYSTEM, By, State
from handoff.service import Handoff
from handoff.tables import HandoffCase

# Answers that send the customer to a person, and why.
REASONS = {"utter_talk_to_operator": "asked", "utter_stuck": "not understood"}
ANGER, FAILED = "anger", "turn failed"
SAID_BEFORE = {ANGER: "utter_person_anger", REOPENED: "utter_person_reopened"}
LOOKED_AT = 6


@dataclass(frozen=True, kw_only=True)
class Person:
    """Whose conversation a wish is about."""

    conversation_id: int
    contact_id: int
    tenant: str
    form: str


class Calling:
    """Decides and calls. Nothing here commits."""

    def __init__(self, services: Services, voice: Voice, bridge: Bridge) -> None:
        self._services = services
        self._voice = voice
        self._bridge = bridge
        self._handoff = Handoff(services.db, services.tenants)
        self._leaving = Leaving(services.db, services.tenants, bridge)

    async def instead(
        self, session: AsyncSession, person: Person, inbox_id: int, result: TurnResult, answers: list[Answer]
    ) -> list[Answer]:
        """Queue a conversation whose turn ended with "a person must help"; what the bot still says itself comes back.

        When nobody can come the answers stay: the hotline with its case code, and a message may be left.
        """
        reason = next((REASONS[answer.name] for answer in answers if answer.name in REASONS), "")
        if not reason:
            return answers
        case = await self._case(session, inbox_id)
        reason = case.reason if case else reason
        if await self._call(session, person, reason, case, result, CUSTOMER if reason == "asked" else BOT):
            return [answer for answer in answers if answer.name not in REASONS]
        away = await self._away(session, person.tenant, await self.refused(session, person))
        more = {"why": away["why"], "desk_opening": away["opening"], "message": "1"}
        return [
            replace(answer, facts={**answer.facts, **more}) if answer.name in REASONS else answer for answer in answers
        ]

    async def besides(
        self, session: AsyncSession, person: Person, inbox_id: int, result: TurnResult, text: str
    ) -> bool:
        """After the bot has answered: anger, a complaint reopened again, a delicate report. Whether a person was called."""
        reason = await matter_of(session, inbox_id, result)
        if not reason and text and temper.is_angry(text) and await self._outbursts(session, person):
            reason = ANGER
        if not reason or await self._bridge.current(session, person.conversation_id) is not None:
            return False
        conversation = await events.lock_conversation(session, self._services.db, person.conversation_id)
        refused = await self.refused(session, person)
        if reason in SAID_BEFORE:
            await self._voice.say(session, conversation, SAID_BEFORE[reason], {}, f"in:{inbox_id}:{reason}")
        elif not refused:
            await self._voice.say(session, conversation, "utter_person_report", {}, f"in:{inbox_id}:report")
        case = None
        if reason in SAID_BEFORE or not refused:
            case = await self._open_case(session, person, inbox_id, reason, result)
        called = await self._call(session, person, reason, case, result, BOT)
        if not called and reason in SAID_BEFORE:
            await self._tell_away(session, conversation, refused, case, f"in:{inbox_id}:away")
        elif not called:
            await self._keep_for_the_morning(session, conversation, person, inbox_id, reason, result)
        return called

    async def _keep_for_the_morning(
        self,
        session: AsyncSession,
        conversation: Conversation,
        person: Person,
        inbox_id: int,
        reason: str,
        result: TurnResult,
    ) -> None:
        """A delicate report with nobody there opens as a conversation when somebody is, as if a message had been left."""
        summary = await self._summary(session, person, result)
        await self._leaving.begin(
            session,
            f"{inbox_id}:report",
            conversation,
            utility=str(summary.get("utility") or ""),
            language=person.form,
            reason=reason,
            summary={**summary, "report": reason},
        )
        last = select(func.max(Message.seq)).where(
            Message.conversation_id == conversation.id, Message.author == Actor.CUSTOMER.value
        )
        left = await self._leaving.keep(session, conversation, (await session.exec(last)).one() or 1)
        opening = {"$when": left.opens_at.isoformat()} if left else None
        await self._voice.say(session, conversation, "utter_message_kept", {"opening": opening}, f"in:{inbox_id}:kept")

    async def wished(self, session: AsyncSession, person: Person, inbox_id: int) -> bool:
        """The customer tapped "a person", which needs no dialogue core. When nobody can come they hear what is left."""
        case = await self._open_case(session, person, inbox_id, "asked", None)
        refused = await self.refused(session, person)
        called = await self._call(session, person, "asked", case, None, CUSTOMER)
        if not called:
            conversation = await events.lock_conversation(session, self._services.db, person.conversation_id)
            await self._tell_away(session, conversation, refused, case, f"in:{inbox_id}:away")
        return called

    async def failed(self, session: AsyncSession, person: Person, inbox_id: int) -> bool:
        """A message could not be handled at all: a person should look. False when nobody can."""
        case = await self._open_case(session, person, inbox_id, FAILED, None)
        return await self._call(session, person, FAILED, case, None, SYSTEM)

    async def refused(self, session: AsyncSession, person: Person) -> str:
        """Why nobody could come now; nothing when somebody could."""
        return await self._bridge.refusal(session, person.conversation_id, self._wish(person, "asked"))

    async def _call(
        self,
        session: AsyncSession,
        person: Person,
        reason: str,
        case: HandoffCase | None,
        result: TurnResult | None,
        by: By,
    ) -> bool:
        summary = await self._summary(session, person, result)
        if case:
            summary = {**summary, **{key: value for key, value in case.summary.items() if value}, "code": case.code}
        wish = self._wish(person, reason, (case.utility if case else "") or str(summary.get("utility") or ""), summary)
        takeover = await self._bridge.ask(session, person.conversation_id, wish, by)
        return takeover.state != State.RETURNED

    def _wish(self, person: Person, reason: str, utility: str = "", summary: Mapping[str, Any] | None = None) -> Wish:
        known = summary or {}
        skill = skills.wanted(reason, known)
        return Wish(reason=reason, utility=utility, language=person.form, skill=skill, summary=known)

    async def _summary(self, session: AsyncSession, person: Person, result: TurnResult | None) -> dict[str, Any]:
        """What an operator should know, from our own tables: names and numbers."""
        conversation = await session.get(Conversation, person.conversation_id)
        known = remembered(result.state if result else conversation.state if conversation else {})
        query = select(Complaint).where(
            Complaint.tenant == person.tenant,
            Complaint.contact_id == person.contact_id,
            col(Complaint.state).in_(OPEN),
        )
        complaints = (await session.exec(query.order_by(col(Complaint.id).desc()).limit(5))).all()
        found = {
            "form": known["form"],
            "question": known["question"],
            "kind": known["kind"] or "",
            "account": known["account"] or next((one.account for one in complaints if one.account), ""),
            "utility": known["utility"] or next((one.utility for one in complaints if one.utility), ""),
            "area": known["place"] or next((one.area for one in complaints if one.area), ""),
            "feeder": next((one.feeder for one in complaints if one.feeder), ""),
            "complaints": [one.number for one in complaints],
            "filled": known["filled"],
        }
        if result:
            found |= {"intent": result.intent, "confidence": round(result.confidence, 2)}
        return {name: value for name, value in found.items() if value}

    async def _case(self, session: AsyncSession, inbox_id: int) -> HandoffCase | None:
        query = select(HandoffCase).where(HandoffCase.effect_key == f"{inbox_id}:case")
        return (await session.exec(query)).first()

    async def _open_case(
        self, session: AsyncSession, person: Person, inbox_id: int, reason: str, result: TurnResult | None
    ) -> HandoffCase:
        summary = await self._summary(session, person, result)
        return await self._handoff.open_case(
            session,
            effect_key=f"{inbox_id}:case",
            tenant=person.tenant,
            utility=str(summary.get("utility") or ""),
            contact_id=person.contact_id,
            conversation_id=person.conversation_id,
            reason=reason,
            language=person.form,
            summary=summary,
        )

    async def _tell_away(
        self, session: AsyncSession, conversation: Conversation, why: str, case: HandoffCase | None, dedupe: str
    ) -> None:
        """What is left when nobody can write: hotline with a case code, a call back, a message for the morning."""
        facts = await self._away(session, conversation.tenant, why) | {"code": case.code if case else ""}
        await self._voice.say(session, conversation, "utter_away", facts, dedupe)

    async def _away(self, session: AsyncSession, slug: str, why: str) -> dict[str, Any]:
        """Why nobody writes, and when somebody does again."""
        opening = await hours.next_opening(session, self._services.tenants.get(slug), self._services.db.now())
        return {
            "why": {"$word": f"label_away_{(why or NOBODY_ON_DUTY).replace(' ', '_')}"},
            "opening": {"$when": opening.isoformat()} if opening else None,
        }

    async def _outbursts(self, session: AsyncSession, person: Person) -> bool:
        """Whether the last messages, this one among them, were angry often enough."""
        since = self._services.db.now() - temper.WITHIN
        query = (
            select(Message.text)
            .where(
                Message.conversation_id == person.conversation_id,
                Message.author == Actor.CUSTOMER.value,
                col(Message.created_at) >= since,
            )
            .order_by(col(Message.seq).desc())
            .limit(LOOKED_AT)
        )
        said = (await session.exec(query)).all()
        return sum(temper.is_angry(text) for text in said) >= temper.OUTBURSTS
