"""Text messages out: one-time codes and notices, over any gateway that takes `POST {"to", "text"}`.

Set up: SATHI_SMS_URL. Without it the message stands on the demo page (it reads the outbox) and the log says that one
was due; the text itself never reaches the log.
"""

from __future__ import annotations

from typing import Any

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from connectors import _graph
from connectors._clean import identifier, phone
from connectors._shape import Draft
from connectors._split import cut
from connectors.base import Channel, Connector, Outgoing, Webhook
from core import outbox
from core.database import Database
from core.errors import NotGenuine, Refused
from core.messages import Event, OutgoingMessage, Priority, SendResult

log = structlog.get_logger(__name__)
KEY = "sms:main"
MAX_TEXT = 670  # ten parts of 67 letters in UCS-2, the most that gateways join


class SmsConnector(Connector):
    """The one SMS gateway of the installation."""

    channel_type = "sms"
    max_text = MAX_TEXT

    def verify(self, request: Webhook, channel: Channel) -> None:
        raise NotGenuine("nothing comes in by SMS")

    def parse(self, payload: Any, channel: Channel) -> list[Event]:
        return []

    def fit(self, message: OutgoingMessage, channel: Channel) -> list[OutgoingMessage]:
        draft = Draft.of(message)
        draft.number_choices()
        draft.write_link()
        draft.write_call()
        if message.attachment or message.location or message.template:
            draft.note("what is no text was left out")
        text = cut(draft.message.text, MAX_TEXT)
        if text != draft.message.text:
            draft.note(f"the text was cut to {MAX_TEXT}")
        return draft.finished([draft.part(text=text)]) if text else []

    async def send(self, outgoing: Outgoing, channel: Channel) -> SendResult:
        to = phone(outgoing.address.partition(":")[2])
        if not to:
            raise Refused("the address is no telephone number", code="address")
        if not channel.base_url:
            log.info("A text message is on the demo page: no SMS gateway is set.", action="send", channel=channel.key)
            return SendResult(external_id="", address=outgoing.address)
        reply = await self.tools.transport.request(
            "POST", channel.base_url, json={"to": to, "text": outgoing.message.text}, timeout=15.0
        )
        if not 200 <= reply.status < 300:
            raise _graph.by_status(reply, once=outgoing.message.purpose == "code")
        document = _graph.read(reply)
        return SendResult(external_id=identifier(document.get("id") or document.get("message_id")))


class SmsQueue:
    """Queues text messages in the outbox; the same `dedupe` queues once."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def __call__(
        self,
        to: str,
        text: str,
        dedupe: str,
        *,
        purpose: str = "code",
        session: AsyncSession | None = None,
        conversation_id: int | None = None,
    ) -> None:
        """Queue one, within the caller's transaction when there is one."""
        if session is None:
            async with self._db.transaction() as own:
                await self._put(own, to, text, dedupe, purpose, conversation_id)
        else:
            await self._put(session, to, text, dedupe, purpose, conversation_id)

    async def _put(
        self, session: AsyncSession, to: str, text: str, dedupe: str, purpose: str, conversation_id: int | None
    ) -> None:
        message = OutgoingMessage(
            text=text, purpose=purpose, priority=Priority.NOTICE if purpose == "notice" else Priority.REPLY
        )
        await outbox.enqueue(
            session,
            self._db,
            channel=KEY,
            address=f"sms:{to}",
            dedupe=f"sms:{dedupe}",
            messages=[message],
            conversation_id=conversation_id,
        )
