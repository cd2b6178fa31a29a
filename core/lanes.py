"""The lease on one conversation's queue: claim, renew, guard, release. Inbox and outbox share it.

A lane is ready when `ready_at` has come and nobody holds an unexpired lease. Claiming raises `fence`;
every later write of that worker checks it, so a worker that slept past its lease can write nothing (R8).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Integer, ScalarSelect, bindparam, case, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel.ext.asyncio.session import AsyncSession

from core.database import Database
from core.errors import LeaseLost
from core.messages import Priority
from core.tables import WHEN, Lane

RANKS = tuple(sorted(priority.rank for priority in Priority))
CHUNK = 1000  # rows of one statement: both databases take some 32,000 parameters
lanes: Any = Lane.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, kw_only=True)
class Lease:
    """The right to handle one conversation for a while. `paced_until` as in the lane when it was claimed."""

    queue: str
    key: str
    owner: str
    fence: int
    paced_until: datetime | None = None


def insert_for(db: Database, table: Any) -> Any:
    """An INSERT that knows ON CONFLICT, for the database in use."""
    return sqlite.insert(table) if db.is_sqlite else postgresql.insert(table)


async def wake(session: AsyncSession, db: Database, queue: str, due: dict[str, tuple[datetime, int]]) -> None:
    """Say that each lane of `due` has work at a time, with a priority rank. An earlier time or a better rank wins."""
    # Always in the order of the keys, so that two who wake the same lanes cannot lock each other out.
    rows = [
        {"queue": queue, "key": key, "ready_at": at, "priority": rank, "owner": "", "fence": 0}
        for key, (at, rank) in sorted(due.items())
    ]
    if rows:
        await session.execute(_waking(db.is_sqlite), rows)


@functools.cache
def _waking(is_sqlite: bool) -> Any:
    statement = sqlite.insert(lanes) if is_sqlite else postgresql.insert(lanes)
    new, resting = statement.excluded, lanes.c.ready_at.is_(None)
    return statement.on_conflict_do_update(
        index_elements=["queue", "key"],
        set_={
            "ready_at": case((or_(resting, new.ready_at < lanes.c.ready_at), new.ready_at), else_=lanes.c.ready_at),
            "priority": case((or_(resting, new.priority < lanes.c.priority), new.priority), else_=lanes.c.priority),
        },
    )


def _free(busy: Mapping[str, int]) -> list[ColumnElement[bool]]:
    """Conditions that pass over lanes of a prefix whose work is not more urgent than a rank."""
    return [
        or_(func.substr(lanes.c.key, 1, len(prefix)) != prefix, lanes.c.priority < rank)
        for prefix, rank in sorted(busy.items())
    ]


def _ready(rank: int, locks: bool, passed_over: frozenset[str]) -> ScalarSelect[Any]:
    """The lane of one rank that has waited longest: one step into the index, however many lanes wait behind."""
    found = (
        select(lanes.c.key)
        .where(
            lanes.c.queue == bindparam("in_queue"),
            lanes.c.priority == rank,
            lanes.c.ready_at <= bindparam("now"),
            or_(lanes.c.lease_until.is_(None), lanes.c.lease_until < bindparam("now")),
            *(func.substr(lanes.c.key, 1, len(prefix)) != prefix for prefix in sorted(passed_over)),
        )
        .order_by(lanes.c.ready_at)
        .limit(1)
    )
    return (found.with_for_update(skip_locked=True) if locks else found).scalar_subquery()


@functools.lru_cache(maxsize=64)
def _claiming(locks: bool, ranks: tuple[tuple[int, frozenset[str]], ...]) -> Any:
    """Take the first lane of some ranks, each without lanes of some prefixes."""
    ready = [_ready(rank, locks, passed_over) for rank, passed_over in ranks]
    return (
        update(lanes)
        .where(lanes.c.queue == bindparam("in_queue"), lanes.c.key == func.coalesce(*ready))
        .values(owner=bindparam("new_owner"), lease_until=bindparam("until"), fence=lanes.c.fence + 1)
        .returning(lanes.c.key, lanes.c.fence, lanes.c.paced_until)
    )


def _guarding(locks: bool) -> Any:
    query = select(lanes.c.owner, lanes.c.fence, lanes.c.lease_until).where(*_HERE)
    return query.with_for_update() if locks else query


def settling(ready_at: ColumnElement[Any], priority: ColumnElement[Any]) -> Any:
    """The statement that gives a lease back; to be run with the words of `place`."""
    return update(lanes).where(*_HERE).values(ready_at=ready_at, priority=priority, owner="", lease_until=None)


def place(lease: Lease) -> dict[str, Any]:
    """Where a lease holds, as parameters of the statements here."""
    return {"in_queue": lease.queue, "at_key": lease.key}


# Built once: putting a statement together costs more than running it, and these run several times for each message.
_HERE = (lanes.c.queue == bindparam("in_queue"), lanes.c.key == bindparam("at_key"))
_GUARD = {locks: _guarding(locks) for locks in (False, True)}
_SETTLE = settling(bindparam("due", type_=WHEN), bindparam("rank", type_=Integer)).values(
    paced_until=bindparam("pace", type_=WHEN)
)


async def claim(
    session: AsyncSession, db: Database, queue: str, owner: str, seconds: float, busy: Mapping[str, int] | None = None
) -> Lease | None:
    """Take the most urgent ready lane, or None.

    `busy` names beginnings of keys to pass over (an account that must wait), with the rank from which on they wait.
    """
    now = db.now()
    locks = not db.is_sqlite
    words = {"in_queue": queue, "now": now, "new_owner": owner, "until": now + timedelta(seconds=seconds)}
    ranks = tuple(
        (rank, frozenset(prefix for prefix, least in (busy or {}).items() if least <= rank)) for rank in RANKS
    )
    # PostgreSQL locks what each part finds, so there one is asked after the other; SQLite stops at the first by itself.
    for some in [(one,) for one in ranks] if locks else [ranks]:
        row = (await session.execute(_claiming(locks, some), words)).first()
        if row is not None:
            return Lease(queue=queue, key=row.key, owner=owner, fence=row.fence, paced_until=row.paced_until)
    return None


async def lock(session: AsyncSession, db: Database, queue: str, key: str) -> None:
    """Wait until no other transaction works on this lane; holds until the end of this one."""
    if not db.is_sqlite:
        query = select(lanes.c.key).where(lanes.c.queue == queue, lanes.c.key == key)
        await session.execute(query.with_for_update())


async def free_all(db: Database) -> int:
    """End every lease, for a service that has just started and knows that it is alone. Returns how many there were.

    What the dead process left is then handled at once instead of after its leases. Fences stay, so even a process
    that was not dead after all could write nothing.
    """
    async with db.transaction() as session:
        freed = await session.execute(
            update(lanes)
            .where(lanes.c.lease_until.is_not(None))
            .values(owner="", lease_until=None, fence=lanes.c.fence + 1)
            .returning(lanes.c.key)
        )
        return len(freed.all())


async def guard(session: AsyncSession, db: Database, lease: Lease, seconds: float | None = None) -> None:
    """Lock the lane's row and check that the lease is still ours; raise LeaseLost otherwise. `seconds` renews it."""
    row = (await session.execute(_GUARD[not db.is_sqlite], place(lease))).first()
    if row is None or row.fence != lease.fence or row.owner != lease.owner or row.lease_until is None:
        raise LeaseLost(f"lane {lease.queue} was taken over")
    if seconds is not None:
        await session.execute(
            update(lanes)
            .where(lanes.c.queue == lease.queue, lanes.c.key == lease.key)
            .values(lease_until=db.now() + timedelta(seconds=seconds))
        )


async def renew(db: Database, lease: Lease, seconds: float) -> None:
    """Keep the lease for longer; raise LeaseLost when it is gone."""
    async with db.transaction() as session:
        await guard(session, db, lease, seconds)


async def settle(
    session: AsyncSession, lease: Lease, ready_at: datetime | None, priority: int, paced_until: datetime | None = None
) -> None:
    """Give the lease back and set when the lane has work again. Call after `guard` in the same transaction."""
    words = place(lease) | {"due": ready_at, "rank": priority, "pace": paced_until or lease.paced_until}
    await session.execute(_SETTLE, words)


async def next_due(db: Database, queue: str, busy: Mapping[str, int] | None = None) -> datetime | None:
    """The earliest time at which a lane that nobody holds becomes ready, or a lease ends; `busy` as in `claim`."""
    async with db.reading() as session:
        when = case(
            (or_(lanes.c.lease_until.is_(None), lanes.c.lease_until < lanes.c.ready_at), lanes.c.ready_at),
            else_=lanes.c.lease_until,
        )
        query = select(when).where(lanes.c.queue == queue, lanes.c.ready_at.is_not(None), *_free(busy or {}))
        query = query.order_by(when).limit(1)
        found: datetime | None = (await session.execute(query)).scalar()
        return found
