"""Migrations lead every database to the tables that the code declares, whoever starts them and however often."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, inspect, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from core import migrate
from core.database import Database
from core.tables import ContactAddress
from handoff.desk_tables import Team
from migrations.models import metadata


@pytest.fixture
async def empty(database: Database) -> AsyncIterator[Database]:
    """A database without any table."""
    known = MetaData()
    async with database.engine.begin() as connection:
        await connection.run_sync(known.reflect)
        await connection.run_sync(known.drop_all)
    # A pool of its own: drivers remember the shape of tables.
    db = Database(database.url, database.clock)
    yield db
    await db.close()


def head() -> str:
    return str(ScriptDirectory.from_config(migrate.configuration()).get_current_head())


async def revision(db: Database) -> str:
    async with db.engine.connect() as connection:
        return await connection.run_sync(migrate.revision)


def differences(connection: Connection) -> list[Any]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, metadata()))


async def test_the_migrations_make_what_the_models_say(empty: Database) -> None:
    assert await migrate.upgrade(empty)
    async with empty.engine.connect() as connection:
        assert await connection.run_sync(differences) == [], "run: make new-migration NAME=…"
        migrated = await connection.run_sync(shape)
    fresh = Database(empty.url.replace("test.db", "fresh.db"), empty.clock) if empty.is_sqlite else None
    if fresh:
        async with fresh.engine.begin() as connection:
            await connection.run_sync(metadata().create_all)
            assert migrated == await connection.run_sync(shape)
        await fresh.close()


def shape(connection: Connection) -> dict[str, Any]:
    """Tables with columns, keys and references, however they came to be."""
    look = inspect(connection)
    return {
        table: (
            sorted((column["name"], str(column["type"]), column["nullable"]) for column in look.get_columns(table)),
            sorted((index["name"], tuple(index["column_names"]), index["unique"]) for index in look.get_indexes(table)),
            sorted((unique["name"], tuple(unique["column_names"])) for unique in look.get_unique_constraints(table)),
            sorted((key["name"], tuple(key["constrained_columns"])) for key in look.get_foreign_keys(table)),
        )
        for table in look.get_table_names()
        if table != "alembic_version"
    }


async def test_a_difference_would_be_seen(empty: Database) -> None:
    await migrate.upgrade(empty)
    async with empty.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE contact ADD COLUMN shoe_size INTEGER"))
        assert len(await connection.run_sync(differences)) == 1


async def test_a_second_start_has_nothing_to_do(empty: Database) -> None:
    assert await migrate.upgrade(empty)
    assert not await migrate.upgrade(empty)
    assert await revision(empty) == head()


async def test_processes_that_start_together_migrate_once(empty: Database) -> None:
    others = [Database(empty.url, empty.clock) for _ in range(3)]
    done = await asyncio.gather(*(migrate.upgrade(db) for db in others))
    assert sorted(done) == [False, False, True]
    for db in others:
        await db.close()


async def test_a_newer_database_is_left_as_it_is(empty: Database) -> None:
    await migrate.upgrade(empty)
    async with empty.engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert not await migrate.upgrade(empty)
    assert await revision(empty) == "9999"


async def test_a_failed_migration_changes_nothing(empty: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(config: Any, target: str) -> None:
        connection = config.attributes["connection"]
        connection.execute(text("CREATE TABLE half (id INTEGER)"))
        raise RuntimeError("on purpose")

    monkeypatch.setattr(migrate.command, "upgrade", broken)
    with pytest.raises(RuntimeError):
        await migrate.upgrade(empty)
    async with empty.engine.connect() as connection:
        assert await connection.run_sync(lambda sync: inspect(sync).get_table_names()) == []


async def test_references_are_kept_after_a_migration(empty: Database) -> None:
    await migrate.upgrade(empty)
    with pytest.raises(IntegrityError):
        async with empty.transaction() as session:
            session.add(ContactAddress(tenant="t", address="a", contact_id=99, created_at=empty.now()))


async def test_words_for_teams_become_teams(empty: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    upgrade = migrate.command.upgrade
    with monkeypatch.context() as before:
        before.setattr(migrate.command, "upgrade", lambda config, target: upgrade(config, "0007"))
        await migrate.upgrade(empty)
    people = ((1, "t", "Billing"), (2, "t", "Billing"), (3, "u", "Billing"), (4, "t", ""))
    async with empty.engine.begin() as connection:
        for number, tenant, team in people:
            values = f"{number}, '{tenant}', 'N', '[]', '[]', '[]', '{team}', 5, false, false"
            columns = "id, tenant, name, utilities, languages, skills, team, capacity, on_duty, automatic"
            await connection.execute(text(f"INSERT INTO operator ({columns}) VALUES ({values})"))
    assert await migrate.upgrade(empty)
    async with empty.reading() as session:
        teams = (await session.exec(select(Team).order_by(col(Team.tenant)))).all()
    assert [(team.tenant, team.name, team.utilities) for team in teams] == [("t", "Billing", []), ("u", "Billing", [])]


def test_migrations_are_one_line() -> None:
    scripts = ScriptDirectory.from_config(migrate.configuration())
    assert len(scripts.get_heads()) == 1
    numbers = [script.revision for script in scripts.walk_revisions()][::-1]
    assert numbers == [f"{number:04d}" for number in range(1, len(numbers) + 1)]
