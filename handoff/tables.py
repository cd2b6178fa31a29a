"""The tables of the way to a person: cases for the hotline, requests to be called."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field, SQLModel

from core.tables import BIG, WHEN


class HandoffCase(SQLModel, table=True):
    """What an operator on the telephone sees when a customer reads out the code. `summary` holds no sentences."""

    __tablename__ = "handoff_case"
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    code: str = Field(unique=True)
    effect_key: str = Field(unique=True)
    tenant: str = Field(index=True)
    utility: str = ""
    contact_id: int = Field(foreign_key="contact.id", index=True)
    conversation_id: int = Field(foreign_key="conversation.id", index=True)
    reason: str
    language: str = ""
    summary: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    created_at: datetime = Field(sa_type=WHEN)


class CallbackRequest(SQLModel, table=True):
    """Somebody wants to be called. `phone` is empty when the number is the channel's own. `state`: open, done."""

    __tablename__ = "callback_request"
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    effect_key: str = Field(unique=True)
    tenant: str = Field(index=True)
    contact_id: int = Field(foreign_key="contact.id", index=True)
    conversation_id: int = Field(foreign_key="conversation.id")
    phone: str
    wanted_at: datetime | None = Field(default=None, sa_type=WHEN)
    wanted_words: str = ""
    summary: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    state: str = "open"
    created_at: datetime = Field(sa_type=WHEN)
