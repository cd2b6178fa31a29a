"""The ends a turn can come to: answered, told, answered without the dialogue core, given up.

Each end is one transaction: the message in the transcript, the answer's rows, the end of the inbox row. When a person
took the conversation while the bot was thinking, the bot keeps its words to itself.
"""

from __future__ import annotations

from typing import Any

import structlog
from sqlalchemy import update
from sqlmodel import col

from core.inbox import Claimed
from core.language import script
from core.tables import Contact, Conversation
from gateway import metrics, recording, silence
from gateway.asking import Occasion
from gateway.keeping import Keeper
from gateway.people import FLOODED, People
from gateway.rasa_client import Answer, TurnResult
from gateway.services import Services
from gateway.speaking import Speaker

log = structlog.get_logger(__name__)
MAX_TEXT = 4096  # characters; reliability.md T27
WANTS_PERSON = "talk_to_operator"
HEARD_SHOWN = 300  # letters of a recording that are read back


class Ends:
    """Ends turns."""

    def __init__(self, services: Services, speaker: Speaker, people: People, keeper: Keeper) -> None:
        self._services = services
        self._speaker = speaker
        self._people = people
        self._keeper = keeper

    def form(self, occasion: Occasion, language: str = "") -> str:
        """The written form to answer in: chosen, else of this message, else remembered, else the tenant's."""
        contact = occasion.contact
        tenant = self._services.tenants.get(occasion.conversation.tenant)
        if contact.language_fixed and contact.language:
            return contact.language
        return language or contact.language or tenant.default_form

    def guess(self, occasion: Occasion) -> str:
        """The written form without the dialogue core's help."""
        guess = script.guess_form(occasion.text, occasion.contact.language)
        return self.form(occasion, guess)

    async def answered(self, occasion: Occasion, result: TurnResult) -> None:
        """What the dialogue core decided."""
        services, conversation, contact = self._services, occasion.conversation, occasion.contact
        metrics.INTENTS.labels(conversation.tenant, result.language or "-", result.intent).inc()
        state = dict(result.state)
        slots = dict(state.get("slots") or {})
        chosen = slots.pop("language_choice", None)
        state["slots"] = slots
        state = silence.stamped(state, services.db.now())
        if occasion.flooding and (conversation.state or {}).get(FLOODED):
            state[FLOODED] = True  # a danger in the flood was answered; what else comes is still too much
        form = str(chosen) if chosen else self.form(occasion, result.language)
        answers = [*_before(occasion), *result.answers]
        assert conversation.id is not None and contact.id is not None
        async with services.db.transaction() as session:
            seq, owned = await self._keeper.hear(session, occasion)
            if owned:
                await services.inbox.finish(session, occasion.claimed, {"outcome": "noted"})
                return
            changes: dict[str, Any] = {"language": form}
            if chosen:
                changes["language_fixed"] = True
            await session.execute(update(Contact).where(col(Contact.id) == contact.id).values(**changes))
            person = await self._people.person(session, conversation.id)
            calling, row_id = self._people.calling, occasion.claimed.id
            said = await calling.instead(session, person, row_id, result, answers)
            await self._speaker.say(session, conversation, form, said, occasion.dedupe)
            await session.execute(
                update(Conversation)
                .where(col(Conversation.id) == conversation.id)
                .values(state=state, version=col(Conversation.version) + 1)
            )
            called = len(said) < len(answers) or await calling.besides(session, person, row_id, result, occasion.keep)
            outcome = recording.outcome_of((answer.name for answer in answers), person=called)
            await recording.write(session, services.db, conversation, row_id, seq, form, outcome, result, state)
            await services.inbox.finish(
                session,
                occasion.claimed,
                {
                    "intent": result.intent,
                    "topic": result.topic,
                    "confidence": round(result.confidence, 4),
                    "language": form,
                    "answers": [answer.name for answer in said],
                    "facts": [answer.facts for answer in said],
                    "actions": result.actions,
                    "outcome": "answered",
                },
            )

    async def told(self, occasion: Occasion, name: str, facts: dict[str, Any] | None = None) -> str:
        """One honest answer that needs no understanding; what was being talked about stays as it is."""
        async with self._services.db.transaction() as session:
            _, owned = await self._keeper.hear(session, occasion)
            if not owned:
                form = self.guess(occasion)
                await self._speaker.say(
                    session, occasion.conversation, form, [Answer(name=name, facts=facts or {})], occasion.dedupe
                )
            await self._services.inbox.finish(session, occasion.claimed, {"outcome": "told", "answers": [name]})
        return "told"

    async def too_much(self, occasion: Occasion) -> str:
        """More at once than a person writes: kept, and said once until messages are answered again."""
        conversation = occasion.conversation
        async with self._services.db.transaction() as session:
            _, owned = await self._keeper.hear(session, occasion)
            state = conversation.state or {}
            if not owned and not state.get(FLOODED):
                answer = Answer(name="utter_too_much")
                await self._speaker.say(session, conversation, self.guess(occasion), [answer], occasion.dedupe)
                change = update(Conversation).where(col(Conversation.id) == conversation.id)
                await session.execute(change.values(state={**state, FLOODED: True}))
            await self._services.inbox.finish(session, occasion.claimed, {"outcome": "too much"})
        return "too much"

    async def degraded(self, occasion: Occasion, reason: str, intent: str = "") -> str:
        """The honest answer while the dialogue core is not there: we keep the message, here are hotline and person."""
        conversation, people = occasion.conversation, self._people
        log.warning(
            "A turn was answered without the dialogue core.",
            action="degrade",
            tenant=conversation.tenant,
            channel=occasion.channel.key,
            conversation=conversation.id,
            reason=reason,
        )
        assert conversation.id is not None
        async with self._services.db.transaction() as session:
            seq, owned = await self._keeper.hear(session, occasion)
            if not owned:
                person = await people.person(session, conversation.id)
                if intent == WANTS_PERSON:
                    called = await people.calling.wished(session, person, occasion.claimed.id)
                else:
                    called = False
                    facts = {} if await people.calling.refused(session, person) else {"person": "1"}
                    answer = Answer(name="utter_degraded", facts=facts)
                    await self._speaker.say(session, conversation, self.guess(occasion), [answer], occasion.dedupe)
                outcome = recording.PERSON if called else recording.FAILED
                await recording.write(
                    session, self._services.db, conversation, occasion.claimed.id, seq, person.form, outcome
                )
            await self._services.inbox.finish(
                session, occasion.claimed, {"outcome": "degraded", "answers": ["utter_degraded"]}, reason=reason[:200]
            )
        return "degraded"

    async def given_up(self, occasion: Occasion, reason: str) -> None:
        """An apology with the hotline after a message's last try, or a person; the conversation goes on."""
        assert occasion.conversation.id is not None
        async with self._services.db.transaction() as session:
            _, owned = await self._keeper.hear(session, occasion)
            if not owned:
                person = await self._people.person(session, occasion.conversation.id)
                if not await self._people.calling.failed(session, person, occasion.claimed.id):
                    await self._speaker.say(
                        session,
                        occasion.conversation,
                        self.guess(occasion),
                        [Answer(name="utter_failed")],
                        # Not the turn's own key: when the message is handled again its answer must leave.
                        f"{occasion.dedupe}:given up",
                    )
            await self._services.inbox.finish(
                session, occasion.claimed, {"outcome": "dead"}, state="dead", reason=reason[:200]
            )

    async def ignored(self, claimed: Claimed, reason: str) -> str:
        """A row that asks nothing of anybody."""
        async with self._services.db.transaction() as session:
            await self._services.inbox.finish(session, claimed, {}, state="ignored", reason=reason)
        return "ignored"


def _before(occasion: Occasion) -> list[Answer]:
    """What has to be said of the message itself: that it was cut, what was heard in it."""
    answers = []
    if occasion.heard is not None:
        answers.append(Answer(name="utter_voice_heard", facts={"words": occasion.text[:HEARD_SHOWN]}))
    if occasion.cut:
        answers.append(Answer(name="utter_text_cut", facts={"limit": {"$number": str(MAX_TEXT)}}))
    return answers
