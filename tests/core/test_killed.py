"""kill -9 of a worker process between claim and finish, and of a sender between send and mark (R1, R6, R8)."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta

import pytest

from core import lanes
from core.clock import ManualClock
from core.database import Database
from core.inbox import Inbox
from core.messages import Delivery
from core.outbox import Outbox
from core.retry import DOUBT_SECONDS
from core.settings import ROOT
from tests.core.queues import drain, hear, inbox_rows, new_row, outbox_rows, running, say, status

LEASE = 30


def killed_in_the_middle(queue: str, database: Database) -> str:
    """Let another process claim one row and kill it; returns what it said."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.core.victim", queue, database.url, database.now().isoformat(), str(LEASE)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        process.kill()
        process.wait(10)
    assert line, "the process ended before it claimed anything"
    return line


async def test_a_message_of_a_killed_worker_is_handled_again(database: Database, clock: ManualClock) -> None:
    inbox = Inbox(database)
    async with running(inbox):
        await inbox.put([new_row("a"), new_row("b")])
    assert killed_in_the_middle("in", database) == "claimed a"
    assert await drain(database, inbox) == [], "its lease still holds"
    clock.advance(timedelta(seconds=LEASE + 1))
    assert await drain(database, inbox) == ["a", "b"]
    rows = await inbox_rows(database)
    assert (rows["a"].attempts, rows["b"].attempts) == (2, 1)


async def test_a_service_that_is_alone_need_not_wait_for_leases(database: Database) -> None:
    inbox = Inbox(database)
    async with running(inbox):
        await inbox.put([new_row("a")])
    killed_in_the_middle("in", database)
    assert await lanes.free_all(database) == 1
    assert await drain(database, inbox) == ["a"]


@pytest.mark.parametrize(("purpose", "calls"), [("reply", 2), ("code", 1), ("document", 1)])
async def test_a_message_of_a_killed_sender_is_doubtful(
    database: Database, clock: ManualClock, purpose: str, calls: int
) -> None:
    ledger = []
    outbox = Outbox(database)
    await say(database, "hello", purpose=purpose)
    ledger.append(killed_in_the_middle("out", database))
    clock.advance(timedelta(seconds=LEASE + 1))
    assert await outbox.claim_next("w", LEASE) is None
    assert (await outbox_rows(database))[0].state == "doubtful"
    clock.advance(timedelta(seconds=DOUBT_SECONDS))
    again = await outbox.claim_next("w", LEASE)
    if again:
        ledger.append(f"sent {again.message.text}")
        await outbox.accept(again, "wamid.2")
    assert ledger == ["sent hello"] * calls
    assert (await outbox_rows(database))[0].state == ("sent" if calls == 2 else "failed")
    clock.advance(timedelta(hours=2))
    assert await outbox.claim_next("w", LEASE) is None


async def test_a_status_saves_a_killed_sender_the_second_call(database: Database, clock: ManualClock) -> None:
    outbox = Outbox(database)
    await say(database, "hello")
    killed_in_the_middle("out", database)
    row = (await outbox_rows(database))[0]
    await hear(database, status(Delivery.DELIVERED, "wamid.1", callback=f"sathi-{row.id}"))
    clock.advance(timedelta(seconds=LEASE + DOUBT_SECONDS + 2))
    assert await outbox.claim_next("w", LEASE) is None
    row = (await outbox_rows(database))[0]
    assert (row.state, row.external_id, row.attempts) == ("delivered", "wamid.1", 1)
