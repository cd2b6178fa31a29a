"""The tables of people in charge: who has what, every change of hands, who is on duty, what desks must see."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from core.tables import BIG, WHEN

CURRENT = text("ended_at IS NULL")


class Takeover(SQLModel, table=True):
    """One time that people have (or were asked to have) a conversation. A conversation has at most one without an end.

    `version` rises with each change; a change names the version it saw. `waiting_since` is when the customer began to
    wait for a person's word. `assignee_id` is empty in the queue and while somebody answers outside our desk.
    `rating` is the customer's, 1 to 5, given once.
    """

    __tablename__ = "takeover"
    __table_args__ = (
        Index("takeover_current", "conversation_id", unique=True, sqlite_where=CURRENT, postgresql_where=CURRENT),
        Index("takeover_queue", "tenant", "state", "priority", "queued_at"),
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    conversation_id: int = Field(foreign_key="conversation.id", index=True)
    contact_id: int = Field(foreign_key="contact.id", index=True)
    tenant: str
    utility: str = ""
    language: str = ""
    skill: str = ""
    team: str = ""
    reason: str = ""
    priority: int = 1
    state: str
    assignee_id: int | None = Field(default=None, index=True, sa_type=BIG)
    version: int = 1
    summary: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    queued_at: datetime = Field(sa_type=WHEN)
    assigned_at: datetime | None = Field(default=None, sa_type=WHEN)
    waiting_since: datetime | None = Field(default=None, sa_type=WHEN)
    snoozed_until: datetime | None = Field(default=None, sa_type=WHEN)
    first_reply_at: datetime | None = Field(default=None, sa_type=WHEN)
    replied_at: datetime | None = Field(default=None, sa_type=WHEN)
    ended_at: datetime | None = Field(default=None, sa_type=WHEN)
    rating: int | None = None
    rated_at: datetime | None = Field(default=None, sa_type=WHEN)


class HandoffEvent(SQLModel, table=True):
    """One change of hands: from where to where, who did it and why."""

    __tablename__ = "handoff_event"
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    takeover_id: int = Field(foreign_key="takeover.id", index=True)
    conversation_id: int = Field(foreign_key="conversation.id", index=True)
    at: datetime = Field(sa_type=WHEN)
    move: str
    source: str
    target: str
    who: str
    why: str = ""
    assignee_id: int | None = Field(default=None, sa_type=BIG)


class Operator(SQLModel, table=True):
    """Somebody who answers customers: what they may take, how much, and whether they are there.

    Empty `utilities` means all that their team answers for. `languages` are base languages. `team` is a name of the
    table below. `seen_at` is the last sign of life.
    """

    __tablename__ = "operator"
    id: int = Field(primary_key=True, sa_type=BIG, sa_column_kwargs={"autoincrement": False})
    tenant: str = Field(index=True)
    name: str
    utilities: list[str] = Field(default_factory=list, sa_type=JSON)
    languages: list[str] = Field(default_factory=list, sa_type=JSON)
    skills: list[str] = Field(default_factory=list, sa_type=JSON)
    team: str = ""
    capacity: int = 5
    on_duty: bool = False
    automatic: bool = False
    seen_at: datetime | None = Field(default=None, sa_type=WHEN)


class Team(SQLModel, table=True):
    """Operators who answer for the same: what a member does not say for themselves, their team says.

    Empty `utilities` and `languages` mean all; the `skills` of a team are its members' besides their own.
    """

    __tablename__ = "team"
    __table_args__ = (UniqueConstraint("tenant", "name"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    tenant: str
    name: str
    utilities: list[str] = Field(default_factory=list, sa_type=JSON)
    languages: list[str] = Field(default_factory=list, sa_type=JSON)
    skills: list[str] = Field(default_factory=list, sa_type=JSON)


class DeskEvent(SQLModel, table=True):
    """Something that a desk must show, in the order of commit. Desks name the last id they have seen."""

    __tablename__ = "desk_event"
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    tenant: str = Field(index=True)
    kind: str
    conversation_id: int | None = Field(default=None, sa_type=BIG)
    detail: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    at: datetime = Field(sa_type=WHEN, index=True)
