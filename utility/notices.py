"""Notices of cuts as staff enter them: what the bot tells whoever asks, and what stands beside a conversation."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.database import Database
from core.errors import DataError
from core.tenants import Tenant
from utility.tables import SupplyFeeder, UtilityOutage

KINDS = ("fault", "load_shedding", "maintenance", "upgrade", "storm")
LONGEST_CUT = timedelta(days=14)


@dataclass(frozen=True, kw_only=True)
class NewNotice:
    """A cut to tell of. `area` and `reason` are words by written form, English first."""

    utility: str
    kind: str
    feeders: Sequence[str]
    area: Mapping[str, str]
    reason: Mapping[str, str]
    starts_at: datetime
    restore_at: datetime | None
    planned: bool


class Notices:
    """The service. Nothing here commits."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def feeders(self, session: AsyncSession, tenant: Tenant) -> list[SupplyFeeder]:
        """Every feeder of a tenant's companies."""
        query = select(SupplyFeeder).where(col(SupplyFeeder.utility).in_(list(tenant.utilities)))
        return list((await session.exec(query.order_by(col(SupplyFeeder.utility), col(SupplyFeeder.code)))).all())

    async def latest(self, session: AsyncSession, tenant: str, limit: int = 60) -> list[UtilityOutage]:
        """The tenant's notices, those that begin last first."""
        query = select(UtilityOutage).where(UtilityOutage.tenant == tenant)
        return list((await session.exec(query.order_by(col(UtilityOutage.starts_at).desc()).limit(limit))).all())

    async def put(self, session: AsyncSession, tenant: Tenant, new: NewNotice) -> UtilityOutage:
        """Enter a notice; DataError says what is wrong with it."""
        faults = self._faults(tenant, new)
        known = {feeder.code for feeder in await self.feeders(session, tenant) if feeder.utility == new.utility}
        faults += [f"{code} is no feeder of this company" for code in new.feeders if code not in known]
        if faults:
            raise DataError(". ".join(faults))
        row = UtilityOutage(
            id=f"desk-{secrets.token_hex(6)}",
            tenant=tenant.slug,
            utility=new.utility,
            kind=new.kind,
            feeders=list(new.feeders),
            area={form: text for form, text in new.area.items() if text},
            reason={form: text for form, text in new.reason.items() if text},
            starts_at=new.starts_at,
            restore_at=new.restore_at,
            planned=new.planned,
        )
        session.add(row)
        await session.flush()
        return row

    def _faults(self, tenant: Tenant, new: NewNotice) -> list[str]:
        found = []
        if new.utility not in tenant.utilities:
            found.append("Choose the company")
        if new.kind not in KINDS:
            found.append("Choose the kind")
        if not new.area.get("en"):
            found.append("Name the place in English at least")
        if new.restore_at is not None and not new.starts_at < new.restore_at <= new.starts_at + LONGEST_CUT:
            found.append("The end comes after the beginning, within two weeks")
        if new.planned and new.restore_at is None:
            found.append("A planned cut has an end")
        return found

    async def end(self, session: AsyncSession, tenant: str, number: str, at: datetime) -> UtilityOutage:
        """Say when power is back, or that it is; DataError when the tenant has no such notice."""
        row = await session.get(UtilityOutage, number)
        if row is None or row.tenant != tenant:
            raise DataError("There is no such notice")
        if at <= row.starts_at:
            raise DataError("The end comes after the beginning")
        row.restore_at = at
        session.add(row)
        await session.flush()
        return row
