"""What stands beside a conversation: accounts that were proven, complaints, cuts, labels, and what may be done."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from complaints.tables import Complaint
from core.errors import SathiError
from core.store import phone_of
from core.tables import Contact, Conversation
from desk.base import Me, Parts
from desk.tables import ConversationLabel
from handoff.brief import Brief
from utility.base import Account, Outage

log = structlog.get_logger(__name__)
MONTHS = 6
COMMON_LABELS = 12


@dataclass(frozen=True, kw_only=True)
class Owned:
    """An account that the customer has shown to be theirs, with what can be sent of it."""

    account: Account
    months: list[str] = field(default_factory=list)
    payments: list[tuple[str, datetime, str]] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Side:
    """Everything beside a conversation."""

    owned: list[Owned]
    waiting_for_code: str
    complaints: list[Complaint]
    cuts: list[Outage]
    labels: list[str]
    known_labels: list[str]


async def load(parts: Parts, me: Me, conversation: Conversation, contact: Contact) -> Side:
    """Read it all; what the company's system does not answer is left out."""
    assert contact.id is not None and conversation.id is not None
    owned, cuts = await _company(parts, me, conversation, contact.id)
    code = await parts.ownership.pending(conversation.id)
    async with parts.db.reading() as session:
        complaints = await parts.complaints.mine(session, me.tenant, contact.id, [one.account.number for one in owned])
        labels = await labels_of(session, conversation.id)
        known = await common_labels(session, me.tenant)
    return Side(
        owned=owned,
        waiting_for_code=f"{code.utility.upper()} {code.account}" if code and code.state == "open" else "",
        complaints=complaints,
        cuts=cuts,
        labels=labels,
        known_labels=[label for label in known if label not in labels],
    )


async def _company(
    parts: Parts, me: Me, conversation: Conversation, contact_id: int
) -> tuple[list[Owned], list[Outage]]:
    owned: list[Owned] = []
    cuts: dict[str, Outage] = {}
    try:
        for account in await parts.ownership.accounts_of(contact_id, phone_of(conversation.address), me.tenant):
            bills = await parts.utility.bills(account, MONTHS)
            paid = await parts.utility.payments(account, MONTHS)
            owned.append(
                Owned(
                    account=account,
                    months=[f"{bill.month:%Y-%m}" for bill in bills],
                    payments=[(one.reference, one.paid_at, str(one.amount)) for one in paid],
                )
            )
            for cut in await parts.utility.outages_on(me.tenant, account.feeder, parts.db.now()):
                cuts[cut.id] = cut
    except SathiError as error:
        log.warning("The company's system did not answer.", action="desk", tenant=me.tenant, error=type(error).__name__)
    return owned, list(cuts.values())


def company_facts(first: Brief, beside: Side) -> dict[str, str]:
    """What the company's systems add to the first look: the account, its feeder, the cut that is going on there."""
    number = first.get("account")
    owned = [one.account for one in beside.owned]
    account = next((one for one in owned if one.number == number), owned[0] if len(owned) == 1 and not number else None)
    if account is None:
        return {}
    cut = next((one.id for one in beside.cuts if account.feeder in one.feeders and not one.planned), "")
    return {"account": account.number, "utility": account.utility.upper(), "feeder": account.feeder, "incident": cut}


async def labels_of(session: AsyncSession, conversation_id: int) -> list[str]:
    """The labels of a conversation, by name."""
    query = select(ConversationLabel.label).where(ConversationLabel.conversation_id == conversation_id)
    return sorted((await session.exec(query)).all())


async def common_labels(session: AsyncSession, tenant: str) -> list[str]:
    """The labels a tenant uses most."""
    query = (
        select(col(ConversationLabel.label), func.count())
        .where(col(ConversationLabel.tenant) == tenant)
        .group_by(col(ConversationLabel.label))
        .order_by(func.count().desc(), col(ConversationLabel.label))
        .limit(COMMON_LABELS)
    )
    return [label for label, _ in (await session.execute(query)).all()]


def complaint_facts(parts: Parts, complaint: Complaint) -> dict[str, Any]:
    """A complaint as the customer is told of it."""
    return {
        "number": complaint.number,
        "kind": {"$word": parts.complaints.kinds.get(complaint.kind).label},
        "area": {"$name": complaint.area_names} if complaint.area_names else complaint.area,
        "state": {"$word": f"label_state_{complaint.state}"},
        "made": {"$when": complaint.created_at.isoformat()},
        "changed": {"$when": complaint.updated_at.isoformat()},
    }


def cut_facts(cut: Outage) -> dict[str, Any]:
    """A cut as the customer is told of it."""
    return {
        "area": {"$name": dict(cut.area)},
        "reason": {"$name": dict(cut.reason)} if cut.reason else None,
        "starts": {"$when": cut.starts_at.isoformat()},
        "restore": {"$when": cut.restore_at.isoformat()} if cut.restore_at else {"$word": "label_not_known_yet"},
    }
