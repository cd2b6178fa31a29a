"""What every test may ask for: a database of each kind, a clock that stands still, and no network.

Rasa's tests run on Python 3.10 without the service's packages, so those are imported where they are needed.
"""

from __future__ import annotations

import asyncio
import importlib.util
import itertools
import os
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests import network

if TYPE_CHECKING:
    from core.clock import ManualClock
    from core.database import Database
    from tests.replay.stage import Stage

pytest_plugins = ["pytester"]
KINDS = ("sqlite", "postgresql")
WITH_RASA = ("tests/replay/", "tests/browser/test_whole_service.py")
WITH_READER = "tests/nlu/"  # each would load the model
_numbers = itertools.count(1)
# By server, the database that the last test used and that has no rows any more.
_emptied: dict[str, str] = {}
OTHERS_OUT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
EMPTY = """
DO $$ DECLARE name text; BEGIN
  SET LOCAL session_replication_role = replica;  -- no foreign key asks in which order
  FOR name IN SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE 'DELETE FROM ' || name;
  END LOOP;
  FOR name IN SELECT quote_ident(sequencename) FROM pg_sequences WHERE schemaname = 'public' LOOP
    PERFORM setval(name, 1, false);
  END LOOP;
END $$
"""

if sys.version_info < (3, 11):
    collect_ignore_glob = ["[!b]*/*"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        action="append",
        default=[],
        metavar="KIND_OR_URL",
        help="sqlite, postgresql (a server of our own) or postgresql+asyncpg://…; may be repeated. Default: both.",
    )


def pytest_configure(config: pytest.Config) -> None:
    network.block()
    if importlib.util.find_spec("hypothesis"):
        from hypothesis import settings

        # Everyday tests try the same cases each time; new ones are looked for by `make soak`, and kept as examples.
        settings.register_profile("everyday", deadline=None, derandomize=os.environ.get("SATHI_SOAK") != "1")
        settings.load_profile("everyday")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give out single tests, but those behind one Rasa server to one worker, first because they take longest."""
    from xdist.scheduler import LoadScopeScheduling

    class Together(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            if nodeid.startswith(WITH_RASA):
                return "rasa"
            return "sentences" if nodeid.startswith(WITH_READER) else nodeid

    return Together(config, log)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database_kind" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--database") or KINDS
        names = [item if item in KINDS else item.split("+", 1)[0] for item in chosen]
        metafunc.parametrize("database_kind", chosen, ids=names, scope="session")


@pytest.fixture(autouse=True)
def no_network() -> Iterator[list[str]]:
    """Fail a test that tried to reach the network, also when the code under test swallowed the refusal."""
    network.attempts.clear()
    yield network.attempts
    assert not network.attempts, f"this test tried to reach the network: {network.attempts}"


@pytest.fixture
def clock() -> ManualClock:
    """A clock that moves only when told to."""
    from datetime import datetime, timezone

    from core.clock import ManualClock

    return ManualClock(datetime(2026, 10, 20, 6, 0, tzinfo=timezone.utc))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Any]:
    """A PostgreSQL server for this session."""
    from tests.postgres import Postgres

    server = Postgres()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def _templates(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """By kind or server, the database that has all tables and no rows; made at first use."""
    templates: dict[str, str] = {}
    yield templates
    # Our own server goes as a whole; somebody else's is left as it was found.
    for server in request.config.getoption("--database"):
        for name in (templates.get(server), _emptied.get(server)):
            if name and server != "sqlite":
                asyncio.run(_command(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


def _with_database(url: str, name: str) -> str:
    from sqlalchemy.engine import make_url

    return make_url(url).set(database=name).render_as_string(hide_password=False)


async def _command(url: str, *statements: str) -> None:
    """Run statements that PostgreSQL takes only outside a transaction."""
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import create_async_engine
    from sqlalchemy.pool import NullPool

    engine = create_async_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    async with engine.connect() as connection:
        for statement in statements:
            await connection.execute(text(statement))
    await engine.dispose()


async def _has_its_tables(url: str) -> bool:
    """Whether a test left exactly the tables that it found; those of migrations do not."""
    from sqlalchemy import inspect
    from sqlalchemy.ext.asyncio import create_async_engine
    from sqlalchemy.pool import NullPool

    from migrations.models import metadata

    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        names = await connection.run_sync(lambda plain: set(inspect(plain).get_table_names()))
    await engine.dispose()
    return names == set(metadata().tables)


async def _create_tables(url: str) -> None:
    from core.database import Database
    from migrations.models import metadata

    db = Database(url)
    async with db.engine.begin() as connection:
        await connection.run_sync(metadata().create_all)
    if db.is_sqlite:
        # One file without its log, so that it can be copied.
        await _command(url, "PRAGMA wal_checkpoint(TRUNCATE)")
    await db.close()


@pytest.fixture
def database_url(
    database_kind: str, request: pytest.FixtureRequest, tmp_path: Path, _templates: dict[str, str]
) -> Iterator[str]:
    """The address of a fresh database with all tables, of each kind in turn."""
    if database_kind == "sqlite":
        if "sqlite" not in _templates:
            template = request.getfixturevalue("tmp_path_factory").mktemp("sqlite") / "template.db"
            asyncio.run(_create_tables(f"sqlite+aiosqlite:///{template}"))
            _templates["sqlite"] = str(template)
        shutil.copyfile(_templates["sqlite"], tmp_path / "test.db")
        yield f"sqlite+aiosqlite:///{tmp_path / 'test.db'}"
        return
    server = request.getfixturevalue("postgres").url("postgres") if database_kind == "postgresql" else database_kind
    template = f"sathi_test_{os.getpid()}"
    if server not in _templates:
        asyncio.run(_command(server, f'DROP DATABASE IF EXISTS "{template}"', f'CREATE DATABASE "{template}"'))
        asyncio.run(_create_tables(_with_database(server, template)))
        _templates[server] = template
    # To empty a database takes a fifth of the time that making one takes.
    name = _emptied.get(server)
    if name is None:
        name = f"{template}_{next(_numbers)}"
        asyncio.run(_command(server, f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY'))
    yield _with_database(server, name)
    _emptied.pop(server, None)
    if asyncio.run(_has_its_tables(_with_database(server, name))):
        asyncio.run(_command(_with_database(server, name), OTHERS_OUT, EMPTY))
        _emptied[server] = name
    else:
        asyncio.run(_command(server, f'DROP DATABASE "{name}" WITH (FORCE)'))


@pytest.fixture
async def database(database_url: str, clock: ManualClock) -> AsyncIterator[Database]:
    """A fresh database of each kind, on the test's clock."""
    from core.database import Database

    db = Database(database_url, clock)
    yield db
    await db.close()


@pytest.fixture(scope="session")
def place() -> Iterator[Stage]:
    """One Rasa server with the real model, and services in front of it. Tests that ask for it share one process."""
    from tests.replay.stage import stage

    with stage() as prepared:
        yield prepared
