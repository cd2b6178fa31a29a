"""What an operator gets first: one line with all that matters, and where to look further.

The line is made from what the bot wrote down when it called a person, from what the dialogue remembers now, and from
how the last message was understood. It holds names and numbers, no sentences.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.database import Database
from core.tables import Contact, Conversation
from handoff.desk_tables import Takeover
from handoff.record_tables import TurnRecord
from handoff.tables import HandoffCase

# In the order of the line; `filled` is what the open form knows by now.
NAMES = (
    "reason",
    "report",
    "intent",
    "kind",
    "account",
    "utility",
    "feeder",
    "incident",
    "complaints",
    "place",
    "filled",
    "question",
    "code",
    "confidence",
)
FILLED = ("since", "details", "units", "month", "load", "photos", "point")
MAX_VALUE = 80


@dataclass(frozen=True, kw_only=True)
class Brief:
    """The first look. `parts` are names and values in order; `form` is the written form, language and script apart.

    `others` are the same person's other conversations, newest first.
    """

    parts: tuple[tuple[str, str], ...]
    form: str
    language: str
    script: str
    others: tuple[Conversation, ...]

    @property
    def line(self) -> str:
        """All in one line."""
        return " · ".join(f"{name} {value}" for name, value in self.parts)

    def get(self, name: str) -> str:
        return dict(self.parts).get(name, "")

    def completed(self, **more: str) -> Brief:
        """With what the company knows, where nobody noted it; in the order of the line."""
        known = {name: value for name, value in more.items() if value} | dict(self.parts)
        return replace(self, parts=tuple((name, known[name]) for name in NAMES if known.get(name)))


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """What the bot would do with a customer's last words, had it the conversation. Nothing of it has been done.

    `texts` are answers in the customer's written form, ready to be looked through and sent; `step` names the next thing
    to do: new_complaint, status, send_bill, send_receipt, link_account, incident, callback, or nothing.
    """

    text: str
    intent: str
    topic: str
    confidence: float
    entities: tuple[tuple[str, str], ...]
    texts: tuple[str, ...]
    step: str


async def of(session: AsyncSession, db: Database, tenant: str, conversation_id: int) -> Brief | None:
    """The first look at a conversation; None when the tenant has no such conversation."""
    conversation = await session.get(Conversation, conversation_id)
    if conversation is None or conversation.tenant != tenant:
        return None
    contact = await session.get(Contact, conversation.contact_id)
    takeovers = select(Takeover).where(Takeover.conversation_id == conversation_id).order_by(col(Takeover.id).desc())
    takeover = (await session.exec(takeovers.limit(1))).first()
    # The last wish: an answer to a form's question says nothing of it.
    turns = select(TurnRecord).where(TurnRecord.conversation_id == conversation_id, TurnRecord.intent != "inform")
    turns = turns.order_by(col(TurnRecord.id).desc())
    turn = (await session.exec(turns.limit(1))).first()
    cases = select(HandoffCase).where(HandoffCase.conversation_id == conversation_id)
    case = (await session.exec(cases.order_by(col(HandoffCase.id).desc()).limit(1))).first()
    others = (
        select(Conversation)
        .where(
            Conversation.contact_id == conversation.contact_id,
            Conversation.tenant == tenant,
            Conversation.id != conversation_id,
        )
        .order_by(col(Conversation.last_incoming_at).desc())
    )
    form = (contact.language if contact else "") or (takeover.language if takeover else "")
    known: dict[str, Any] = {}
    if turn is not None:
        known |= {"intent": turn.intent, "confidence": turn.confidence}
    if case is not None:
        known |= {"utility": case.utility, "code": case.code, **_said(case.summary)}
    if takeover is not None:
        known |= {"reason": takeover.reason, **_said({"utility": takeover.utility}), **_said(takeover.summary)}
    known |= _said(remembered(conversation.state))
    language, _, script = form.partition("-")
    return Brief(
        parts=tuple(_parts(known)),
        form=form,
        language=language,
        script=script,
        others=tuple((await session.exec(others.limit(20))).all()),
    )


def remembered(state: Mapping[str, Any] | None) -> dict[str, Any]:
    """What the dialogue knows now: the account it talks about, the open form and the facts filled so far."""
    slots: Mapping[str, Any] = (state or {}).get("slots") or {}
    current: Mapping[str, Any] = slots.get("current") or {}
    loop = (state or {}).get("active_loop")
    form = str(loop.get("name") or "") if isinstance(loop, Mapping) else str(loop or "")
    asked = str(slots.get("requested_slot") or "") if form else ""
    if asked == "question":  # the form of single questions: which one
        asked = str(slots.get("question") or asked)
    return {
        "form": form,
        "question": f"{form}:{asked}" if asked else form,
        "kind": slots.get("kind"),
        "account": slots.get("account") or current.get("account"),
        "utility": slots.get("utility") or current.get("utility"),
        "place": slots.get("area"),
        "filled": {name: slots[name] for name in FILLED if slots.get(name)},
    }


def _said(values: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (values or {}).items() if value not in (None, "", [], {})}


def _parts(known: Mapping[str, Any]) -> list[tuple[str, str]]:
    named = dict(known)
    named["place"] = named.get("place") or named.get("area")
    if not named.get("account"):
        named["account"] = named.get("accounts")
    if named.get("utility"):
        named["utility"] = str(named["utility"]).upper()
    if named.get("confidence"):
        named["confidence"] = f"{float(named['confidence']):.0%}"
    if not named.get("filled"):
        named["filled"] = {name: named[name] for name in FILLED if named.get(name)}
    return [(name, words) for name in NAMES if (words := _words(named.get(name)))]


def _words(value: Any) -> str:
    """A value for the line: lists with commas, filled facts by name."""
    if value in (None, "", [], {}):
        return ""
    if isinstance(value, Mapping):
        if "latitude" in value:
            return f"{value['latitude']}, {value.get('longitude')}"
        if value.get("words"):
            return str(value["words"])[:MAX_VALUE]
        if value.get("at"):
            return _moment(str(value["at"]))
        if value.get("label"):
            return str(value["label"])[:MAX_VALUE]
        return ", ".join(f"{name}={_words(item)}" for name, item in value.items() if _words(item))[: 2 * MAX_VALUE]
    if isinstance(value, list | tuple):
        if value and isinstance(value[0], Mapping):
            return str(len(value))
        return ", ".join(str(item) for item in value)[:MAX_VALUE]
    return str(value)[:MAX_VALUE]


def _moment(text: str) -> str:
    """A stored time, where the customer is, as people write it."""
    try:
        return datetime.fromisoformat(text).strftime("%d %b %H:%M")
    except ValueError:
        return text[:MAX_VALUE]
