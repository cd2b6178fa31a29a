"""A process to be killed around a change of hands, forked from a server that has read all modules before.

It brings the conversation to the state before, begins the change to STATE and dies before or after the commit.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from datetime import datetime, timedelta
from typing import Any

from core.clock import ManualClock
from core.database import Database
from handoff.bridge import Wish
from handoff.moves import Move
from tests.handoff.people import Scene, person

STEPS = ("queued", "open", "snoozed")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def run(url: str, now: str, conversation: int, state: str, point: str) -> int:
    """The exit code of such a process."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    process = context.Process(target=begin, args=(url, now, conversation, state, point))
    process.start()
    process.join(60)
    return process.exitcode or 0


def begin(*words: Any) -> None:
    asyncio.run(main(*words))


async def main(url: str, now: str, conversation: int, state: str, point: str) -> None:
    scene = Scene(Database(url, ManualClock(datetime.fromisoformat(now))))
    operator = await scene.operator(1)
    takeover = None
    for step in STEPS:
        async with scene.db.transaction() as session:
            if step == "queued":
                wish = Wish(reason="asked", language="bn", summary={})
                takeover = (await scene.bridge.ask(session, conversation, wish)).id
            elif step == "open" and takeover:
                await scene.bridge.change(session, takeover, Move.CLAIM, person(1), assignee=operator)
            elif takeover:
                until = scene.db.now() + timedelta(minutes=5)
                await scene.bridge.change(session, takeover, Move.SNOOZE, person(1), until=until)
            if step == state and point == "before":
                die()
        if step == state:
            die()
