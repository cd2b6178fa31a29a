"""The whole service with a dialogue core that answers by rule, and a person at the desk with a plain HTTP client."""

from __future__ import annotations

import asyncio
import itertools
import re
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from aiohttp import ClientResponse, ClientSession, CookieJar, web
from argon2 import PasswordHasher
from sqlmodel import col, select

from core.messages import IncomingMessage, Kind
from core.settings import Settings
from core.tables import Conversation, Lane, Message
from desk import passwords
from desk.demo import staff
from gateway.app import Service
from gateway.webhooks import message_row
from tests.gateway.live import empty_database, quickly
from tests.patience import SECONDS

_numbers = itertools.count(1)
# Passwords of tests are worth nothing; what real ones cost is measured in test_door.py.
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
WORDS = {"person": "utter_talk_to_operator", "lost": "utter_stuck"}


async def _turn(request: web.Request) -> web.Response:
    """The dialogue core: one answer by a word of the text."""
    asked = await request.json()
    text = asked.get("text") or ""
    canary = "canary" in asked["metadata"]
    name = "utter_canary" if canary else next((WORDS[word] for word in WORDS if word in text), "utter_greet")
    facts = {"code": "ABC234", "number": "16999"} if name in WORDS.values() else {}
    parse = {"intent": "talk_to_operator", "confidence": 0.93, "topic": "", "language": "en"}
    return web.json_response(
        {
            "end": True,
            "turn": asked["turn"],
            "parse": {**parse, "ranking": [], "entities": []},
            "answers": [{"name": name, "facts": facts}],
            "actions": [],
            "state": {"slots": {}},
        }
    )


@dataclass
class Customer:
    """Somebody on the web chat."""

    service: Service
    session: str

    async def say(self, text: str, **fields: Any) -> None:
        channel = next(key for key, one in self.service.services.channels.items() if one.type == "webchat")
        message = IncomingMessage(
            external_id=f"{self.session}:{next(_numbers)}",
            addresses=(f"web:{self.session}",),
            kind=Kind.TEXT,
            occurred_at=self.service.services.db.now(),
            text=text,
            **fields,
        )
        await self.service.services.inbox.put([message_row(channel, message)])
        self.service.services.inbox.new_work.set()

    async def conversation(self) -> Conversation | None:
        async with self.service.services.db.reading() as session:
            query = select(Conversation).where(Conversation.address == f"web:{self.session}")
            return (await session.exec(query)).first()

    async def id(self) -> int:
        found = await self.conversation()
        assert found is not None and found.id is not None
        return found.id

    async def status(self, wanted: str, seconds: float = SECONDS) -> None:
        """Wait until the conversation has a status."""
        for _ in range(int(seconds / 0.05)):
            found = await self.conversation()
            if found is not None and found.status == wanted:
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"the conversation is {found and found.status}, not {wanted}")

    async def transcript(self) -> list[Message]:
        async with self.service.services.db.reading() as session:
            query = select(Message).where(Message.conversation_id == await self.id()).order_by(col(Message.seq))
            return list((await session.exec(query)).all())

    async def heard(self, count: int, author: str = "", seconds: float = SECONDS) -> list[Message]:
        """Wait for so many messages of ours."""
        for _ in range(int(seconds / 0.05)):
            if await self.conversation() is not None:
                rows = [row for row in await self.transcript() if row.direction == "outgoing"]
                rows = [row for row in rows if not author or row.author == author]
                if len(rows) >= count:
                    return rows
            await asyncio.sleep(0.05)
        raise AssertionError(f"{len(rows)} messages of {author or 'ours'}, not {count}")


class Person:
    """Somebody at the desk, without a browser."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = ClientSession(cookie_jar=CookieJar(unsafe=True))
        self.csrf = ""

    async def sign_in(self, login: str, password: str) -> int:
        answer = await self.post("/desk/login", login=login, password=password)
        if answer.status == 303:
            page = await (await self.get("/desk/")).text()
            found = re.search(r'name="csrf" value="([^"]+)"', page)
            self.csrf = found.group(1) if found else ""
        return answer.status

    async def get(self, path: str, **headers: str) -> ClientResponse:
        return await self.http.get(self.url + path, headers=headers, allow_redirects=False)

    async def post(
        self, path: str, *, origin: str | None = None, csrf: str | None = None, **form: str
    ) -> ClientResponse:
        headers = {"Origin": self.url if origin is None else origin}
        form["csrf"] = self.csrf if csrf is None else csrf
        return await self.http.post(self.url + path, data=form, headers=headers, allow_redirects=False)


class Stage:
    """A running service with people in front of it and behind it."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.url = service.public_url
        self.desk = service.desk
        self.app = service.app
        self.passwords = {one.role: one.password for one in staff(service.services.key)}
        self._people: list[Person] = []

    def customer(self) -> Customer:
        return Customer(self.service, f"session{next(_numbers):016d}")

    async def person(self, role: str, *, on_duty: bool = True) -> Person:
        someone = Person(self.url)
        self._people.append(someone)
        assert await someone.sign_in(role, self.passwords[role]) == 303
        if on_duty and role in ("operator", "supervisor"):
            assert (await someone.post("/desk/duty", on_duty="1")).status == 303
        return someone

    async def waiting(self, **fields: Any) -> tuple[Customer, int]:
        """A customer in the queue, and the conversation's number. Somebody must be on duty."""
        customer = self.customer()
        await customer.say("a person please", **fields)
        await customer.status("queued")
        return customer, await customer.id()

    async def claimed(self) -> tuple[Person, Customer, int]:
        """An operator, a customer, and the conversation that the operator has taken."""
        operator = await self.person("operator")
        customer, id = await self.waiting()
        await operator.post(f"/desk/c/{id}/claim")
        await customer.status("open")
        return operator, customer, id

    def stranger(self) -> Person:
        someone = Person(self.url)
        self._people.append(someone)
        return someone

    async def close(self) -> None:
        for someone in self._people:
            await someone.http.close()
        self._people.clear()

    async def clear(self) -> None:
        """Everything as it was at the start, for the next test; what still runs is let finish first."""
        await self.close()
        for _ in range(200):
            if not await self._busy():
                break
            await asyncio.sleep(0.02)
        await asyncio.to_thread(_restore, self.service.services.settings.data_dir / "sathi.db")
        await self.desk.refresh()

    async def _busy(self) -> bool:
        async with self.service.services.db.reading() as session:
            return (await session.exec(select(Lane.key).where(Lane.owner != "").limit(1))).first() is not None


_seeded: list[Path] = []
# What a running service writes about itself.
KEPT = ("alembic_version", "sibling")


async def seeded_database(folder: Path, values: dict[str, Any]) -> None:
    """The demo's people and staff, made once and copied: hashing five passwords takes longer than most tests."""
    if not _seeded:
        template = folder / "template"
        template.mkdir()
        await empty_database(template)
        async with quickly(Settings(_env_file=None, **{**values, "data_dir": template})):
            pass
        with (
            closing(sqlite3.connect(template / "sathi.db")) as source,
            closing(sqlite3.connect(template / "whole.db")) as whole,
        ):
            source.backup(whole)
        _seeded.append(template / "whole.db")
    shutil.copyfile(_seeded[0], folder / "sathi.db")


def _restore(file: Path) -> None:
    """Give every table the rows of the seeded copy, in one transaction; a running service notices nothing else."""
    with closing(sqlite3.connect(file, timeout=SECONDS, isolation_level=None)) as connection:
        connection.execute("ATTACH ? AS seeded", (str(_seeded[0]),))
        names = [row[0] for row in connection.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'")]
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("PRAGMA defer_foreign_keys=ON")
        for name in names:
            if name not in KEPT and not name.startswith("sqlite_"):
                connection.execute(f'DELETE FROM main."{name}"')
                connection.execute(f'INSERT INTO main."{name}" SELECT * FROM seeded."{name}"')
        connection.execute("COMMIT")


@asynccontextmanager
async def staged(folder: Path, **more: Any) -> AsyncIterator[Stage]:
    """The service on a free port with its own data."""
    app = web.Application()
    app.router.add_post("/webhooks/sathi/turn", _turn)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    values: dict[str, Any] = {
        "data_dir": folder,
        "port": 0,
        "rasa_url": f"http://127.0.0.1:{port}",
        "workers": 2,
        "senders": 2,
        "secret_key": "a key for the tests of the desk",
    }
    try:
        with mock.patch.object(passwords, "HASHER", CHEAP):
            if more.get("demo", True):
                await seeded_database(folder, values)
            async with quickly(Settings(_env_file=None, **{**values, **more})) as service:
                stage = Stage(service)
                try:
                    yield stage
                finally:
                    await stage.close()
    finally:
        await runner.cleanup()
