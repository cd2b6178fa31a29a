"""The figures of a tenant's bot: containment, not understood, calls for a person, and where people give up.

A *conversation* counts once a day (the tenant's day), so somebody who comes back tomorrow counts again. Contained is one
that no person had or was asked to have: nobody was called, whether somebody could come or not, nobody took it by
themselves, and no call back was asked for. *Not understood* is a message that was asked again or offered the likeliest,
and one without a meaning that went to a person; an answer that a form could use was understood, whatever it looked like.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from handoff.desk_tables import Takeover
from handoff.record_tables import TurnRecord
from handoff.tables import CallbackRequest

FALLBACK = "nlu_fallback"
UNCLEAR, PERSON, ANSWERED = "unclear", "person", "answered"
# Somebody who says nothing for so long after a question has left it.
SILENCE = timedelta(hours=1)
# A turn is written down when it ends; the call in it came before.
TURN = timedelta(seconds=15)
Visit = tuple[int, date]


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


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _not_understood(turn: TurnRecord) -> bool:
    return turn.outcome == UNCLEAR or (turn.intent == FALLBACK and turn.outcome != ANSWERED)


def _rates(name: str, turns: list[TurnRecord], visits: int, gone: int) -> Rates:
    return Rates(
        name=name,
        messages=len(turns),
        conversations=visits,
        fallback=_share(sum(map(_not_understood, turns)), len(turns)),
        handoff=_share(gone, visits),
        contained=_share(visits - gone, visits),
        confidence=statistics.fmean(turn.confidence for turn in turns) if turns else None,
    )


async def bot(session: AsyncSession, tenant: str, timezone: str, since: datetime, until: datetime) -> BotFigures:
    """Containment, not understood and calls for a person, in all, by intent and by written form; and where people left.

    An intent's calls for a person are those of conversations in which it had come up before the last call.
    """
    query = (
        select(TurnRecord)
        .where(TurnRecord.tenant == tenant, col(TurnRecord.at) >= since, col(TurnRecord.at) < until)
        .order_by(col(TurnRecord.conversation_id), col(TurnRecord.at), col(TurnRecord.id))
    )
    records = list((await session.exec(query)).all())
    zone = ZoneInfo(timezone)
    visits: dict[Visit, list[TurnRecord]] = defaultdict(list)
    for record in records:
        visits[record.conversation_id, record.at.astimezone(zone).date()].append(record)
    taken = await _taken(session, tenant, since, until)
    calls: dict[Visit, datetime] = {}
    called = [(record.conversation_id, record.at) for record in records if record.outcome == PERSON]
    for conversation, at in [*called, *taken, *await _wishes(session, tenant, since, until)]:
        key = (conversation, at.astimezone(zone).date())
        if key in visits:
            calls[key] = max(at, calls.get(key, at))
    by_intent: dict[str, list[TurnRecord]] = defaultdict(list)
    by_form: dict[str, list[TurnRecord]] = defaultdict(list)
    of_intent: dict[str, set[Visit]] = defaultdict(set)
    of_form: dict[str, set[Visit]] = defaultdict(set)
    gone_of_intent: dict[str, set[Visit]] = defaultdict(set)
    for key, turns in visits.items():
        for turn in turns:
            by_intent[turn.intent].append(turn)
            by_form[turn.language].append(turn)
            of_intent[turn.intent].add(key)
            of_form[turn.language].add(key)
            # Up to the call: what came afterwards did not lead to it.
            if key in calls and turn.at <= calls[key] + TURN:
                gone_of_intent[turn.intent].add(key)
    return BotFigures(
        total=_rates("", records, len(visits), len(calls)),
        by_intent=tuple(
            _rates(name, by_intent[name], len(of_intent[name]), len(gone_of_intent[name]))
            for name in sorted(by_intent, key=lambda one: (-len(by_intent[one]), one))
        ),
        by_language=tuple(
            _rates(name, by_form[name], len(of_form[name]), len(of_form[name] & set(calls)))
            for name in sorted(by_form, key=lambda one: (-len(by_form[one]), one))
        ),
        steps=_steps(records, taken, until),
    )


async def _taken(session: AsyncSession, tenant: str, since: datetime, until: datetime) -> list[tuple[int, datetime]]:
    """When people had conversations or were asked to, also when nobody could come."""
    query = select(Takeover.conversation_id, Takeover.queued_at).where(
        Takeover.tenant == tenant, col(Takeover.queued_at) >= since, col(Takeover.queued_at) < until
    )
    return list((await session.exec(query)).all())


async def _wishes(session: AsyncSession, tenant: str, since: datetime, until: datetime) -> list[tuple[int, datetime]]:
    """When people asked to be called back."""
    query = select(CallbackRequest.conversation_id, CallbackRequest.created_at).where(
        CallbackRequest.tenant == tenant,
        col(CallbackRequest.created_at) >= since,
        col(CallbackRequest.created_at) < until,
    )
    return list((await session.exec(query)).all())


def _steps(records: list[TurnRecord], taken: list[tuple[int, datetime]], until: datetime) -> tuple[Step, ...]:
    """Each question of a form, by how many left it. One that still may be answered does not count yet.

    Somebody whom a person was given meanwhile did not leave: what they wrote was for that person.
    """
    handed: dict[int, list[datetime]] = defaultdict(list)
    for conversation, at in taken:
        handed[conversation].append(at)
    asked: dict[str, int] = defaultdict(int)
    left: dict[str, int] = defaultdict(int)
    for place, record in enumerate(records):
        if not record.step or record.outcome == PERSON:
            continue
        following = records[place + 1] if place + 1 < len(records) else None
        same = following if following and following.conversation_id == record.conversation_id else None
        if same is None and until - record.at < SILENCE:
            continue
        asked[record.step] += 1
        followed = same is not None and same.at - record.at < SILENCE
        if not followed and not any(
            record.at - TURN <= at < record.at + SILENCE for at in handed[record.conversation_id]
        ):
            left[record.step] += 1
    steps = [Step(name=name, asked=count, left=left[name]) for name, count in asked.items()]
    return tuple(sorted(steps, key=lambda step: (-step.left, step.name)))
