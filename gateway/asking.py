"""What the dialogue core is asked about a message: its words, or the certain meaning of a tap, a place, a file, a contact, a
code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

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
NUMBER = re.compile(r"\s*([0-9০-৯०-९]{1,2})\s*[.)।]?\s*")


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
        number = NUMBER.fullmatch(typed)
        if number and choices:
            place_in_list = int(number.group(1).translate(picking.DIGITS)) - 1
            if 0 <= place_in_list < len(choices):
                picked = choices[place_in_list]
                return {"title": picked.title, **_meaning(picked.send)}
        named = picking.read(typed)
        found = await self._named(occasion, named, choices) if named else None
        if found:
            return {"title": found.title, **_meaning(found.send)}
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

    async def _named(self, occasion: Occasion, named: Pick, choices: list[ChoiceToken]) -> ChoiceToken | None:
        """The choice whose place was named in words; "no, the second" after a pick speaks of the list picked from."""
        if named.corrects or not named.meant:
            async with self._services.db.reading() as session:
                here = int(occasion.message.detail.get("transcript") or 0)
                before = await store.last_said(session, occasion.conversation, here)
                earlier = await store.last_choices(session, occasion.conversation, before.seq) if before else []
            if before is not None and _picks(before.text, earlier):
                return named.among(earlier)
        return named.among(choices)

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


def _picks(text: str, choices: list[ChoiceToken]) -> bool:
    """Whether a message picked one of the choices, by place or by name."""
    by_place = NUMBER.fullmatch(text) or picking.read(text)
    return bool(by_place) or any(commands.same(text, one.title) for one in choices)


def _under_way(conversation: Conversation) -> bool:
    """Whether something could be left: a question that is open, a message to be written, the way to a person."""
    state = conversation.state or {}
    return conversation.status != "pending" or bool(state.get("active_loop") or state.get(LEAVING))


def _meaning(send: dict[str, Any]) -> dict[str, Any]:
    return {"intent": send["intent"], "entities": dict(send.get("entities") or {}), "topic": send.get("topic", "")}
