"""The whole way of a message, measured: webhook answer, turn, turns per second, start, memory, bill PDF.

Run by `make bench`. The generator is open-loop: latency counts from the moment a message was due to be sent, so a slow
service cannot hide its queue. All traffic stays on loopback.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform as machine
import random
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp

from core import migrate
from core.database import Database
from core.settings import ROOT, Settings
from core.tenants import Tenants
from gateway import demo, training
from gateway.rasa_process import free_port
from tests.fakes.meta import signed
from tests.fakes.platform import FakePlatform
from tests.reliability.process import ServiceProcess
from utility.bill_document import Documents
from utility.local import LocalUtility

TEXTS = (
    "মেনু",
    "bijli ka rate kya hai",
    "how do I pay with bKash",
    "বিকাশে বিল দিব কিভাবে",
    "new connection er jonno ki lage",
    "thanks",
)


def percentiles(values: list[float]) -> dict[str, float]:
    """p50, p95 and p99 in milliseconds."""
    ordered = sorted(values)
    if not ordered:
        return {}
    pick = lambda share: round(ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000, 1)  # noqa: E731
    return {"p50_ms": pick(0.50), "p95_ms": pick(0.95), "p99_ms": pick(0.99)}


def memory_mb(pid: int) -> float:
    """Resident memory of a process and its children."""
    total = 0
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(entry.name) == pid or int(stat[1]) == pid:
                total += int(stat[21]) * os.sysconf("SC_PAGE_SIZE")
        except (OSError, IndexError):
            continue
    return round(total / 2**20, 1)


class Load:
    """Sends messages at a steady rate from many people and waits for their answers."""

    def __init__(self, platform: FakePlatform, url: str) -> None:
        self._platform = platform
        self._url = url
        self.acks: list[float] = []
        self.answers: list[float] = []
        self._numbers = iter(range(1, 10_000_000))

    async def run(self, rate: float, seconds: float) -> dict[str, Any]:
        """One level of load."""
        self.acks, self.answers = [], []
        began = time.perf_counter()
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
            tasks = []
            for number in range(int(rate * seconds)):
                due = began + number / rate
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                tasks.append(asyncio.create_task(self._one(session, due)))
            await asyncio.gather(*tasks)
        took = time.perf_counter() - began
        return {
            "offered_per_s": rate,
            "answered": len(self.answers),
            "answered_per_s": round(len(self.answers) / took, 1),
            "ack": percentiles(self.acks),
            "turn": percentiles(self.answers),
        }

    async def _one(self, session: aiohttp.ClientSession, due: float) -> None:
        number = next(self._numbers)
        phone = f"+88017{number:08d}"
        meta = self._platform.meta
        content = {"type": "text", "text": {"body": random.choice(TEXTS)}}
        body, headers = signed(meta.whatsapp_delivery(meta.whatsapp_message(phone, content)), meta.app_secret)
        async with session.post(f"{self._url}/webhooks/whatsapp", data=body, headers=headers) as answer:
            await answer.read()
            assert answer.status == 200, answer.status
        self.acks.append(time.perf_counter() - due)
        while not self._platform.messages(to=phone[1:]) and not self._platform.messages(to=phone):
            if time.perf_counter() - due > 60:
                return
            await asyncio.sleep(0.02)
        self.answers.append(time.perf_counter() - due)


async def measure(rates: list[float], seconds: float) -> dict[str, Any]:
    """Start the service, drive it, and tell."""
    folder = Path(tempfile.mkdtemp(prefix="sathi-bench-"))
    loop = asyncio.get_running_loop()
    model = training.ensure_model(Settings(_env_file=None), lambda words="": None)  # type: ignore[call-arg]
    models = folder / "data" / "models"
    models.mkdir(parents=True)
    shutil.copy(model, models / model.name)
    async with FakePlatform() as platform:
        service = ServiceProcess(platform, folder, free_port(), {})
        platform.webhooks = service.url
        try:
            began = time.perf_counter()
            await loop.run_in_executor(None, service.start)
            alive = time.perf_counter() - began
            await loop.run_in_executor(None, lambda: service.wait_ready(180))
            ready = time.perf_counter() - began
            load = Load(platform, service.url)
            await load.run(2, 5)
            levels = [await load.run(rate, seconds) for rate in rates]
            memory = memory_mb(service.pid)
        finally:
            await loop.run_in_executor(None, service.stop)
    return {
        "start_s": {"serves": round(alive, 1), "understands": round(ready, 1)},
        "levels": levels,
        "memory_mb": {"service_and_rasa": memory},
    }


async def measure_pdf(folder: Path) -> dict[str, float]:
    """Bills of the demo's accounts, from the database to the PDF's bytes, each another one."""
    db = Database(f"sqlite+aiosqlite:///{folder / 'bills.db'}")
    await migrate.upgrade(db)
    tenants = Tenants.load(ROOT)
    await demo.seed(db, tenants)
    utility = LocalUtility(db, tenants)
    documents = Documents(tenants, utility, b"a key of the benchmark")
    times = []
    for person in demo.people(tenants):
        account = await utility.account(person.tenant, person.utility, person.number)
        for bill in await utility.bills(account) if account else []:
            for form in ("bn", "hi", "en"):
                began = time.perf_counter()
                await documents.load(f"bill:{bill.utility}:{bill.account}:{bill.month:%Y-%m}:{form}")
                times.append(time.perf_counter() - began)
    await db.close()
    return {"first_ms": round(times[0] * 1000, 1), "bills": len(times) - 3, **percentiles(times[3:])}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rates", type=float, nargs="+", default=[2, 10, 20, 40])
    parser.add_argument("--seconds", type=float, default=15)
    arguments = parser.parse_args()
    result = {
        "machine": {
            "cores": os.cpu_count(),
            "python": machine.python_version(),
            "kernel": machine.release(),
            "load": os.getloadavg()[0],
        },
        **asyncio.run(measure(arguments.rates, arguments.seconds)),
        "bill_pdf": asyncio.run(measure_pdf(Path(tempfile.mkdtemp(prefix="sathi-bench-")))),
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
