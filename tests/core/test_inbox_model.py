"""The inbox against a model of it: random deliveries, claims, deaths and waits, with every answer foretold.

The seed is fixed, so a run is the same each time; `--hypothesis-seed=random` looks further.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from sqlalchemy import delete

from core import lanes
from core.clock import ManualClock
from core.database import Database
from core.errors import LeaseLost
from core.inbox import Claimed, Inbox
from core.retry import turn_delay
from core.tables import InboxRow, Lane
from tests.core.queues import finish, new_row

LEASE = timedelta(seconds=20)
START = datetime(2026, 10, 20, 6, 0, tzinfo=UTC)
LANES = st.sampled_from(["a", "b", "c"])
NAMES = st.integers(0, 15).map(lambda n: f"m{n}")


@dataclass
class Row:
    """What the model knows of a row."""

    number: int
    lane: str
    kind: str
    due: datetime
    attempts: int = 0
    state: str = "new"


@dataclass
class Held:
    """A claim somebody has; `generation` tells whether the lane was claimed again since."""

    claimed: Claimed
    generation: int
    until: datetime


class InboxMachine(RuleBasedStateMachine):
    """One inbox, several workers, and the truth beside it."""

    url = ""
    runner: asyncio.Runner

    def __init__(self) -> None:
        super().__init__()
        self.clock = ManualClock(START)
        self.db = Database(self.url, self.clock)
        self.inbox = Inbox(self.db)
        self.rows: dict[str, Row] = {}
        self.held: list[Held] = []
        self.generation: dict[str, int] = {}
        self.lease: dict[str, datetime] = {}
        self.run(self.empty())
        self.run(self.inbox.start())

    def run(self, call: Any) -> Any:
        return self.runner.run(call)

    async def empty(self) -> None:
        async with self.db.transaction() as session:
            await session.execute(delete(InboxRow))
            await session.execute(delete(Lane))

    def runnable(self, lane: str) -> Row | None:
        """The row that a claim of this lane must give."""
        now = self.clock.now()
        open_rows = sorted(
            (row for row in self.rows.values() if row.lane == lane and row.state == "new"), key=lambda row: row.number
        )
        message = next((row for row in open_rows if row.kind == "message"), None)
        timer = next((row for row in open_rows if row.kind == "timer" and row.due <= now), None)
        ready = [row for row in (message, timer) if row and row.due <= now]
        return min(ready, key=lambda row: row.number, default=None)

    def free_lanes(self) -> set[str]:
        now = self.clock.now()
        return {
            row.lane for row in self.rows.values() if not (self.lease.get(row.lane) and self.lease[row.lane] >= now)
        }

    def is_current(self, held: Held) -> bool:
        lane = held.claimed.lane
        return held.generation == self.generation[lane] and lane in self.lease

    @rule(rows=st.lists(st.tuples(NAMES, LANES, st.sampled_from([None, 0, 5, 30])), min_size=1, max_size=4))
    def put(self, rows: list[tuple[str, str, int | None]]) -> None:
        now = self.clock.now()
        new = 0
        batch = []
        for name, lane, delay in rows:
            due = None if delay is None else now + timedelta(seconds=delay)
            batch.append(new_row(name, lane=lane, kind="message" if due is None else "timer", due_at=due))
            if name not in self.rows:
                new += 1
                self.rows[name] = Row(len(self.rows), lane, "message" if due is None else "timer", due or now)
        assert self.run(self.inbox.put(batch)) == new

    @rule()
    def claim(self) -> None:
        expected = {row.lane: row for lane in self.free_lanes() if (row := self.runnable(lane))}
        claimed = self.run(asyncio.wait_for(self.inbox.claim_next("w", LEASE.total_seconds()), 60))
        if not expected:
            assert claimed is None
            return
        assert claimed is not None
        row = self.rows[claimed.external_id]
        assert expected[claimed.lane] is row
        row.attempts += 1
        assert claimed.attempts == row.attempts
        self.generation[row.lane] = self.generation.get(row.lane, 0) + 1
        self.lease[row.lane] = self.clock.now() + LEASE
        self.held.append(Held(claimed, self.generation[row.lane], self.lease[row.lane]))

    @precondition(lambda self: self.held)
    @rule(which=st.integers(0, 99), state=st.sampled_from(["done", "ignored", "dead"]))
    def finish(self, which: int, state: str) -> None:
        held = self.held.pop(which % len(self.held))
        current = self.is_current(held)
        try:
            self.run(finish(self.db, self.inbox, held.claimed, state=state))
        except LeaseLost:
            assert not current
            return
        assert current
        self.rows[held.claimed.external_id].state = state
        del self.lease[held.claimed.lane]

    @precondition(lambda self: self.held)
    @rule(which=st.integers(0, 99))
    def give_back(self, which: int) -> None:
        held = self.held.pop(which % len(self.held))
        row = self.rows[held.claimed.external_id]
        delay = turn_delay(held.claimed.attempts)
        current = self.is_current(held)
        try:
            again = self.run(self.inbox.give_back(held.claimed, "on purpose"))
        except LeaseLost:
            assert not current
            return
        assert again == (delay is not None)
        if delay is None:
            self.held.append(held)  # it must be buried by a finish
            return
        assert current
        row.due = self.clock.now() + timedelta(seconds=delay)
        del self.lease[row.lane]

    @precondition(lambda self: self.held)
    @rule(which=st.integers(0, 99))
    def die(self, which: int) -> None:
        """A worker vanishes without a word."""
        self.held.pop(which % len(self.held))

    @rule(seconds=st.sampled_from([1, 4, 21]))
    def wait(self, seconds: int) -> None:
        self.clock.advance(timedelta(seconds=seconds))

    @rule()
    def start_alone(self) -> None:
        """The service starts again and knows that nobody else runs."""
        self.run(lanes.free_all(self.db))
        self.lease.clear()

    def teardown(self) -> None:
        """Nothing is ever lost: everything not finished can still be had."""
        self.start_alone()
        self.clock.advance(timedelta(hours=1))
        left = {name for name, row in self.rows.items() if row.state == "new"}
        got = []
        while (claimed := self.run(self.inbox.claim_next("w", 20))) is not None:
            got.append(claimed.external_id)
            self.run(finish(self.db, self.inbox, claimed))
        self.run(self.inbox.stop())
        self.run(self.db.close())
        assert sorted(got) == sorted(left)


def test_the_inbox_does_what_its_model_says(database_url: str) -> None:
    with asyncio.Runner() as runner:
        machine = type("Machine", (InboxMachine,), {"url": database_url, "runner": runner})
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=20,
                stateful_step_count=30,
                deadline=None,
                derandomize=True,
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
