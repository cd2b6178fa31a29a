"""The durable outbox: one row is one API call. Claim, accept, fail, put off.

A row is marked `sending` before the call leaves, so a process that dies in between leaves a trace: the row is then
doubtful, not lost and not blindly repeated. A doubtful row waits for the platform's status; after that an ordinary
message is sent once more, a one-time code or a document never (R6). Beside this: `outbox_rows` (the table and how a
message gets in), `outbox_rules` (what is decided, without a database), `statuses` (the platform's word),
`dead_letters` (what staff can do).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, case, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from core import lanes, statuses
from core.dead_letters import DeadLetters
from core.errors import LeaseLost, SendError, WindowClosed
from core.lanes import Lease
from core.messages import OutgoingMessage, StatusUpdate, outgoing_from_json
from core.outbox_rows import QUEUE, enqueue, lane_key, outbox
from core.outbox_rules import DEAD_STATES, DOUBTFUL, Waiting, next_to_leave, put_away, why_never_again
from core.retry import send_delay
from core.tables import WHEN

__all__ = ["DEAD_STATES", "MAX_SENDS", "Outbox", "ToSend", "enqueue", "lane_key", "outbox", "why_never_again"]
MAX_SENDS = 12


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


class Outbox(DeadLetters):
    """The sender's side of the table. `paced_until` is when the person may be sent a whole burst again."""

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
        row = (await session.execute(_TAKE, {"row": head.id, "now": now})).one()
        return ToSend(
            id=row.id,
            channel=row.channel,
            address=row.address,
            conversation_id=row.conversation_id,
            message_id=row.message_id,
            message=outgoing_from_json(row.payload),
            attempts=row.attempts,
            callback=f"sathi-{row.id}",
            created_at=row.created_at,
            lease=lease,
        )

    async def accept(self, sent: ToSend, external_id: str, paced_until: datetime | None = None) -> None:
        """The platform took it. A status that came first stays or is applied now."""
        try:
            async with self._db.transaction() as session:
                await lanes.guard(session, self._db, sent.lease)
                await self._note_accepted(session, sent, external_id)
                await self._settle(session, sent.lease, paced_until)
        except LeaseLost:
            # The lane is somebody else's, but that this message arrived is still worth knowing: it ends their doubt.
            async with self._db.transaction() as session:
                await lanes.lock(session, self._db, QUEUE, sent.lease.key)
                state = (await session.execute(select(outbox.c.state).where(outbox.c.id == sent.id))).scalar()
                if state == DOUBTFUL:
                    await self._note_accepted(session, sent, external_id)
            raise

    async def _note_accepted(self, session: AsyncSession, sent: ToSend, external_id: str) -> None:
        words = {"row": sent.id, "platform_id": external_id, "now": self._db.now()}
        await session.execute(_ACCEPT, words)
        if external_id:
            await statuses.apply_parked(session, self._db, sent.id, sent.channel, external_id)

    async def fail(self, sent: ToSend, error: SendError, paced_until: datetime | None = None) -> str:
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
            await self._settle(session, sent.lease, paced_until)
        return known

    async def postpone(self, sent: ToSend, seconds: float) -> None:
        """Put a row back untried because a limit does not allow it yet."""
        async with self._db.transaction() as session:
            await lanes.guard(session, self._db, sent.lease)
            due = self._db.now() + timedelta(seconds=seconds)
            await session.execute(_PUT_OFF, {"row": sent.id, "due": due})
            await self._settle(session, sent.lease)

    async def _settle(self, session: AsyncSession, lease: Lease, paced_until: datetime | None = None) -> None:
        _, ready_at, priority = next_to_leave(await _waiting_on(session, lease.key))
        await lanes.settle(session, lease, ready_at, priority, paced_until)

    async def apply_status(self, session: AsyncSession, channel: str, update_: StatusUpdate) -> int | None:
        """Move the row a status speaks of; returns its id. An unknown id is parked: it may come before our own note."""
        return await statuses.apply(session, self._db, channel, update_)

    async def counts(self) -> dict[str, int]:
        """Rows by state."""
        async with self._db.reading() as session:
            rows = (await session.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state))).all()
            return {state: count for state, count in rows}

    async def next_due(self, busy: Mapping[str, int] | None = None) -> datetime | None:
        """When the next message may be due; `busy` as in `claim_next`."""
        return await lanes.next_due(self._db, QUEUE, {lane_key(name, ""): rank for name, rank in (busy or {}).items()})


async def _waiting_on(session: AsyncSession, lane: str) -> list[Waiting]:
    return [Waiting(*row) for row in (await session.execute(_WAITING, {"of_lane": lane})).all()]


def _accepting() -> Any:
    undecided = outbox.c.state.in_(("sending", DOUBTFUL))
    return _one_row().values(
        state=case((undecided, "sent"), else_=outbox.c.state),
        error_code=case((undecided, ""), else_=outbox.c.error_code),
        error_words=case((undecided, ""), else_=outbox.c.error_words),
        external_id=bindparam("platform_id"),
        sent_at=bindparam("now", type_=WHEN),
    )


def _one_row() -> Any:
    return update(outbox).where(outbox.c.id == bindparam("row"))


# Built once, see core/lanes.py.
_WAITING = (
    select(*(outbox.c[name] for name in ("id", "state", "purpose", "priority", "due_at", "expires_at", "doubts")))
    .where(outbox.c.lane == bindparam("of_lane"), outbox.c.state.in_(("queued", "errored", "sending", DOUBTFUL)))
    .order_by(outbox.c.priority, outbox.c.id)
)
_TAKE = (
    _one_row()
    .values(state="sending", attempts=outbox.c.attempts + 1, due_at=bindparam("now", type_=WHEN))
    .returning(outbox)
)
_ACCEPT = _accepting()
_PUT_OFF = _one_row().values(state="queued", attempts=outbox.c.attempts - 1, due_at=bindparam("due", type_=WHEN))
