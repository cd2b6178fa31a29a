"""One looks out for all, and there is always one."""

from __future__ import annotations

import asyncio

from gateway.lookout import Lookout


class Queue:
    """Rows that fall due, and tasks that take them as workers do."""

    def __init__(self, tasks: int) -> None:
        self.work = asyncio.Event()
        self.lookout = Lookout(self.work)
        self.rows: list[float] = []
        self.taken: list[int] = []
        self.looks = self.claims = 0
        self.busy = asyncio.Event()
        self._tasks = [asyncio.create_task(self._run(number)) for number in range(tasks)]

    async def _look(self) -> float:
        self.looks += 1
        now = asyncio.get_running_loop().time()
        return min([0.05, *(due - now for due in self.rows)])

    async def _run(self, number: int) -> None:
        while True:
            self.work.clear()
            await asyncio.sleep(0)
            self.claims += 1
            due = [row for row in self.rows if row <= asyncio.get_running_loop().time()]
            if not due:
                await self.lookout.rest(self._look)
                continue
            self.rows.remove(due[0])
            self.work.set()
            self.taken.append(number)
            await self.busy.wait()

    async def end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def test_only_one_looks_while_nothing_is_there() -> None:
    queue = Queue(20)
    await asyncio.sleep(0.3)
    await queue.end()
    assert 3 <= queue.looks <= 8
    assert queue.claims <= 20 + queue.looks


async def test_the_watch_is_taken_over_when_the_one_on_watch_finds_work() -> None:
    queue = Queue(3)
    await asyncio.sleep(0.02)
    for number in range(3):  # nobody says that there is a row: each is found by whoever is on watch
        queue.rows.append(asyncio.get_running_loop().time() + 0.01)
        await asyncio.sleep(0.1)
        assert len(queue.taken) == number + 1
    await queue.end()
    assert sorted(queue.taken) == [0, 1, 2], "one of them took a second row while it had the first"
