"""What an action may use while it runs: set for each call by the action endpoint, read by the actions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlmodel.ext.asyncio.session import AsyncSession

from core.clock import Clock
from core.database import Database
from core.tenants import Tenant, Tenants
from utility.base import UtilityGateway

if TYPE_CHECKING:
    from complaints.service import Complaints
    from handoff.service import Handoff
    from utility.ownership import Ownership


@dataclass(frozen=True, kw_only=True)
class TurnContext:
    """One turn's tenant, people and services. `guard` raises LeaseLost when the turn is not ours any more.

    `phone` is the number that the channel itself proves; `asks_phone` says that a button can ask for one.
    """

    tenant: Tenant
    tenants: Tenants
    utility: UtilityGateway
    ownership: Ownership
    complaints: Complaints
    handoff: Handoff
    db: Database
    clock: Clock
    inbox_id: int
    fence: int
    conversation_id: int
    contact_id: int
    channel: str
    channel_type: str
    address: str
    language: str
    phone: str = ""
    asks_phone: bool = False
    metadata: dict[str, Any] = field(default_factory=dict)
    guard: Callable[[AsyncSession], Awaitable[None]]

    def key(self, effect: str) -> str:
        """The key under which an effect of this turn happens once, whatever is delivered again."""
        return f"{self.inbox_id}:{effect}"

    def now(self) -> datetime:
        return self.clock.now()


_current: ContextVar[TurnContext] = ContextVar("turn")


def current() -> TurnContext:
    """The context of the running action."""
    return _current.get()


def enter(context: TurnContext) -> None:
    """Make a context the current one for this task."""
    _current.set(context)
