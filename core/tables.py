"""The shared tables, nothing else. Times are aware UTC; `*_at` everywhere.

Each room keeps its own tables beside its code (utility/tables.py, complaints/tables.py) on the same metadata.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Index, Integer, TypeDecorator, UniqueConstraint, true
from sqlmodel import Field, SQLModel

# Constraints have names, so that a migration can speak of them on both databases.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

# SQLite only counts up by itself on a plain INTEGER key.
BIG = BigInteger().with_variant(Integer, "sqlite")


class Moment(TypeDecorator[datetime]):
    """Aware UTC in and out; SQLite by itself would give back naive values."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored time must be aware")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment: datetime = value
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


WHEN = Moment


class Contact(SQLModel, table=True):
    """A person. `language` is the written form they use; `language_fixed` when they chose it themselves."""

    __tablename__ = "contact"
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    tenant: str = Field(index=True)
    name: str = ""
    language: str = ""
    language_fixed: bool = False
    notice_version: str = ""
    created_at: datetime = Field(sa_type=WHEN)


class ContactAddress(SQLModel, table=True):
    """One way a channel reaches a person, `scheme:path`. `notices`: they did not say stop to what comes unasked."""

    __tablename__ = "contact_address"
    __table_args__ = (UniqueConstraint("tenant", "address"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    tenant: str
    address: str
    contact_id: int = Field(foreign_key="contact.id", index=True)
    reachable: bool = True
    notices: bool = Field(default=True, sa_column_kwargs={"server_default": true()})
    created_at: datetime = Field(sa_type=WHEN)


class Conversation(SQLModel, table=True):
    """A person on one channel. `state` is what the dialogue core remembers; `status` says who answers."""

    __tablename__ = "conversation"
    __table_args__ = (UniqueConstraint("channel", "contact_id"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    tenant: str = Field(index=True)
    channel: str
    contact_id: int = Field(foreign_key="contact.id", index=True)
    address: str
    status: str = Field(default="pending", index=True)
    state: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    version: int = 0
    last_seq: int = 0
    last_incoming_at: datetime | None = Field(default=None, sa_type=WHEN)
    last_incoming_id: str = ""
    created_at: datetime = Field(sa_type=WHEN)


class Message(SQLModel, table=True):
    """The transcript: what was said, in order. `payload` holds choices, media, place; one-time codes are masked."""

    __tablename__ = "message"
    __table_args__ = (UniqueConstraint("conversation_id", "seq"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    conversation_id: int = Field(foreign_key="conversation.id")
    seq: int
    direction: str
    author: str
    kind: str
    text: str = ""
    payload: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    external_id: str = Field(default="", index=True)
    answer: str = ""
    created_at: datetime = Field(sa_type=WHEN)


class Lane(SQLModel, table=True):
    """The lease on one conversation's queue. `fence` rises with each claim; every late write is refused by it.

    `paced_until` is when a person may be sent a whole burst again, whichever process sends.
    """

    __tablename__ = "lane"
    __table_args__ = (Index("lane_ready", "queue", "priority", "ready_at"),)
    queue: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    ready_at: datetime | None = Field(default=None, sa_type=WHEN)
    priority: int = 1
    owner: str = ""
    lease_until: datetime | None = Field(default=None, sa_type=WHEN)
    fence: int = 0
    paced_until: datetime | None = Field(default=None, sa_type=WHEN)


class Sibling(SQLModel, table=True):
    """A service that shares this database, its last sign of life, and what it tells of accounts that must rest."""

    __tablename__ = "sibling"
    name: str = Field(primary_key=True)
    seen_at: datetime = Field(sa_type=WHEN)
    word: dict[str, Any] = Field(default_factory=dict, sa_type=JSON, sa_column_kwargs={"server_default": "{}"})


class InboxRow(SQLModel, table=True):
    """One message, status or timer to handle. `state`: new, done, ignored, dead."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("channel", "external_id"),
        Index("inbox_open", "lane", "state", "id"),
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    channel: str
    external_id: str
    lane: str
    kind: str
    priority: int = 1
    payload: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    state: str = "new"
    attempts: int = 0
    due_at: datetime = Field(sa_type=WHEN)
    received_at: datetime = Field(sa_type=WHEN)
    done_at: datetime | None = Field(default=None, sa_type=WHEN)
    reason: str = ""
    result: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)


class OutboxRow(SQLModel, table=True):
    """One API call to make.

    `state`: queued, sending, doubtful, sent, delivered, read, errored, failed, expired, held.
    `attempts` counts calls, `doubts` those of which nobody knows whether they arrived.
    """

    __tablename__ = "outbox"
    __table_args__ = (Index("outbox_open", "lane", "state", "id"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    dedupe: str = Field(unique=True)
    channel: str
    lane: str
    address: str
    conversation_id: int | None = Field(default=None, index=True, sa_type=BIG)
    message_id: int | None = Field(default=None, sa_type=BIG)
    purpose: str = "reply"
    priority: int = 1
    payload: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    state: str = "queued"
    attempts: int = 0
    doubts: int = 0
    due_at: datetime = Field(sa_type=WHEN)
    expires_at: datetime | None = Field(default=None, sa_type=WHEN)
    external_id: str = Field(default="", index=True)
    error_code: str = ""
    error_words: str = ""
    created_at: datetime = Field(sa_type=WHEN)
    sent_at: datetime | None = Field(default=None, sa_type=WHEN)
    delivered_at: datetime | None = Field(default=None, sa_type=WHEN)
    read_at: datetime | None = Field(default=None, sa_type=WHEN)


class Medium(SQLModel, table=True):
    """A file that a customer sent, and where it lies. `state`: wanted, stored, refused, removed.

    It is its own queue: a wanted row is due at `due_at`, and whoever claims it moves that on, so a dead worker's file is
    taken up by another. `latitude` and `longitude` are the picture's own, kept only when a place had been asked for.
    """

    __tablename__ = "medium"
    __table_args__ = (UniqueConstraint("message_id", "place"), Index("medium_due", "state", "due_at"))
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    tenant: str
    channel: str
    conversation_id: int = Field(foreign_key="conversation.id", index=True)
    message_id: int = Field(foreign_key="message.id")
    place: int = 0
    kind: str
    ref: str
    name: str = ""
    mime: str = ""
    size: int = 0
    width: int = 0
    height: int = 0
    digest: str = ""
    shelf_key: str = ""
    words: str = ""
    place_wanted: bool = False
    latitude: float | None = None
    longitude: float | None = None
    state: str = "wanted"
    reason: str = ""
    attempts: int = 0
    due_at: datetime = Field(sa_type=WHEN)
    created_at: datetime = Field(sa_type=WHEN)
    stored_at: datetime | None = Field(default=None, sa_type=WHEN)


class Upload(SQLModel, table=True):
    """A file of the web chat that was uploaded and not sent yet. It goes away when it is sent, or too old for that."""

    __tablename__ = "upload"
    shelf_key: str = Field(primary_key=True)
    created_at: datetime = Field(sa_type=WHEN, index=True)


class ParkedStatus(SQLModel, table=True):
    """A status that came before we knew the message; applied when the id is stored, dropped after ten minutes."""

    __tablename__ = "parked_status"
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    channel: str
    external_id: str = Field(index=True)
    payload: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    created_at: datetime = Field(sa_type=WHEN)


class ChoiceToken(SQLModel, table=True):
    """What a tapped button means. Opaque outside; valid only in its conversation."""

    __tablename__ = "choice_token"
    token: str = Field(primary_key=True)
    conversation_id: int = Field(foreign_key="conversation.id", index=True)
    message_seq: int = 0
    title: str = ""
    synonyms: list[str] = Field(default_factory=list, sa_type=JSON)
    send: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    created_at: datetime = Field(sa_type=WHEN)


class Quarantine(SQLModel, table=True):
    """Something a platform sent that could not be read; kept whole so that nothing is lost.

    `outcome` is empty until somebody dealt with it: read (it was understood after all), aside.
    """

    __tablename__ = "quarantine"
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    channel: str
    reason: str
    body: str
    received_at: datetime = Field(sa_type=WHEN)
    outcome: str = ""
    settled_by: str = ""
    settled_at: datetime | None = Field(default=None, sa_type=WHEN)


class Publication(SQLModel, table=True):
    """What staff put over the files: a wording, a ready answer, hours. The newest row of a name counts; none is removed.

    `kind`: answer, label, canned, hours, templates. `value` is empty where the files count again.
    """

    __tablename__ = "publication"
    __table_args__ = (Index("publication_name", "tenant", "kind", "name", "form"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    tenant: str
    kind: str
    form: str = ""
    name: str
    value: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    note: str = ""
    staff: str = ""
    at: datetime = Field(sa_type=WHEN)


class AuditEntry(SQLModel, table=True):
    """Who did what; each entry carries the hash of the one before."""

    __tablename__ = "audit"
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    at: datetime = Field(sa_type=WHEN)
    actor: str
    action: str
    subject: str
    detail: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    previous_hash: str = ""
    hash: str = ""
