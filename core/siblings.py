"""How many services share this database now, so that together they stay within what a platform allows one account.

Each writes a sign of life every few seconds and counts those of the others. Who comes into a company keeps still until
the others must have seen it; who has not been able to write for too long keeps still as well, for it may have been
counted out.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid
from collections.abc import Callable
from datetime import timedelta

import structlog
from sqlalchemy import delete, func, select
from sqlmodel import col

from core import lanes
from core.database import Database
from core.tables import Sibling

log = structlog.get_logger(__name__)
BEAT_SECONDS = 3.0
SEEN_SECONDS = BEAT_SECONDS + 2.0  # after this everybody has counted a new one
STALE_SECONDS = 8.0
GONE_SECONDS = 15.0  # later than stale: nobody takes a part whose owner still thinks it has one


async def forget(db: Database) -> None:
    """Take all for dead: for a service that has just started and knows that it is alone."""
    async with db.transaction() as session:
        await session.execute(delete(Sibling))


class Siblings:
    """This service among its siblings."""

    def __init__(self, db: Database, now: Callable[[], float] = time.monotonic) -> None:
        self._db = db
        self._now = now
        self._name = uuid.uuid4().hex
        self._count = 1
        self._beat_at: float | None = None
        self._quiet_until = 0.0
        self._task: asyncio.Task[None] | None = None

    @property
    def count(self) -> int:
        """How many there are, this one included."""
        return self._count

    def quiet(self) -> float:
        """For how many seconds this service must still keep from sending what is limited."""
        now = self._now()
        if self._beat_at is None or now - self._beat_at > STALE_SECONDS:
            return BEAT_SECONDS
        return max(0.0, self._quiet_until - now)

    async def start(self) -> None:
        await self.beat()
        self._task = asyncio.create_task(self._forever(), name="siblings")

    async def stop(self) -> None:
        """Leave the company; the others take the part over at their next beat."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        with contextlib.suppress(Exception):
            async with self._db.transaction() as session:
                await session.execute(delete(Sibling).where(col(Sibling.name) == self._name))

    async def beat(self) -> None:
        """Say that we live, forget who has not for long, count."""
        began, now = self._now(), self._db.now()
        async with self._db.transaction() as session:
            sign = lanes.insert_for(self._db, Sibling).values(name=self._name, seen_at=now)
            await session.execute(sign.on_conflict_do_update(index_elements=["name"], set_={"seen_at": now}))
            await session.execute(delete(Sibling).where(col(Sibling.seen_at) < now - timedelta(seconds=GONE_SECONDS)))
            self._count = (await session.execute(select(func.count()).select_from(Sibling))).scalar_one()
        is_new = self._beat_at is None or began - self._beat_at > STALE_SECONDS
        if is_new and self._count > 1:
            self._quiet_until = began + SEEN_SECONDS
        self._beat_at = began

    async def _forever(self) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            try:
                await self.beat()
            except Exception as error:
                log.error("No sign of life could be written.", action="beat", error=type(error).__name__)
