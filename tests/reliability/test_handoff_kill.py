"""kill -9 of the service with a conversation in every state of the handoff: none is stuck, no promise is broken (R25)."""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
import time
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientError, web

from desk.demo import staff
from gateway.rasa_process import free_port
from tests.desk.stage import Person, _turn
from tests.fakes.platform import FakePlatform
from tests.patience import SECONDS
from tests.reliability.process import ServiceProcess

ROUNDS = 12 if os.environ.get("SATHI_SOAK") == "1" else 1
STATES = ("pending", "queued", "open", "snoozed", "returned", "resolved")


class Scene:
    """A service to kill, customers on WhatsApp and one operator at the desk."""

    def __init__(self, platform: FakePlatform, service: ServiceProcess, database: Path) -> None:
        self.platform, self.service, self.database = platform, service, database
        self.operator: Person | None = None

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=30) as connection:
            return connection.execute(query, values).fetchall()

    async def say(self, phone: str, text: str) -> None:
        """Write until the service has confirmed it, as the platform does."""

        key = f"wamid.{uuid.uuid4().hex}"

        async def taken() -> bool:
            try:
                return await self.platform.say(phone, text, id=key) == [200]
            except (ClientError, OSError):
                return False

        await until(taken)

    def id(self, phone: str) -> int:
        found = self.rows("SELECT id FROM conversation WHERE address = ?", f"whatsapp:{phone}")
        return int(found[0][0]) if found else 0

    def status(self, phone: str) -> str:
        found = self.rows("SELECT status FROM conversation WHERE address = ?", f"whatsapp:{phone}")
        return str(found[0][0]) if found else ""

    def told(self, phone: str) -> list[str]:
        query = "SELECT answer, text FROM message WHERE conversation_id = ? AND direction = 'outgoing' ORDER BY seq"
        return [answer or text for answer, text in self.rows(query, self.id(phone))]

    async def reaches(self, phone: str, status: str) -> None:
        async def there() -> bool:
            return self.status(phone) == status

        await until(there)

    async def hears(self, phone: str, last: str) -> None:
        async def there() -> bool:
            return last in self.told(phone)[-2:]

        await until(there)

    async def do(self, phone: str, move: str, **form: str) -> int:
        """Press a button at the desk; 0 while the service is away."""
        assert self.operator is not None
        if move in ("return", "resolve"):
            form["seen"] = str(self.rows("SELECT last_seq FROM conversation WHERE id = ?", self.id(phone))[0][0])
        if move == "reply":
            form["cid"] = uuid.uuid4().hex
        try:
            return (await self.operator.post(f"/desk/c/{self.id(phone)}/{move}", **form)).status
        except (ClientError, OSError):
            return 0

    async def bring(self, phone: str, state: str) -> None:
        """Bring a conversation into a state, as far as the service lives."""
        if state == "pending":
            return
        await self.do(phone, "claim") if state != "queued" else None
        if state in ("snoozed", "returned", "resolved"):
            await self.do(phone, "reply", text=f"I look at it, {state}.")
        if state == "snoozed":
            await self.do(phone, "snooze", minutes="30")
        elif state == "returned":
            await self.do(phone, "return")
        elif state == "resolved":
            await self.do(phone, "resolve")


async def until(what: Callable[[], Awaitable[bool]], seconds: float = SECONDS) -> None:
    end = time.monotonic() + seconds
    while not await what():
        assert time.monotonic() < end, "it did not come to that"
        await asyncio.sleep(0.1)


@pytest.mark.timeout(900 if ROUNDS > 1 else 300)
async def test_a_killed_service_leaves_no_conversation_stuck_in_any_state(tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    app = web.Application()
    app.router.add_post("/webhooks/sathi/turn", _turn)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    more = {"SATHI_RASA_URL": f"http://127.0.0.1:{runner.addresses[0][1]}", "SATHI_DEMO": "true"}
    async with FakePlatform() as platform:
        service = ServiceProcess(platform, tmp_path, free_port(), more)
        platform.webhooks = service.url
        scene = Scene(platform, service, tmp_path / "data" / "sathi.db")
        try:
            await loop.run_in_executor(None, service.start)
            await loop.run_in_executor(None, service.wait_ready)
            password = {one.role: one.password for one in staff((tmp_path / "data" / "secret.key").read_bytes())}
            for turn in range(ROUNDS):
                scene.operator = Person(service.url)
                try:
                    assert await scene.operator.sign_in("operator", password["operator"]) == 303
                    assert (await scene.operator.post("/desk/duty", on_duty="1")).status == 303
                    await one_round(scene, loop, turn, in_the_middle=turn > 0)
                finally:
                    await scene.operator.http.close()
        finally:
            await loop.run_in_executor(None, service.stop)
            await runner.cleanup()


async def one_round(scene: Scene, loop: asyncio.AbstractEventLoop, turn: int, *, in_the_middle: bool) -> None:
    """Every state, a kill, and everybody is served to the end afterwards."""
    phones = {state: f"+8801711{turn:03d}{number:03d}" for number, state in enumerate(STATES)}
    for state, phone in phones.items():
        await scene.say(phone, "hello" if state == "pending" else "a person please")
        await scene.hears(phone, "utter_greet" if state == "pending" else "utter_handoff_queued")
    moves = asyncio.gather(*(scene.bring(phone, state) for state, phone in phones.items()))
    if in_the_middle:
        await asyncio.sleep(random.uniform(0.0, 1.5))
        scene.service.kill()
        await moves
    else:
        await moves
        for state, phone in phones.items():
            assert scene.status(phone) == {"returned": "pending", "resolved": "pending"}.get(state, state)
        scene.service.kill()
    await loop.run_in_executor(None, scene.service.start)
    await loop.run_in_executor(None, scene.service.wait_ready)
    for phone in phones.values():
        await scene.say(phone, "are you there")
    for phone in phones.values():
        if scene.status(phone) == "pending":
            await scene.hears(phone, "utter_greet")
            continue
        await scene.reaches(phone, "open") if scene.status(phone) == "snoozed" else None
        if scene.status(phone) == "queued":
            assert await scene.do(phone, "claim") in (200, 303)
        await scene.reaches(phone, "open")
        words = f"Yes, {uuid.uuid4().hex}"
        assert await scene.do(phone, "reply", text=words) in (200, 303)
        await scene.hears(phone, words)

        async def ended(phone: str = phone) -> bool:
            await scene.do(phone, "resolve")
            return scene.status(phone) == "pending"

        await until(ended)
    for phone in phones.values():
        told = scene.told(phone)
        assert told.count("utter_handoff_resolved") + told.count("utter_handoff_returned") <= 1, told
        assert told.count("utter_handoff_queued") <= 1, told
        await scene.say(phone, "thanks, hello bot")
        await scene.hears(phone, "utter_greet")
    events = scene.rows("SELECT takeover_id, source, target FROM handoff_event ORDER BY id")
    last: dict[int, str] = {}
    for takeover, source, target in events:
        assert last.get(takeover, "pending") == source, "every change of hands begins where the one before ended"
        last[takeover] = target
    assert set(last.values()) <= {"resolved", "returned"}
    assert scene.rows("SELECT count(*) FROM takeover WHERE ended_at IS NULL") == [(0,)]
