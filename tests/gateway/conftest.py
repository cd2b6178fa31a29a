"""The web chat behind a real server, on both databases. A module that needs only one has its own `double`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.database import Database
from tests.gateway.webchat_double import Double, serving


@pytest.fixture
async def double(database: Database, tmp_path: Path) -> Double:
    return Double(database, tmp_path)


@pytest.fixture
async def url(double: Double) -> AsyncIterator[str]:
    async with serving(double) as address:
        yield address
