"""From answer names to rows: choose the words, make the buttons' tokens, fit the channel, queue for sending."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from core import outbox, store
from core.answers import Rendered
from core.messages import Actor, Attachment, Call, Link, OutgoingMessage, Priority, QuickReply
from core.tables import Conversation
from gateway import metrics
from gateway.rasa_client import Answer
from gateway.services import Services

log = structlog.get_logger(__name__)
DOCUMENTS = {"bill": "document", "receipt": "document", "usage_chart": "reply"}


def document_of(document: dict[str, Any], form: str) -> Attachment:
    """The reference of a file to be made when it is sent: the same bytes for the same reference."""
    kind = document["kind"]
    utility, account = str(document["utility"]), str(document["account"])
    if kind == "bill":
        month = str(document["month"])
        return Attachment(
            ref=f"bill:{utility}:{account}:{month}:{form}",
            name=f"{utility.upper()}-{account}-{month}.pdf",
            mime="application/pdf",
        )
    if kind == "receipt":
        reference = str(document["reference"])
        return Attachment(
            ref=f"receipt:{utility}:{account}:{reference}:{form}",
            name=f"{utility.upper()}-receipt-{reference}.pdf",
            mime="application/pdf",
        )
    return Attachment(
        ref=f"chart:{utility}:{account}:{form}", name=f"{utility.upper()}-{account}.png", mime="image/png"
    )


class Speaker:
    """Turns answers into transcript rows and outbox rows, inside the caller's transaction."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def say(
        self,
        session: AsyncSession,
        conversation: Conversation,
        form: str,
        answers: list[Answer],
        dedupe: str,
    ) -> list[OutgoingMessage]:
        """Queue answers in order. `dedupe` names the occasion: the same occasion queues nothing twice."""
        tenant = self._services.tenants.get(conversation.tenant)
        written: list[tuple[OutgoingMessage, int | None]] = []
        for answer in answers:
            rendered = self._services.answers.render(tenant, form, answer.name, answer.facts)
            message = await self._message(session, conversation, form, answer, rendered)
            metrics.ANSWERS.labels(tenant.slug, answer.name).inc()
            # One after the other: a button belongs to the number its message gets.
            written += await self._write(session, conversation, message)
        return await self._queue(session, conversation, written, dedupe)

    async def put(
        self, session: AsyncSession, conversation: Conversation, message: OutgoingMessage, dedupe: str
    ) -> list[OutgoingMessage]:
        """Queue a message that is in words already."""
        return await self._queue(session, conversation, await self._write(session, conversation, message), dedupe)

    async def _write(
        self, session: AsyncSession, conversation: Conversation, message: OutgoingMessage
    ) -> list[tuple[OutgoingMessage, int | None]]:
        """Shape a message for its channel and add the parts to the transcript."""
        channel = self._services.channels[conversation.channel]
        written = []
        for part in self._services.connector(channel).fit(message, channel):
            row = await store.write_outgoing(session, self._services.db, conversation, part)
            if part.notes:
                log.info("A message was shaped for its channel.", action="fit", channel=channel.key, notes=part.notes)
            written.append((part, row.id))
        return written

    async def _queue(
        self,
        session: AsyncSession,
        conversation: Conversation,
        written: list[tuple[OutgoingMessage, int | None]],
        dedupe: str,
    ) -> list[OutgoingMessage]:
        parts = [part for part, _ in written]
        await outbox.enqueue(
            session,
            self._services.db,
            channel=conversation.channel,
            address=conversation.address,
            dedupe=dedupe,
            messages=parts,
            conversation_id=conversation.id,
            message_ids=[row_id for _, row_id in written],
        )
        return parts

    async def _message(
        self, session: AsyncSession, conversation: Conversation, form: str, answer: Answer, rendered: Rendered
    ) -> OutgoingMessage:
        choices = []
        for place, draft in enumerate(rendered.choices):
            token = await store.make_token(
                session,
                self._services.db,
                conversation,
                draft.title,
                {**draft.send, "place": place},
                list(draft.synonyms),
            )
            choices.append(QuickReply(token=token, title=draft.title, description=draft.description))
        attachment = document_of(rendered.document, form) if rendered.document else None
        purpose = rendered.purpose or "reply"
        if rendered.document:
            purpose = DOCUMENTS.get(str(rendered.document["kind"]), "reply")
        message = OutgoingMessage(
            text=rendered.text,
            choices=tuple(choices),
            ask=rendered.ask,
            attachment=attachment,
            author=Actor.BOT,
            purpose=purpose,
            priority=Priority(rendered.priority or "reply"),
            answer=answer.name,
            facts=answer.facts,
        )
        if rendered.call:
            message = replace(message, call=Call(label=rendered.call["label"], number=rendered.call["number"]))
        if rendered.link:
            message = replace(message, link=Link(label=rendered.link["label"], url=rendered.link["url"]))
        return message
