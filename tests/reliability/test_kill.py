"""kill -9 of the service and of Rasa at random moments under load: reliability.md R1, R3, R4, R6, R16.

The oracle is the conservation law and the fake platform's own ledger, never our logs: each confirmed message has one
row that came to an end, each row has its answer in the outbox, each number told stands in the table once.
`make soak` kills twenty times each during 500 messages; here a short form runs.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import signal
import sqlite3
import time
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest

from gateway.rasa_process import free_port
from tests.fakes.meta import signed
from tests.fakes.platform import FakePlatform
from tests.reliability.process import ServiceProcess
from tests.replay.stage import TOKEN, rasa_server

FULL = os.environ.get("SATHI_SOAK") == "1"
MESSAGES = 500 if FULL else 60
SERVICE_KILLS = 20 if FULL else 3
RASA_KILLS = 20 if FULL else 1
# Seconds between two messages of one person: long enough that people still write when the last kill comes.
PAUSE = (4.0, 20.0) if FULL else (0.2, 2.0)
PEOPLE = [f"+88017000001{number:02d}" for number in range(1, 43)]
LINES = ("কারেন্ট নাই ২ ঘন্টা ধরে", "হ্যাঁ", "amar complaint er ki obostha", "bill koto", "thanks", "menu")
NUMBER = re.compile(r"\b[A-Z]{3}-[0-9A-Z]{6}\b")


@dataclass
class Books:
    """What the outside world knows."""

    accepted: set[str] = field(default_factory=set)
    tries: int = 0


async def deliver(
    session: aiohttp.ClientSession, platform: FakePlatform, url: str, phone: str, text: str, key: str, books: Books
) -> None:
    """Deliver as the platform does: the same bytes again until the service says 200, and once more for good measure."""
    content = {"type": "text", "text": {"body": text}}
    payload = platform.meta.whatsapp_delivery(platform.meta.whatsapp_message(phone, content, id=key))
    body, headers = signed(payload, platform.meta.app_secret)
    again = random.random() < 0.2
    until = time.monotonic() + 120
    while time.monotonic() < until:
        books.tries += 1
        try:
            async with session.post(
                f"{url}/webhooks/whatsapp", data=body, headers=headers, timeout=aiohttp.ClientTimeout(total=10)
            ) as answer:
                if answer.status == 200:
                    books.accepted.add(key)
                    if not again:
                        return
                    again = False
                    continue
        except (aiohttp.ClientError, TimeoutError):
            pass
        await asyncio.sleep(0.2)
    raise AssertionError("the service did not come back")


def rows(database: Path, query: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30) as connection:
        return connection.execute(query).fetchall()


async def wait_settled(database: Path, seconds: float) -> None:
    until = time.monotonic() + seconds
    while True:
        open_in = rows(database, "SELECT count(*) FROM inbox WHERE state='new' AND kind!='timer'")[0][0]
        open_out = rows(
            database, "SELECT count(*) FROM outbox WHERE state IN ('queued','sending','errored','doubtful')"
        )[0][0]
        if not open_in and not open_out:
            return
        assert time.monotonic() < until, f"{open_in} messages and {open_out} answers are still open"
        await asyncio.sleep(0.5)


async def talk(session: aiohttp.ClientSession, platform: FakePlatform, url: str, books: Books) -> None:
    """Many people side by side, each writing their lines in order."""
    per_person = -(-MESSAGES // len(PEOPLE)) if FULL else 2
    people = PEOPLE if FULL else PEOPLE[: MESSAGES // per_person]

    async def person(phone: str) -> None:
        for number in range(per_person):
            key = f"wamid.{phone[1:]}.{number}"
            await deliver(session, platform, url, phone, LINES[number % len(LINES)], key, books)
            await asyncio.sleep(random.uniform(*PAUSE))

    gate = asyncio.Semaphore(12)

    async def gated(phone: str) -> None:
        async with gate:
            await person(phone)

    await asyncio.gather(*(gated(phone) for phone in people))


@pytest.mark.timeout(1800 if FULL else 300)
async def test_nothing_confirmed_is_lost_and_no_complaint_is_doubled(tmp_path: Path) -> None:
    books = Books()
    action_port, port = free_port(), free_port()
    loop = asyncio.get_running_loop()
    rasa = rasa_server(action_port, tmp_path / "rasa.log", end=signal.SIGKILL)
    url = await loop.run_in_executor(None, rasa.__enter__)
    async with FakePlatform() as platform, aiohttp.ClientSession() as session:
        service = ServiceProcess(
            platform,
            tmp_path,
            port,
            {"SATHI_RASA_URL": url, "SATHI_ACTION_PORT": str(action_port), "SATHI_ACTION_TOKEN": TOKEN},
        )
        platform.webhooks = service.url
        database = tmp_path / "data" / "sathi.db"
        try:
            await loop.run_in_executor(None, service.start)
            await loop.run_in_executor(None, service.wait_ready)
            talking = asyncio.create_task(talk(session, platform, service.url, books))
            for _ in range(SERVICE_KILLS):
                await asyncio.sleep(random.uniform(0.3, 3.0))
                service.kill()
                await loop.run_in_executor(None, service.start)
            for _ in range(RASA_KILLS):
                await asyncio.sleep(random.uniform(0.3, 3.0))
                await loop.run_in_executor(None, rasa.__exit__, None, None, None)
                await asyncio.sleep(1.0)
                rasa_port = int(url.rpartition(":")[2])
                rasa = rasa_server(action_port, tmp_path / "rasa.log", port=rasa_port, end=signal.SIGKILL)
                await loop.run_in_executor(None, rasa.__enter__)
            before_the_end = len(books.accepted)
            await talking
            await wait_settled(database, 240)
        finally:
            await loop.run_in_executor(None, service.stop)
            await loop.run_in_executor(None, rasa.__exit__, None, None, None)
        seen = " ".join(message.text for message in platform.messages(platform="whatsapp"))
    stored = {str(key) for (key,) in rows(database, "SELECT external_id FROM inbox WHERE kind='message'")}
    assert books.accepted <= stored, "a confirmed message is missing"
    ends = dict(rows(database, "SELECT state, count(*) FROM inbox WHERE kind='message' GROUP BY state"))
    assert set(ends) == {"done"}, ends
    silent = rows(
        database,
        "SELECT external_id FROM inbox WHERE kind='message' AND id NOT IN "
        "(SELECT CAST(substr(dedupe, 4, instr(substr(dedupe, 4), ':') - 1) AS INTEGER) FROM outbox WHERE dedupe LIKE 'in:%')",
    )
    assert not silent, f"messages without an answer: {silent[:5]}"
    doubled = rows(
        database, "SELECT contact_id, kind, count(*) FROM complaint GROUP BY contact_id, kind HAVING count(*) > 1"
    )
    assert not doubled, f"complaints written twice: {doubled}"
    known = {str(number) for (number,) in rows(database, "SELECT number FROM complaint")}
    assert known, "nobody got a complaint number: the test proves nothing"
    assert set(NUMBER.findall(seen)) <= known, "a customer was told a number that no row has"
    told = f"{len(books.accepted)} confirmed ({before_the_end} before the last kill) in {books.tries} deliveries"
    print(f"\n{told}, {len(known)} complaints, {ends}")
