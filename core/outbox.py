"""The durable outbox: one row is one API call. Claim, accept, fail, settle; every query on it lives here.

A row is marked `sending` before the call leaves, so a process that dies in between leaves a trace: the row is then
doubtful, not lost and not blindly repeated. A doubtful row waits for the platform's status; after that an ordinary
message is sent once more, a one-time code or a document never (R6).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, case, delete, func, select, update
from sqlmodel import col
from sqlmodel import select as select_rows
from sqlmodel.ext.asyncio.session import AsyncSession

from core import lanes
from core.database import Database
from core.errors import LeaseLost, SendError, WindowClosed
from core.lanes import Lease
from core.messages import (
    Delivery,
    OutgoingMessage,
    Priority,
    StatusUpdate,
    outgoing_from_json,
    status_from_json,
    to_json,
)
from core.retry import DOUBT_SECONDS, LIFETIME_SECONDS, send_delay
from core.tables import OutboxRow, ParkedStatus

QUEUE = "out"
PARK = timedelta(minutes=10)  # reliability.md R20
MAX_SENDS = 12
NEVER_TWICE = ("code", "document")
DEAD_STATES = ("failed", "held", "expired")
DOUBTFUL = "doubtful"
# What a platform said last counts only when it says more; the order of arrival must not matter (R20).
RANK = {Delivery.SENT: 1, Delivery.FAILED: 2, Delivery.DELIVERED: 3, Delivery.READ: 4}
outbox: Any = OutboxRow.__table__  # type: ignore[attr-defined]
parked: Any = ParkedStatus.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, kw_only=True)
class ToSend:
    """A message on its way. `callback` is echoed by platforms that can."""

    id: int
    channel: str
    address: str
    conversation_id: int | None
    message_id: int | None
    message: OutgoingMessage
    attempts: int
    callback: str
    created_at: datetime
    lease: Lease = field(repr=False)


@dataclass
class Waiting:
    """What decides about a row that has not left for good."""

    id: int
    state: str
    purpose: str
    priority: int
    due_at: datetime
    expires_at: datetime | None
    doubts: int


def why_never_again(purpose: str, error_code: str) -> str:
    """Why a dead letter must stay one; nothing when it may be sent again."""
    if purpose == "code":
        return "a one-time code is never sent again: the customer asks for a new one"
    if purpose in NEVER_TWICE and error_code == DOUBTFUL:
        return "it may have arrived, and such a document is never sent twice: the customer asks for it anew"
    return ""


def lane_key(channel: str, address: str) -> str:
    """Messages to one person on one channel leave one after the other."""
    return f"{channel}|{address}"


async def enqueue(
    session: AsyncSession,
    db: Database,
    *,
    channel: str,
    address: str,
    dedupe: str,
    messages: list[OutgoingMessage],
    conversation_id: int | None = None,
    message_ids: list[int | None] | None = None,
) -> None:
    """Queue messages in order, within the caller's transaction. A `dedupe` seen before queues nothing."""
    if not messages:
        return
    now = db.now()
    lane = lane_key(channel, address)
    values = [
        {
            "dedupe": f"{dedupe}:{index}",
            "channel": channel,
            "lane": lane,
            "address": address,
            "conversation_id": conversation_id,
            "message_id": message_ids[index] if message_ids else None,
            "purpose": message.purpose,
            "priority": message.priority.rank,
            "payload": to_json(message),
            "state": "queued",
            "attempts": 0,
            "doubts": 0,
            "due_at": now,
            "expires_at": now + timedelta(seconds=LIFETIME_SECONDS.get(message.purpose, LIFETIME_SECONDS["reply"])),
            "external_id": "",
            "error_code": "",
            "error_words": "",
            "created_at": now,
        }
        for index, message in enumerate(messages)
    ]
    await session.execute(lanes.insert_for(db, outbox).values(values).on_conflict_do_nothing(index_elements=["dedupe"]))
    await lanes.wake(session, db, QUEUE, {lane: (now, min(message.priority.rank for message in messages))})


class Outbox:
    """The sender's side of the table."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def claim_next(self, owner: str, seconds: float, busy: Mapping[str, int] | None = None) -> ToSend | None:
        """Take the head of the most urgent ready lane and mark it `sending`.

        `busy` names channels that must wait, each with the rank of priority from which on.
        """
        prefixes = {lane_key(channel, ""): rank for channel, rank in (busy or {}).items()}
        while True:
            async with self._db.transaction() as session:
                lease = await lanes.claim(session, self._db, QUEUE, owner, seconds, prefixes)
                if lease is None:
                    return None
                claimed = await self._head(session, lease)
                if claimed is not None:
                    return claimed

    async def _head(self, session: AsyncSession, lease: Lease) -> ToSend | None:
        now = self._db.now()
        waiting = await _waiting_on(session, lease.key)
        for item in waiting:
            if changes := put_away(item, now):
                await session.execute(update(outbox).where(outbox.c.id == item.id).values(**changes))
                item.state, item.due_at = changes["state"], changes.get("due_at", item.due_at)
        head, ready_at, priority = next_to_leave(waiting)
        if head is None or ready_at is None or ready_at > now:
            await lanes.settle(session, lease, ready_at, priority)
            return None
        row = (await session.execute(select(outbox).where(outbox.c.id == head.id))).one()
        await session.execute(
            update(outbox).where(outbox.c.id == row.id).values(state="sending", attempts=row.attempts + 1, due_at=now)
        )
        return ToSend(
            id=row.id,
            channel=row.channel,
            address=row.address,
            conversation_id=row.conversation_id,
            message_id=row.message_id,
            message=outgoing_from_json(row.payload),
            attempts=row.attempts + 1,
            callback=f"sathi-{row.id}",
            created_at=row.created_at,
            lease=lease,
        )

    async def accept(self, sent: ToSend, external_id: str) -> None:
        """The platform took it. A status that came first stays or is applied now."""
        try:
            async with self._db.transaction() as session:
                await lanes.guard(session, self._db, sent.lease)
                await self._note_accepted(session, sent, external_id)
                await self._settle(session, sent.lease)
        except LeaseLost:
            # The lane is somebody else's, but that this message arrived is still worth knowing: it ends their doubt.
            async with self._db.transaction() as session:
                await lanes.lock(session, self._db, QUEUE, sent.lease.key)
                state = (await session.execute(select(outbox.c.state).where(outbox.c.id == sent.id))).scalar()
                if state == DOUBTFUL:
                    await self._note_accepted(session, sent, external_id)
            raise

    async def _note_accepted(self, session: AsyncSession, sent: ToSend, external_id: str) -> None:
        undecided = outbox.c.state.in_(("sending", DOUBTFUL))
        await session.execute(
            update(outbox)
            .where(outbox.c.id == sent.id)
            .values(
                state=case((undecided, "sent"), else_=outbox.c.state),
                error_code=case((undecided, ""), else_=outbox.c.error_code),
                error_words=case((undecided, ""), else_=outbox.c.error_words),
                external_id=external_id,
                sent_at=self._db.now(),
            )
        )
        if not external_id:
            return
        await self._one_at_a_time(session, sent.channel, external_id)
        here = and_(parked.c.channel == sent.channel, parked.c.external_id == external_id)
        for row in (await session.execute(select(parked).where(here).order_by(parked.c.id))).all():
            await _apply(session, self._db, sent.id, status_from_json(row.payload))
        await session.execute(delete(parked).where(here))

    async def _one_at_a_time(self, session: AsyncSession, channel: str, external_id: str) -> None:
        """Whoever notes an id and whoever parks a status for it must see each other's rows."""
        if not self._db.is_sqlite:
            await session.execute(
                select(func.pg_advisory_xact_lock(func.hashtextextended(f"{channel} {external_id}", 0)))
            )

    async def fail(self, sent: ToSend, error: SendError) -> str:
        """Note a failed try; returns the row's new state. A status that came first is the better word and stays."""
        delay = send_delay(error, sent.attempts) if sent.attempts < MAX_SENDS else None
        if error.settles_by_status:
            state = DOUBTFUL
        elif isinstance(error, WindowClosed):
            state = "held"
        else:
            state = "failed" if delay is None else "errored"
        doubts = outbox.c.doubts + (1 if state == DOUBTFUL else 0)
        async with self._db.transaction() as session:
            await lanes.guard(session, self._db, sent.lease)
            now = self._db.now()
            await session.execute(
                update(outbox)
                .where(outbox.c.id == sent.id, outbox.c.state == "sending")
                .values(
                    state=state,
                    doubts=doubts,
                    due_at=now + timedelta(seconds=delay or 0.0),
                    error_code=error.code[:64],
                    error_words=error.words[:500],
                )
            )
            known: str = (await session.execute(select(outbox.c.state).where(outbox.c.id == sent.id))).scalar_one()
            await self._settle(session, sent.lease)
        return known

    async def postpone(self, sent: ToSend, seconds: float) -> None:
        """Put a row back untried because a limit does not allow it yet."""
        async with self._db.transaction() as session:
            await lanes.guard(session, self._db, sent.lease)
            due = self._db.now() + timedelta(seconds=seconds)
            await session.execute(
                update(outbox)
                .where(outbox.c.id == sent.id)
                .values(state="queued", attempts=sent.attempts - 1, due_at=due)
            )
            await self._settle(session, sent.lease)

    async def _settle(self, session: AsyncSession, lease: Lease) -> None:
        _, ready_at, priority = next_to_leave(await _waiting_on(session, lease.key))
        await lanes.settle(session, lease, ready_at, priority)

    async def apply_status(self, session: AsyncSession, channel: str, update_: StatusUpdate) -> int | None:
        """Move the row a status speaks of; returns its id. An unknown id is parked: it may come before our own note."""
        if update_.watermark:
            await lanes.lock(session, self._db, QUEUE, lane_key(channel, update_.address))
            query = select(outbox.c.id).where(
                outbox.c.channel == channel,
                outbox.c.address == update_.address,
                outbox.c.state.in_(("sent", "delivered")),
                outbox.c.sent_at <= update_.occurred_at,
            )
            for (row_id,) in (await session.execute(query)).all():
                await _apply(session, self._db, row_id, update_)
            return None
        row_id = await self._find(session, channel, update_)
        if row_id is None and update_.external_id:
            await self._one_at_a_time(session, channel, update_.external_id)
            row_id = await self._find(session, channel, update_)
        if row_id is None:
            now = self._db.now()
            await session.execute(delete(parked).where(parked.c.created_at < now - PARK))
            session.add(
                ParkedStatus(channel=channel, external_id=update_.external_id, payload=to_json(update_), created_at=now)
            )
            await session.flush()
            return None
        await _apply(session, self._db, row_id, update_)
        return row_id

    async def _find(self, session: AsyncSession, channel: str, update_: StatusUpdate) -> int | None:
        """The row of a status, with its lane locked: whoever sends there now must not decide at the same moment."""
        if update_.callback.startswith("sathi-") and update_.callback[6:].isdigit():
            wanted = outbox.c.id == int(update_.callback[6:])
        elif update_.external_id:
            wanted = outbox.c.external_id == update_.external_id
        else:
            return None
        found = (
            await session.execute(select(outbox.c.id, outbox.c.lane).where(outbox.c.channel == channel, wanted))
        ).first()
        if found is None:
            return None
        await lanes.lock(session, self._db, QUEUE, found.lane)
        return int(found.id)

    async def counts(self) -> dict[str, int]:
        """Rows by state."""
        async with self._db.reading() as session:
            rows = (await session.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state))).all()
            return {state: count for state, count in rows}

    async def dead_letters(
        self, limit: int = 100, states: Collection[str] = DEAD_STATES, channel: str = ""
    ) -> list[OutboxRow]:
        """Messages that will not leave by themselves, newest first; or those in other states."""
        async with self._db.reading() as session:
            query = select_rows(OutboxRow).where(col(OutboxRow.state).in_(states))
            if channel:
                query = query.where(OutboxRow.channel == channel)
            return list((await session.exec(query.order_by(col(OutboxRow.id).desc()).limit(limit))).all())

    async def next_due(self, busy: Mapping[str, int] | None = None) -> datetime | None:
        """When the next message may be due; `busy` as in `claim_next`."""
        return await lanes.next_due(self._db, QUEUE, {lane_key(name, ""): rank for name, rank in (busy or {}).items()})

    async def find(self, row_id: int) -> OutboxRow | None:
        """One row."""
        async with self._db.reading() as session:
            return await session.get(OutboxRow, row_id)

    async def fix(self, row_id: int, **changes: Any) -> bool:
        """Change the words or the address of a dead letter; it stays one until it is replayed."""
        async with self._db.transaction() as session:
            row = (await session.execute(select(outbox).where(outbox.c.id == row_id))).first()
            if row is None or row.state not in DEAD_STATES:
                return False
            values: dict[str, Any] = {}
            if address := changes.pop("address", ""):
                values |= {"address": address, "lane": lane_key(row.channel, address)}
            if changes:
                values["payload"] = to_json(outgoing_from_json({**row.payload, **changes}))
            await session.execute(update(outbox).where(outbox.c.id == row_id).values(**values))
        return True

    async def replay(self, row_id: int) -> bool:
        """Queue a dead letter again with a fresh life. False when there is none, or when it must not be sent twice."""
        async with self._db.transaction() as session:
            now = self._db.now()
            row = (await session.execute(select(outbox).where(outbox.c.id == row_id))).first()
            if row is None or row.state not in DEAD_STATES or why_never_again(row.purpose, row.error_code):
                return False
            life = LIFETIME_SECONDS.get(row.purpose, LIFETIME_SECONDS["reply"])
            await session.execute(
                update(outbox)
                .where(outbox.c.id == row_id)
                .values(
                    state="queued",
                    attempts=0,
                    doubts=0,
                    due_at=now,
                    expires_at=now + timedelta(seconds=life),
                    external_id="",  # a late word on the old try must not touch the new one
                    error_code="",
                    error_words="",
                )
            )
            await lanes.wake(session, self._db, QUEUE, {row.lane: (now, row.priority)})
            return True


async def _apply(session: AsyncSession, db: Database, row_id: int, update_: StatusUpdate) -> None:
    """Keep the furthest of sent < failed < delivered < read. What we only guessed ourselves gives way to any word."""
    row = (await session.execute(select(outbox).where(outbox.c.id == row_id))).one()
    guessed = row.state == "failed" and row.error_code == DOUBTFUL
    known = 0 if guessed or row.state not in list(Delivery) else RANK[Delivery(row.state)]
    values: dict[str, Any] = {}
    if update_.external_id and not row.external_id:
        values["external_id"] = update_.external_id
    if update_.status is not Delivery.FAILED and row.sent_at is None:
        values["sent_at"] = update_.occurred_at
    if update_.status is Delivery.DELIVERED:
        values["delivered_at"] = update_.occurred_at
    elif update_.status is Delivery.READ:
        values["read_at"] = update_.occurred_at
    if RANK[update_.status] > known:
        failed = update_.status is Delivery.FAILED
        values |= {
            "state": update_.status.value,
            "error_code": update_.code[:64] if failed else "",
            "error_words": update_.words[:500] if failed else "",
        }
    if values:
        await session.execute(update(outbox).where(outbox.c.id == row_id).values(**values))
    if row.state == DOUBTFUL and values.get("state"):
        # What waited behind the doubt may go now.
        await lanes.wake(session, db, QUEUE, {row.lane: (db.now(), row.priority)})


async def _waiting_on(session: AsyncSession, lane: str) -> list[Waiting]:
    query = (
        select(*(outbox.c[name] for name in ("id", "state", "purpose", "priority", "due_at", "expires_at", "doubts")))
        .where(outbox.c.lane == lane, outbox.c.state.in_(("queued", "errored", "sending", DOUBTFUL)))
        .order_by(outbox.c.priority, outbox.c.id)
    )
    return [Waiting(*row) for row in (await session.execute(query)).all()]


def put_away(row: Waiting, now: datetime) -> dict[str, Any]:
    """What becomes of a row without any API call: a send that a dead worker left, a doubt that ran out, old age.

    To be asked by whoever holds the lane: a row still `sending` then belongs to somebody who died in the middle.
    """
    if row.state == "sending":
        return {
            "state": DOUBTFUL,
            "due_at": now + timedelta(seconds=DOUBT_SECONDS),
            "doubts": row.doubts + 1,
            "error_words": "the sender stopped in the middle",
        }
    if row.state == DOUBTFUL:
        if row.due_at > now:
            return {}
        if row.purpose in NEVER_TWICE or row.doubts >= 2:
            words = "no word whether it arrived; not sent again"
            return {"state": "failed", "error_code": DOUBTFUL, "error_words": words}
    if row.expires_at is not None and row.expires_at < now:
        return {"state": "expired", "error_words": "too old to be sent"}
    return {"state": "errored"} if row.state == DOUBTFUL else {}


def next_to_leave(waiting: list[Waiting]) -> tuple[Waiting | None, datetime | None, int]:
    """What leaves next of a lane's rows (most urgent first), when, and how urgent it is.

    A doubtful message may be on its way, so what was said after it waits for its status (R7); danger does not.
    """
    head = next((row for row in waiting if row.state in ("queued", "errored")), None)
    doubts = [row for row in waiting if row.state == DOUBTFUL]
    settled_at = max((row.due_at for row in doubts), default=None)
    if head is None:
        return None, settled_at, doubts[0].priority if doubts else 1
    if settled_at is None or head.priority == Priority.DANGER.rank:
        return head, head.due_at, head.priority
    return head, max(head.due_at, settled_at), head.priority
