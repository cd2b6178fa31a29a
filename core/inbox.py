"""The durable inbox: store once, claim, finish, give back. Every query on it lives here.

A webhook's events go in with one transaction and are confirmed only after the commit (R1). Requests that come at the
same moment share a commit: a writer task gathers what waits. Messages of a lane are handled in the order of their
commit, one at a time (R7); timers are rows with a later `due_at` and wait for nobody.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from core import lanes
from core.database import Database
from core.errors import LeaseLost
from core.lanes import Lease
from core.retry import turn_delay
from core.tables import InboxRow, Quarantine

QUEUE = "in"
BATCH = 500
inbox: Any = InboxRow.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, kw_only=True)
class NewRow:
    """Something to handle. `external_id` is unique within the channel; `due_at` None means now."""

    channel: str
    external_id: str
    lane: str
    kind: str
    payload: dict[str, Any]
    due_at: datetime | None = None
    priority: int = 1


@dataclass(frozen=True, kw_only=True)
class Bad:
    """Something unreadable to keep."""

    channel: str
    reason: str
    body: str


@dataclass
class _Waiting:
    rows: list[NewRow]
    bad: list[Bad]
    done: asyncio.Future[int]


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """A row in our hands, with the lease that allows us to write. Payload as stored."""

    id: int
    channel: str
    external_id: str
    lane: str
    kind: str
    payload: dict[str, Any]
    attempts: int
    received_at: datetime
    lease: Lease = field(repr=False)


async def insert(session: AsyncSession, db: Database, rows: list[NewRow]) -> int:
    """Insert rows and wake their lanes within a transaction of the caller; rows known already are passed over."""
    now = db.now()
    if not rows:
        return 0
    values = [
        {
            "channel": row.channel,
            "external_id": row.external_id,
            "lane": row.lane,
            "kind": row.kind,
            "payload": row.payload,
            "state": "new",
            "attempts": 0,
            "due_at": row.due_at or now,
            "received_at": now,
            "reason": "",
            "result": {},
        }
        for row in rows
    ]
    statement = (
        lanes.insert_for(db, inbox).values(values).on_conflict_do_nothing(index_elements=["channel", "external_id"])
    )
    stored = (await session.execute(statement.returning(inbox.c.lane, inbox.c.due_at))).all()
    ranks = {row.lane: row.priority for row in sorted(rows, key=lambda row: -row.priority)}
    due: dict[str, tuple[datetime, int]] = {}
    for lane, at in stored:
        known = due.get(lane)
        due[lane] = (min(known[0], at) if known else at, ranks[lane])
    await lanes.wake(session, db, QUEUE, due)
    return len(stored)


class Inbox:
    """Group commit in front of the table, and the worker's side behind it."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._waiting: list[_Waiting] = []
        self._arrived = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None
        self.new_work = asyncio.Event()

    async def start(self) -> None:
        self._writer = asyncio.create_task(self._write_forever(), name="inbox-writer")

    async def stop(self) -> None:
        if self._writer:
            self._writer.cancel()
            await asyncio.gather(self._writer, return_exceptions=True)
        for item in self._waiting:
            if not item.done.done():
                item.done.set_exception(ConnectionError("the service is stopping"))
        self._waiting.clear()

    async def put(self, rows: list[NewRow], bad: list[Bad] | None = None) -> int:
        """Store rows; returns after the commit how many were new. Raises when nothing was stored."""
        if not rows and not bad:
            return 0
        item = _Waiting(rows, bad or [], asyncio.get_running_loop().create_future())
        self._waiting.append(item)
        self._arrived.set()
        return await item.done

    async def _write_forever(self) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._waiting:
                group: list[_Waiting] = []
                size = 0
                while self._waiting and (not group or size + len(self._waiting[0].rows) <= BATCH):
                    item = self._waiting.pop(0)
                    size += len(item.rows)
                    group.append(item)
                await self._write(group)

    async def _write(self, group: list[_Waiting]) -> None:
        try:
            counts = []
            async with self._db.transaction() as session:
                for item in group:
                    counts.append(await insert(session, self._db, item.rows))
                    now = self._db.now()
                    session.add_all(
                        Quarantine(channel=bad.channel, reason=bad.reason, body=bad.body, received_at=now)
                        for bad in item.bad
                    )
        except Exception as error:
            # One bad request must not fail its neighbours: a group that fails is tried again one by one.
            if len(group) > 1:
                for item in group:
                    await self._write([item])
            elif not group[0].done.done():
                group[0].done.set_exception(error)
            return
        for item, count in zip(group, counts, strict=True):
            if not item.done.done():
                item.done.set_result(count)
        self.new_work.set()

    async def claim_next(self, owner: str, seconds: float) -> Claimed | None:
        """Take the head of a ready lane. A lane found empty is put to rest and the next one tried."""
        while True:
            lease = await lanes.claim(self._db, QUEUE, owner, seconds)
            if lease is None:
                return None
            claimed = await self._head(lease)
            if claimed is not None:
                return claimed

    async def _head(self, lease: Lease) -> Claimed | None:
        async with self._db.transaction() as session:
            await lanes.guard(session, self._db, lease)
            now = self._db.now()
            row = (await session.execute(_open_rows(lease.key, now).order_by(inbox.c.id).limit(1))).first()
            if row is None or row.due_at > now:
                await lanes.settle(session, lease, await _next_ready(session, lease.key, now), release=True)
                return None
            # The attempt counts from the claim: a message that kills its worker must not live for ever (R10).
            await session.execute(update(inbox).where(inbox.c.id == row.id).values(attempts=row.attempts + 1))
            return Claimed(
                id=row.id,
                channel=row.channel,
                external_id=row.external_id,
                lane=row.lane,
                kind=row.kind,
                payload=row.payload,
                attempts=row.attempts + 1,
                received_at=row.received_at,
                lease=lease,
            )

    async def finish(
        self, session: AsyncSession, claimed: Claimed, result: dict[str, Any], state: str = "done", reason: str = ""
    ) -> None:
        """Mark a row handled, in the transaction that writes its effects; LeaseLost when it is not ours any more."""
        await lanes.guard(session, self._db, claimed.lease)
        now = self._db.now()
        changed = await session.execute(
            update(inbox)
            .where(inbox.c.id == claimed.id, inbox.c.state == "new")
            .values(state=state, done_at=now, result=result, reason=reason)
            .returning(inbox.c.id)
        )
        if changed.first() is None:
            raise LeaseLost(f"inbox row {claimed.id} was finished by another worker")
        await lanes.settle(session, claimed.lease, await _next_ready(session, claimed.lane, now), release=True)

    async def give_back(self, claimed: Claimed, reason: str) -> bool:
        """Put a row back for a later try. Returns False when its tries are used up: the caller must bury it."""
        delay = turn_delay(claimed.attempts)
        if delay is None:
            return False
        async with self._db.transaction() as session:
            await lanes.guard(session, self._db, claimed.lease)
            now = self._db.now()
            await session.execute(
                update(inbox)
                .where(inbox.c.id == claimed.id)
                .values(due_at=now + timedelta(seconds=delay), reason=reason[:200])
            )
            await lanes.settle(session, claimed.lease, await _next_ready(session, claimed.lane, now), release=True)
        return True

    async def still_ours(self, session: AsyncSession, row_id: int, fence: int) -> bool:
        """Whether the turn of this row may still write effects: not finished, and its lane not taken over."""
        query = (
            select(inbox.c.id)
            .join(lanes.lanes, and_(lanes.lanes.c.queue == QUEUE, lanes.lanes.c.key == inbox.c.lane))
            .where(inbox.c.id == row_id, inbox.c.state == "new", lanes.lanes.c.fence == fence)
        )
        if not self._db.is_sqlite:
            query = query.with_for_update()
        return (await session.execute(query)).first() is not None

    async def counts(self) -> dict[str, int]:
        """Rows by state, for the conservation law and the metrics."""
        async with self._db.reading() as session:
            rows = (await session.execute(select(inbox.c.state, func.count()).group_by(inbox.c.state))).all()
            return {state: count for state, count in rows}


def _open_rows(lane: str, now: datetime) -> Any:
    """Rows of a lane that may be handled: the first message in line, and timers whose time has come."""
    return select(inbox).where(
        inbox.c.lane == lane, inbox.c.state == "new", or_(inbox.c.kind != "timer", inbox.c.due_at <= now)
    )


async def _next_ready(session: AsyncSession, lane: str, now: datetime) -> datetime | None:
    head = (
        await session.execute(_open_rows(lane, now).with_only_columns(inbox.c.due_at).order_by(inbox.c.id).limit(1))
    ).scalar()
    timer = (
        await session.execute(
            select(func.min(inbox.c.due_at)).where(
                inbox.c.lane == lane, inbox.c.state == "new", inbox.c.kind == "timer"
            )
        )
    ).scalar()
    known = [moment for moment in (head, timer) if moment is not None]
    return min(known) if known else None
