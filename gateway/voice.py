"""What people and the handoff say to a customer: through the same transcript and outbox as the bot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from core.messages import Actor, OutgoingMessage
from core.outbox import enqueue, outbox
from core.tables import Contact, Conversation
from gateway.rasa_client import Answer
from gateway.services import Services
from gateway.speaking import PAGE_INBOX, Speaker


class Voice:
    """Answers by name in the customer's language, and operators' own words."""

    def __init__(self, services: Services, speaker: Speaker) -> None:
        self._services = services
        self._speaker = speaker

    async def say(
        self, session: AsyncSession, conversation: Conversation, name: str, facts: Mapping[str, Any], dedupe: str
    ) -> None:
        """Queue an answer in the written form the customer uses; the same `dedupe` again says nothing."""
        if await self._said(session, dedupe):
            return
        contact = await session.get(Contact, conversation.contact_id)
        tenant = self._services.tenants.get(conversation.tenant)
        form = (contact.language if contact else "") or tenant.default_form
        await self._speaker.say(session, conversation, form, [Answer(name=name, facts=dict(facts))], dedupe)

    async def post(
        self, session: AsyncSession, conversation: Conversation, message: OutgoingMessage, dedupe: str
    ) -> bool:
        """Queue an operator's message. The same `dedupe` again writes nothing; returns whether it was new."""
        assert message.author is Actor.OPERATOR
        if await self._said(session, dedupe):
            return False
        await self._speaker.put(session, conversation, message, dedupe)
        return True

    async def _said(self, session: AsyncSession, dedupe: str) -> bool:
        query = outbox.select().with_only_columns(outbox.c.id).where(outbox.c.dedupe == f"{dedupe}:0")
        return (await session.execute(query)).first() is not None

    async def take_thread(self, session: AsyncSession, conversation_id: int) -> None:
        """Take a conversation back from the Page's own inbox, where it was handed to it."""
        conversation = await session.get(Conversation, conversation_id)
        channel = self._services.channel(conversation.channel) if conversation else None
        if conversation is None or channel is None or channel.options.get("people") != PAGE_INBOX:
            return
        await enqueue(
            session,
            self._services.db,
            channel=channel.key,
            address=conversation.address,
            dedupe=f"thread:{conversation_id}:{self._services.db.now().timestamp():.0f}",
            messages=[OutgoingMessage(thread="take")],
            conversation_id=conversation_id,
        )
