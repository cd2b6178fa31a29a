"""The desk's own tables: staff and their sessions, what they looked up and took out, notes, labels, corrections."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from core.tables import BIG, WHEN


class Staff(SQLModel, table=True):
    """Somebody who may sign in. `demo` accounts are worth nothing outside the demo. `form` is how their pages speak."""

    __tablename__ = "staff"
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    login: str = Field(unique=True)
    tenant: str = Field(index=True)
    name: str
    role: str
    password_hash: str
    demo: bool = False
    disabled: bool = False
    form: str = ""
    created_at: datetime = Field(sa_type=WHEN)


class StaffSession(SQLModel, table=True):
    """One sign-in. `key` is the hash of the cookie's token: who reads this table cannot use it."""

    __tablename__ = "staff_session"
    key: str = Field(primary_key=True)
    staff_id: int = Field(foreign_key="staff.id", index=True)
    csrf: str
    created_at: datetime = Field(sa_type=WHEN)
    seen_at: datetime = Field(sa_type=WHEN)
    ended_at: datetime | None = Field(default=None, sa_type=WHEN)
    ended_why: str = ""


class LoginFailure(SQLModel, table=True):
    """A wrong password, by login and by caller; enough of them close the door for a while."""

    __tablename__ = "login_failure"
    __table_args__ = (Index("login_failure_key", "key", "at"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    key: str
    at: datetime = Field(sa_type=WHEN)


class Note(SQLModel, table=True):
    """What operators tell each other about a conversation. Never sent out: nothing that sends reads this table."""

    __tablename__ = "desk_note"
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    conversation_id: int = Field(foreign_key="conversation.id", index=True)
    staff_id: int = Field(foreign_key="staff.id")
    after_seq: int = 0
    text: str
    created_at: datetime = Field(sa_type=WHEN)


class ConversationLabel(SQLModel, table=True):
    """A word that operators hang on a conversation, to find it again."""

    __tablename__ = "conversation_label"
    __table_args__ = (UniqueConstraint("conversation_id", "label"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    conversation_id: int = Field(foreign_key="conversation.id")
    tenant: str = Field(index=True)
    label: str
    staff_id: int = Field(foreign_key="staff.id")
    created_at: datetime = Field(sa_type=WHEN)


class Correction(SQLModel, table=True):
    """What a misunderstood message should have meant. `state`: chosen, exported, dropped.

    `key` is the sentence without case and signs: one decision holds for all who wrote the same. `text` is what will be
    trained on, looked through by a person, with no number of a customer in it.
    """

    __tablename__ = "correction"
    __table_args__ = (UniqueConstraint("tenant", "form", "key"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    tenant: str
    form: str
    key: str
    text: str
    understood: str = ""
    intent: str = ""
    state: str = Field(default="chosen", index=True)
    staff_id: int = Field(foreign_key="staff.id")
    at: datetime = Field(sa_type=WHEN)


class AuditHead(SQLModel, table=True):
    """How long the audit is and how it ends, sealed with the service's key: a last entry cannot vanish unseen."""

    __tablename__ = "audit_head"
    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    count: int = 0
    hash: str = ""
    seal: str = ""


class Lookup(SQLModel, table=True):
    """A look at customers' data, and why. `counted` ones use up the hour's quota (reliability.md T31).

    `kind`: conversation, list, case; blocked for a look that was refused, allowed for a supervisor's word that begins
    the count anew. `subject` says what was looked at, in numbers.
    """

    __tablename__ = "lookup"
    __table_args__ = (Index("lookup_staff", "staff_id", "at"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    tenant: str = Field(index=True)
    staff_id: int = Field(foreign_key="staff.id")
    kind: str
    subject: str
    reason: str = ""
    counted: bool = True
    by: int | None = Field(default=None, sa_type=BIG)
    at: datetime = Field(sa_type=WHEN)


class Export(SQLModel, table=True):
    """Somebody's wish for a file of customers' data (reliability.md T31).

    `state`: waiting, approved, refused, loaded, taken back. `first` and `last` are days of the tenant. Whoever decides
    is never who asked.
    """

    __tablename__ = "export_request"
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    tenant: str = Field(index=True)
    what: str
    first: str
    last: str
    reason: str
    state: str = "waiting"
    asked_by: int = Field(foreign_key="staff.id")
    asked_at: datetime = Field(sa_type=WHEN)
    decided_by: int | None = Field(default=None, foreign_key="staff.id")
    decided_at: datetime | None = Field(default=None, sa_type=WHEN)
    loaded_at: datetime | None = Field(default=None, sa_type=WHEN)
    lines: int = 0
