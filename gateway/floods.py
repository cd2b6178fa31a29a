"""One person's flood: what is more than a person writes is kept and not answered one by one (reliability.md R15).

The limit comes after the look for danger, so a danger in a flood is heard. What is above it costs no turn of the
dialogue core, which others are waiting for.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from core.database import Database
from core.inbox import Claimed, inbox

SPAN = timedelta(seconds=60)


async def is_too_much(db: Database, claimed: Claimed, most: int) -> bool:
    """Whether `most` messages of this conversation came in the minute before this one; 0 allows any number."""
    if not most:
        return False
    query = (
        select(inbox.c.received_at)
        .where(inbox.c.lane == claimed.lane, inbox.c.kind == "message", inbox.c.id < claimed.id)
        .order_by(inbox.c.id.desc())
        .offset(most - 1)
        .limit(1)
    )
    async with db.reading() as session:
        before = (await session.execute(query)).scalar()
    return before is not None and before > claimed.received_at - SPAN
