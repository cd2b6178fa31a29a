"""How the handoff speaks to a customer; the gateway has the voice that renders and queues."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from sqlmodel.ext.asyncio.session import AsyncSession

from core.tables import Conversation


class Voice(Protocol):
    """Puts an answer in the customer's language on its way, in the caller's transaction, once for a `dedupe`."""

    async def say(
        self, session: AsyncSession, conversation: Conversation, name: str, facts: Mapping[str, Any], dedupe: str
    ) -> None: ...
