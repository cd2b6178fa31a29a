"""Builds an action's context from the metadata that travelled through the dialogue core."""

from __future__ import annotations

from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from actions.context import TurnContext
from complaints.service import Complaints
from core import store
from core.errors import LeaseLost
from core.tables import Conversation
from gateway.services import Services
from handoff.service import Handoff

# A turn that is only to show what would be answered: it may read, and every effect is refused.
ON_TRIAL = "on_trial"


class Contexts:
    """One context a call. What decides about rights (contact, address, phone) is read from our own tables."""

    def __init__(self, services: Services, complaints: Complaints, handoff: Handoff) -> None:
        self._services = services
        self._complaints = complaints
        self._handoff = handoff

    async def of(self, metadata: dict[str, Any]) -> TurnContext:
        """The context of a turn; LeaseLost when the turn is not going on any more."""
        services = self._services
        inbox_id, fence = int(metadata["inbox_id"]), int(metadata["fence"])
        async with services.db.reading() as session:
            conversation = await session.get(Conversation, int(metadata["conversation_id"]))
        if conversation is None or conversation.id is None:
            raise LeaseLost("the conversation is not known")

        async def guard(session: AsyncSession) -> None:
            if metadata.get(ON_TRIAL):
                raise LeaseLost("a turn on trial has no effect")
            if not await services.inbox.still_ours(session, inbox_id, fence):
                raise LeaseLost("the turn is over")

        channel, phone = services.channels[conversation.channel], store.phone_of(conversation.address)
        return TurnContext(
            tenant=services.tenants.get(conversation.tenant),
            tenants=services.tenants,
            utility=services.utility,
            ownership=services.ownership,
            complaints=self._complaints,
            handoff=self._handoff,
            db=services.db,
            clock=services.db.clock,
            inbox_id=inbox_id,
            fence=fence,
            conversation_id=conversation.id,
            contact_id=conversation.contact_id,
            channel=conversation.channel,
            channel_type=channel.type,
            address=conversation.address,
            language=str(metadata.get("language") or ""),
            phone=phone,
            asks_phone=services.connector(channel).asks_phone and not phone,
            metadata=metadata,
            guard=guard,
        )
