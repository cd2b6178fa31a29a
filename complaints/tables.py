"""The tables of the central complaint system."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from core.tables import BIG, WHEN


class Complaint(SQLModel, table=True):
    """A customer's complaint. `state`: received, accepted, working, solved, closed, cancelled.

    `effect_key` makes it happen once; `fingerprint` tells a repeat from a misuse of the key. `area_key` is the place in
    a form that can be compared. `account_proven` says that the caller had shown the account to be theirs.
    """

    __tablename__ = "complaint"
    __table_args__ = (Index("complaint_open", "tenant", "state", "priority", "created_at"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    number: str = Field(unique=True)
    effect_key: str = Field(unique=True)
    fingerprint: str
    tenant: str
    utility: str = Field(default="", index=True)
    account: str = Field(default="", index=True)
    account_proven: bool = False
    contact_id: int = Field(foreign_key="contact.id", index=True)
    conversation_id: int | None = Field(default=None, sa_type=BIG)
    kind: str
    priority: int
    area: str = ""
    area_key: str = Field(default="", index=True)
    area_names: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    feeder: str = Field(default="", index=True)
    place: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    since_at: datetime | None = Field(default=None, sa_type=WHEN)
    since_words: str = ""
    details: str = ""
    photos: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    state: str = "received"
    reopened: int = 0
    created_at: datetime = Field(sa_type=WHEN)
    updated_at: datetime = Field(sa_type=WHEN)
    solved_at: datetime | None = Field(default=None, sa_type=WHEN)


class ComplaintEvent(SQLModel, table=True):
    """What happened to a complaint, in order. `effect_key` is set where a customer's message caused it."""

    __tablename__ = "complaint_event"
    __table_args__ = (UniqueConstraint("effect_key"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    complaint_id: int = Field(foreign_key="complaint.id", index=True, sa_type=BIG)
    kind: str
    actor: str
    effect_key: str | None = None
    detail: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    at: datetime = Field(sa_type=WHEN)


class Feedback(SQLModel, table=True):
    """Praise, criticism or a rating, about the service or about one complaint."""

    __tablename__ = "feedback"
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    effect_key: str = Field(unique=True)
    tenant: str = Field(index=True)
    contact_id: int = Field(foreign_key="contact.id", index=True)
    complaint: str = ""
    rating: int | None = None
    text: str = ""
    created_at: datetime = Field(sa_type=WHEN)


class AlertSubscription(SQLModel, table=True):
    """Who wants notices. One row a person; `topics` are outage, bill; an account narrows it to its own feeder."""

    __tablename__ = "alert_subscription"
    __table_args__ = (UniqueConstraint("tenant", "contact_id"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    tenant: str
    contact_id: int = Field(foreign_key="contact.id", index=True)
    conversation_id: int | None = Field(default=None, sa_type=BIG)
    utility: str = ""
    account: str = ""
    topics: list[str] = Field(default_factory=list, sa_type=JSON)
    active: bool = True
    created_at: datetime = Field(sa_type=WHEN)
    updated_at: datetime = Field(sa_type=WHEN)
