"""What staff publish over the files: wordings, ready answers, hours. Every version is kept; the newest of a name counts.

An empty value means that the files count again, so taking back is publishing too and stands in the same history.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.answers import Wording
from core.database import Database
from core.tables import Publication

ANSWER, LABEL, CANNED, HOURS = "answer", "label", "canned", "hours"


class Publications:
    """Reads and adds rows. `put` works in the caller's transaction."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def put(
        self,
        session: AsyncSession,
        tenant: str,
        kind: str,
        name: str,
        value: Mapping[str, Any],
        *,
        form: str = "",
        staff: str = "",
        note: str = "",
    ) -> None:
        """Publish one thing; an empty value gives it back to the files."""
        session.add(
            Publication(
                tenant=tenant,
                kind=kind,
                form=form,
                name=name,
                value=dict(value),
                staff=staff,
                note=note[:200],
                at=self._db.now(),
            )
        )
        await session.flush()

    async def history(
        self, session: AsyncSession, tenant: str, kind: str, name: str, form: str = ""
    ) -> list[Publication]:
        """Every version of one thing, newest first."""
        query = (
            select(Publication)
            .where(
                Publication.tenant == tenant,
                Publication.kind == kind,
                Publication.name == name,
                Publication.form == form,
            )
            .order_by(col(Publication.id).desc())
        )
        return list((await session.exec(query)).all())

    async def current(self, session: AsyncSession, tenant: str = "", kind: str = "") -> list[Publication]:
        """What counts now, of one tenant and kind or of all."""
        latest = select(func.max(col(Publication.id))).group_by(
            col(Publication.tenant), col(Publication.kind), col(Publication.name), col(Publication.form)
        )
        query = select(Publication).where(col(Publication.id).in_(latest)).order_by(col(Publication.id))
        if tenant:
            query = query.where(Publication.tenant == tenant)
        if kind:
            query = query.where(Publication.kind == kind)
        return [row for row in (await session.exec(query)).all() if row.value]

    async def newest(self, session: AsyncSession) -> int:
        """A number that rises whenever something is published."""
        return (await session.execute(select(func.max(col(Publication.id))))).scalar() or 0


def wording_of(row: Publication) -> Wording:
    """A published text of an answer or label."""
    return Wording(
        tenant=row.tenant, form=row.form, name=row.name, text=str(row.value["text"]), is_label=row.kind == LABEL
    )
