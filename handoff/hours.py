"""When the desk answers, and how long everybody is patient. Hours and holidays are the tenant's data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.tenants import Tenant

DESK = "desk"


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long each side waits, and how many may stand in the queue."""

    notice: timedelta = timedelta(minutes=2)
    queue: timedelta = timedelta(minutes=10)
    reply: timedelta = timedelta(minutes=5)
    customer: timedelta = timedelta(minutes=30)
    presence: timedelta = timedelta(seconds=90)
    places: int = 200


def is_open(tenant: Tenant, at: datetime) -> bool:
    """Whether the desk is meant to be staffed now; a tenant that gives no hours leaves it to who is on duty."""
    hours = tenant.hours.get(DESK)
    return hours is None or hours.is_open(at)


def next_opening(tenant: Tenant, at: datetime) -> datetime | None:
    """When the desk opens next; None while it is open or where no hours are given."""
    hours = tenant.hours.get(DESK)
    return None if hours is None or hours.is_open(at) else hours.next_opening(at)
