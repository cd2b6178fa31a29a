"""The figures of a tenant's desk: what its people did, and what became of the wishes for one of them."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from handoff.desk_tables import HandoffEvent, Operator, Takeover
from handoff.moves import Move
from handoff.tables import CallbackAttempt, CallbackRequest

_TAKEN = (Move.CLAIM.value, Move.TAKE.value, Move.TRANSFER.value)
_ENDED = (Move.RESOLVE.value, Move.GIVE_BACK.value, Move.CUSTOMER_GONE.value)


@dataclass(frozen=True, kw_only=True)
class OperatorFigures:
    """How somebody at the desk did. Seconds are medians, ratings a mean; None where there is nothing to say."""

    operator_id: int
    name: str
    taken: int
    resolved: int
    returned: int
    lost: int
    first_answer_seconds: float | None
    handled_seconds: float | None
    ratings: int
    rating: float | None
    calls: int


@dataclass(frozen=True, kw_only=True)
class QueueFigures:
    """What happened to those who asked for a person."""

    asked: int
    taken: int
    refused: int
    left: int
    nobody: int
    waited_seconds: float | None
    rating: float | None
    callbacks_asked: int
    callbacks_reached: int


def _median(values: Iterable[float]) -> float | None:
    found = list(values)
    return statistics.median(found) if found else None


async def operators(session: AsyncSession, tenant: str, since: datetime, until: datetime) -> list[OperatorFigures]:
    """Everybody at the desk: first answers, what they handled, how customers rated it, calls made."""
    people = (await session.exec(select(Operator).where(Operator.tenant == tenant).order_by(col(Operator.name)))).all()
    moves = (
        await session.exec(
            select(HandoffEvent, Takeover)
            .join(Takeover, col(Takeover.id) == col(HandoffEvent.takeover_id))
            .where(Takeover.tenant == tenant, col(HandoffEvent.at) >= since, col(HandoffEvent.at) < until)
            .order_by(col(HandoffEvent.id))
        )
    ).all()
    tried = (
        await session.exec(
            select(CallbackAttempt.staff_id).where(col(CallbackAttempt.at) >= since, col(CallbackAttempt.at) < until)
        )
    ).all()
    lost = await _lost(session, [event for event, _ in moves if event.move == Move.OPERATOR_GONE])
    found = []
    for one in people:
        mine = [(event, takeover) for event, takeover in moves if event.assignee_id == one.id]
        taken = [pair for pair in mine if pair[0].target == "open" and pair[0].move in _TAKEN]
        ended = {takeover.id: takeover for event, takeover in mine if event.move in _ENDED}
        rated = [takeover.rating for takeover in ended.values() if takeover.rating is not None]
        found.append(
            OperatorFigures(
                operator_id=one.id,
                name=one.name,
                taken=len(taken),
                resolved=sum(event.move in (Move.RESOLVE, Move.CUSTOMER_GONE) for event, _ in mine),
                returned=sum(event.move == Move.GIVE_BACK for event, _ in mine),
                lost=lost[one.id],
                first_answer_seconds=_median(
                    (takeover.first_reply_at - takeover.assigned_at).total_seconds()
                    for takeover in {takeover.id: takeover for _, takeover in taken}.values()
                    if takeover.first_reply_at and takeover.assigned_at and takeover.assignee_id == one.id
                    if takeover.first_reply_at >= takeover.assigned_at
                ),
                handled_seconds=_median(
                    (takeover.ended_at - takeover.assigned_at).total_seconds()
                    for takeover in ended.values()
                    if takeover.ended_at and takeover.assigned_at
                ),
                ratings=len(rated),
                rating=statistics.fmean(rated) if rated else None,
                calls=sum(staff == one.id for staff in tried),
            )
        )
    return found


async def _lost(session: AsyncSession, gone: list[HandoffEvent]) -> dict[int | None, int]:
    """How many conversations each operator was gone from; who had one is known from the change before, whenever it was."""
    lost: dict[int | None, int] = defaultdict(int)
    query = select(HandoffEvent).where(col(HandoffEvent.takeover_id).in_({event.takeover_id for event in gone}))
    changes = list((await session.exec(query.order_by(col(HandoffEvent.id)))).all()) if gone else []
    for event in gone:
        before = [
            one.assignee_id
            for one in changes
            if one.takeover_id == event.takeover_id and (one.id or 0) < (event.id or 0) and one.target == "open"
        ]
        lost[before[-1] if before else None] += 1
    return lost


async def queue(session: AsyncSession, tenant: str, since: datetime, until: datetime) -> QueueFigures:
    """What became of the wishes for a person."""
    moves = (
        await session.exec(
            select(HandoffEvent, Takeover)
            .join(Takeover, col(Takeover.id) == col(HandoffEvent.takeover_id))
            .where(Takeover.tenant == tenant, col(HandoffEvent.at) >= since, col(HandoffEvent.at) < until)
        )
    ).all()
    counts: dict[str, int] = defaultdict(int)
    first: dict[int | None, float] = {}
    for event, takeover in moves:
        counts[event.move] += 1
        if event.move == Move.CLAIM:
            first.setdefault(takeover.id, (event.at - takeover.queued_at).total_seconds())
    ratings = [
        one.rating for one in {takeover.id: takeover for _, takeover in moves}.values() if one.rating is not None
    ]
    calls = (
        await session.exec(
            select(CallbackRequest).where(
                CallbackRequest.tenant == tenant,
                col(CallbackRequest.created_at) >= since,
                col(CallbackRequest.created_at) < until,
            )
        )
    ).all()
    return QueueFigures(
        asked=counts[Move.ASK] + counts[Move.REFUSE],
        taken=len(first),
        refused=counts[Move.REFUSE],
        left=counts[Move.LEAVE],
        nobody=counts[Move.NOBODY] + counts[Move.CLOSE],
        waited_seconds=_median(first.values()),
        rating=statistics.fmean(ratings) if ratings else None,
        callbacks_asked=len(calls),
        callbacks_reached=sum(call.outcome == "reached" for call in calls),
    )
