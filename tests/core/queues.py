"""Short words for the queue tests: rows to put in, messages to send, what the tables say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from core import outbox
from core.database import Database
from core.inbox import Claimed, Inbox, NewRow
from core.messages import Delivery, OutgoingMessage, Priority, StatusUpdate
from core.tables import InboxRow, Lane, OutboxRow

CHANNEL = "whatsapp:1"
SECONDS = 90.0


def new_row(external_id: str, lane: str = "whatsapp:+8801700000001", **changes: Any) -> NewRow:
    """An incoming message."""
    return NewRow(
        **({"channel": CHANNEL, "kind": "message", "payload": {"text": external_id}} | changes),
        external_id=external_id,
        lane=lane,
    )


@asynccontextmanager
async def running(*inboxes: Inbox) -> AsyncIterator[None]:
    """Writers started, and stopped at the end."""
    for item in inboxes:
        await item.start()
    try:
        yield
    finally:
        for item in inboxes:
            await item.stop()


async def finish(db: Database, inbox: Inbox, claimed: Claimed, **words: Any) -> None:
    async with db.transaction() as session:
        await inbox.finish(session, claimed, {}, **words)


async def drain(db: Database, inbox: Inbox, owner: str = "w") -> list[str]:
    """Handle everything that is ready; returns the external ids in the order of handling."""
    seen = []
    while (claimed := await inbox.claim_next(owner, SECONDS)) is not None:
        seen.append(claimed.external_id)
        await finish(db, inbox, claimed)
    return seen


async def inbox_rows(db: Database) -> dict[str, InboxRow]:
    async with db.reading() as session:
        rows = (await session.execute(select(InboxRow))).scalars().all()
    return {row.external_id: row for row in rows}


async def outbox_rows(db: Database) -> list[OutboxRow]:
    async with db.reading() as session:
        return list((await session.execute(select(OutboxRow).order_by("id"))).scalars().all())


async def lane_of(db: Database, queue: str, key: str) -> Lane:
    async with db.reading() as session:
        lane = await session.get(Lane, (queue, key))
    assert lane is not None
    return lane


async def say(
    db: Database,
    *texts: str,
    to: str = "whatsapp:+8801700000001",
    dedupe: str | None = None,
    purpose: str = "reply",
    priority: Priority = Priority.REPLY,
) -> None:
    """Queue messages to one person."""
    async with db.transaction() as session:
        await outbox.enqueue(
            session,
            db,
            channel=CHANNEL,
            address=to,
            dedupe=dedupe or f"occasion-{texts[0]}",
            messages=[OutgoingMessage(text=text, purpose=purpose, priority=priority) for text in texts],
        )


def status(what: Delivery, external_id: str = "wamid.1", **changes: Any) -> StatusUpdate:
    return StatusUpdate(
        external_id=external_id, status=what, occurred_at=datetime(2026, 10, 20, 6, 1, tzinfo=UTC), **changes
    )


async def hear(db: Database, update: StatusUpdate) -> int | None:
    """A status comes in from the platform."""
    async with db.transaction() as session:
        return await outbox.Outbox(db).apply_status(session, CHANNEL, update)


async def together(*calls: Any) -> list[Any]:
    return list(await asyncio.gather(*calls))
