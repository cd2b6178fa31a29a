"""Where stories are played: one real Rasa server for all, and for each story a service with a database of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from core import migrate
from core.database import Database
from core.settings import ROOT, Settings
from core.tenants import Tenants
from gateway import demo, rasa_process, training
from gateway.app import Service
from tests.fakes.platform import FakePlatform
from tests.patience import SECONDS
from tests.readings import started

TOKEN = "stories-action-token-0123456789"
START_SECONDS = 120
TEMPLATE = "seeded.db"


@dataclass(kw_only=True)
class Stage:
    """A Rasa server and the port on which each story's service must answer its actions."""

    rasa_url: str
    action_port: int
    folder: Path

    @asynccontextmanager
    async def service(self, tenant: str, platform: FakePlatform, **more: Any) -> AsyncIterator[Service]:
        """A service with its own data, on a free port, with WhatsApp switched on against a fake platform."""
        data = Path(tempfile.mkdtemp(dir=self.folder))
        shutil.copy(self.folder / TEMPLATE, data / "sathi.db")
        values: dict[str, Any] = {
            "data_dir": data,
            "tenant": tenant,
            "port": 0,
            "rasa_url": self.rasa_url,
            "action_port": self.action_port,
            "action_token": TOKEN,
            "workers": 4,
            "senders": 8,
            "messages_per_minute": 0,  # a story is played as fast as it goes
        }
        settings: Settings = platform.settings(**(values | more))
        async with started(settings) as service:
            platform.webhooks = service.public_url
            await _ready(service)
            yield service


async def _ready(service: Service) -> None:
    until = time.monotonic() + SECONDS
    while not service.services.rasa.ready:
        assert time.monotonic() < until, "the canary does not sing"
        await asyncio.sleep(0.05)


async def _make_template(path: Path) -> None:
    """A database of the demo in which nobody has said anything yet, to be copied for each story."""
    db = Database(f"sqlite+aiosqlite:///{path}")
    await migrate.upgrade(db)
    await demo.seed(db, Tenants.load(ROOT))
    await db.close()


@contextmanager
def rasa_server(
    action_port: int, log: Path, token: str = TOKEN, port: int = 0, end: signal.Signals = signal.SIGTERM
) -> Iterator[str]:
    """The real model behind a real Rasa server on loopback; gives its address. It is ended with the signal `end`."""
    python = rasa_process.rasa_python()
    assert python is not None, "Rasa's environment is not set up: run `make setup`"
    model = training.ensure_model(Settings(_env_file=None), lambda line: None)  # type: ignore[call-arg]
    port = port or rasa_process.free_port()
    environment = rasa_process.environment(f"http://127.0.0.1:{action_port}/actions", token)
    with log.open("ab") as sink:
        process = subprocess.Popen(
            rasa_process.command(python, model, port),
            cwd=ROOT,
            env=environment,
            stdout=sink,
            stderr=sink,
            start_new_session=True,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + START_SECONDS
        while True:
            assert process.poll() is None, f"Rasa ended at its start, see {log}"
            assert time.monotonic() < until, f"Rasa did not start, see {log}"
            with contextlib.suppress(requests.RequestException):
                if requests.get(f"{url}/webhooks/sathi/ready", timeout=2).status_code == 200:
                    break
            time.sleep(0.5)
        yield url
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, end)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def stage() -> Iterator[Stage]:
    """Everything stories need, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="sathi-stories-"))
    action_port = rasa_process.free_port()
    asyncio.run(_make_template(folder / TEMPLATE))
    try:
        with rasa_server(action_port, folder / "rasa.log") as url:
            yield Stage(rasa_url=url, action_port=action_port, folder=folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
