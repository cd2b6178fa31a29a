"""What alembic runs: our tables, on a connection given by core/migrate.py or opened from the settings."""

from __future__ import annotations

import asyncio
from typing import Any

from alembic import context
from sqlalchemy import Connection, TypeDecorator
from sqlalchemy.dialects import sqlite

from core.database import Database
from core.settings import load
from migrations.models import metadata


def render_item(kind: str, item: Any, _context: Any) -> str | bool:
    """Write our own column types as the plain ones they stand for: a migration must not change when code does."""
    if kind != "type" or not isinstance(item, TypeDecorator):
        return False
    plain, small = item.impl_instance, item.load_dialect_impl(sqlite.dialect())
    written = f"sa.{plain!r}"
    if plain.__visit_name__.lower() != small.__visit_name__.lower():
        written += f'.with_variant(sa.{small!r}, "sqlite")'
    return written


def migrate(connection: Connection) -> None:
    """Run the migrations. Whoever gave the connection holds the lock and commits."""
    context.configure(
        connection=connection,
        target_metadata=metadata(),
        render_as_batch=True,
        compare_type=True,
        render_item=render_item,
        transactional_ddl=False,
    )
    with context.begin_transaction():
        context.run_migrations()


async def migrate_by_hand() -> None:
    """For the alembic command: the database of the settings."""
    db = Database(load().resolved_database_url)
    async with db.engine.begin() as connection:
        await connection.run_sync(migrate)
    await db.close()


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    migrate(given)
else:
    asyncio.run(migrate_by_hand())
