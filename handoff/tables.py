"""The tables of the way to a person: cases for the hotline, requests to be called, messages left for the morning."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, text
from sqlmodel import Field, SQLModel

from core.tables import BIG, WHEN

CALLING = text("state = 'calling'")


class HandoffCase(SQLModel, table=True):
    """What an operator on the telephone sees when a customer reads out the code. `summary` holds no sentences.

    `opened_by` is the staff member who last typed the code; `result` are the words that went back to the chat.
    """

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
    opened_by: int | None = Field(default=None, sa_type=BIG)
    opened_at: datetime | None = Field(default=None, sa_type=WHEN)
    result: str = ""
    result_by: int | None = Field(default=None, sa_type=BIG)
    result_at: datetime | None = Field(default=None, sa_type=WHEN)


class CallbackRequest(SQLModel, table=True):
    """Somebody wants to be called. `state`: open, calling, done, given_up, withdrawn (handoff/callbacks.py).

    `claimed_by` is the one caller: a number is called by one person at a time, however often it was asked for.
    `version` rises with each change, and a change names the version it saw. `due_at` is when to call, at the earliest;
    `wanted_words` are the customer's own words for the time.
    """

    __tablename__ = "callback_request"
    __table_args__ = (
        Index("callback_queue", "tenant", "state", "due_at"),
        Index("callback_calling", "tenant", "phone", unique=True, sqlite_where=CALLING, postgresql_where=CALLING),
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    effect_key: str = Field(unique=True)
    tenant: str = Field(index=True)
    utility: str = ""
    language: str = ""
    contact_id: int = Field(foreign_key="contact.id", index=True)
    conversation_id: int = Field(foreign_key="conversation.id")
    phone: str
    wanted_at: datetime | None = Field(default=None, sa_type=WHEN)
    wanted_words: str = ""
    summary: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    state: str = "open"
    version: int = 1
    claimed_by: int | None = Field(default=None, sa_type=BIG)
    claimed_at: datetime | None = Field(default=None, sa_type=WHEN)
    attempts: int = 0
    outcome: str = ""
    due_at: datetime | None = Field(default=None, sa_type=WHEN)
    done_at: datetime | None = Field(default=None, sa_type=WHEN)
    created_at: datetime = Field(sa_type=WHEN)


class CallbackAttempt(SQLModel, table=True):
    """One call that was tried: by whom, how it ended, and a note for colleagues."""

    __tablename__ = "callback_attempt"
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    request_id: int = Field(foreign_key="callback_request.id", index=True)
    staff_id: int = Field(sa_type=BIG)
    at: datetime = Field(sa_type=WHEN)
    outcome: str
    note: str = ""


class LeftMessage(SQLModel, table=True):
    """What a customer left while nobody was there. `state`: writing, waiting, opened, withdrawn.

    `from_seq` is the place in the transcript from which on it was written; it opens as a conversation at `opens_at`.
    """

    __tablename__ = "left_message"
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    effect_key: str = Field(unique=True)
    tenant: str
    utility: str = ""
    language: str = ""
    contact_id: int = Field(foreign_key="contact.id")
    conversation_id: int = Field(foreign_key="conversation.id", index=True)
    reason: str = ""
    summary: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    state: str = "writing"
    from_seq: int = 0
    opens_at: datetime = Field(sa_type=WHEN)
    created_at: datetime = Field(sa_type=WHEN)
