"""What platforms deliver: the same message many times over, and payloads that nobody foresaw (R3, R9, T26).

The webhooks, the inbox and the workers are real; the dialogue core is a double that counts its turns. `make soak` runs
5,000 messages five times each over two processes and 100,000 payloads; here short forms run.
"""

from __future__ import annotations

import asyncio
import copy
import itertools
import json
import os
import random
import re
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from core.database import Database
from core.inbox import TIMER, inbox
from core.outbox import outbox
from gateway.rasa_process import free_port
from tests.connectors.doubles import PAYLOADS
from tests.connectors.test_fuzz import JSON, bend
from tests.fakes.meta import signed
from tests.fakes.platform import FakePlatform
from tests.gateway.live import ScriptedRasa, empty_database, live, quickly
from tests.reliability.process import ServiceProcess

FULL = os.environ.get("SATHI_SOAK") == "1"
MESSAGES = 5_000 if FULL else 20
PEOPLE = 500 if FULL else 5
COPIES = 5
AT_ONCE = 24


def delivery(platform: FakePlatform, number: int, copies: int = 1) -> tuple[bytes, dict[str, str]]:
    """One message of one of the people, as often in one request as told."""
    phone = f"+88018{number % PEOPLE:08d}"
    content = {"type": "text", "text": {"body": f"বার্তা {number} 😀"}}
    value = platform.meta.whatsapp_message(phone, content, id=f"wamid.IN.{number}")
    payload = platform.meta.whatsapp_delivery(value)
    payload["entry"] = [copy.deepcopy(payload["entry"][0]) for _ in range(copies)]
    return signed(payload, platform.meta.app_secret)


async def deliver_all(platform: FakePlatform, urls: list[str]) -> int:
    """Every message five times: in a row, at once, in one request, or at once through both gateways. Returns requests."""
    room, requests = asyncio.Semaphore(AT_ONCE), itertools.count()
    async with aiohttp.ClientSession() as session:

        async def post(url: str, number: int, copies: int = 1) -> None:
            body, headers = delivery(platform, number, copies)
            next(requests)
            async with session.post(f"{url}/webhooks/whatsapp", data=body, headers=headers) as answer:
                assert answer.status == 200

        async def one(number: int) -> None:
            async with room:
                home = urls[number % len(urls)]
                match number % 4:
                    case 0:
                        for _ in range(COPIES):
                            await post(home, number)
                    case 1:
                        await asyncio.gather(*(post(home, number) for _ in range(COPIES)))
                    case 2:
                        await post(home, number, COPIES)
                    case _:
                        await asyncio.gather(*(post(urls[copy % len(urls)], number) for copy in range(COPIES)))

        await asyncio.gather(*(one(number) for number in range(MESSAGES)))
    return next(requests)


async def settled(db: Database, seconds: float) -> dict[str, int]:
    """Wait until every message is handled and every answer gone; returns the messages by state."""
    open_in = select(inbox.c.state, func.count()).where(inbox.c.kind == "message").group_by(inbox.c.state)
    open_out = select(func.count()).where(outbox.c.state.in_(("queued", "sending", "errored", "doubtful")))
    until = time.monotonic() + seconds
    while True:
        async with db.reading() as session:
            found = {state: count for state, count in (await session.execute(open_in)).all()}
            waiting = (await session.execute(open_out)).scalar_one()
        if not waiting and not found.get("new"):
            return found
        assert time.monotonic() < until, f"{found}, {waiting} answers are still open"
        await asyncio.sleep(0.2)


@asynccontextmanager
async def two_gateways(
    folder: Path, rasa: ScriptedRasa, platform: FakePlatform, database_url: str
) -> AsyncIterator[list[str]]:
    """Two services on one database: in the long form processes on PostgreSQL, in the short both here on SQLite."""
    if not FULL:
        values: dict[str, Any] = {"data_dir": folder, "port": 0, "demo": False, "rasa_url": rasa.url, "workers": 4}
        await empty_database(folder)
        async with AsyncExitStack() as stack:
            here = [await stack.enter_async_context(quickly(platform.settings(**values))) for _ in range(2)]
            yield [service.public_url for service in here]
        return
    loop = asyncio.get_running_loop()
    more = {"SATHI_RASA_URL": rasa.url, "SATHI_DEMO": "false", "SATHI_LEASE_SECONDS": "90"}
    more |= {"SATHI_DATA_DIR": str(folder), "SATHI_DATABASE_URL": database_url}
    gateways = [ServiceProcess(platform, folder, free_port(), more) for _ in range(2)]
    try:
        for gateway in gateways:
            await loop.run_in_executor(None, gateway.start)
        for gateway in gateways:
            await loop.run_in_executor(None, gateway.wait_ready)
        yield [gateway.url for gateway in gateways]
    finally:
        for gateway in gateways:
            await loop.run_in_executor(None, gateway.stop)


@pytest.mark.timeout(1800 if FULL else 300)
async def test_five_deliveries_are_one_turn_whichever_gateway_takes_them(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    database_url = f"sqlite+aiosqlite:///{tmp_path / 'sathi.db'}"
    if FULL:
        database_url = request.getfixturevalue("postgres").url("postgres")
    rasa = ScriptedRasa(lambda body: [{"name": "utter_media_alone", "facts": {}}])
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(rasa.serving())
        platform = await stack.enter_async_context(FakePlatform())
        urls = await stack.enter_async_context(two_gateways(tmp_path, rasa, platform, database_url))
        began = time.monotonic()
        number_of_requests = await deliver_all(platform, urls)
        confirmed = time.monotonic() - began
        db = Database(database_url)
        stack.push_async_callback(db.close)
        stored = await settled(db, 1200 if FULL else 60)
        seconds = time.monotonic() - began
    answers = Counter(seen.to for seen in platform.messages(platform="whatsapp"))
    assert stored == {"done": MESSAGES}
    turns = Counter(str(body["metadata"]["inbox_id"]) for body in rasa.turns)
    assert len(turns) == MESSAGES and set(turns.values()) == {1}, turns.most_common(3)
    assert sum(answers.values()) == MESSAGES, "no answer more, no answer less"
    assert set(answers.values()) == {MESSAGES // PEOPLE}
    print(
        f"\n{MESSAGES} messages x {COPIES} in {number_of_requests} requests over 2 gateways: confirmed in {confirmed:.0f} s, "
        f"{len(rasa.turns)} turns, {sum(answers.values())} answers after {seconds:.0f} s"
    )


# 100,000 in all, over three kinds of platform. What hypothesis makes up costs far more than what is then done with it, so
# each of its examples, a handful of values and a seed, bends many payloads.
PAYLOADS_EACH = int(os.environ.get("SATHI_SOAK_PAYLOADS", "100000")) // 3 + 1 if FULL else 60
PER_EXAMPLE = 20
NEW_EVERY, CROWD = 10, 500
BATCH = 250
SAMPLES = {
    name: [json.loads(path.read_text()) for path in sorted((PAYLOADS / name).glob("*.json"))]
    for name in ("whatsapp", "messenger", "telegram")
}


def anew(value: Any, number: int) -> Any:
    """A copy of a sample that is another message of another person: else most of them would be known already."""
    if isinstance(value, list):
        return [anew(item, number) for item in value]
    if not isinstance(value, dict):
        return value
    changed: dict[str, Any] = {}
    for key, item in value.items():
        if key == "mid" or (key == "id" and str(item).startswith("wamid")):
            changed[key] = f"{item}.{number}"
        elif key == "update_id" and isinstance(item, int):
            changed[key] = item + 1000 * (number + 1)
        elif item == "8801700000002":
            changed[key] = f"88017{number % CROWD:08d}"
        elif item == "BD.13491208655302741918":
            changed[key] = f"BD.1349{number % CROWD}"
        elif key == "id" and item in ("PSID", 4211):
            changed[key] = f"PSID{number % CROWD}" if item == "PSID" else 5000 + number % CROWD
        else:
            changed[key] = anew(item, number)
    return changed


class Bombed:
    """A running service, and what it answered to payloads that were made to break it."""

    def __init__(self, folder: Path, kind: str) -> None:
        self._folder = folder
        self._kind = kind
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self._waiting: list[bytes] = []
        self.answers: Counter[int] = Counter()

    def __enter__(self) -> Bombed:
        self.here = self._runner.run(self._stack.enter_async_context(live(self._folder)))
        self.here.platform.meta.enforce_limits = False
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.run(self._stack.aclose())
        self._runner.close()

    def throw(self, payload: Any) -> None:
        try:
            # As some senders write it: lone surrogates, NaN and all.
            self._waiting.append(json.dumps(payload).encode())
        except (ValueError, RecursionError):
            return
        if len(self._waiting) >= BATCH:
            self.flush()

    def flush(self) -> None:
        bodies, self._waiting = self._waiting, []
        self._runner.run(self._post(bodies))

    async def _post(self, bodies: list[bytes]) -> None:
        platform, room = self.here.platform, asyncio.Semaphore(16)

        async def one(body: bytes) -> int:
            async with room:
                [status] = await platform.post(f"/webhooks/{self._kind}", body, self._headers(body))
                return status

        self.answers.update(await asyncio.gather(*(one(body) for body in bodies)))

    def _headers(self, body: bytes) -> dict[str, str]:
        import hashlib
        import hmac

        if self._kind == "telegram":
            return {"X-Telegram-Bot-Api-Secret-Token": self.here.platform.telegram.secret}
        digest = hmac.new(self.here.platform.meta.app_secret.encode(), body, hashlib.sha256).hexdigest()
        return {"X-Hub-Signature-256": f"sha256={digest}"}

    def ours(self, payload: Any) -> Any:
        """A sample of the harness with this platform's account numbers, so that it is for us."""
        text = json.dumps(payload)
        meta = self.here.platform.meta
        for theirs, own in (('"PNID"', meta.phone_number_id), ('"PAGE"', meta.page_id)):
            text = text.replace(theirs, f'"{own}"')
        # Nobody's file server is asked but the fake one.
        text = re.sub(r"https://[a-z.]+\.(?:fbcdn\.net|fbsbx\.com)", f"{self.here.platform.graph_url}/cdn", text)
        # Their own time would be past the horizon.
        now = int(time.time())
        return json.loads(text.replace("1795323600000", str(now * 1000)).replace("1795323600", str(now)))

    def settled(self) -> dict[str, int]:
        async def wait() -> dict[str, int]:
            async def done() -> dict[str, int]:
                # Alarm clocks wait for their own time.
                query = select(inbox.c.state, func.count()).where(inbox.c.kind != TIMER).group_by(inbox.c.state)
                async with self.here.db.reading() as session:
                    counts = {state: count for state, count in (await session.execute(query)).all()}
                return counts if not counts.get("new") else {}

            found: dict[str, int] = await self.here.until(done, 300)
            return found

        return self._runner.run(wait())


@pytest.mark.timeout(1800 if FULL else 300)
@pytest.mark.parametrize("kind", sorted(SAMPLES))
def test_no_payload_breaks_the_webhook_or_poisons_a_row(kind: str, tmp_path: Path) -> None:
    thrown = itertools.count()
    with Bombed(tmp_path, kind) as bombed:
        samples = [bombed.ours(sample) for sample in SAMPLES[kind]]

        @settings(
            max_examples=-(-PAYLOADS_EACH // PER_EXAMPLE),
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(seed=st.integers(0, 2**32), values=st.lists(JSON, min_size=4, max_size=8))
        def throw(seed: int, values: list[Any]) -> None:
            way = random.Random(seed)
            for _ in range(PER_EXAMPLE):
                number = next(thrown)
                some = way.sample(values, way.randint(1, 3))
                sample = way.choice(samples)
                if number % NEW_EVERY == 0:
                    sample = anew(sample, number)
                bombed.throw(some[0] if number % 4 == 3 else bend(sample, way, some))

        throw()
        bombed.flush()
        for sample in samples:
            bombed.throw(sample)
        bombed.flush()
        counts = bombed.settled()
    assert set(bombed.answers) <= {200, 400}, bombed.answers
    assert bombed.answers[200] > PAYLOADS_EACH / 4
    assert counts["done"] > PAYLOADS_EACH / NEW_EVERY / 4 and set(counts) <= {"done", "ignored"}, counts
    print(f"\n{kind}: {next(thrown)} payloads, answers {dict(bombed.answers)}, rows {counts}")
