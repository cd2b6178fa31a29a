"""Notices a person wants, and what they think of the service: each written once for an effect key."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from complaints.tables import AlertSubscription, Feedback
from core.database import Database
from core.lanes import insert_for
from core.tables import Conversation

TOPICS = ("outage", "bill")
subscriptions: Any = AlertSubscription.__table__  # type: ignore[attr-defined]
feedbacks: Any = Feedback.__table__  # type: ignore[attr-defined]


async def subscribe(
    session: AsyncSession,
    db: Database,
    *,
    tenant: str,
    contact_id: int,
    conversation_id: int,
    utility: str = "",
    account: str = "",
    topics: tuple[str, ...] = TOPICS,
) -> None:
    """Switch a person's notices on. Doing it twice changes nothing."""
    now = db.now()
    wanted = {
        "conversation_id": conversation_id,
        "utility": utility,
        "account": account,
        "topics": list(topics),
        "active": True,
        "updated_at": now,
    }
    statement = insert_for(db, subscriptions).values(tenant=tenant, contact_id=contact_id, created_at=now, **wanted)
    await session.execute(statement.on_conflict_do_update(index_elements=["tenant", "contact_id"], set_=wanted))


async def unsubscribe(session: AsyncSession, db: Database, *, tenant: str, contact_id: int) -> bool:
    """Switch a person's notices off; whether there were any."""
    query = select(AlertSubscription).where(
        AlertSubscription.tenant == tenant, AlertSubscription.contact_id == contact_id
    )
    row = (await session.exec(query)).first()
    if row is None or not row.active:
        return False
    row.active = False
    row.updated_at = db.now()
    session.add(row)
    return True


async def follow(session: AsyncSession, db: Database, conversation_id: int, *, active: bool) -> None:
    """Keep to a wish that was told to the platform: who subscribed once is switched off or on again."""
    person = select(Conversation.contact_id).where(Conversation.id == conversation_id).scalar_subquery()
    change = update(AlertSubscription).where(col(AlertSubscription.contact_id) == person)
    await session.execute(change.values(active=active, updated_at=db.now()))


async def give_feedback(
    session: AsyncSession,
    db: Database,
    *,
    effect_key: str,
    tenant: str,
    contact_id: int,
    text: str,
    rating: int | None = None,
    complaint: str = "",
) -> None:
    """Keep what somebody thinks of us."""
    statement = insert_for(db, feedbacks).values(
        effect_key=effect_key,
        tenant=tenant,
        contact_id=contact_id,
        text=text[:2000],
        rating=rating,
        complaint=complaint,
        created_at=db.now(),
    )
    await session.execute(statement.on_conflict_do_nothing())
