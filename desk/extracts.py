"""What an export holds: conversations, transcripts, complaints or figures of a span of days, with people's data masked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func
from sqlalchemy import select as counted
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from complaints.tables import Complaint
from core.tables import Contact, Conversation, Message
from core.tenants import Tenant
from desk.sheets import masked_name, masked_number, masked_text
from desk.speech import Speech
from desk.tables import ConversationLabel
from handoff import desk_figures, figures
from handoff.desk_tables import Takeover

MOST = 50_000


@dataclass(frozen=True, kw_only=True)
class Span:
    """Whose data, from when until when, in whose words."""

    tenant: Tenant
    since: datetime
    until: datetime
    speech: Speech

    def at(self, moment: datetime | None) -> str:
        """A time where the tenant is, as spreadsheets read it."""
        return f"{moment.astimezone(ZoneInfo(self.tenant.timezone)):%Y-%m-%d %H:%M}" if moment else ""


Rows = list[tuple[Any, ...]]
Extract = Callable[[AsyncSession, Span], Awaitable[Rows]]


async def conversations(session: AsyncSession, span: Span) -> Rows:
    """A line for each conversation in which something was written in these days."""
    query = (
        counted(
            col(Message.conversation_id),
            col(Message.author),
            func.count(),
            func.min(col(Message.created_at)),
            func.max(col(Message.created_at)),
        )
        .join(Conversation, col(Conversation.id) == col(Message.conversation_id))
        .where(col(Conversation.tenant) == span.tenant.slug, col(Message.created_at) >= span.since)
        .where(col(Message.created_at) < span.until)
        .group_by(col(Message.conversation_id), col(Message.author))
    )
    written: dict[int, dict[str, tuple[int, datetime, datetime]]] = {}
    for number, author, count, first, last in (await session.execute(query)).all():
        written.setdefault(number, {})[author] = (count, first, last)
    people = await _people(session, span)
    called: dict[int, list[Takeover]] = {}
    takeovers = select(Takeover).where(Takeover.tenant == span.tenant.slug, col(Takeover.queued_at) >= span.since)
    for one in (await session.exec(takeovers.where(col(Takeover.queued_at) < span.until))).all():
        called.setdefault(one.conversation_id, []).append(one)
    hung: dict[int, list[str]] = {}
    labels = select(ConversationLabel).where(ConversationLabel.tenant == span.tenant.slug)
    for label in (await session.exec(labels.order_by(col(ConversationLabel.label)))).all():
        hung.setdefault(label.conversation_id, []).append(label.label)
    made: Rows = []
    for number, by in sorted(written.items()):
        conversation, contact = people[number]
        mine = called.get(number, [])
        made.append(
            (
                number,
                span.speech.say(conversation.channel.partition(":")[0]),
                span.speech.written(contact.language),
                masked_name(contact.name),
                masked_number(conversation.address.partition(":")[2]),
                span.at(min(first for _, first, _ in by.values())),
                span.at(max(last for _, _, last in by.values())),
                *(by[author][0] if author in by else 0 for author in ("customer", "bot", "operator")),
                len(mine),
                ", ".join(dict.fromkeys(span.speech.say(one.reason) for one in mine)),
                next((one.rating for one in reversed(mine) if one.rating is not None), ""),
                ", ".join(masked_text(label) for label in hung.get(number, ())),
            )
        )
    return made


async def _people(session: AsyncSession, span: Span) -> dict[int, tuple[Conversation, Contact]]:
    query = select(Conversation, Contact).join(Contact, col(Contact.id) == col(Conversation.contact_id))
    written = select(Message.conversation_id).where(
        col(Message.created_at) >= span.since, col(Message.created_at) < span.until
    )
    query = query.where(Conversation.tenant == span.tenant.slug, col(Conversation.id).in_(written))
    return {one.id or 0: (one, contact) for one, contact in (await session.exec(query)).all()}


async def transcripts(session: AsyncSession, span: Span) -> Rows:
    """What was written, a line each; numbers, addresses and the customer's name masked."""
    query = (
        select(Message, Contact.name)
        .join(Conversation, col(Conversation.id) == col(Message.conversation_id))
        .join(Contact, col(Contact.id) == col(Conversation.contact_id))
        .where(Conversation.tenant == span.tenant.slug, col(Message.created_at) >= span.since)
        .where(col(Message.created_at) < span.until)
        .order_by(col(Message.conversation_id), col(Message.seq))
        .limit(MOST + 1)
    )
    return [
        (one.conversation_id, span.at(one.created_at), span.speech.say(one.author), masked_text(one.text, name))
        for one, name in (await session.exec(query)).all()
    ]


async def complaints(session: AsyncSession, span: Span) -> Rows:
    """The complaints registered in these days, without who complained and in which words."""
    query = (
        select(Complaint)
        .where(Complaint.tenant == span.tenant.slug, col(Complaint.created_at) >= span.since)
        .where(col(Complaint.created_at) < span.until)
        .order_by(col(Complaint.created_at))
        .limit(MOST + 1)
    )
    return [
        (
            one.number,
            span.speech.named("kind", one.kind),
            span.speech.named("state", one.state),
            one.utility.upper(),
            masked_number(one.account),
            masked_text(one.area),
            one.feeder,
            span.at(one.created_at),
            span.at(one.updated_at),
            span.at(one.solved_at),
            one.reopened,
        )
        for one in (await session.exec(query)).all()
    ]


async def numbers(session: AsyncSession, span: Span) -> Rows:
    """The figures of the page of figures, a line each."""
    slug, say = span.tenant.slug, span.speech
    bot = await figures.bot(session, slug, span.tenant.timezone, span.since, span.until)
    made: Rows = []
    groups = [("", [bot.total])]
    groups += [("form", list(bot.by_language)), ("intent", list(bot.by_intent))]
    for what, rates in groups:
        for one in rates:
            name = say.written(one.name) if what == "form" else say.named("intent", one.name)
            made += [
                ("Messages", name, one.messages),
                ("Conversations", name, one.conversations),
                ("Contained", name, _share(one.contained)),
                ("Not understood", name, _share(one.fallback)),
                ("To a person", name, _share(one.handoff)),
            ]
    for step in bot.steps:
        name = say.named("question", step.name)
        made += [("Asked", name, step.asked), ("Left there", name, step.left)]
    for person in await desk_figures.operators(session, slug, span.since, span.until):
        made += [
            ("Taken", person.name, person.taken),
            ("Resolved", person.name, person.resolved),
            ("Rating", person.name, person.rating),
        ]
    return [(say.say(what), name, value) for what, name, value in made]


def _share(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


HEADS: dict[str, tuple[str, ...]] = {
    "conversations": (
        *("Number", "Channel", "Form", "Name", "Address", "First message", "Last message"),
        *("Messages of the customer", "Messages of the bot", "Messages of people"),
        *("Calls for a person", "Why", "Rating", "Labels"),
    ),
    "transcripts": ("Conversation", "When", "Who", "Text"),
    "complaints": (
        *("Number", "Kind", "State", "Company", "Account", "Place", "Feeder"),
        *("Registered", "Changed", "Solved", "Times reopened"),
    ),
    "figures": ("Figure", "Of what", "Value"),
}
EXTRACTS: dict[str, Extract] = {
    "conversations": conversations,
    "transcripts": transcripts,
    "complaints": complaints,
    "figures": numbers,
}
