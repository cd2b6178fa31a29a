"""The real tenants, the demo's data in SQLite, and somebody to talk to."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

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
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("seeded") / "seeded.db"


@pytest.fixture
async def world(
    template: Path, tmp_path: Path, clock: ManualClock, tenants: Tenants, answers: Answers
) -> AsyncIterator[World]:
    """A seeded database of its own for each test; the data is made once."""
    if not template.exists():
        db = Database(f"sqlite+aiosqlite:///{template}", clock)
        async with db.engine.begin() as connection:
            await connection.run_sync(metadata().create_all)
        await seed(db, tenants)
        async with db.reading() as session:
            await session.exec(text("PRAGMA wal_checkpoint(TRUNCATE)"))  # type: ignore[call-overload]
        await db.close()
    shutil.copyfile(template, tmp_path / "test.db")
    db = Database(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}", clock)
    yield World(db, tenants, answers)
    await db.close()
