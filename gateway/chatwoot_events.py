"""What Chatwoot's webhooks say: which of them are a person's doing, and what it means for us."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from handoff.desks import Heard, HeardKind, Present

SEQ = "sathi_seq"
HEARD = {"resolved": HeardKind.RESOLVED, "pending": HeardKind.RETURNED, "snoozed": HeardKind.SNOOZED}
# Agents of Chatwoot are operators with numbers below zero: ours begin at one.
AGENTS = 10_000_000


class Reader:
    """Reads events of one inbox of one account."""

    def __init__(self, account_id: int, inbox_id: int) -> None:
        self._account = account_id
        self._inbox = inbox_id

    def events(self, event: dict[str, Any]) -> Sequence[Heard]:
        kind = event.get("event")
        if kind == "message_created":
            return self._message(event)
        meta = (event.get("meta") or {}).get("assignee") or {}
        operator = self.present(meta) if meta.get("id") else None
        if int(event.get("inbox_id") or 0) != self._inbox:
            return ()
        conversation, moment = str(event["id"]), str(event.get("timestamp") or event.get("updated_at") or "")
        if kind == "conversation_status_changed" and event.get("status") in HEARD:
            status = str(event["status"])
            mark = f"status:{conversation}:{status}:{moment}"
            return (Heard(id=mark, kind=HEARD[status], conversation=conversation, operator=operator),)
        if kind == "conversation_updated" and operator is not None:
            mark = f"assignee:{conversation}:{operator.id}:{moment}"
            return (Heard(id=mark, kind=HeardKind.TAKEN, conversation=conversation, operator=operator),)
        return ()

    def _message(self, event: dict[str, Any]) -> Sequence[Heard]:
        """Only what a person of Chatwoot says to the customer counts: no notes, no customers, not our own words."""
        sender = event.get("sender") or {}
        ours = SEQ in (event.get("content_attributes") or {})
        inbox = int((event.get("inbox") or {}).get("id") or 0)
        is_answer = event.get("message_type") in ("outgoing", 1) and not event.get("private")
        if ours or not is_answer or inbox != self._inbox or sender.get("type") == "contact" or not sender.get("id"):
            return ()
        links = [str(one["data_url"]) for one in event.get("attachments") or () if one.get("data_url")]
        text = "\n".join(filter(None, (str(event.get("content") or "").strip(), *links)))
        return (
            Heard(
                id=f"message:{event['id']}",
                kind=HeardKind.WROTE,
                conversation=str(event["conversation"]["id"]),
                operator=self.present(sender),
                text=text,
            ),
        )

    def present(self, agent: Mapping[str, Any]) -> Present:
        return Present(
            id=-(self._account * AGENTS + int(agent["id"])),
            name=str(agent.get("available_name") or agent.get("name") or ""),
            there=agent.get("availability_status") in (None, "online", "available"),
        )
