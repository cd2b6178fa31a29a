"""Messages that will not leave by themselves: look at them, mend them, send them again."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update
from sqlmodel import col
from sqlmodel import select as select_rows

from core import lanes
from core.database import Database
from core.messages import outgoing_from_json, to_json
from core.outbox_rows import QUEUE, lane_key, outbox
from core.outbox_rules import DEAD_STATES, why_never_again
from core.retry import LIFETIME_SECONDS
from core.tables import OutboxRow


class DeadLetters:
    """What staff can do with the table."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def dead_letters(
        self, limit: int = 100, states: Collection[str] = DEAD_STATES, channel: str = ""
    ) -> list[OutboxRow]:
        """Messages that will not leave by themselves, newest first; or those in other states."""
        async with self._db.reading() as session:
            query = select_rows(OutboxRow).where(col(OutboxRow.state).in_(states))
            if channel:
                query = query.where(OutboxRow.channel == channel)
            return list((await session.exec(query.order_by(col(OutboxRow.id).desc()).limit(limit))).all())

    async def find(self, row_id: int) -> OutboxRow | None:
        """One row."""
        async with self._db.reading() as session:
            return await session.get(OutboxRow, row_id)

    async def fix(self, row_id: int, **changes: Any) -> bool:
        """Change the words or the address of a dead letter; it stays one until it is replayed."""
        async with self._db.transaction() as session:
            row = (await session.execute(select(outbox).where(outbox.c.id == row_id))).first()
            if row is None or row.state not in DEAD_STATES:
                return False
            values: dict[str, Any] = {}
            if address := changes.pop("address", ""):
                values |= {"address": address, "lane": lane_key(row.channel, address)}
            if changes:
                values["payload"] = to_json(outgoing_from_json({**row.payload, **changes}))
            await session.execute(update(outbox).where(outbox.c.id == row_id).values(**values))
        return True

    async def replay(self, row_id: int) -> bool:
        """Queue a dead letter again with a fresh life. False when there is none, or when it must not be sent twice."""
        async with self._db.transaction() as session:
            now = self._db.now()
            row = (await session.execute(select(outbox).where(outbox.c.id == row_id))).first()
            if row is None or row.state not in DEAD_STATES or why_never_again(row.purpose, row.error_code):
                return False
            life = LIFETIME_SECONDS.get(row.purpose, LIFETIME_SECONDS["reply"])
            await session.execute(
                update(outbox)
                .where(outbox.c.id == row_id)
                .values(
                    state="queued",
                    attempts=0,
                    doubts=0,
                    due_at=now,
                    expires_at=now + timedelta(seconds=life),
                    external_id="",  # a late word on the old try must not touch the new one
                    error_code="",
                    error_words="",
                )
            )
            await lanes.wake(session, self._db, QUEUE, {row.lane: (now, row.priority)})
            return True
