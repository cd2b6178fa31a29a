"""From the bot to a person: the hotline with its key, a case code that an operator can look up, and calls back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from core import codes
from core.database import Database
from core.errors import DataError
from core.lanes import insert_for
from core.tenant_model import Hours
from core.tenants import Tenant, Tenants, plain_number
from handoff import callback_wishes
from handoff.callback_wishes import NewCallback
from handoff.tables import CallbackRequest, HandoffCase

DRAWS = 30
HOTLINE = "hotline"
cases: Any = HandoffCase.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, kw_only=True)
class Line:
    """Whom to call: the tenant's number with the company's key, the company's own number, and when somebody answers.

    `open_now` is None where no hours are confirmed. `next_opening` is set while it is closed.
    """

    number: str
    key: str
    own_number: str
    always: bool
    open_now: bool | None
    next_opening: datetime | None


class Handoff:
    """The service. Nothing here commits: the caller's transaction does."""

    def __init__(self, db: Database, tenants: Tenants) -> None:
        self._db = db
        self._tenants = tenants

    def line(self, tenant: Tenant, utility: str = "") -> Line:
        """The telephone line for a person's company."""
        now = self._db.now()
        company = tenant.utility(utility) if utility else None
        if company is None and len(tenant.utilities) == 1:
            company = next(iter(tenant.utilities.values()))
        hours: Hours | None = tenant.hours.get(HOTLINE)
        known = hours is not None and hours.confirmed
        return Line(
            number=tenant.hotline.number,
            key=tenant.hotline.keys.get(company.slug, "") if company else "",
            own_number=company.hotline if company and company.hotline != tenant.hotline.number else "",
            always=bool(known and hours and hours.always),
            open_now=hours.is_open(now) if known and hours else None,
            next_opening=hours.next_opening(now) if known and hours and not hours.is_open(now) else None,
        )

    async def open_case(
        self,
        session: AsyncSession,
        *,
        effect_key: str,
        tenant: str,
        utility: str,
        contact_id: int,
        conversation_id: int,
        reason: str,
        language: str,
        summary: Mapping[str, Any],
    ) -> HandoffCase:
        """Write a case and give its row; the same key gives the same row."""
        values = {
            "effect_key": effect_key,
            "tenant": tenant,
            "utility": utility,
            "contact_id": contact_id,
            "conversation_id": conversation_id,
            "reason": reason,
            "language": language,
            "summary": dict(summary),
            "created_at": self._db.now(),
        }
        for _ in range(DRAWS):
            known = (await session.exec(select(HandoffCase).where(HandoffCase.effect_key == effect_key))).first()
            if known:
                return known
            values["code"] = codes.draw()
            statement = insert_for(self._db, cases).values(values).on_conflict_do_nothing().returning(cases.c.id)
            written = (await session.execute(statement)).first()
            if written:
                row = await session.get(HandoffCase, written.id)
                assert row is not None
                return row
        raise DataError(f"No free case code was found in {DRAWS} draws")

    async def by_code(self, session: AsyncSession, code: str) -> HandoffCase | None:
        """The case whose code a customer reads out."""
        query = select(HandoffCase).where(HandoffCase.code == codes.mend(plain_number(code)))
        return (await session.exec(query)).first()

    async def request_callback(self, session: AsyncSession, effect_key: str, new: NewCallback) -> CallbackRequest:
        """Keep that somebody wants to be called; once for a key."""
        return await callback_wishes.keep(session, self._db, self._tenants, effect_key, new)
