"""The outbox's rows: the table, the lane a row belongs to, and how a message gets in."""

from __future__ import annotations

import functools
from datetime import timedelta
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel.ext.asyncio.session import AsyncSession

from core import lanes
from core.database import Database
from core.messages import OutgoingMessage, to_json
from core.retry import LIFETIME_SECONDS
from core.tables import OutboxRow

QUEUE = "out"
outbox: Any = OutboxRow.__table__  # type: ignore[attr-defined]


def lane_key(channel: str, address: str) -> str:
    """Messages to one person on one channel leave one after the other."""
    return f"{channel}|{address}"


async def enqueue(
    session: AsyncSession,
    db: Database,
    *,
    channel: str,
    address: str,
    dedupe: str,
    messages: list[OutgoingMessage],
    conversation_id: int | None = None,
    message_ids: list[int | None] | None = None,
) -> None:
    """Queue messages in order, within the caller's transaction. A `dedupe` seen before queues nothing."""
    if not messages:
        return
    now = db.now()
    lane = lane_key(channel, address)
    values = [
        {
            "dedupe": f"{dedupe}:{index}",
            "channel": channel,
            "lane": lane,
            "address": address,
            "conversation_id": conversation_id,
            "message_id": message_ids[index] if message_ids else None,
            "purpose": message.purpose,
            "priority": message.priority.rank,
            "payload": to_json(message),
            "state": "queued",
            "attempts": 0,
            "doubts": 0,
            "due_at": now,
            "expires_at": now + timedelta(seconds=LIFETIME_SECONDS.get(message.purpose, LIFETIME_SECONDS["reply"])),
            "external_id": "",
            "error_code": "",
            "error_words": "",
            "created_at": now,
        }
        for index, message in enumerate(messages)
    ]
    await session.execute(_inserting(db.is_sqlite), values)
    await lanes.wake(session, db, QUEUE, {lane: (now, min(message.priority.rank for message in messages))})


@functools.cache
def _inserting(is_sqlite: bool) -> Any:
    statement = sqlite.insert(outbox) if is_sqlite else postgresql.insert(outbox)
    return statement.on_conflict_do_nothing(index_elements=["dedupe"])
