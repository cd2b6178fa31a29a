"""The lists of the inbox: mine, unassigned, team, snoozed, resolved, with the bot, and search."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.tables import Contact, ContactAddress, Conversation, Message
from core.tenant_model import plain_number
from desk.base import Me
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


async def lines(session: AsyncSession, me: Me, which: str, words: str = "") -> list[Line]:
    """A list, at most a page long."""
    if which == "search" or words:
        return await _found(session, me, words)
    if which == "bot":
        query = (
            select(Conversation, Contact)
            .join(Contact, col(Contact.id) == col(Conversation.contact_id))
            .where(
                Conversation.tenant == me.tenant, Conversation.status == State.PENDING.value, Conversation.last_seq > 0
            )
            .order_by(col(Conversation.last_incoming_at).desc())
            .limit(PAGE)
        )
        pairs = [(None, conversation, contact) for conversation, contact in (await session.exec(query)).all()]
        return await _lines(session, pairs)
    return await _lines(session, (await session.exec(_of(which, me).limit(PAGE))).all())


async def _found(session: AsyncSession, me: Me, words: str) -> list[Line]:
    """By name, address, case code or words of the transcript."""
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
    query = (
        select(Conversation, Contact)
        .join(Contact, col(Contact.id) == col(Conversation.contact_id))
        .where(
            Conversation.tenant == me.tenant,
            or_(
                col(Contact.name).ilike(like, escape="\\"),
                col(Contact.id).in_(by_address),
                col(Conversation.id).in_(by_words),
                col(Conversation.id).in_(by_code if CODE.fullmatch(number) else select(-1)),
            ),
        )
        .order_by(col(Conversation.last_incoming_at).desc())
        .limit(PAGE)
    )
    return await _lines(session, [(None, one, contact) for one, contact in (await session.exec(query)).all()])


async def _lines(session: AsyncSession, found: Any) -> list[Line]:
    ids = [conversation.id for _, conversation, _ in found]
    latest = (
        select(func.max(col(Message.id)))
        .where(col(Message.conversation_id).in_(ids))
        .group_by(col(Message.conversation_id))
    )
    last = {
        message.conversation_id: message
        for message in (await session.exec(select(Message).where(col(Message.id).in_(latest)))).all()
    }
    made = []
    for takeover, conversation, contact in found:
        message = last.get(conversation.id)
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
            )
        )
    return made


async def counts(session: AsyncSession, me: Me) -> dict[str, int]:
    """How many stand in each list that a number helps for."""
    query = (
        select(Takeover.state, Takeover.assignee_id, func.count())
        .where(Takeover.tenant == me.tenant, col(Takeover.ended_at).is_(None))
        .group_by(Takeover.state, col(Takeover.assignee_id))
    )
    result = dict.fromkeys(("mine", "unassigned", "team", "snoozed"), 0)
    for state, assignee, count in (await session.execute(query)).all():
        if state == State.QUEUED:
            result["unassigned"] += count
        elif state == State.SNOOZED:
            result["snoozed"] += count
        else:
            result["team"] += count
            result["mine"] += count if assignee == me.id else 0
    return result


async def dangers(session: AsyncSession, me: Me, since: datetime) -> list[int]:
    """Conversations in which somebody reported danger lately."""
    query = select(DeskEvent.conversation_id).where(
        DeskEvent.tenant == me.tenant, DeskEvent.kind == "danger", col(DeskEvent.at) >= since
    )
    return sorted({row for row in (await session.exec(query)).all() if row is not None})
