"""What the dialogue core is asked about a message: its words, or the certain meaning of a tap, a place, a file, a contact, a
code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from connectors.base import Channel
from core import store
from core.errors import UtilityUnavailable
from core.inbox import Claimed
from core.language import commands
from core.messages import IncomingMessage, Kind
from core.tables import ChoiceToken, Contact, Conversation
from gateway import picking, silence
from gateway.albums import Part
from gateway.arrivals import Heard, shared_phone
from gateway.people import BESIDE, CANCEL, LEAVING
from gateway.picking import Pick
from gateway.services import Services

MASK = "••••••"
STOP = "unsubscribe_alerts"
# Of a list one place was left out: the others are asked again, without the dialogue core.
OTHERS = "others"
STEPS_BACK = 5  # so many corrections in a row still speak of the list they began with


@dataclass
class Occasion:
    """One message being handled, or the several `parts` of an album as one."""

    claimed: Claimed
    channel: Channel
    message: IncomingMessage
    contact: Contact
    conversation: Conversation
    text: str
    keep: str
    cut: bool = False
    heard: Heard | None = None
    flooding: bool = False
    parts: tuple[Part, ...] = ()

    @property
    def dedupe(self) -> str:
        return f"in:{self.claimed.id}"


class Asking:
    """Makes the request of a turn."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def request(self, occasion: Occasion, in_danger: bool) -> dict[str, Any]:
        """What the dialogue core is asked: the text, or the certain meaning of a tap, place, file or code."""
        conversation, contact, claimed = occasion.conversation, occasion.contact, occasion.claimed
        turn = f"{claimed.id}-{claimed.lease.fence}"
        state, silent = silence.taken_up(conversation.state or {}, self._services.db.now())
        request: dict[str, Any] = {
            "turn": turn,
            "sender": turn,
            "metadata": {
                "tenant": conversation.tenant,
                "channel": conversation.channel,
                "channel_type": occasion.channel.type,
                "conversation_id": conversation.id,
                "contact_id": contact.id,
                "inbox_id": claimed.id,
                "fence": claimed.lease.fence,
                "language": contact.language,
                "language_fixed": contact.language_fixed,
                "danger": in_danger,
                "name": contact.name,
                silence.SILENT: silent,
            },
            "state": {key: value for key, value in state.items() if key not in BESIDE},
        }
        choice = None if in_danger else await self.choice(occasion)
        if choice:
            request["choice"] = choice
        else:
            request["text"] = occasion.text
        return request

    async def choice(self, occasion: Occasion) -> dict[str, Any] | None:
        """A meaning that needs no understanding, or None for free text."""
        message, services = occasion.message, self._services
        if message.kind is Kind.START:
            return {"intent": "start", "entities": {}}
        if message.location:
            place = message.location
            return {
                "intent": "inform_location",
                "entities": {"latitude": place.latitude, "longitude": place.longitude, "label": place.label},
            }
        if phone := shared_phone(message):
            return await self._contact(occasion, phone)
        if message.media and not occasion.text:
            return {"intent": "inform_media", "entities": {"count": len(message.media), "kind": message.media[0].kind}}
        async with services.db.reading() as session:
            if message.token:
                known = await store.read_token(session, services.db, occasion.conversation, message.token)
                if known:
                    # The transcript shows what was tapped; some channels send the token alone.
                    occasion.keep = occasion.keep or known.title
                    return {"title": known.title, **_meaning(known.send)}
                if not occasion.text:
                    return {"intent": "old_choice", "entities": {}}
            choices = await store.last_choices(session, occasion.conversation)
        code = await self._code(occasion)
        if code:
            return code
        typed = occasion.text.strip()
        named = picking.read(typed)
        if named:
            listed = await self._meant(occasion, named, choices)
            found, rest = named.among(listed), named.others(listed)
            if found:
                return {"title": found.title, **_meaning(found.send)}
            if rest:
                return {"intent": OTHERS, "entities": {}, "choices": [_again(one) for one in rest]}
        for picked in choices:
            if commands.same(typed, picked.title) or any(commands.same(typed, word) for word in picked.synonyms):
                return {"title": picked.title, **_meaning(picked.send)}
        command = commands.read(typed)
        if command:
            # "Stop" in the middle of something ends that; alone it speaks of what comes unasked.
            intent = CANCEL if command.intent == STOP and _under_way(occasion.conversation) else command.intent
            return {"intent": intent, "entities": command.entities, "title": typed}
        return None

    async def _contact(self, occasion: Occasion, phone: str) -> dict[str, Any]:
        """A shared telephone number. One that the platform calls the sender's own opens the accounts that have it."""
        entities = {"phone": phone}
        if occasion.message.phone:
            entities["proven"] = "1"
            assert occasion.contact.id is not None
            try:
                await self._services.ownership.link_phone(
                    occasion.contact.id, occasion.conversation.tenant, phone, f"{occasion.claimed.id}:contact"
                )
            except UtilityUnavailable:
                entities["reason"] = "down"
        return {"intent": "inform_contact", "entities": entities, "title": phone}

    async def _meant(self, occasion: Occasion, named: Pick, choices: list[ChoiceToken]) -> list[ChoiceToken]:
        """The list a place is named of; "no, the second" after a pick speaks of the list picked from."""
        if named.meant and not named.corrects:
            return choices
        here = int(occasion.message.detail.get("transcript") or 0)
        async with self._services.db.reading() as session:
            before = await _picked_from(session, occasion.conversation, here)
        return choices if before is None else before

    async def _code(self, occasion: Occasion) -> dict[str, Any] | None:
        """A one-time code, checked here so that it reaches neither the dialogue core nor a log nor the transcript."""
        ownership, conversation = self._services.ownership, occasion.conversation
        assert conversation.id is not None and occasion.contact.id is not None
        if not ownership.looks_like_code(occasion.text) or await ownership.pending(conversation.id) is None:
            return None
        occasion.keep = MASK
        result = await ownership.try_code(
            conversation_id=conversation.id,
            contact_id=occasion.contact.id,
            text=occasion.text,
            effect_key=f"{occasion.claimed.id}:code",
        )
        return {
            "intent": "code_result",
            "entities": {"ok": result.ok, "reason": result.reason, "tries_left": result.tries_left},
            "title": MASK,
        }


async def _picked_from(
    session: AsyncSession, conversation: Conversation, here: int, before_seq: int | None = None, steps: int = STEPS_BACK
) -> list[ChoiceToken] | None:
    """The list that the message before picked from, by place or by name; None when it picked nothing.

    A correction picked from the list that the message before it had picked from, and so on.
    """
    before = await store.last_said(session, conversation, here, before_seq) if steps else None
    if before is None:
        return None
    listed = await store.last_choices(session, conversation, before.seq)
    said = picking.read(before.text)
    if said is None:
        return listed if any(commands.same(before.text, one.title) for one in listed) else None
    if said.corrects or not said.meant:
        listed = await _picked_from(session, conversation, here, before.seq, steps - 1) or listed
    # Where one was left out of many, the others were asked anew: they are the list now.
    return None if said.others(listed) else listed


def _again(choice: ChoiceToken) -> dict[str, Any]:
    """A choice as the fact of an answer, to be offered once more."""
    return {"title": choice.title, "say": list(choice.synonyms), **_meaning(choice.send)}


def _under_way(conversation: Conversation) -> bool:
    """Whether something could be left: a question that is open, a message to be written, the way to a person."""
    state = conversation.state or {}
    return conversation.status != "pending" or bool(state.get("active_loop") or state.get(LEAVING))


def _meaning(send: dict[str, Any]) -> dict[str, Any]:
    return {"intent": send["intent"], "entities": dict(send.get("entities") or {}), "topic": send.get("topic", "")}
