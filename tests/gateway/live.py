"""The whole service in this process, between fake platforms and a dialogue core that answers from a script."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
from sqlmodel import col, select

from core import migrate
from core.clock import Clock
from core.database import Database
from core.settings import Settings
from core.tables import Medium, Message, OutboxRow
from gateway.app import Service
from tests.fakes.platform import FakePlatform
from tests.gateway.lying_rasa import LyingRasa, honest
from tests.patience import SECONDS
from tests.readings import started

Answering = Callable[[dict[str, Any]], list[dict[str, Any]]]


class ScriptedRasa(LyingRasa):
    """Understands nothing and answers what the script says; by default the words for a file that came alone."""

    def __init__(self, answering: Answering | None = None) -> None:
        super().__init__()
        self.delay = 0.0
        self.answering = answering or (lambda body: [{"name": "utter_media_alone", "facts": {}}])

    async def turn(self, request: web.Request) -> web.Response:
        body = await request.json()
        if body["turn"] == "canary":
            return web.json_response(honest("canary", "utter_canary"))
        self.turns.append(body)
        await asyncio.sleep(self.delay)
        return web.json_response(honest(body["turn"], "") | {"answers": self.answering(body)})


@dataclass(kw_only=True)
class Live:
    """A running service and everything around it."""

    service: Service
    platform: FakePlatform
    rasa: ScriptedRasa
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def db(self) -> Database:
        return self.service.services.db

    async def rows(self, table: Any) -> list[Any]:
        async with self.db.reading() as session:
            return list((await session.exec(select(table).order_by(col(table.id)))).all())

    async def transcript(self) -> list[tuple[str, str, str]]:
        return [(row.direction, row.author, row.text) for row in await self.rows(Message)]

    async def media(self) -> list[Medium]:
        return await self.rows(Medium)

    async def outbox(self) -> list[OutboxRow]:
        return await self.rows(OutboxRow)

    async def until(self, what: Callable[[], Awaitable[Any]], seconds: float = SECONDS) -> Any:
        """Wait until something is so; returns it."""
        end = time.monotonic() + seconds
        while not (found := await what()):
            assert time.monotonic() < end, f"it did not come to that: {what}"
            await asyncio.sleep(0.02)
        return found

    async def stored(self, count: int = 1, state: str = "stored") -> list[Medium]:
        """Wait for so many files in a state."""

        async def there() -> list[Medium]:
            found = [row for row in await self.media() if row.state == state]
            return found if len(found) >= count else []

        found: list[Medium] = await self.until(there)
        return found

    async def said(self, text: str, to: str = "") -> str:
        """Wait until a message with these words reached somebody; returns it whole."""

        async def there() -> str:
            return next((seen.text for seen in self.platform.messages(to) if text in seen.text), "")

        found: str = await self.until(there)
        return found


_templates: dict[str, Path] = {}


async def empty_database(folder: Path) -> None:
    """A migrated database, made once and copied."""
    if "template" not in _templates:
        template = folder / "template"
        template.mkdir()
        db = Database(f"sqlite+aiosqlite:///{template / 'sathi.db'}")
        await migrate.upgrade(db)
        await db.close()
        _templates["template"] = template / "sathi.db"
    shutil.copyfile(_templates["template"], folder / "sathi.db")


@asynccontextmanager
async def quickly(settings: Settings, clock: Clock | None = None) -> AsyncIterator[Service]:
    """A running service whose words were read before, and whose dialogue core is there."""
    async with started(settings, clock=clock) as service:
        until = time.monotonic() + SECONDS
        while not service.services.rasa.ready:
            assert time.monotonic() < until, "the canary does not sing"
            await asyncio.sleep(0.01)
        yield service


@asynccontextmanager
async def live(
    folder: Path, *, answering: Answering | None = None, clock: Clock | None = None, **settings: Any
) -> AsyncIterator[Live]:
    """Everything running; `settings` over the fake platform's own."""
    await empty_database(folder)
    rasa = ScriptedRasa(answering)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(rasa.serving())
        platform = await stack.enter_async_context(FakePlatform())
        values: dict[str, Any] = {
            "data_dir": folder,
            "port": 0,
            "demo": False,
            "rasa_url": rasa.url,
            "workers": 4,
            "senders": 8,
            "messages_per_minute": 0,  # few people stand for many
            # A clock that stands still would never let a picture go on alone.
            "album_seconds": 0.0 if clock else 0.2,
        }
        service = await stack.enter_async_context(quickly(platform.settings(**(values | settings)), clock))
        platform.webhooks = service.public_url
        yield Live(service=service, platform=platform, rasa=rasa)
