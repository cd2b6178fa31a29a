"""What is known of conversations at another desk: their numbers there, how far they were told, what came back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from core.tables import BIG, WHEN


class OutsideConversation(SQLModel, table=True):
    """A conversation as another desk knows it. `told_seq` is the last message of the transcript it has, `told_alarm` the
    last danger it was warned of.
    """

    __tablename__ = "outside_conversation"
    __table_args__ = (UniqueConstraint("desk", "conversation_ref"),)
    conversation_id: int = Field(
        foreign_key="conversation.id", primary_key=True, sa_column_kwargs={"autoincrement": False}
    )
    desk: str
    contact_ref: str
    conversation_ref: str
    told_seq: int = 0
    told_takeover: int = Field(default=0, sa_type=BIG)
    told_alarm: int = Field(default=0, sa_type=BIG)
    status: str = ""
    changed_at: datetime = Field(sa_type=WHEN)


class OutsideEvent(SQLModel, table=True):
    """Something another desk told us, once however often it is delivered."""

    __tablename__ = "outside_event"
    __table_args__ = (UniqueConstraint("desk", "external_id"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    desk: str
    external_id: str
    at: datetime = Field(sa_type=WHEN)
