"""Somebody signed in as one of those who answer customers."""

from __future__ import annotations

from sqlmodel.ext.asyncio.session import AsyncSession

from core.database import Database
from desk.base import Me
from handoff.desk_tables import Operator
from handoff.moves import By, Who


async def own_operator(session: AsyncSession, db: Database, me: Me) -> Operator:
    """One's own row among the operators, made when it is missing: whoever may converse may be given conversations."""
    operator = await session.get(Operator, me.id)
    if operator is None:
        operator = Operator(id=me.id, tenant=me.tenant, name=me.name, seen_at=db.now())
        session.add(operator)
        await session.flush()
    return operator


def by(me: Me) -> By:
    """Who changes hands: a supervisor may take from a colleague."""
    return By(who=Who.SUPERVISOR if "supervise" in me.may else Who.OPERATOR, id=me.id, name=me.name)
