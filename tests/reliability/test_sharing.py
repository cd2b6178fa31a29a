"""Several services on one database: together they are one sender to the platforms (R13).

In the long form two processes on PostgreSQL send 3,000 messages; in the short form two services here.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from core import siblings
from core.database import Database
from core.errors import Unavailable
from core.messages import OutgoingMessage, Priority
from core.outbox import enqueue, outbox
from gateway.app import Service
from gateway.rasa_process import free_port
from tests.fakes.ledger import most_at_once, most_in_a_second
from tests.fakes.platform import FakePlatform
from tests.gateway.live import ScriptedRasa, quickly
from tests.patience import SECONDS
from tests.reliability.process import ServiceProcess

FULL = os.environ.get("SATHI_SOAK") == "1"
ONE = "+8801799999999"


async def fill(db: Database, channel: str, to_one: int, others: int, first: int = 0) -> None:
    """Queue answers to one person and to many, whose numbers begin with `first`."""
    people = [ONE] * to_one + [f"+88019{number:08d}" for number in range(first, first + others)]
    for start in range(0, len(people), 200):
        async with db.transaction() as session:
            for number, phone in enumerate(people[start : start + 200], first + start):
                words = OutgoingMessage(text=f"w{number}", priority=Priority.REPLY, purpose="notice")
                await enqueue(
                    session, db, channel=channel, address=f"whatsapp:{phone}", dedupe=f"w{number}", messages=[words]
                )


async def states(db: Database) -> Counter[str]:
    async with db.reading() as session:
        query = select(outbox.c.state, func.count()).group_by(outbox.c.state)
        return Counter({state: count for state, count in (await session.execute(query)).all()})


@pytest.mark.timeout(600 if FULL else 300)
async def test_two_services_are_one_sender(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    url = await request.getfixturevalue("postgres").fresh()
    if FULL:
        await two_processes(tmp_path, url)
    else:
        await two_services(tmp_path, monkeypatch, url)


@asynccontextmanager
async def company(
    folder: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> AsyncIterator[tuple[FakePlatform, list[Service]]]:
    """Two services on one database that know of each other, and the platforms they send to."""
    monkeypatch.setattr(siblings, "BEAT_SECONDS", 0.2)
    monkeypatch.setattr(siblings, "SEEN_SECONDS", 0.4)
    rasa = ScriptedRasa()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(rasa.serving())
        platform = await stack.enter_async_context(FakePlatform())
        values: dict[str, Any] = {"data_dir": folder, "port": 0, "demo": False, "rasa_url": rasa.url, "senders": 6}
        values["database_url"] = url
        both = [await stack.enter_async_context(quickly(platform.settings(**values))) for _ in range(2)]
        await asyncio.sleep(0.5)
        yield platform, both


async def until(what: Callable[[], bool]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + SECONDS
    while not what():
        assert time.monotonic() < end, "it did not come to that"
        await asyncio.sleep(0.02)


async def two_services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    async with company(tmp_path, monkeypatch, url) as (platform, both):
        channel = f"whatsapp:{platform.meta.phone_number_id}"
        await fill(both[0].services.db, channel, 50, 20)
        for service in both:
            service.services.sends_waiting.set()
        await platform.wait_for(60, seconds=20)
        await asyncio.sleep(0.5)
        seen = platform.messages()
        to_one = [message for message in seen if message.to == ONE]
        refused = [call.status for call in platform.ledger.calls if call.status != 200]
        debts = [
            service.services.limits.debt(service.services.channels[channel], f"whatsapp:{ONE}") for service in both
        ]
    assert not refused
    assert len(seen) - len(to_one) == 20, "nobody else waits for the one"
    assert 40 <= len(to_one) <= 42, "one burst of forty for both together, then one in six seconds"
    assert min(debts) > 0, "both have sent to the one"


@pytest.mark.timeout(300)
async def test_what_a_platform_tells_one_service_the_other_heeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    url = await request.getfixturevalue("postgres").fresh()
    async with company(tmp_path, monkeypatch, url) as (platform, both):
        channel = f"whatsapp:{platform.meta.phone_number_id}"
        here, there = (service.services for service in both)
        platform.fail("whatsapp", status=429, headers={"Retry-After": "2"}, times=1)
        await fill(here.db, channel, 0, 1)
        here.sends_waiting.set()
        await until(lambda: all(channel in services.limits.blocked() for services in (here, there)))
        await fill(here.db, channel, 0, 4, first=100)
        for services in (here, there):
            services.sends_waiting.set()
        await platform.wait_for(5, seconds=30)
        for _ in range(1000):
            if await states(here.db) == {"sent": 5}:
                break
            await asyncio.sleep(0.05)
        assert await states(here.db) == {"sent": 5}
        await asyncio.sleep(0.2)  # until the last success was counted
        calls = [call for call in platform.ledger.calls if call.platform == "whatsapp"]
        [refused] = [call for call in calls if call.status == 429]
        assert min(call.at for call in calls if call.at > refused.at) - refused.at >= 1.9
        whatsapp = here.channels[channel]
        for _ in range(20):
            here.limits.failed(whatsapp, Unavailable("down"))
        await until(lambda: not there.limits.is_open(whatsapp))
        here.limits.succeeded(whatsapp)
        await until(lambda: there.limits.is_open(whatsapp))


async def two_processes(tmp_path: Path, database_url: str) -> None:
    rasa, loop = ScriptedRasa(), asyncio.get_running_loop()
    to_one, others = 60, 2_940
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(rasa.serving())
        platform = await stack.enter_async_context(FakePlatform())
        more = {"SATHI_RASA_URL": rasa.url, "SATHI_DEMO": "false", "SATHI_LEASE_SECONDS": "90"}
        more |= {"SATHI_DATA_DIR": str(tmp_path), "SATHI_DATABASE_URL": database_url}
        gateways = [ServiceProcess(platform, tmp_path, free_port(), more) for _ in range(2)]
        try:
            for gateway in gateways:
                await loop.run_in_executor(None, gateway.start)
            db = Database(database_url)
            stack.push_async_callback(db.close)
            await fill(db, f"whatsapp:{platform.meta.phone_number_id}", to_one, others)
            began = time.monotonic()
            while (found := await states(db)) != {"sent": to_one + others}:
                assert time.monotonic() - began < 400, found
                await asyncio.sleep(1)
        finally:
            for gateway in gateways:
                await loop.run_in_executor(None, gateway.stop)
    seen = platform.messages()
    refused = Counter(call.status for call in platform.ledger.calls if call.status != 200)
    fastest = most_in_a_second(message.at for message in seen)
    times = sorted(message.at for message in seen if message.to == ONE)
    burst, pace = most_at_once(times, 6.0), (times[-1] - times[-10]) / 9
    many = max(message.at for message in seen if message.to != ONE) - min(message.at for message in seen)
    assert not refused and fastest <= 80 and burst <= 41 and pace > 5.8
    print(
        f"\n2 processes, {len(seen)} messages: {others} in {many:.0f} s, {fastest} in the fastest second, "
        f"to one person a burst of {burst:.1f}, then one in {pace:.1f} s"
    )
