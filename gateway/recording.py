"""Keeps how each message was understood and what became of it: the rows behind the figures and the review."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.database import Database
from core.tables import Conversation
from gateway.rasa_client import TurnResult
from handoff.brief import remembered
from handoff.record_tables import TurnRecord

UNCLEAR = frozenset({"utter_clarify", "utter_rephrase", "utter_unclear_here", "utter_stuck"})
# A question of a form that is asked more easily, because its answer was none.
ASKED_AGAIN = re.compile(r"utter_ask_\w+_again")
# What a form took as the answer to its question. A classifier that is surer than this meant something all the same
# (docs/dialogue.md: another matter).
INFORM, SURE = "inform", 0.9
ANSWERED, PERSON, FAILED, NOT_CLEAR = "answered", "person", "failed", "unclear"


def outcome_of(names: Iterable[str], *, person: bool) -> str:
    """What became of a turn, by the names of its answers."""
    if person:
        return PERSON
    unclear = any(name in UNCLEAR or ASKED_AGAIN.fullmatch(name) for name in names)
    return NOT_CLEAR if unclear else ANSWERED


def intent_of(result: TurnResult | None) -> str:
    """What a message meant. At a form's question the classifier guesses at names and numbers: there the form decides."""
    if result is None:
        return ""
    used = bool(result.actions) and all(name.endswith("_form") for name in result.actions)
    return INFORM if used and result.confidence < SURE else result.intent


async def write(
    session: AsyncSession,
    db: Database,
    conversation: Conversation,
    inbox_id: int,
    seq: int,
    form: str,
    outcome: str,
    result: TurnResult | None = None,
    state: Mapping[str, Any] | None = None,
) -> None:
    """Add the row of a turn, in the transaction that ends it."""
    assert conversation.id is not None
    # A message that was given up and is handled again keeps one row: what became of it in the end.
    query = select(TurnRecord).where(TurnRecord.inbox_id == inbox_id)
    row = (await session.exec(query)).first() or TurnRecord(
        inbox_id=inbox_id,
        tenant=conversation.tenant,
        conversation_id=conversation.id,
        at=db.now(),
        outcome=outcome,
    )
    row.seq, row.language, row.outcome = seq, form, outcome
    row.intent = intent_of(result)
    row.topic = result.topic if result and row.intent != INFORM else ""
    row.confidence = round(result.confidence, 4) if result else 0.0
    row.step = str(remembered(state)["question"])
    session.add(row)
    await session.flush()
