"""The durable inbox: store once, claim, finish, give back. Every query on it lives here.

A webhook's events go in with one transaction and are confirmed only after the commit (R1). Requests that come at the
same moment share a commit: a writer task gathers what waits. Messages of a lane are handled in the order of their
commit, one at a time (R7); timers are rows with a later `due_at` and wait for nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, and_, bindparam, func, or_, select, update
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from core import lanes
from core.database import Database, is_deadlock, is_lost_connection
from core.errors import LeaseLost
from core.lanes import Lease
from core.messages import Priority
from core.retry import turn_delay
from core.tables import Conversation, InboxRow, Message, Quarantine

QUEUE = "in"
TIMER = "timer"
BATCH = 500
STOP_SECONDS = 10.0
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
    return len(await _insert(session, db, rows))


async def _insert(session: AsyncSession, db: Database, rows: list[NewRow]) -> set[tuple[str, str]]:
    """As `insert`; returns channel and external id of the rows that are new."""
    now = db.now()
    stored: set[tuple[str, str]] = set()
    due: dict[str, tuple[datetime, int]] = {}
    for start in range(0, len(rows), lanes.CHUNK):
        chunk = rows[start : start + lanes.CHUNK]
        values = [
            {
                "channel": row.channel,
                "external_id": row.external_id,
                "lane": row.lane,
                "kind": row.kind,
                "priority": row.priority,
                "payload": row.payload,
                "state": "new",
                "attempts": 0,
                "due_at": row.due_at or now,
                "received_at": now,
                "reason": "",
                "result": {},
            }
            for row in chunk
        ]
        statement = (
            lanes.insert_for(db, inbox).values(values).on_conflict_do_nothing(index_elements=["channel", "external_id"])
        )
        new = (await session.execute(statement.returning(inbox.c.channel, inbox.c.external_id))).all()
        stored |= {(row.channel, row.external_id) for row in new}
    for row in rows:
        if (row.channel, row.external_id) in stored:
            at, rank = due.get(row.lane, (row.due_at or now, row.priority))
            due[row.lane] = (min(at, row.due_at or now), min(rank, row.priority))
    await lanes.wake(session, db, QUEUE, due)
    return stored


class Inbox:
    """Group commit in front of the table, and the worker's side behind it."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._waiting: list[_Waiting] = []
        self._in_hand: list[_Waiting] = []
        self._arrived = asyncio.Event()
        self._stopping = False
        self._writer: asyncio.Task[None] | None = None
        self.new_work = asyncio.Event()

    async def start(self) -> None:
        self._stopping = False
        self._writer = asyncio.create_task(self._write_forever(), name="inbox-writer")

    async def stop(self) -> None:
        """Write what waits, then end; whoever could not be served is told so, because nothing was confirmed to him."""
        self._stopping = True
        self._arrived.set()
        if self._writer:
            await asyncio.wait([self._writer], timeout=STOP_SECONDS)
        _fail(self._in_hand + self._waiting, ConnectionError("the service is stopping"))
        self._waiting.clear()
        if self._writer:
            # A database that does not answer can hold the writer for a while longer; nobody waits for him any more.
            self._writer.cancel()
            await asyncio.gather(self._writer, return_exceptions=True)
            self._writer = None
        self._in_hand.clear()

    async def put(self, rows: list[NewRow], bad: list[Bad] | None = None) -> int:
        """Store rows; returns after the commit how many were new. Raises when nothing was stored."""
        if not rows and not bad:
            return 0
        if self._stopping:
            raise ConnectionError("the service is stopping")
        item = _Waiting(rows, bad or [], asyncio.get_running_loop().create_future())
        self._waiting.append(item)
        self._arrived.set()
        return await item.done

    async def _write_forever(self) -> None:
        while self._waiting or not self._stopping:
            await self._arrived.wait()
            self._arrived.clear()
            while self._waiting:
                size = 0
                while self._waiting and (not self._in_hand or size + len(self._waiting[0].rows) <= BATCH):
                    item = self._waiting.pop(0)
                    size += len(item.rows)
                    self._in_hand.append(item)
                await self._write(self._in_hand)
                self._in_hand.clear()

    async def _write(self, group: list[_Waiting], tries: int = 3) -> None:
        try:
            async with self._db.transaction() as session:
                stored = await _insert(session, self._db, [row for item in group for row in item.rows])
                now = self._db.now()
                session.add_all(
                    Quarantine(channel=bad.channel, reason=bad.reason, body=bad.body, received_at=now)
                    for item in group
                    for bad in item.bad
                )
        except Exception as error:
            if is_deadlock(error) and tries > 1:
                await self._write(group, tries - 1)
            elif is_lost_connection(error) or len(group) == 1:
                _fail(group, error)
            else:
                # One bad request must not fail its neighbours: the group is tried again one by one.
                for item in group:
                    await self._write([item])
            return
        for item in group:
            # A row that stood in several requests counts as new in the first of them.
            keys = {(row.channel, row.external_id) for row in item.rows} & stored
            stored -= keys
            if not item.done.done():
                item.done.set_result(len(keys))
        self.new_work.set()

    async def claim_next(self, owner: str, seconds: float) -> Claimed | None:
        """Take the head of a ready lane. A lane found empty is put to rest and the next one tried."""
        while True:
            async with self._db.transaction() as session:
                lease = await lanes.claim(session, self._db, QUEUE, owner, seconds)
                if lease is None:
                    return None
                claimed = await self._head(session, lease)
                if claimed is not None:
                    return claimed

    async def _head(self, session: AsyncSession, lease: Lease) -> Claimed | None:
        # The attempt counts from the claim: a message that kills its worker must not live for ever (R10).
        row = (await session.execute(_TAKE, lanes.place(lease) | {"now": self._db.now()})).first()
        if row is None:
            await session.execute(_SETTLE, lanes.place(lease))
            return None
        return Claimed(
            id=row.id,
            channel=row.channel,
            external_id=row.external_id,
            lane=row.lane,
            kind=row.kind,
            payload=row.payload,
            attempts=row.attempts,
            received_at=row.received_at,
            lease=lease,
        )

    async def finish(
        self, session: AsyncSession, claimed: Claimed, result: dict[str, Any], state: str = "done", reason: str = ""
    ) -> None:
        """Mark a row handled, in the transaction that writes its effects; LeaseLost when it is not ours any more."""
        await lanes.guard(session, self._db, claimed.lease)
        words = {"row": claimed.id, "end": state, "now": self._db.now(), "outcome": result, "why": reason}
        if (await session.execute(_FINISH, words)).first() is None:
            raise LeaseLost(f"inbox row {claimed.id} was finished by another worker")
        await session.execute(_SETTLE, lanes.place(claimed.lease))

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
            await session.execute(_SETTLE, lanes.place(claimed.lease))
        return True

    async def replay(self, row_id: int) -> bool:
        """Let a dead letter be handled again; its line of the transcript stays the one it has. False when it is none."""
        async with self._db.transaction() as session:
            row = (await session.execute(select(inbox).where(inbox.c.id == row_id))).first()
            if row is None or row.state != "dead":
                return False
            now = self._db.now()
            payload = dict(row.payload)
            if row.kind == "message":
                written = (
                    select(col(Message.id))
                    .join(Conversation, col(Conversation.id) == col(Message.conversation_id))
                    .where(col(Conversation.channel) == row.channel, col(Message.external_id) == row.external_id)
                )
                known = (await session.execute(written.limit(1))).scalar()
                if known is not None:
                    payload["detail"] = {**(payload.get("detail") or {}), "transcript": known}
            values = {"state": "new", "attempts": 0, "due_at": now, "done_at": None, "payload": payload}
            await session.execute(update(inbox).where(inbox.c.id == row_id).values(**values))
            await lanes.wake(session, self._db, QUEUE, {row.lane: (now, row.priority)})
        self.new_work.set()
        return True

    async def still_ours(self, session: AsyncSession, row_id: int, fence: int) -> bool:
        """Whether the turn of this row may still write effects: not finished, and its lane not taken over."""
        query = (
            select(inbox.c.id)
            .join(lanes.lanes, and_(lanes.lanes.c.queue == QUEUE, lanes.lanes.c.key == inbox.c.lane))
            .where(
                inbox.c.id == row_id,
                inbox.c.state == "new",
                lanes.lanes.c.fence == fence,
                lanes.lanes.c.owner != "",  # given back: nobody's turn until the next claim
            )
        )
        if not self._db.is_sqlite:
            query = query.with_for_update(of=lanes.lanes)
        return (await session.execute(query)).first() is not None

    async def counts(self) -> dict[str, int]:
        """Rows by state, for the conservation law and the metrics."""
        async with self._db.reading() as session:
            rows = (await session.execute(select(inbox.c.state, func.count()).group_by(inbox.c.state))).all()
            return {state: count for state, count in rows}


def _fail(group: Iterable[_Waiting], error: Exception) -> None:
    for item in group:
        if not item.done.done():
            item.done.set_exception(error)


_OPEN = (inbox.c.lane == bindparam("at_key"), inbox.c.state == "new")


def _first(*conditions: ColumnElement[bool]) -> ScalarSelect[Any]:
    """The id of a lane's first open row under some conditions."""
    return select(func.min(inbox.c.id)).where(*_OPEN, *conditions).scalar_subquery()


def _taking() -> Any:
    """Take what of a lane may be handled now: the first message in line, or a timer whose time has come."""
    is_due = inbox.c.due_at <= bindparam("now")
    message, timer = _first(inbox.c.kind != TIMER), _first(inbox.c.kind == TIMER, is_due)
    runnable = _first(or_(inbox.c.id == message, inbox.c.id == timer), is_due)
    return update(inbox).where(inbox.c.id == runnable).values(attempts=inbox.c.attempts + 1).returning(inbox)


def _finishing() -> Any:
    ended = {"state": "end", "done_at": "now", "result": "outcome", "reason": "why"}
    return (
        update(inbox)
        .where(inbox.c.id == bindparam("row"), inbox.c.state == "new")
        .values({column: bindparam(word) for column, word in ended.items()})
        .returning(inbox.c.id)
    )


def _settling() -> Any:
    """Give the lane back, ready when its first message or its next timer is due.

    A lane is as urgent as the most urgent message in it, because that one waits for those before it.
    """
    message = _first(inbox.c.kind != TIMER)
    due = select(func.min(inbox.c.due_at)).where(*_OPEN, or_(inbox.c.kind == TIMER, inbox.c.id == message))
    rank = select(func.min(inbox.c.priority)).where(*_OPEN, inbox.c.kind != TIMER)
    return lanes.settling(due.scalar_subquery(), func.coalesce(rank.scalar_subquery(), Priority.REPLY.rank))


# Built once, see core/lanes.py.
_TAKE, _FINISH, _SETTLE = _taking(), _finishing(), _settling()
