"""The real tenants, and the demo data in a fresh database."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.database import Database
from core.settings import ROOT
from core.tenants import Tenants
from utility.local import LocalUtility
from utility.seed import seed


@pytest.fixture(scope="session")
def tenants() -> Tenants:
    return Tenants.load(ROOT)


@pytest.fixture
async def demo(database: Database, tenants: Tenants) -> Database:
    """A database with the demo data of the clock's day."""
    assert await seed(database, tenants)
    return database


@pytest.fixture
def local(demo: Database, tenants: Tenants) -> LocalUtility:
    return LocalUtility(demo, tenants)


@pytest.fixture
def fonts() -> Path:
    return ROOT / "var" / "assets" / "fonts"
