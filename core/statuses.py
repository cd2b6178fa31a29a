"""What becomes of an outbox row when its platform says something about it, in whatever order that comes (R20)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, delete, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from core import lanes
from core.database import Database
from core.messages import Delivery, StatusUpdate, status_from_json, to_json
from core.outbox_rows import QUEUE, lane_key, outbox
from core.outbox_rules import DOUBTFUL, RANK
from core.tables import ParkedStatus

PARK = timedelta(minutes=10)  # reliability.md R20
parked: Any = ParkedStatus.__table__  # type: ignore[attr-defined]
# Built once, see core/lanes.py.
_TAKE_PARKED = (
    delete(parked)
    .where(parked.c.channel == bindparam("of_channel"), parked.c.external_id == bindparam("platform_id"))
    .returning(parked.c.id, parked.c.payload)
)


async def apply(session: AsyncSession, db: Database, channel: str, update_: StatusUpdate) -> int | None:
    """Move the row a status speaks of; returns its id. An unknown id is parked: it may come before our own note."""
    if update_.watermark:
        await lanes.lock(session, db, QUEUE, lane_key(channel, update_.address))
        query = select(outbox.c.id).where(
            outbox.c.channel == channel,
            outbox.c.address == update_.address,
            outbox.c.state.in_(("sent", "delivered")),
            outbox.c.sent_at <= update_.occurred_at,
        )
        for (row_id,) in (await session.execute(query)).all():
            await _note(session, db, row_id, update_)
        return None
    row_id = await _find(session, db, channel, update_)
    if row_id is None and update_.external_id:
        await one_at_a_time(session, db, channel, update_.external_id)
        row_id = await _find(session, db, channel, update_)
    if row_id is None:
        now = db.now()
        await session.execute(delete(parked).where(parked.c.created_at < now - PARK))
        session.add(
            ParkedStatus(channel=channel, external_id=update_.external_id, payload=to_json(update_), created_at=now)
        )
        await session.flush()
        return None
    await _note(session, db, row_id, update_)
    return row_id


async def _find(session: AsyncSession, db: Database, channel: str, update_: StatusUpdate) -> int | None:
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
    await lanes.lock(session, db, QUEUE, found.lane)
    return int(found.id)


async def apply_parked(session: AsyncSession, db: Database, row_id: int, channel: str, external_id: str) -> None:
    """Apply what was said about a message before its id was known here."""
    await one_at_a_time(session, db, channel, external_id)
    taken = (await session.execute(_TAKE_PARKED, {"of_channel": channel, "platform_id": external_id})).all()
    for row in sorted(taken, key=lambda row: row.id):
        await _note(session, db, row_id, status_from_json(row.payload))


async def one_at_a_time(session: AsyncSession, db: Database, channel: str, external_id: str) -> None:
    """Whoever notes an id and whoever parks a status for it must see each other's rows."""
    if not db.is_sqlite:
        await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"{channel} {external_id}", 0))))


async def _note(session: AsyncSession, db: Database, row_id: int, update_: StatusUpdate) -> None:
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
