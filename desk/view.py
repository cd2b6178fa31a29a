"""One conversation as a person at the desk sees it: transcript with receipts, notes, who had it, what is known."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core import media
from core.database import Database
from core.tables import Contact, Conversation, Medium, Message, OutboxRow
from desk.tables import Note, Staff
from handoff import brief
from handoff.desk_tables import HandoffEvent, Takeover
from handoff.moves import State

LATEST = 200
WINDOW = timedelta(hours=24)
# Platforms that allow free text only for a day after the customer's last message.
WINDOWED = ("whatsapp", "messenger")


@dataclass(frozen=True, kw_only=True)
class Said:
    """A message, a note or a change of hands, in the order of the conversation."""

    kind: str
    who: str
    text: str
    at: datetime
    seq: int = 0
    payload: dict[str, Any]
    delivery: str = ""
    trouble: str = ""
    row: int = 0
    files: dict[int, Medium] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class View:
    """Everything of the conversation pane."""

    conversation: Conversation
    contact: Contact
    takeover: Takeover | None
    assignee: str
    said: list[Said]
    earlier: bool
    last_seq: int
    window_closes: datetime | None
    window_open: bool
    others: list[Conversation]
    brief: brief.Brief | None
    form: str


async def load(
    session: AsyncSession, db: Database, tenant: str, conversation_id: int, channel_type: str
) -> View | None:
    """The conversation, when it is the tenant's."""
    now = db.now()
    conversation = await session.get(Conversation, conversation_id, populate_existing=True)
    if conversation is None or conversation.tenant != tenant:
        return None
    contact = await session.get(Contact, conversation.contact_id, populate_existing=True)
    assert contact is not None
    query = select(Takeover).where(Takeover.conversation_id == conversation_id).order_by(col(Takeover.id).desc())
    takeover = (await session.exec(query.limit(1))).first()
    messages = list(
        (
            await session.exec(
                select(Message)
                .where(Message.conversation_id == conversation_id)
                .order_by(col(Message.seq).desc())
                .limit(LATEST)
            )
        ).all()
    )[::-1]
    names = dict((await session.exec(select(Staff.id, Staff.name).where(Staff.tenant == tenant))).all())
    windowed = channel_type in WINDOWED
    closes = conversation.last_incoming_at + WINDOW if windowed and conversation.last_incoming_at else None
    first = await brief.of(session, db, tenant, conversation_id)
    return View(
        conversation=conversation,
        contact=contact,
        takeover=takeover,
        assignee=names.get(takeover.assignee_id, "") if takeover else "",
        said=await _said(session, conversation_id, messages, names),
        earlier=bool(messages) and messages[0].seq > 1,
        last_seq=messages[-1].seq if messages else 0,
        window_closes=closes,
        window_open=not windowed or (closes is not None and closes > now),
        others=list(first.others) if first else [],
        brief=first,
        form=first.form if first else "",
    )


async def _said(
    session: AsyncSession, conversation_id: int, messages: list[Message], names: dict[Any, str]
) -> list[Said]:
    rows = await session.exec(
        select(OutboxRow).where(
            OutboxRow.conversation_id == conversation_id, col(OutboxRow.message_id).in_([m.id for m in messages])
        )
    )
    sent = {row.message_id: row for row in rows.all()}
    first = messages[0].created_at if messages else None
    files: dict[int, dict[int, Medium]] = {}
    for medium in await media.of_conversation(session, conversation_id):
        files.setdefault(medium.message_id, {})[medium.place] = medium
    said = []
    for message in messages:
        row = sent.get(message.id)
        said.append(
            Said(
                kind="message",
                who=message.author,
                text=message.text,
                at=message.created_at,
                seq=message.seq,
                payload=message.payload or {},
                delivery=row.state if row else "",
                row=row.id or 0 if row else 0,
                files=files.get(message.id or 0, {}),
                trouble=" ".join(filter(None, (row.error_words, row.error_code and f"({row.error_code})")))
                if row
                else "",
            )
        )
    notes = await session.exec(select(Note).where(Note.conversation_id == conversation_id))
    said += [
        Said(kind="note", who=names.get(note.staff_id, ""), text=note.text, at=note.created_at, payload={})
        for note in notes.all()
    ]
    events = await session.exec(select(HandoffEvent).where(HandoffEvent.conversation_id == conversation_id))
    for event in events.all():
        who, _, number = event.who.partition(":")
        name = names.get(int(number), who) if number.isdigit() else who
        said.append(Said(kind="move", who=name, text=event.move, at=event.at, payload={"why": event.why}))
    if first is not None:
        said = [one for one in said if one.kind == "message" or one.at >= first]
    return sorted(said, key=lambda one: (one.at, one.seq))


def may_reply(view: View, staff_id: int) -> bool:
    """Whether this person has the conversation."""
    return view.takeover is not None and view.takeover.state == State.OPEN and view.takeover.assignee_id == staff_id
