"""One way to two databases: transactions, durability, time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from core.database import Database
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


async def test_each_test_gets_an_empty_database(database: Database) -> None:
    async with database.reading() as session:
        assert (await session.execute(text("SELECT count(*) FROM contact"))).scalar_one() == 0


async def test_a_stored_time_must_be_aware(database: Database) -> None:
    with pytest.raises(Exception, match="aware"):
        async with database.transaction() as session:
            session.add(Contact(tenant="t", created_at=datetime(2026, 1, 1)))
            await session.flush()
