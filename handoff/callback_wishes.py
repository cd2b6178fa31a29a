"""Wishes to be called back: kept once, changed while nobody calls, told to every desk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.database import Database
from core.lanes import insert_for
from core.tenants import Tenants
from handoff import events, hours
from handoff.tables import CallbackRequest

requests: Any = CallbackRequest.__table__  # type: ignore[attr-defined]


class CallState(StrEnum):
    """Where a request stands."""

    OPEN = "open"
    CALLING = "calling"
    DONE = "done"
    GIVEN_UP = "given_up"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, kw_only=True)
class NewCallback:
    """A wish to be called. `wanted_words` are the customer's own for the time."""

    tenant: str
    contact_id: int
    conversation_id: int
    phone: str
    utility: str = ""
    language: str = ""
    wanted_at: datetime | None = None
    wanted_words: str = ""
    summary: Mapping[str, Any]


async def next_chance(
    session: AsyncSession, db: Database, tenants: Tenants, tenant: str, wanted: datetime | None
) -> datetime:
    """When somebody can call at the earliest: the wanted time, or the desk's next opening after it."""
    at = max(db.now(), wanted or db.now())
    return await hours.next_opening(session, tenants.get(tenant), at) or at


async def keep(
    session: AsyncSession, db: Database, tenants: Tenants, effect_key: str, new: NewCallback
) -> CallbackRequest:
    """Keep a wish, once for a key. A person who waits for a call already changes that wish instead."""
    known = (await session.exec(select(CallbackRequest).where(CallbackRequest.effect_key == effect_key))).first()
    if known is not None:
        return known
    due_at = await next_chance(session, db, tenants, new.tenant, new.wanted_at)
    waiting = select(CallbackRequest).where(
        CallbackRequest.contact_id == new.contact_id, CallbackRequest.state == CallState.OPEN.value
    )
    row = (await session.exec(waiting)).first()
    if row is not None:
        row.phone, row.wanted_at, row.wanted_words = new.phone, new.wanted_at, new.wanted_words[:120]
        row.due_at, row.conversation_id, row.summary = due_at, new.conversation_id, dict(new.summary)
        row.version += 1
        session.add(row)
        await session.flush()
    else:
        statement = (
            insert_for(db, requests)
            .values(
                effect_key=effect_key,
                tenant=new.tenant,
                utility=new.utility,
                language=new.language,
                contact_id=new.contact_id,
                conversation_id=new.conversation_id,
                phone=new.phone,
                wanted_at=new.wanted_at,
                wanted_words=new.wanted_words[:120],
                summary=dict(new.summary),
                state=CallState.OPEN.value,
                version=1,
                attempts=0,
                outcome="",
                due_at=due_at,
                created_at=db.now(),
            )
            .on_conflict_do_nothing()
        )
        await session.execute(statement)
        row = (await session.exec(select(CallbackRequest).where(CallbackRequest.effect_key == effect_key))).one()
    await tell_desks(session, db, row)
    return row


async def tell_desks(session: AsyncSession, db: Database, row: CallbackRequest) -> None:
    """Every desk of the tenant sees what became of a request."""
    await events.append(session, db, row.tenant, "callback", row.conversation_id, request=row.id, state=row.state)
