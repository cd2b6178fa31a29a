"""The words of one-time codes: who asks for one, what becomes of it, what may be told of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from sqlmodel.ext.asyncio.session import AsyncSession

from core.tenants import Tenant

Guard = Callable[[AsyncSession], Awaitable[None]]


class Asker(Protocol):
    """Whose turn it is; an action's context is one."""

    @property
    def tenant(self) -> Tenant: ...
    @property
    def conversation_id(self) -> int: ...
    @property
    def contact_id(self) -> int: ...
    @property
    def language(self) -> str: ...
    @property
    def guard(self) -> Guard: ...
    def key(self, effect: str) -> str: ...


class SendSms(Protocol):
    """Queues one text message within the transaction of `session`; the same `dedupe` queues once."""

    async def __call__(self, to: str, text: str, dedupe: str, *, session: AsyncSession | None = None) -> None: ...


class ChallengeState(StrEnum):
    """Whether a code can still be typed."""

    OPEN = "open"
    EXPIRED = "expired"
    LOCKED = "locked"


@dataclass(frozen=True, kw_only=True)
class CodeRequest:
    """`asked` is all that may be told, never whether the account exists. After too many, `retry_at` says until when."""

    asked: bool
    retry_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Challenge:
    """A code that somebody was asked to type."""

    tenant: str
    utility: str
    account: str
    purpose: str
    state: ChallengeState
    tries_left: int
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class CodeResult:
    """What became of a typed code. `reason` is wrong, expired, locked or none; empty when it was right."""

    ok: bool
    reason: str = ""
    tries_left: int = 0
    tenant: str = ""
    utility: str = ""
    account: str = ""
    purpose: str = ""
