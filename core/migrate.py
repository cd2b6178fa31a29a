"""Bring a database up to date at the start of the service: one process does it, the others wait, then find it done.

The steps are alembic's and lie in migrations/. A database that is newer than the code is left as it is: schema changes
come in two steps, so that the code before can run on the schema after (R22).
"""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection

from core.database import Database
from core.errors import ConfigurationError
from core.settings import ROOT

LOCK = 5_417_031_022  # any number that nobody else uses for an advisory lock


def configuration() -> Config:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


async def upgrade(db: Database) -> bool:
    """Run what is missing; returns whether there was anything to do."""
    scripts = ScriptDirectory.from_config(configuration())
    head = scripts.get_current_head()
    async with db.engine.connect() as connection:
        if await connection.run_sync(revision) == head:
            return False
    async with db.engine.connect() as connection:
        if db.is_sqlite:
            return await _upgrade_sqlite(connection, scripts)
        async with connection.begin():
            await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            return await connection.run_sync(_run, scripts)


async def _upgrade_sqlite(connection: AsyncConnection, scripts: ScriptDirectory) -> bool:
    # A changed table is written anew and the old one dropped, which references would forbid; the switch works only
    # outside a transaction. They are checked before the commit instead.
    await connection.execute(text("PRAGMA foreign_keys=OFF"))
    await connection.commit()
    try:
        await connection.execute(text("BEGIN IMMEDIATE"))
        changed = await connection.run_sync(_run, scripts)
        broken = (await connection.execute(text("PRAGMA foreign_key_check"))).all()
        if broken:
            raise ConfigurationError(f"the migration would leave {len(broken)} rows without what they refer to")
        await connection.commit()
        return changed
    except BaseException:
        await connection.rollback()
        raise
    finally:
        await connection.execute(text("PRAGMA foreign_keys=ON"))
        await connection.commit()


def revision(connection: Connection) -> str:
    """The migration a database is at; empty for a new one."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")


def _run(connection: Connection, scripts: ScriptDirectory) -> bool:
    known = {script.revision for script in scripts.walk_revisions()}
    now = revision(connection)
    if now == scripts.get_current_head() or (now and now not in known):
        return False
    config = configuration()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    return True
