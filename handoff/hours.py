"""When the desk answers, and how long everybody is patient. Hours, holidays and patience are the tenant's data.

What staff publish at the desk stands over the tenant's file: kind `hours`, name `desk`, the value
`{"always": false, "shifts": [{"days": [0, …], "opens": "08:00", "closes": "15:00"}], "holidays": ["2027-02-21"]}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.errors import DataError
from core.tables import Publication
from core.tenant_model import Hours, Shift
from core.tenants import Tenant

DESK = "desk"
KIND = "hours"


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long each side waits, and how many may stand in the queue."""

    notice: timedelta = timedelta(minutes=2)
    queue: timedelta = timedelta(minutes=10)
    reply: timedelta = timedelta(minutes=5)
    customer: timedelta = timedelta(minutes=30)
    presence: timedelta = timedelta(seconds=90)
    places: int = 200


def patience_of(tenant: Tenant, default: Patience | None = None) -> Patience:
    """A tenant's own patience: minutes by name in its file, over what holds for everybody."""
    given = {
        name: int(value) if name == "places" else timedelta(minutes=value) for name, value in tenant.patience.items()
    }
    return replace(default or Patience(), **given)  # type: ignore[arg-type]


def read(value: Mapping[str, Any], timezone: str) -> Hours:
    """Published hours; DataError says what is wrong with them."""
    try:
        shifts = tuple(
            Shift(
                days=tuple(int(day) for day in shift["days"]),
                opens=time.fromisoformat(str(shift["opens"])),
                closes=time.fromisoformat(str(shift["closes"])),
            )
            for shift in value.get("shifts") or ()
        )
        holidays = frozenset(date.fromisoformat(str(day)) for day in value.get("holidays") or ())
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"these hours cannot be read: {error}") from None
    if any(not shift.days or not set(shift.days) <= set(range(7)) for shift in shifts):
        raise DataError("the days of a shift are 0 (Monday) to 6")
    if any(shift.opens == shift.closes for shift in shifts):
        raise DataError("a shift ends when it begins")
    always = bool(value.get("always"))
    if not always and not shifts:
        raise DataError("hours need shifts, or `always`")
    return Hours(timezone=timezone, always=always, shifts=shifts, holidays=holidays, source=KIND, confidence="H")


async def hours_of(session: AsyncSession, tenant: Tenant) -> Hours | None:
    """When a tenant's desk is meant to be staffed: as published, else as in its file; None where nobody said."""
    query = (
        select(Publication)
        .where(Publication.tenant == tenant.slug, Publication.kind == KIND, Publication.name == DESK)
        .order_by(col(Publication.id).desc())
        .limit(1)
    )
    published = (await session.exec(query)).first()
    if published is not None and published.value:
        return read(published.value, tenant.timezone)
    return tenant.hours.get(DESK)


async def is_open(session: AsyncSession, tenant: Tenant, at: datetime) -> bool:
    """Whether the desk is meant to be staffed now; a tenant that gives no hours leaves it to who is on duty."""
    hours = await hours_of(session, tenant)
    return hours is None or hours.is_open(at)


async def next_opening(session: AsyncSession, tenant: Tenant, at: datetime) -> datetime | None:
    """When the desk opens next; None while it is open or where no hours are given."""
    hours = await hours_of(session, tenant)
    return None if hours is None or hours.is_open(at) else hours.next_opening(at)
