"""The lists of the inbox: mine, unassigned, team, snoozed, resolved, with the bot, and search."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from complaints.numbers import parse_number
from complaints.tables import Complaint
from core.tables import Contact, ContactAddress, Conversation, Message
from core.tenant_model import plain_number
from desk.base import Me
from desk.tables import ConversationLabel
from handoff.desk_tables import DeskEvent, Takeover
from handoff.moves import State
from handoff.tables import HandoffCase

LISTS = ("mine", "unassigned", "team", "snoozed", "resolved", "bot")
PAGE = 50
CODE = re.compile(r"[A-Z0-9]{6}")


@dataclass(frozen=True, kw_only=True)
class Line:
    """One conversation of a list."""

    conversation_id: int
    name: str
    channel: str
    state: str
    language: str
    urgent: bool
    waiting_since: datetime | None
    at: datetime | None
    preview: str
    from_customer: bool
    assignee: int | None
    reason: str
    labels: tuple[str, ...] = ()


def _of(which: str, me: Me) -> Any:
    """The takeovers of a list."""
    query = select(Takeover, Conversation, Contact).join(
        Conversation, col(Conversation.id) == col(Takeover.conversation_id)
    )
    query = query.join(Contact, col(Contact.id) == col(Takeover.contact_id)).where(Takeover.tenant == me.tenant)
    if which == "mine":
        query = query.where(Takeover.state == State.OPEN.value, Takeover.assignee_id == me.id)
        return query.order_by(
            col(Takeover.priority), col(Takeover.waiting_since).is_(None), col(Takeover.waiting_since)
        )
    if which == "unassigned":
        query = query.where(Takeover.state == State.QUEUED.value)
        return query.order_by(col(Takeover.priority), col(Takeover.queued_at), col(Takeover.id))
    if which == "team":
        query = query.where(Takeover.state == State.OPEN.value)
        return query.order_by(col(Takeover.priority), col(Takeover.assigned_at))
    if which == "snoozed":
        return query.where(Takeover.state == State.SNOOZED.value).order_by(col(Takeover.snoozed_until))
    query = query.where(col(Takeover.state).in_((State.RESOLVED.value, State.RETURNED.value)))
    query = query.where(col(Takeover.assignee_id).is_not(None))
    return query.order_by(col(Takeover.ended_at).desc())


async def lines(session: AsyncSession, me: Me, which: str, words: str = "", page: int = 1) -> list[Line]:
    """A page of a list, and one line more when there is a page after it."""
    skipped = PAGE * (page - 1)
    if which == "search" or words:
        return await _found(session, me, words, skipped)
    if which == "bot":
        query = (
            select(Conversation, Contact)
            .join(Contact, col(Contact.id) == col(Conversation.contact_id))
            .where(
                Conversation.tenant == me.tenant, Conversation.status == State.PENDING.value, Conversation.last_seq > 0
            )
            .order_by(col(Conversation.last_incoming_at).desc())
            .offset(skipped)
            .limit(PAGE + 1)
        )
        pairs = [(None, conversation, contact) for conversation, contact in (await session.exec(query)).all()]
        return await _lines(session, pairs)
    return await _lines(session, (await session.exec(_of(which, me).offset(skipped).limit(PAGE + 1))).all())


async def _found(session: AsyncSession, me: Me, words: str, skipped: int = 0) -> list[Line]:
    """By name, address, case code, complaint number, label or words of the transcript."""
    words = words.strip()[:80]
    if not words:
        return []
    like = "%" + re.sub(r"([%_\\])", r"\\\1", words) + "%"
    number = plain_number(words)
    by_code = select(HandoffCase.conversation_id).where(HandoffCase.tenant == me.tenant, HandoffCase.code == number)
    by_words = (
        select(Message.conversation_id)
        .join(Conversation, col(Conversation.id) == col(Message.conversation_id))
        .where(Conversation.tenant == me.tenant, col(Message.text).ilike(like, escape="\\"))
        .order_by(col(Message.id).desc())
        .limit(200)
    )
    by_address = select(ContactAddress.contact_id).where(
        ContactAddress.tenant == me.tenant, col(ContactAddress.address).ilike(like, escape="\\")
    )
    by_label = select(ConversationLabel.conversation_id).where(
        ConversationLabel.tenant == me.tenant, col(ConversationLabel.label).ilike(like, escape="\\")
    )
    by_complaint = select(Complaint.contact_id).where(
        Complaint.tenant == me.tenant, Complaint.number == (parse_number(words) or "-")
    )
    query = (
        select(Conversation, Contact)
        .join(Contact, col(Contact.id) == col(Conversation.contact_id))
        .where(
            Conversation.tenant == me.tenant,
            or_(
                col(Contact.name).ilike(like, escape="\\"),
                col(Contact.id).in_(by_address),
                col(Contact.id).in_(by_complaint),
                col(Conversation.id).in_(by_words),
                col(Conversation.id).in_(by_label),
                col(Conversation.id).in_(by_code if CODE.fullmatch(number) else select(-1)),
            ),
        )
        .order_by(col(Conversation.last_incoming_at).desc())
        .offset(skipped)
        .limit(PAGE + 1)
    )
    return await _lines(session, [(None, one, contact) for one, contact in (await session.exec(query)).all()])


async def _lines(session: AsyncSession, found: Any) -> list[Line]:
    ids = [conversation.id for _, conversation, _ in found]
    # While people have it, what the customer said last is worth more than what the bot said to them.
    by_customer = case((col(Message.direction) == "incoming", col(Message.id)))
    latest = (
        select(col(Message.conversation_id), func.max(col(Message.id)), func.max(by_customer))
        .where(col(Message.conversation_id).in_(ids))
        .group_by(col(Message.conversation_id))
    )
    newest: dict[int, tuple[int, int]] = {}
    for conversation_id, any_id, customer_id in (await session.execute(latest)).all():
        newest[conversation_id] = (any_id, customer_id or any_id)
    wanted = {number for pair in newest.values() for number in pair}
    rows = (await session.exec(select(Message).where(col(Message.id).in_(wanted)))).all()
    messages = {message.id: message for message in rows}
    labels: dict[int, list[str]] = {}
    hung = select(ConversationLabel).where(col(ConversationLabel.conversation_id).in_(ids))
    for row in (await session.exec(hung.order_by(col(ConversationLabel.label)))).all():
        labels.setdefault(row.conversation_id, []).append(row.label)
    made = []
    for takeover, conversation, contact in found:
        any_id, customer_id = newest.get(conversation.id, (0, 0))
        message = messages.get(customer_id if takeover and takeover.ended_at is None else any_id)
        made.append(
            Line(
                conversation_id=conversation.id,
                name=contact.name,
                channel=conversation.channel,
                state=takeover.state if takeover else conversation.status,
                language=contact.language,
                urgent=bool(takeover and takeover.priority == 0),
                waiting_since=(takeover.waiting_since or takeover.queued_at)
                if takeover
                and takeover.state in (State.QUEUED, State.OPEN)
                and takeover.state != State.SNOOZED
                and (takeover.waiting_since or takeover.state == State.QUEUED)
                else None,
                at=message.created_at if message else conversation.last_incoming_at,
                preview=(message.text or message.kind)[:140] if message else "",
                from_customer=bool(message and message.direction == "incoming"),
                assignee=takeover.assignee_id if takeover else None,
                reason=takeover.reason if takeover else "",
                labels=tuple(labels.get(conversation.id, ())),
            )
        )
    return made


async def counts(session: AsyncSession, me: Me) -> dict[str, int]:
    """How many stand in each list that a number helps for."""
    answer_due = func.count(col(Takeover.waiting_since))
    query = (
        select(Takeover.state, Takeover.assignee_id, func.count(), answer_due)
        .where(Takeover.tenant == me.tenant, col(Takeover.ended_at).is_(None))
        .group_by(Takeover.state, col(Takeover.assignee_id))
    )
    result = dict.fromkeys(("mine", "unassigned", "team", "snoozed", "waiting"), 0)
    for state, assignee, count, due in (await session.execute(query)).all():
        if state == State.QUEUED:
            result["unassigned"] += count
        elif state == State.SNOOZED:
            result["snoozed"] += count
        else:
            result["team"] += count
            if assignee == me.id:
                result["mine"] += count
                result["waiting"] += due
    return result


@dataclass(frozen=True, kw_only=True)
class AlarmLine:
    """A danger in a conversation that the bot has and that nobody has looked after since."""

    conversation_id: int
    name: str
    kind: str
    at: datetime


async def alarms(session: AsyncSession, me: Me, since: datetime) -> list[AlarmLine]:
    """Dangers that no person has seen to, the latest first: one who takes the conversation ends its alarm."""
    taken_after = (
        select(Takeover.id)
        .where(Takeover.conversation_id == DeskEvent.conversation_id)
        .where(or_(col(Takeover.ended_at).is_(None), col(Takeover.assigned_at) >= col(DeskEvent.at)))
        .exists()
    )
    query = (
        select(DeskEvent, Contact)
        .join(Conversation, col(Conversation.id) == col(DeskEvent.conversation_id))
        .join(Contact, col(Contact.id) == col(Conversation.contact_id))
        .where(DeskEvent.tenant == me.tenant, DeskEvent.kind == "danger", col(DeskEvent.at) >= since, ~taken_after)
        .order_by(col(DeskEvent.id))
    )
    latest = {event.conversation_id: (event, contact) for event, contact in (await session.exec(query)).all()}
    made = [
        AlarmLine(
            conversation_id=number or 0, name=contact.name, kind=str(event.detail.get("danger") or ""), at=event.at
        )
        for number, (event, contact) in latest.items()
    ]
    return sorted(made, key=lambda one: one.at, reverse=True)


async def dangers(session: AsyncSession, me: Me, since: datetime) -> list[int]:
    """Conversations in which somebody reported danger lately."""
    query = select(DeskEvent.conversation_id).where(
        DeskEvent.tenant == me.tenant, DeskEvent.kind == "danger", col(DeskEvent.at) >= since
    )
    return sorted({row for row in (await session.exec(query)).all() if row is not None})
