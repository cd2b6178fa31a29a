"""Keeps how each message was understood and what became of it: the rows behind the figures and the review."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.database import Database
from core.tables import Conversation
from gateway.rasa_client import TurnResult
from handoff.brief import remembered
from handoff.record_tables import TurnRecord

UNCLEAR = frozenset({"utter_clarify", "utter_rephrase", "utter_unclear_here"})
ANSWERED, PERSON, FAILED, NOT_CLEAR = "answered", "person", "failed", "unclear"


def outcome_of(names: Iterable[str], *, person: bool) -> str:
    """What became of a turn, by the names of its answers."""
    if person:
        return PERSON
    return NOT_CLEAR if UNCLEAR & set(names) else ANSWERED


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
    row.intent = result.intent if result else ""
    row.topic = result.topic if result else ""
    row.confidence = round(result.confidence, 4) if result else 0.0
    row.step = str(remembered(state)["question"])
    session.add(row)
    await session.flush()
