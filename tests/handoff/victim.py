"""A process to be killed around a change of hands: `python -m tests.handoff.victim URL TIME CONVERSATION STATE POINT`.

It brings the conversation to the state before, begins the change to STATE and dies before or after the commit.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from datetime import datetime, timedelta

from core.clock import ManualClock
from core.database import Database
from handoff.bridge import Wish
from handoff.moves import Move
from tests.handoff.people import Scene, person

STEPS = ("queued", "open", "snoozed")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def main(url: str, now: str, conversation: str, state: str, point: str) -> None:
    scene = Scene(Database(url, ManualClock(datetime.fromisoformat(now))))
    operator = await scene.operator(1)
    takeover = None
    for step in STEPS:
        async with scene.db.transaction() as session:
            if step == "queued":
                wish = Wish(reason="asked", language="bn", summary={})
                takeover = (await scene.bridge.ask(session, int(conversation), wish)).id
            elif step == "open" and takeover:
                await scene.bridge.change(session, takeover, Move.CLAIM, person(1), assignee=operator)
            elif takeover:
                until = scene.db.now() + timedelta(minutes=5)
                await scene.bridge.change(session, takeover, Move.SNOOZE, person(1), until=until)
            if step == state and point == "before":
                die()
        if step == state:
            die()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
