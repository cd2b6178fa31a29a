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
from core.tenants import Tenant
from gateway import metrics, templates
from gateway.bubbles import is_bare, merge
from gateway.rasa_client import Answer
from gateway.services import Services

log = structlog.get_logger(__name__)
# Answers that leave somebody without a person at our desk; a Page may hand them to its own inbox (channels.md §3.5).
NOBODY_HERE = ("utter_talk_to_operator", "utter_stuck", "utter_handoff_nobody", "utter_handoff_closed")
PAGE_INBOX = "page_inbox"
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
        channel = self._services.channels[conversation.channel]
        # While a limit bites, one bubble must do where there would be several (R13).
        merging = self._services.limits.is_surging(channel, conversation.address)
        longest = self._services.connector(channel).max_text
        written: list[tuple[OutgoingMessage, int | None]] = []
        waiting: list[OutgoingMessage] = []
        for answer in answers:
            rendered = self._services.answers.render(tenant, form, answer.name, answer.facts)
            # One after the other: a button belongs to the number its message gets.
            if waiting and not (merging and is_bare(waiting[-1])):
                written += await self._write(session, conversation, waiting.pop())
            message = await self._message(session, conversation, form, answer, rendered)
            metrics.ANSWERS.labels(tenant.slug, answer.name).inc()
            *before, last = merge([*waiting, message], longest)
            for item in before:
                written += await self._write(session, conversation, item)
            waiting = [last]
        for item in waiting:
            written += await self._write(session, conversation, item)
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
        tenant, channel = self._services.tenants.get(conversation.tenant), self._services.channels[conversation.channel]
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
            labels=self._labels(tenant, form, bool(choices), rendered.ask),
            template=templates.of(
                self._services.forms, self._services.answers, tenant, channel, form, answer.name, answer.facts
            ),
            thread="pass" if answer.name in NOBODY_HERE and channel.options.get("people") == PAGE_INBOX else "",
        )
        if rendered.call:
            message = replace(message, call=Call(label=rendered.call["label"], number=rendered.call["number"]))
        if rendered.link:
            message = replace(message, link=Link(label=rendered.link["label"], url=rendered.link["url"]))
        return message

    def _labels(self, tenant: Tenant, form: str, choices: bool, ask: str) -> dict[str, str]:
        """The short words a channel may need around a message, in the customer's form."""
        wanted = [name for name, needed in (("options", choices), (f"share_{ask}", bool(ask))) if needed]
        answers = self._services.answers
        return {
            name: answers.label(tenant, form, f"label_{name}") for name in wanted if answers.has_label(f"label_{name}")
        }
