"""The durable outbox: one row is one API call. Claim, accept, fail, settle; every query on it lives here.

A row is marked `sending` before the call leaves, so a process that dies in between leaves a trace: the row is then
doubtful, not lost and not blindly repeated. A doubtful row waits for the platform's status; after that an ordinary
message is sent once more, a one-time code or a document never (R6).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, func, or_, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from core import lanes
from core.database import Database
from core.errors import SendError, WindowClosed
from core.lanes import Lease
from core.messages import Delivery, OutgoingMessage, StatusUpdate, outgoing_from_json, status_from_json, to_json
from core.retry import DOUBT_SECONDS, LIFETIME_SECONDS, send_delay
from core.tables import OutboxRow, ParkedStatus

QUEUE = "out"
PARK = timedelta(minutes=10)  # reliability.md R20
MAX_SENDS = 12
NEVER_TWICE = ("code", "document")
RANK = {Delivery.SENT: 1, Delivery.DELIVERED: 2, Delivery.READ: 3}
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

    async def claim_next(self, owner: str, seconds: float, busy: set[str] | None = None) -> ToSend | None:
        """Take the head of the most urgent ready lane and mark it `sending`."""
        while True:
            lease = await lanes.claim(self._db, QUEUE, owner, seconds, busy)
            if lease is None:
                return None
            claimed = await self._head(lease)
            if claimed is not None:
                return claimed

    async def _head(self, lease: Lease) -> ToSend | None:
        async with self._db.transaction() as session:
            await lanes.guard(session, self._db, lease)
            now = self._db.now()
            await self._put_away(session, lease.key, now)
            row = (await session.execute(_open_rows(lease.key).limit(1))).first()
            if row is None or row.due_at > now:
                await lanes.settle(session, lease, *await _next_ready(session, lease.key), release=True)
                return None
            await session.execute(
                update(outbox)
                .where(outbox.c.id == row.id)
                .values(state="sending", attempts=row.attempts + 1, due_at=now)
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

    async def _put_away(self, session: AsyncSession, lane: str, now: datetime) -> None:
        """Settle what needs no API call: a send a dead worker left, doubts that ran out, messages too old to matter."""
        here = outbox.c.lane == lane
        # We hold the lane, so a row still `sending` belongs to a worker that died in the middle.
        await session.execute(
            update(outbox)
            .where(here, outbox.c.state == "sending")
            .values(
                state="doubtful",
                due_at=now + timedelta(seconds=DOUBT_SECONDS),
                error_words="the sender stopped in the middle",
            )
        )
        over = and_(here, outbox.c.state == "doubtful", outbox.c.due_at <= now)
        await session.execute(
            update(outbox)
            .where(over, or_(outbox.c.purpose.in_(NEVER_TWICE), outbox.c.attempts >= 2))
            .values(state="failed", error_code="doubtful", error_words="no word whether it arrived; not sent again")
        )
        await session.execute(update(outbox).where(over).values(state="errored"))
        await session.execute(
            update(outbox)
            .where(here, outbox.c.state.in_(("queued", "errored")), outbox.c.expires_at < now)
            .values(state="expired", error_words="too old to be sent")
        )

    async def accept(self, sent: ToSend, external_id: str) -> None:
        """The platform took it. A status that came first is applied now."""
        async with self._db.transaction() as session:
            await self._guard(session, sent)
            now = self._db.now()
            await session.execute(
                update(outbox)
                .where(outbox.c.id == sent.id, outbox.c.state.in_(("sending", "doubtful")))
                .values(state="sent", external_id=external_id, sent_at=now, error_code="", error_words="")
            )
            if external_id:
                early = (
                    await session.execute(
                        select(parked)
                        .where(parked.c.channel == sent.channel, parked.c.external_id == external_id)
                        .order_by(parked.c.id)
                    )
                ).all()
                for row in early:
                    await _apply(session, sent.id, status_from_json(row.payload))
                if early:
                    await session.execute(delete(parked).where(parked.c.id.in_([row.id for row in early])))
            await lanes.settle(session, sent.lease, *await _next_ready(session, sent.lease.key), release=True)

    async def fail(self, sent: ToSend, error: SendError) -> str:
        """Note a failed try; returns the row's new state."""
        delay = send_delay(error, sent.attempts) if sent.attempts < MAX_SENDS else None
        if error.settles_by_status:
            state = "doubtful"
        elif isinstance(error, WindowClosed):
            state = "held"
        else:
            state = "failed" if delay is None else "errored"
        async with self._db.transaction() as session:
            await self._guard(session, sent)
            now = self._db.now()
            await session.execute(
                update(outbox)
                .where(outbox.c.id == sent.id, outbox.c.state == "sending")
                .values(
                    state=state,
                    due_at=now + timedelta(seconds=delay or 0.0),
                    error_code=error.code[:64],
                    error_words=error.words[:500],
                )
            )
            await lanes.settle(session, sent.lease, *await _next_ready(session, sent.lease.key), release=True)
        return state

    async def postpone(self, sent: ToSend, seconds: float) -> None:
        """Put a row back untried because a limit does not allow it yet."""
        async with self._db.transaction() as session:
            await self._guard(session, sent)
            due = self._db.now() + timedelta(seconds=seconds)
            await session.execute(
                update(outbox)
                .where(outbox.c.id == sent.id)
                .values(state="queued", attempts=sent.attempts - 1, due_at=due)
            )
            await lanes.settle(session, sent.lease, *await _next_ready(session, sent.lease.key), release=True)

    async def _guard(self, session: AsyncSession, sent: ToSend) -> None:
        await lanes.guard(session, self._db, sent.lease)

    async def apply_status(self, session: AsyncSession, channel: str, update_: StatusUpdate) -> int | None:
        """Move the row a status speaks of; returns its id. An unknown id is parked: it may come before our own note."""
        if update_.watermark:
            query = select(outbox.c.id).where(
                outbox.c.channel == channel,
                outbox.c.address == update_.address,
                outbox.c.state.in_(("sent", "delivered")),
                outbox.c.sent_at <= update_.occurred_at,
            )
            for (row_id,) in (await session.execute(query)).all():
                await _apply(session, row_id, update_)
            return None
        row_id = await self._find(session, channel, update_)
        if row_id is None:
            now = self._db.now()
            await session.execute(delete(parked).where(parked.c.created_at < now - PARK))
            session.add(
                ParkedStatus(channel=channel, external_id=update_.external_id, payload=to_json(update_), created_at=now)
            )
            return None
        await _apply(session, row_id, update_)
        return row_id

    async def _find(self, session: AsyncSession, channel: str, update_: StatusUpdate) -> int | None:
        if update_.callback.startswith("sathi-") and update_.callback[6:].isdigit():
            wanted = outbox.c.id == int(update_.callback[6:])
        elif update_.external_id:
            wanted = outbox.c.external_id == update_.external_id
        else:
            return None
        found: int | None = (
            await session.execute(select(outbox.c.id).where(outbox.c.channel == channel, wanted))
        ).scalar()
        return found

    async def counts(self) -> dict[str, int]:
        """Rows by state."""
        async with self._db.reading() as session:
            rows = (await session.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state))).all()
            return {state: count for state, count in rows}

    async def dead_letters(self, limit: int = 100) -> list[OutboxRow]:
        """Messages that will not leave by themselves, newest first."""
        from sqlmodel import col
        from sqlmodel import select as select_rows

        async with self._db.reading() as session:
            query = (
                select_rows(OutboxRow)
                .where(col(OutboxRow.state).in_(("failed", "held", "expired")))
                .order_by(col(OutboxRow.id).desc())
                .limit(limit)
            )
            return list((await session.exec(query)).all())

    async def replay(self, row_id: int) -> bool:
        """Queue a dead letter again with a fresh life. False when there is no such dead letter."""
        async with self._db.transaction() as session:
            now = self._db.now()
            row = (await session.execute(select(outbox).where(outbox.c.id == row_id))).first()
            if row is None or row.state not in ("failed", "held", "expired"):
                return False
            life = LIFETIME_SECONDS.get(row.purpose, LIFETIME_SECONDS["reply"])
            await session.execute(
                update(outbox)
                .where(outbox.c.id == row_id)
                .values(state="queued", attempts=0, due_at=now, expires_at=now + timedelta(seconds=life))
            )
            await lanes.wake(session, self._db, QUEUE, {row.lane: (now, row.priority)})
            return True


async def _apply(session: AsyncSession, row_id: int, update_: StatusUpdate) -> None:
    """Keep the furthest of sent < delivered < read; failed counts only when nothing better is known."""
    row = (await session.execute(select(outbox.c.state).where(outbox.c.id == row_id))).one()
    known = RANK.get(Delivery(row.state), 0) if row.state in Delivery.__members__.values() else 0
    values: dict[str, Any] = {}
    if update_.status is Delivery.FAILED:
        if known < RANK[Delivery.DELIVERED] and row.state != "failed":
            values = {"state": "failed", "error_code": update_.code[:64], "error_words": update_.words[:500]}
    else:
        if RANK[update_.status] > known:
            values["state"] = update_.status.value
        if update_.status is Delivery.DELIVERED:
            values["delivered_at"] = update_.occurred_at
        elif update_.status is Delivery.READ:
            values["read_at"] = update_.occurred_at
        if row.state in ("doubtful", "failed") and update_.external_id:
            values["external_id"] = update_.external_id
    if values:
        await session.execute(update(outbox).where(outbox.c.id == row_id).values(**values))


def _open_rows(lane: str) -> Any:
    return (
        select(outbox)
        .where(outbox.c.lane == lane, outbox.c.state.in_(("queued", "errored")))
        .order_by(outbox.c.priority, outbox.c.id)
    )


async def _next_ready(session: AsyncSession, lane: str) -> tuple[datetime | None, int]:
    """When the lane has work again, and how urgent it is."""
    head = (await session.execute(_open_rows(lane).limit(1))).first()
    doubt = (
        await session.execute(
            select(func.min(outbox.c.due_at)).where(outbox.c.lane == lane, outbox.c.state == "doubtful")
        )
    ).scalar()
    if head is None:
        return doubt, 1
    return (min(head.due_at, doubt) if doubt else head.due_at), head.priority
