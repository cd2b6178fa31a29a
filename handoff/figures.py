"""The figures of a tenant's desk and bot: containment, not understood, calls for a person, where people give up, operators.

A *conversation* counts once a day (the tenant's day), so somebody who comes back tomorrow counts again. Contained is one
in which no person was called and no call back was asked for.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from handoff.desk_tables import HandoffEvent, Operator, Takeover
from handoff.moves import Move
from handoff.record_tables import TurnRecord
from handoff.tables import CallbackAttempt, CallbackRequest

FALLBACK = "nlu_fallback"
PERSON = "person"
# Somebody who says nothing for so long after a question has left it.
SILENCE = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Rates:
    """One line of a table. `messages` were understood as this; rates are shares from 0 to 1, None of nothing."""

    name: str
    messages: int
    conversations: int
    fallback: float | None
    handoff: float | None
    contained: float | None
    confidence: float | None


@dataclass(frozen=True, kw_only=True)
class Step:
    """A question of a form: how often it stood open, and how often nothing followed."""

    name: str
    asked: int
    left: int

    @property
    def drop_off(self) -> float:
        return self.left / self.asked if self.asked else 0.0


@dataclass(frozen=True, kw_only=True)
class BotFigures:
    """How the bot did in a span of time."""

    total: Rates
    by_intent: tuple[Rates, ...]
    by_language: tuple[Rates, ...]
    steps: tuple[Step, ...]


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


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _median(values: Iterable[float]) -> float | None:
    found = list(values)
    return statistics.median(found) if found else None


async def bot(session: AsyncSession, tenant: str, timezone: str, since: datetime, until: datetime) -> BotFigures:
    """Containment, not understood and calls for a person, in all, by intent and by written form; and where people left.

    An intent's calls for a person are those of conversations in which it had come up before the call.
    """
    query = (
        select(TurnRecord)
        .where(TurnRecord.tenant == tenant, col(TurnRecord.at) >= since, col(TurnRecord.at) < until)
        .order_by(col(TurnRecord.conversation_id), col(TurnRecord.at), col(TurnRecord.id))
    )
    records = list((await session.exec(query)).all())
    wishes = select(CallbackRequest.conversation_id, CallbackRequest.created_at).where(
        CallbackRequest.tenant == tenant,
        col(CallbackRequest.created_at) >= since,
        col(CallbackRequest.created_at) < until,
    )
    zone = ZoneInfo(timezone)
    called = {(conversation, at.astimezone(zone).date()) for conversation, at in (await session.exec(wishes)).all()}
    visits: dict[tuple[int, object], list[TurnRecord]] = defaultdict(list)
    for record in records:
        visits[record.conversation_id, record.at.astimezone(zone).date()].append(record)
    to_person = {key for key, turns in visits.items() if any(turn.outcome == PERSON for turn in turns)} | called

    def rates(name: str, turns: list[TurnRecord], keys: set[tuple[int, object]], gone: int) -> Rates:
        return Rates(
            name=name,
            messages=len(turns),
            conversations=len(keys),
            fallback=_share(sum(turn.intent == FALLBACK for turn in turns), len(turns)),
            handoff=_share(gone, len(keys)),
            contained=_share(len(keys) - gone, len(keys)),
            confidence=statistics.fmean(turn.confidence for turn in turns) if turns else None,
        )

    by_intent: dict[str, list[TurnRecord]] = defaultdict(list)
    by_form: dict[str, list[TurnRecord]] = defaultdict(list)
    keys_of_intent: dict[str, set[tuple[int, object]]] = defaultdict(set)
    keys_of_form: dict[str, set[tuple[int, object]]] = defaultdict(set)
    gone_of_intent: dict[str, int] = defaultdict(int)
    for key, turns in visits.items():
        # Up to the call: what came afterwards did not lead to it.
        calls = [place for place, turn in enumerate(turns) if turn.outcome == PERSON]
        last = calls[-1] if calls else len(turns) - 1
        led = {turn.intent for turn in turns[: last + 1]} if key in to_person else set()
        for turn in turns:
            by_intent[turn.intent].append(turn)
            by_form[turn.language].append(turn)
            keys_of_intent[turn.intent].add(key)
            keys_of_form[turn.language].add(key)
        for intent in led:
            gone_of_intent[intent] += 1
    return BotFigures(
        total=rates("", records, set(visits), len(to_person & set(visits))),
        by_intent=tuple(
            rates(name, by_intent[name], keys_of_intent[name], gone_of_intent[name])
            for name in sorted(by_intent, key=lambda one: (-len(by_intent[one]), one))
        ),
        by_language=tuple(
            rates(name, by_form[name], keys_of_form[name], len(keys_of_form[name] & to_person))
            for name in sorted(by_form, key=lambda one: (-len(by_form[one]), one))
        ),
        steps=_steps(records, until),
    )


def _steps(records: list[TurnRecord], until: datetime) -> tuple[Step, ...]:
    """Each question of a form, by how many left it. One that still may be answered does not count yet."""
    asked: dict[str, int] = defaultdict(int)
    left: dict[str, int] = defaultdict(int)
    for place, record in enumerate(records):
        if not record.step:
            continue
        following = records[place + 1] if place + 1 < len(records) else None
        same = following if following and following.conversation_id == record.conversation_id else None
        if same is None and until - record.at < SILENCE:
            continue
        asked[record.step] += 1
        if same is None or same.at - record.at >= SILENCE:
            left[record.step] += 1
    steps = [Step(name=name, asked=count, left=left[name]) for name, count in asked.items()]
    return tuple(sorted(steps, key=lambda step: (-step.left, step.name)))


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
    lost: dict[int | None, int] = defaultdict(int)
    held: dict[int | None, int | None] = {}
    for event, takeover in moves:
        if event.move == Move.OPERATOR_GONE:
            lost[held.get(takeover.id)] += 1
        elif event.target == "open":
            held[takeover.id] = event.assignee_id
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


_TAKEN = (Move.CLAIM.value, Move.TAKE.value, Move.TRANSFER.value)
_ENDED = (Move.RESOLVE.value, Move.GIVE_BACK.value, Move.CUSTOMER_GONE.value)


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
