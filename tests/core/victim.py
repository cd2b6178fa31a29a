"""A worker process to be killed in the middle: `python -m tests.core.victim in|out URL ISO-TIME SECONDS`.

It claims one row, says so on standard output and then waits for its end. From `out` it first "sends" the message, which
here means: writes its text into the ledger that a platform would keep.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime

from core.clock import ManualClock
from core.database import Database
from core.inbox import Inbox
from core.outbox import Outbox


async def main(queue: str, url: str, now: str, seconds: str) -> None:
    db = Database(url, ManualClock(datetime.fromisoformat(now)))
    if queue == "in":
        claimed = await Inbox(db).claim_next("victim", float(seconds))
        assert claimed is not None
        print(f"claimed {claimed.external_id}", flush=True)
    else:
        sent = await Outbox(db).claim_next("victim", float(seconds))
        assert sent is not None
        print(f"sent {sent.message.text}", flush=True)
    await asyncio.sleep(60)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
