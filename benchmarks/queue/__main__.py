"""Measure the queues: `python -m benchmarks.queue [--database URL] [--messages 3000] [--rate 200]`.

Three numbers, each with a handler that does nothing: how many messages a second are stored (each confirmed after its
commit), how many are taken from inbox to outbox, and how long a message waits for a worker when there is little to do.
The last is measured from the moment at which each message was due to come, so that a stall is not hidden.
"""

from __future__ import annotations

import argparse
import asyncio
import platform
import tempfile
import time
from pathlib import Path

from core import migrate
from core.database import Database
from core.inbox import Inbox, NewRow
from core.messages import OutgoingMessage
from core.outbox import Outbox, enqueue

WORKERS = 8


def row(number: int, lanes: int) -> NewRow:
    address = f"whatsapp:+88017{number % lanes:08d}"
    return NewRow(
        channel="whatsapp:1",
        external_id=f"wamid.{number}",
        lane=address,
        kind="message",
        payload={"text": "কারেন্ট নাই", "sent": time.perf_counter()},
    )


async def handle_all(db: Database, inbox: Inbox, total: int, waits: list[float]) -> None:
    """Workers as the service has them: claim, answer, finish, until so many are done."""
    done = 0

    async def work(name: str) -> None:
        nonlocal done
        while done < total:
            inbox.new_work.clear()
            claimed = await inbox.claim_next(name, 90)
            if claimed is None:
                try:
                    await asyncio.wait_for(inbox.new_work.wait(), 0.05)
                except TimeoutError:
                    continue
                continue
            waits.append(time.perf_counter() - claimed.payload["sent"])
            async with db.transaction() as session:
                await enqueue(
                    session,
                    db,
                    channel=claimed.channel,
                    address=claimed.lane,
                    dedupe=f"in:{claimed.id}",
                    messages=[OutgoingMessage(text="answer")],
                )
                await inbox.finish(session, claimed, {})
            done += 1
            inbox.new_work.set()

    await asyncio.gather(*(work(f"w{n}") for n in range(WORKERS)))


async def send_all(outbox: Outbox) -> int:
    sent = 0

    async def send(name: str) -> None:
        nonlocal sent
        while (message := await outbox.claim_next(name, 90)) is not None:
            await outbox.accept(message, f"x{message.id}")
            sent += 1

    await asyncio.gather(*(send(f"s{n}") for n in range(WORKERS)))
    return sent


def at(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] * 1000


async def measure(url: str, messages: int, rate: int) -> None:
    db = Database(url)
    await migrate.upgrade(db)
    await db.check()
    inbox, outbox = Inbox(db), Outbox(db)
    await inbox.start()
    lanes = max(1, messages // 10)

    began = time.perf_counter()
    await asyncio.gather(*(inbox.put([row(number, lanes)]) for number in range(messages)))
    took = time.perf_counter() - began
    print(f"  stored and confirmed   {messages / took:8.0f} /s")

    began = time.perf_counter()
    await handle_all(db, inbox, messages, [])
    took = time.perf_counter() - began
    print(f"  inbox to outbox        {messages / took:8.0f} /s   ({WORKERS} workers)")

    began = time.perf_counter()
    sent = await send_all(outbox)
    took = time.perf_counter() - began
    print(f"  outbox to accepted     {sent / took:8.0f} /s")
    assert sent == messages, "a message was lost"

    waits: list[float] = []
    offered = rate * 5
    working = asyncio.create_task(handle_all(db, inbox, offered, waits))
    began = time.perf_counter()
    puts = []
    for number in range(offered):
        await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
        puts.append(asyncio.create_task(inbox.put([row(messages + number, lanes)])))
    await asyncio.gather(working, *puts)
    words = "  ".join(f"p{share:.0%} {at(waits, share):.1f} ms".replace("%", "") for share in (0.5, 0.95, 0.99))
    print(f"  waiting at {rate} /s     {words}")
    await inbox.stop()
    await db.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the queues.")
    parser.add_argument("--database", default="", help="an empty database; default: SQLite in a new folder")
    parser.add_argument("--messages", type=int, default=3000)
    parser.add_argument("--rate", type=int, default=100)
    given = parser.parse_args()
    what = given.database or "SQLite, synchronous=FULL"
    print(f"queues, {platform.machine()}, Python {platform.python_version()}, {what}")
    with tempfile.TemporaryDirectory() as folder:
        url = given.database or f"sqlite+aiosqlite:///{Path(folder) / 'queue.db'}"
        asyncio.run(measure(url, given.messages, given.rate))


if __name__ == "__main__":
    main()
