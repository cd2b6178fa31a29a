"""The real tenants, the demo's data in SQLite, and somebody to talk to."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.answers import Answers
from core.clock import ManualClock
from core.database import Database
from core.settings import ROOT
from core.tenants import Tenants
from migrations.models import metadata
from tests.actions.talk import World
from utility.seed import seed


@pytest.fixture(scope="session")
def tenants() -> Tenants:
    return Tenants.load(ROOT)


@pytest.fixture(scope="session")
def answers() -> Answers:
    return Answers.load(ROOT)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory, tenants: Tenants) -> Path:
    """The demo's data, made once on the day of the tests' clock."""
    path = tmp_path_factory.mktemp("seeded") / "seeded.db"

    async def make() -> None:
        db = Database(f"sqlite+aiosqlite:///{path}", ManualClock(datetime(2026, 10, 20, 6, 0, tzinfo=UTC)))
        async with db.engine.begin() as connection:
            await connection.run_sync(metadata().create_all)
        await seed(db, tenants)
        async with db.engine.connect() as connection:
            await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        await db.close()

    asyncio.run(make())
    return path


@pytest.fixture
async def world(
    template: Path, tmp_path: Path, clock: ManualClock, tenants: Tenants, answers: Answers
) -> AsyncIterator[World]:
    """A seeded database of its own for each test."""
    shutil.copyfile(template, tmp_path / "test.db")
    db = Database(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}", clock)
    yield World(db, tenants, answers)
    await db.close()
