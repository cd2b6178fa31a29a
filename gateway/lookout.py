"""Many tasks, one queue: one of them looks out for what falls due, the others sleep until something was found.

Sixteen senders and eight workers that each asked the database once a second cost a tenth of a core with nobody there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

SOON = 0.01  # seconds; what is due and cannot be had belongs to somebody who will be done in a moment
SLEEP_SECONDS = 30.0  # of those not on watch: whoever finds work wakes all, this is the net under it


class Lookout:
    """Where tasks rest between two looks at their queue. `work` is set by whoever writes a row or finds one."""

    def __init__(self, work: asyncio.Event) -> None:
        self._work = work
        self._watched = False

    async def rest(self, look: Callable[[], Awaitable[float]]) -> None:
        """Sleep until there may be something to do. `look` tells the one on watch for how many seconds there is not.

        Only the one on watch looks. Whoever then finds work must set `work`, so that another takes the watch.
        """
        on_watch, self._watched = not self._watched, True
        try:
            pause = await look() if on_watch else SLEEP_SECONDS
            await asyncio.wait_for(self._work.wait(), max(SOON, pause))
        except TimeoutError:
            pass
        finally:
            if on_watch:
                self._watched = False
