"""The log that live desks follow. Ids come in the order of commit, so whoever has seen one has seen all before it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, select
from sqlmodel import col
from sqlmodel import select as select_rows
from sqlmodel.ext.asyncio.session import AsyncSession

from core.database import Database
from core.tables import Conversation
from handoff.desk_tables import DeskEvent

KEPT = timedelta(hours=24)
# A danger of so long ago still concerns whoever takes the conversation.
DANGER_LASTS = timedelta(hours=12)


async def append(
    session: AsyncSession,
    db: Database,
    tenant: str,
    kind: str,
    conversation_id: int | None = None,
    **detail: Any,
) -> None:
    """Tell every desk of a tenant. Call it last in a transaction: on PostgreSQL appends wait for each other.

    Ids are drawn before the commit; without the wait an id could become visible after a greater one and be missed.
    """
    if not db.is_sqlite:
        await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("desk_event", 0))))
    session.add(DeskEvent(tenant=tenant, kind=kind, conversation_id=conversation_id, detail=detail, at=db.now()))
    await session.flush()


async def after(session: AsyncSession, tenant: str, last_id: int, limit: int = 200) -> list[DeskEvent]:
    """What a desk has not seen yet."""
    query = (
        select_rows(DeskEvent)
        .where(DeskEvent.tenant == tenant, col(DeskEvent.id) > last_id)
        .order_by(col(DeskEvent.id))
        .limit(limit)
    )
    return list((await session.exec(query)).all())


async def in_danger(session: AsyncSession, db: Database, conversation: Conversation) -> bool:
    """Whether somebody in a conversation reported danger lately, whoever had it then."""
    query = select_rows(DeskEvent.id).where(
        DeskEvent.tenant == conversation.tenant,
        DeskEvent.conversation_id == conversation.id,
        DeskEvent.kind == "danger",
        col(DeskEvent.at) > db.now() - DANGER_LASTS,
    )
    return (await session.exec(query.limit(1))).first() is not None


async def newest(session: AsyncSession, tenant: str) -> int:
    """The id to begin after; read it before the page's own data."""
    query = select(func.max(col(DeskEvent.id))).where(col(DeskEvent.tenant) == tenant)
    return (await session.execute(query)).scalar() or 0


async def oldest(session: AsyncSession, tenant: str) -> int:
    """The oldest event still kept: a desk that was away for longer must load everything anew."""
    query = select(func.min(col(DeskEvent.id))).where(col(DeskEvent.tenant) == tenant)
    return (await session.execute(query)).scalar() or 0


async def forget_old(db: Database) -> int:
    """Drop events that no desk will ask for again."""
    async with db.transaction() as session:
        gone = await session.execute(
            delete(DeskEvent).where(col(DeskEvent.at) < db.now() - KEPT).returning(col(DeskEvent.id))
        )
        return len(gone.all())


async def lock_conversation(session: AsyncSession, db: Database, conversation_id: int) -> Conversation:
    """The conversation as it is now; nobody else changes its owner until the end of this transaction."""
    query = select_rows(Conversation).where(col(Conversation.id) == conversation_id)
    query = query.execution_options(populate_existing=True)
    if not db.is_sqlite:
        query = query.with_for_update()
    return (await session.exec(query)).one()
