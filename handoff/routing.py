"""Who may take what, in which order, and how long it will take, told honestly or not at all."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.database import Database
from handoff.desk_tables import HandoffEvent, Operator, Takeover, Team
from handoff.hours import Patience
from handoff.moves import Move, State

ENOUGH_WAITS = 3
LOOKED_AT = 20
# After so long any operator of the company may take a conversation, whatever their languages.
ANY_LANGUAGE_AFTER = timedelta(minutes=3)
HELD = (State.OPEN.value, State.SNOOZED.value)


@dataclass(frozen=True, kw_only=True)
class Place:
    """A place in the queue, from 1, and the wait in minutes where enough is known to say it."""

    position: int
    minutes: int | None


def is_there(operator: Operator, now: datetime, patience: Patience) -> bool:
    """On duty with a sign of life."""
    return operator.on_duty and operator.seen_at is not None and now - operator.seen_at <= patience.presence


def fits(operator: Operator, takeover: Takeover, now: datetime, team: Team | None = None) -> bool:
    """Whether an operator may be given a conversation: tenant, team, company, language, skill.

    `team` is the operator's: what they do not say for themselves, it says. Somebody decided already that a conversation
    handed to a team is one for it.
    """
    if operator.tenant != takeover.tenant:
        return False
    if takeover.team:
        if operator.team != takeover.team:
            return False
        team = None
    utilities = operator.utilities or (team.utilities if team else [])
    if utilities and takeover.utility and takeover.utility not in utilities:
        return False
    if takeover.skill and takeover.skill not in operator.skills and takeover.skill not in (team.skills if team else []):
        return False
    languages = operator.languages or (team.languages if team else [])
    base = takeover.language.split("-")[0]
    return not base or not languages or base in languages or _waited_long(takeover, now)


def _waited_long(takeover: Takeover, now: datetime) -> bool:
    return now - takeover.queued_at >= ANY_LANGUAGE_AFTER


async def operators(session: AsyncSession, tenant: str) -> list[Operator]:
    """Everybody who answers for a tenant."""
    return list(
        (await session.exec(select(Operator).where(Operator.tenant == tenant).order_by(col(Operator.id)))).all()
    )


async def teams(session: AsyncSession, tenant: str) -> dict[str, Team]:
    """The teams of a tenant by name, in order."""
    query = select(Team).where(Team.tenant == tenant).order_by(col(Team.name))
    return {team.name: team for team in (await session.exec(query)).all()}


async def loads(session: AsyncSession, tenant: str) -> dict[int, int]:
    """How many conversations each operator has open; snoozed ones take no room."""
    query = (
        select(col(Takeover.assignee_id), func.count())
        .where(Takeover.tenant == tenant, Takeover.state == State.OPEN.value, col(Takeover.assignee_id).is_not(None))
        .group_by(col(Takeover.assignee_id))
    )
    return {int(operator): count for operator, count in (await session.execute(query)).all()}


async def waiting(session: AsyncSession, tenant: str) -> list[Takeover]:
    """The queue: most urgent first, then who has waited longest."""
    query = (
        select(Takeover)
        .where(Takeover.tenant == tenant, Takeover.state == State.QUEUED.value)
        .order_by(col(Takeover.priority), col(Takeover.queued_at), col(Takeover.id))
    )
    return list((await session.exec(query)).all())


async def anybody_for(session: AsyncSession, db: Database, takeover: Takeover, patience: Patience) -> bool:
    """Whether somebody on duty could ever take this conversation, busy or not; later, whatever their languages."""
    now = db.now()
    later, known = now + ANY_LANGUAGE_AFTER, await teams(session, takeover.tenant)
    return any(
        is_there(one, now, patience) and fits(one, takeover, later, known.get(one.team))
        for one in await operators(session, takeover.tenant)
    )


async def loosen(session: AsyncSession, db: Database, takeover: Takeover, patience: Patience) -> None:
    """Ask for no skill that nobody on duty has: somebody who knows less is better than nobody."""
    if takeover.skill and not await anybody_for(session, db, takeover, patience):
        takeover.skill = ""
        session.add(takeover)


async def is_full(session: AsyncSession, tenant: str, patience: Patience) -> bool:
    query = select(func.count()).where(col(Takeover.tenant) == tenant, col(Takeover.state) == State.QUEUED.value)
    return bool((await session.execute(query)).scalar_one() >= patience.places)


async def last_operator(session: AsyncSession, takeover: Takeover) -> int | None:
    """Who had this customer last: a returning case goes back to them when they are there."""
    query = (
        select(HandoffEvent.assignee_id)
        .join(Takeover, col(Takeover.id) == col(HandoffEvent.takeover_id))
        .where(Takeover.contact_id == takeover.contact_id, col(HandoffEvent.assignee_id).is_not(None))
        .order_by(col(HandoffEvent.id).desc())
        .limit(1)
    )
    return (await session.exec(query)).first()


async def next_for(session: AsyncSession, db: Database, operator: Operator) -> Takeover | None:
    """What an operator should take next."""
    now, team = db.now(), (await teams(session, operator.tenant)).get(operator.team)
    return next((one for one in await waiting(session, operator.tenant) if fits(operator, one, now, team)), None)


async def best_operator(session: AsyncSession, db: Database, takeover: Takeover, patience: Patience) -> Operator | None:
    """Who gets a conversation by itself: who had it last, else the least busy of those who take automatically."""
    now = db.now()
    busy, known = await loads(session, takeover.tenant), await teams(session, takeover.tenant)
    free = [
        one
        for one in await operators(session, takeover.tenant)
        if one.automatic
        and is_there(one, now, patience)
        and fits(one, takeover, now, known.get(one.team))
        and busy.get(one.id, 0) < one.capacity
    ]
    if not free:
        return None
    sticky = await last_operator(session, takeover)
    before = next((one for one in free if one.id == sticky), None)
    return before or min(free, key=lambda one: (busy.get(one.id, 0) / max(one.capacity, 1), one.id))


async def place(session: AsyncSession, db: Database, takeover: Takeover, patience: Patience) -> Place:
    """Where a conversation stands. The wait is the median of the last real waits, for each turn ahead; else unsaid."""
    ahead = 0
    for one in await waiting(session, takeover.tenant):
        if one.id == takeover.id:
            break
        ahead += 1
    now = db.now()
    there = sum(is_there(one, now, patience) for one in await operators(session, takeover.tenant))
    query = (
        select(Takeover.queued_at, Takeover.assigned_at)
        .join(HandoffEvent, col(HandoffEvent.takeover_id) == col(Takeover.id))
        .where(
            Takeover.tenant == takeover.tenant,
            HandoffEvent.move == Move.CLAIM.value,
            col(HandoffEvent.at) >= now - timedelta(hours=2),
        )
        .order_by(col(HandoffEvent.id).desc())
        .limit(LOOKED_AT)
    )
    waits = [
        (assigned - queued).total_seconds() / 60 for queued, assigned in (await session.exec(query)).all() if assigned
    ]
    if len(waits) < ENOUGH_WAITS or not there:
        return Place(position=ahead + 1, minutes=None)
    rounds = math.ceil((ahead + 1) / there)
    return Place(position=ahead + 1, minutes=max(1, math.ceil(statistics.median(waits) * max(1, rounds))))
