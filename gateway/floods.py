"""One person's flood: what is more than a person writes is kept and not answered one by one (reliability.md R15).

Measured over five minutes, so that somebody who types in haste, or a phone that sends a day's messages when it finds
its network again, is answered. The limit comes after the look for danger, so a danger in a flood is heard. What is
above it costs no turn of the dialogue core, which others are waiting for.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from core.database import Database
from core.inbox import Claimed, inbox

MINUTES = 5
SPAN = timedelta(minutes=MINUTES)


async def is_too_much(db: Database, claimed: Claimed, per_minute: int) -> bool:
    """Whether more than so many a minute came in this conversation in the last five; 0 allows any number."""
    if not per_minute:
        return False
    query = (
        select(inbox.c.received_at)
        .where(inbox.c.lane == claimed.lane, inbox.c.kind == "message", inbox.c.id < claimed.id)
        .order_by(inbox.c.id.desc())
        .offset(per_minute * MINUTES - 1)
        .limit(1)
    )
    async with db.reading() as session:
        before = (await session.execute(query)).scalar()
    return before is not None and before > claimed.received_at - SPAN
