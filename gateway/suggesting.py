"""What the bot would answer to a customer whom a person serves: the dialogue core is asked on trial, nothing is done."""

from __future__ import annotations

import structlog
from sqlmodel import col, select

from core.errors import DataError, TurnFailed
from core.messages import Actor
from core.tables import Contact, Conversation, Message
from gateway.action_endpoint import NOT_DONE
from gateway.context import ON_TRIAL
from gateway.people import BESIDE
from gateway.rasa_client import TurnResult
from gateway.services import Services
from handoff.brief import Suggestion

log = structlog.get_logger(__name__)
STEPS = {
    "report_no_supply": "new_complaint",
    "report_voltage_problem": "new_complaint",
    "report_hazard": "new_complaint",
    "report_meter_fault": "new_complaint",
    "report_billing_problem": "new_complaint",
    "report_theft": "new_complaint",
    "payment_failed": "new_complaint",
    "complaint_status": "status",
    "reopen_complaint": "status",
    "bill_amount": "send_bill",
    "bill_pdf": "send_bill",
    "payment_receipt": "send_receipt",
    "link_account": "link_account",
    "outage_info": "incident",
    "request_callback": "callback",
}
# Of no use to a person who is a person, or only said where nothing may be done.
LEFT_OUT = frozenset({NOT_DONE, "utter_talk_to_operator", "utter_stuck", "utter_clarify", "utter_rephrase"})


class Suggesting:
    """Asks what the bot would have said."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def of(self, tenant: str, conversation_id: int) -> Suggestion | None:
        """A suggestion for the customer's newest words; None without words, or while the dialogue core is away."""
        async with self._services.db.reading() as session:
            conversation = await session.get(Conversation, conversation_id)
            if conversation is None or conversation.tenant != tenant:
                return None
            contact = await session.get(Contact, conversation.contact_id)
            query = (
                select(Message)
                .where(Message.conversation_id == conversation_id, Message.author == Actor.CUSTOMER.value)
                .order_by(col(Message.seq).desc())
                .limit(1)
            )
            message = (await session.exec(query)).first()
        if contact is None or message is None or not message.text.strip():
            return None
        try:
            result = await self._services.rasa.turn(self._request(conversation, contact, message))
        except TurnFailed as error:
            log.info("No suggestion could be made.", action="suggest", conversation=conversation_id, reason=str(error))
            return None
        form = contact.language or result.language or self._services.tenants.get(tenant).default_form
        return Suggestion(
            text=message.text,
            intent=result.intent,
            topic=result.topic,
            confidence=result.confidence,
            entities=tuple((str(one.get("entity")), str(one.get("value"))) for one in result.entities),
            texts=tuple(self._texts(tenant, form, result)),
            step=STEPS.get(result.intent, ""),
        )

    def _request(self, conversation: Conversation, contact: Contact, message: Message) -> dict[str, object]:
        turn = f"trial-{conversation.id}-{message.seq}"
        channel = self._services.channels[conversation.channel]
        return {
            "turn": turn,
            "sender": turn,
            "text": message.text,
            "state": {key: value for key, value in (conversation.state or {}).items() if key not in BESIDE},
            "metadata": {
                "tenant": conversation.tenant,
                "channel": conversation.channel,
                "channel_type": channel.type,
                "conversation_id": conversation.id,
                "contact_id": contact.id,
                "inbox_id": 0,
                "fence": 0,
                "language": contact.language,
                "language_fixed": contact.language_fixed,
                "danger": False,
                "name": contact.name,
                ON_TRIAL: True,
            },
        }

    def _texts(self, tenant: str, form: str, result: TurnResult) -> list[str]:
        found = []
        for answer in result.answers:
            if answer.name in LEFT_OUT:
                continue
            try:
                rendered = self._services.answers.render(
                    self._services.tenants.get(tenant), form, answer.name, answer.facts
                )
            except DataError:
                continue
            if rendered.text:
                found.append(rendered.text)
        return found
