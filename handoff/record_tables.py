"""The table behind the figures: one row for each message that the dialogue core was asked about."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from core.tables import BIG, WHEN


class TurnRecord(SQLModel, table=True):
    """How a message was understood and what became of it; no words of the customer, those are in the transcript.

    `intent` is `inform` where a form took the message for the answer to its question. `outcome`: answered, unclear (asked
    again or offered the likeliest), person (a person was called), failed.
    `step` is the question that was open afterwards, `<form>:<slot>`; `seq` the message's place in the transcript.
    """

    __tablename__ = "turn_record"
    __table_args__ = (Index("turn_record_when", "tenant", "at"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    inbox_id: int = Field(unique=True, sa_type=BIG)
    tenant: str
    conversation_id: int = Field(foreign_key="conversation.id", index=True)
    seq: int = 0
    at: datetime = Field(sa_type=WHEN)
    language: str = ""
    intent: str = ""
    topic: str = ""
    confidence: float = 0.0
    outcome: str
    step: str = ""
