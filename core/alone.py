"""Whether a service that starts is the only one on its database, so that it may take over what a dead one held.

A killed process leaves leases behind; their conversations would wait until the leases end (90 s). A service that knows
it is alone frees them at once. It knows by a lock that ends with its process, however that ends: an advisory lock of
PostgreSQL, or a lock on a file beside a SQLite database. Everyone holds it shared while running; only who gets it
exclusively at the start is alone.
"""

from __future__ import annotations

import asyncio
import fcntl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO

import structlog
from sqlalchemy import text

from core import lanes, siblings
from core.database import Database

log = structlog.get_logger(__name__)
KEY = 0x5A7415  # of the advisory lock: any number that nobody else on the same database uses


@asynccontextmanager
async def presence(db: Database) -> AsyncIterator[bool]:
    """Be known as running inside the `with`. True when nobody else was: every lease is then freed."""
    async with _file(db) if db.is_sqlite else _advisory(db) as alone:
        yield alone


async def _take_over(db: Database) -> None:
    await siblings.forget(db)
    freed = await lanes.free_all(db)
    if freed:
        log.info("Conversations that a dead process held are free again.", action="start", count=freed)


@asynccontextmanager
async def _file(db: Database) -> AsyncIterator[bool]:
    path = Path(db.url.split(":///", 1)[1] + ".running")
    with path.open("a") as file:  # noqa: ASYNC230 — an empty file beside the database
        alone = _try_exclusive(file)
        if alone:
            await _take_over(db)
        await asyncio.to_thread(fcntl.flock, file, fcntl.LOCK_SH)
        yield alone


def _try_exclusive(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@asynccontextmanager
async def _advisory(db: Database) -> AsyncIterator[bool]:
    async with db.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        words = {"key": KEY}
        alone = (await connection.execute(text("SELECT pg_try_advisory_lock(:key)"), words)).scalar_one()
        if alone:
            await _take_over(db)
        await connection.execute(text("SELECT pg_advisory_lock_shared(:key)"), words)
        if alone:
            await connection.execute(text("SELECT pg_advisory_unlock(:key)"), words)
        yield bool(alone)
        await connection.execute(text("SELECT pg_advisory_unlock_shared(:key)"), words)
