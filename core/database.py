"""One way to the database, SQLite or PostgreSQL by URL.

SQLite runs in WAL with synchronous=FULL: the webhook's answer promises that a message is on the disk.
Writers of one process wait in a line of their own instead of in SQLite's busy loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import aiosqlite
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.ext.asyncio import AsyncSession as CoreAsyncSession
from sqlalchemy.orm import Session as CoreSession
from sqlalchemy.pool import AsyncAdaptedQueuePool
from sqlmodel import Session as ModelSession
from sqlmodel.ext.asyncio.session import AsyncSession as ModelAsyncSession

from core.clock import Clock, SystemClock
from core.errors import ConfigurationError

BUSY_MS = 30_000
# How long closing waits for a SQLite connection's thread that still works off a cancelled statement.
THREAD_SECONDS = 5


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_MS}",
        "temp_store=MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
    # The driver must not open transactions by itself: ours begin with BEGIN IMMEDIATE.
    connection.isolation_level = None


def is_deadlock(error: Exception) -> bool:
    """Whether two transactions locked each other out and this one was ended: simply to be tried again."""
    # 40P01 deadlock_detected, 40001 serialization_failure
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in ("40P01", "40001")


def is_lost_connection(error: Exception) -> bool:
    """Whether the database could not be reached or did not answer, so that trying other rows is of no use."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or "locked" in str(error.orig)
    return isinstance(error, OSError | TimeoutError)


class Session(ModelSession):
    """SQLModel's session, with the plain `execute` that SQLModel warns about."""

    execute = CoreSession.execute


class AsyncSession(ModelAsyncSession):
    """SQLModel's session: `exec` for rows of tables, `execute` for Core statements, which the queues are written in."""

    sync_session_class = Session
    execute = CoreAsyncSession.execute


class Database:
    """An engine, its transactions and its clock."""

    def __init__(self, url: str, clock: Clock | None = None) -> None:
        self.url = url
        self.clock = clock or SystemClock()
        self.is_sqlite = url.startswith("sqlite")
        # Every connection that may still be open, also one whose caller was cancelled before the pool knew of it.
        self._connections: list[aiosqlite.Connection] = []
        if self.is_sqlite:
            path = Path(url.split(":///", 1)[1])
            path.parent.mkdir(parents=True, exist_ok=True)

            async def connect() -> aiosqlite.Connection:
                connection = aiosqlite.connect(path, check_same_thread=False)
                connection._thread.daemon = True  # a process that ends waits for no statement
                self._connections = [known for known in self._connections if known._thread.is_alive()]
                self._connections.append(connection)
                return await connection

            self.engine: AsyncEngine = create_async_engine(
                url, poolclass=AsyncAdaptedQueuePool, pool_size=8, max_overflow=8, async_creator=connect
            )
            event.listen(self.engine.sync_engine, "connect", _prepare_sqlite)
        else:
            self.engine = create_async_engine(url, pool_size=16, max_overflow=8, pool_pre_ping=True)
        self._writing = asyncio.Lock()

    async def check(self) -> None:
        """Refuse a database that could forget what it confirmed: reliability.md R2."""
        async with self.engine.connect() as connection:
            if self.is_sqlite:
                mode = (await connection.execute(text("PRAGMA journal_mode"))).scalar_one()
                level = (await connection.execute(text("PRAGMA synchronous"))).scalar_one()
                if mode != "wal" or level < 2:
                    raise ConfigurationError(
                        f"SQLite runs with journal_mode={mode}, synchronous={level}: WAL and FULL needed"
                    )
            else:
                level = (await connection.execute(text("SHOW synchronous_commit"))).scalar_one()
                fsync = (await connection.execute(text("SHOW fsync"))).scalar_one()
                if level not in ("on", "remote_write", "remote_apply") or fsync != "on":
                    raise ConfigurationError(
                        f"PostgreSQL runs with synchronous_commit={level}, fsync={fsync}: both must be on"
                    )

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A write transaction: commits at the end, rolls back on any error."""
        if self.is_sqlite:
            async with self._writing, AsyncSession(self.engine, expire_on_commit=False) as session:
                await session.execute(text("BEGIN IMMEDIATE"))
                try:
                    yield session
                    await session.commit()
                except BaseException:
                    await session.rollback()
                    raise
        else:
            async with AsyncSession(self.engine, expire_on_commit=False) as session, session.begin():
                yield session

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A session that only reads."""
        async with AsyncSession(self.engine, expire_on_commit=False) as session:
            yield session

    def now(self) -> datetime:
        return self.clock.now()

    async def close(self) -> None:
        """Close every connection; none of their threads outlives the event loop that it reports to."""
        await self.engine.dispose()
        for connection in self._connections:
            if connection._connection is not None:
                await connection.close()
            if connection._thread.is_alive():
                await asyncio.to_thread(connection._thread.join, THREAD_SECONDS)
        self._connections = []
