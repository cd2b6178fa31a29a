"""One way to two databases: transactions, durability, time."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import event, make_url, text
from sqlalchemy.exc import DBAPIError

from core import database as database_module
from core.database import Database, is_deadlock, is_lost_connection
from core.errors import ConfigurationError
from core.tables import Contact


async def test_a_transaction_commits_at_its_end(database: Database) -> None:
    async with database.transaction() as session:
        session.add(Contact(tenant="t", name="কবির", created_at=database.now()))
    async with database.reading() as session:
        contact = await session.get(Contact, 1)
    assert contact is not None
    assert contact.name == "কবির"
    assert contact.created_at == datetime(2026, 10, 20, 6, 0, tzinfo=UTC)


async def test_an_error_rolls_a_transaction_back(database: Database) -> None:
    with pytest.raises(RuntimeError):
        async with database.transaction() as session:
            session.add(Contact(tenant="t", created_at=database.now()))
            await session.flush()
            raise RuntimeError("on purpose")
    async with database.reading() as session:
        assert (await session.execute(text("SELECT count(*) FROM contact"))).scalar_one() == 0


async def test_closing_leaves_no_thread_behind(database: Database) -> None:
    """A statement that is cancelled half-way still reports to its loop: the loop must be there until it has."""
    long = text(
        "WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < 200000)"
        " SELECT count(*) FROM counted"
    )

    async def read() -> None:
        async with database.reading() as session:
            await session.execute(long)

    before = set(threading.enumerate())
    tasks = [asyncio.create_task(read()) for _ in range(4)]
    await asyncio.sleep(0.01)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await database.close()
    left = [thread.name for thread in set(threading.enumerate()) - before]
    assert not [name for name in left if "_connection_worker_thread" in name]


async def test_each_test_gets_an_empty_database(database: Database) -> None:
    async with database.reading() as session:
        assert (await session.execute(text("SELECT count(*) FROM contact"))).scalar_one() == 0


async def test_a_stored_time_must_be_aware(database: Database) -> None:
    with pytest.raises(Exception, match="aware"):
        async with database.transaction() as session:
            session.add(Contact(tenant="t", created_at=datetime(2026, 1, 1)))
            await session.flush()


async def test_a_durable_database_may_be_used(database: Database) -> None:
    await database.check()


@pytest.mark.parametrize("setting", ["synchronous_commit", "fsync"])
async def test_a_database_that_could_forget_is_refused(
    database: Database, setting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was confirmed to a platform must survive a power cut (R2)."""
    if database.is_sqlite:
        pragmas = {"synchronous_commit": "synchronous=NORMAL", "fsync": "journal_mode=MEMORY"}
        event.listen(
            database.engine.sync_engine,
            "connect",
            lambda connection, _record: connection.cursor().execute(f"PRAGMA {pragmas[setting]}"),
        )
        named = pragmas[setting].lower()
    elif setting == "synchronous_commit":
        name = make_url(database.url).database
        async with database.engine.begin() as connection:
            await connection.execute(text(f'ALTER DATABASE "{name}" SET synchronous_commit = off'))
        await database.engine.dispose()
        named = "synchronous_commit=off"
    else:
        # fsync belongs to the whole server, which other tests share: answer as such a server would.
        monkeypatch.setattr(database_module, "text", lambda words: text(words.replace("SHOW fsync", "SELECT 'off'")))
        named = "fsync=off"
    with pytest.raises(ConfigurationError) as caught:
        await database.check()
    assert named.replace("=normal", "=1") in str(caught.value).lower()


async def test_writers_wait_in_line(database: Database) -> None:
    """Nobody hears "database is locked", whoever else writes."""
    other = Database(database.url, database.clock)

    async def add(db: Database) -> None:
        async with db.transaction() as session:
            session.add(Contact(tenant="t", created_at=db.now()))
            await session.flush()
            await asyncio.sleep(0.002)

    await asyncio.gather(*(add(db) for db in (database, other) for _ in range(10)))
    await other.close()
    async with database.reading() as session:
        assert (await session.execute(text("SELECT count(*) FROM contact"))).scalar_one() == 20


async def test_a_cancelled_transaction_leaves_nothing(database: Database) -> None:
    async def hang() -> None:
        async with database.transaction() as session:
            session.add(Contact(tenant="t", created_at=database.now()))
            await session.flush()
            await asyncio.sleep(60)

    task = asyncio.create_task(hang())
    await asyncio.sleep(0.2)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    async with database.transaction() as session:
        assert (await session.execute(text("SELECT count(*) FROM contact"))).scalar_one() == 0


def test_only_a_deadlock_is_worth_trying_at_once() -> None:
    class Original(Exception):
        sqlstate = "40P01"

    assert is_deadlock(DBAPIError("", {}, Original()))
    assert not is_deadlock(DBAPIError("", {}, Exception()))
    assert not is_deadlock(ValueError())


@pytest.mark.parametrize(
    ("error", "lost"),
    [
        (ConnectionRefusedError(), True),
        (TimeoutError(), True),
        (DBAPIError("", {}, Exception(), connection_invalidated=True), True),
        (DBAPIError("", {}, Exception("database is locked")), True),
        (DBAPIError("", {}, Exception("invalid byte sequence")), False),
        (ValueError(), False),
    ],
    ids=str,
)
def test_a_lost_connection_is_told_from_a_bad_row(error: Exception, lost: bool) -> None:
    assert is_lost_connection(error) is lost
