"""A Chatwoot account as the desk: an inbox of the kind "API", contacts and conversations over its application API.

Set up: in Chatwoot add an inbox of the channel "API" with `https://<our address>/webhooks/chatwoot` as its callback;
take the inbox's id and secret, the account's id, and the access token of a user who is a member of the inbox. Settings:
SATHI_CHATWOOT_URL, _TOKEN, _ACCOUNT_ID, _INBOX_ID, _SECRET. Facts: developers.chatwoot.com, swagger of chatwoot 4.x.

Our own messages carry `content_attributes.sathi_seq`, so that they are known again when the webhook tells of them and
after an interrupted call.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import SecretStr

from connectors.base import Reply, Transport, Upload
from core.errors import ConfigurationError, Malformed, NotGenuine, SendError
from core.settings import Settings
from gateway.chatwoot_events import SEQ, Reader
from handoff.desks import (
    Attached,
    Case,
    Desk,
    DeskDown,
    DeskStatus,
    Heard,
    OurDesk,
    Present,
    Reference,
    Said,
)

SIGNATURE, TIMESTAMP = "x-chatwoot-signature", "x-chatwoot-timestamp"
FRESH = timedelta(minutes=5)
STATUS = {
    DeskStatus.OPEN: "open",
    DeskStatus.SNOOZED: "snoozed",
    DeskStatus.BOT: "pending",
    DeskStatus.RESOLVED: "resolved",
}
TIMEOUT, FILES_TIMEOUT = 10.0, 40.0


class ChatwootDesk:
    """Implements `handoff.desks.Desk`."""

    name = "chatwoot"
    reads_tables = False

    def __init__(
        self,
        transport: Transport,
        now: Callable[[], datetime],
        *,
        url: str,
        token: SecretStr,
        account_id: int,
        inbox_id: int,
        secret: SecretStr,
    ) -> None:
        self._transport = transport
        self._now = now
        self._base = f"{url.rstrip('/')}/api/v1/accounts/{account_id}"
        self._token = token
        self._inbox = inbox_id
        self._reader = Reader(account_id, inbox_id)
        self._secret = secret

    async def people(self) -> Sequence[Present]:
        document = await self._call("GET", f"/inbox_members/{self._inbox}")
        return [self._reader.present(agent) for agent in document.get("payload") or () if agent.get("id") is not None]

    async def open(self, case: Case) -> Reference:
        contact, source = await self._contact(case)
        document = await self._call(
            "POST",
            "/conversations",
            {
                "source_id": source,
                "inbox_id": self._inbox,
                "contact_id": contact,
                "status": "open",
                "additional_attributes": {"channel": case.channel, "language": case.language},
                "custom_attributes": {"sathi_key": case.key},
            },
        )
        return Reference(person=str(contact), conversation=str(document["id"]))

    async def told(self, reference: Reference) -> int:
        document = await self._call("GET", f"/conversations/{reference.conversation}/messages")
        return max((_seq(message) for message in document.get("payload") or ()), default=0)

    async def tell(self, reference: Reference, said: Said) -> None:
        kind = "outgoing" if said.mine else "incoming"
        # A form of ours has one file. The earlier ones do not count as told: after a broken line all are sent again.
        for file in said.files[:-1]:
            await self._write(reference, "", kind, {SEQ: said.seq - 1}, file=file)
        await self._write(reference, said.text, kind, {SEQ: said.seq}, file=said.files[-1] if said.files else None)

    async def note(self, reference: Reference, text: str) -> None:
        await self._write(reference, text, "outgoing", {SEQ: 0}, private=True)

    async def warn(self, reference: Reference, danger: str) -> None:
        """Urgent, the highest of Chatwoot's priorities, and a note that says why."""
        path = f"/conversations/{reference.conversation}/toggle_priority"
        await self._call("POST", path, {"priority": "urgent"})
        await self.note(reference, f"danger: {danger}")

    async def show(self, reference: Reference, status: DeskStatus) -> None:
        path = f"/conversations/{reference.conversation}/toggle_status"
        await self._call("POST", path, {"status": STATUS[status]})

    def read(self, headers: Mapping[str, str], body: bytes) -> Sequence[Heard]:
        """Verify and read a webhook: `sha256=` HMAC of `<timestamp>.<body>`, not older than five minutes."""
        stamp, given = headers.get(TIMESTAMP, ""), headers.get(SIGNATURE, "")
        key = self._secret.get_secret_value().encode()
        expected = "sha256=" + hmac.new(key, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        if not key or not hmac.compare_digest(expected.encode(), given.encode()):
            raise NotGenuine("the signature is wrong")
        if not stamp.isdigit() or abs(self._now().timestamp() - int(stamp)) > FRESH.total_seconds():
            raise NotGenuine("the delivery is too old")
        try:
            event = json.loads(body)
            return self._reader.events(event) if isinstance(event, dict) else ()
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Malformed(f"this event cannot be read: {type(error).__name__}") from None

    async def _contact(self, case: Case) -> tuple[int, str]:
        """The person's number and their source in our inbox, made or found by our key."""
        body = {"inbox_id": self._inbox, "name": case.name or case.person, "identifier": case.person}
        if case.phone:
            body["phone_number"] = case.phone
        try:
            payload = (await self._call("POST", "/contacts", body))["payload"]
            return int(payload["contact"]["id"]), str(payload["contact_inbox"]["source_id"])
        except _Taken:
            found = await self._call("GET", "/contacts/search", params={"q": case.person})
        for contact in found.get("payload") or ():
            if contact.get("identifier") == case.person:
                for place in contact.get("contact_inboxes") or ():
                    if int((place.get("inbox") or {}).get("id") or 0) == self._inbox:
                        return int(contact["id"]), str(place["source_id"])
                made = await self._call("POST", f"/contacts/{contact['id']}/contact_inboxes", {"inbox_id": self._inbox})
                return int(contact["id"]), str(made["source_id"])
        raise DeskDown("Chatwoot says that this person is known, and does not find them")

    async def _write(
        self,
        reference: Reference,
        text: str,
        kind: str,
        attributes: Mapping[str, Any],
        *,
        private: bool = False,
        file: Attached | None = None,
    ) -> None:
        path = f"/conversations/{reference.conversation}/messages"
        if file is None:
            body = {"content": text, "message_type": kind, "private": private, "content_attributes": dict(attributes)}
            await self._call("POST", path, body)
            return
        # Files come as a form; Chatwoot reads the attributes from a string then.
        form: dict[str, str | Upload] = {
            "content": text,
            "message_type": kind,
            "private": str(private).lower(),
            "content_attributes": json.dumps(attributes),
            "attachments[]": Upload(name=file.name, mime=file.mime, content=file.content),
        }
        await self._call("POST", path, form=form)

    async def _call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        params: Mapping[str, str] | None = None,
        form: Mapping[str, str | Upload] | None = None,
    ) -> dict[str, Any]:
        headers = {"api_access_token": self._token.get_secret_value()}
        try:
            reply = await self._transport.request(
                method,
                self._base + path,
                headers=headers,
                json=body,
                form=form,
                params=params,
                timeout=FILES_TIMEOUT if form else TIMEOUT,
            )
        except SendError as error:
            raise DeskDown(f"Chatwoot cannot be reached: {error}") from None
        return _document(reply)


def configured(
    settings: Settings, tenants: Iterable[str], transport: Transport, now: Callable[[], datetime]
) -> dict[str, Desk]:
    """The desk of each tenant: ours, or the Chatwoot of the settings for the tenant of the single-channel settings."""
    desks: dict[str, Desk] = {tenant: OurDesk() for tenant in tenants}
    if not settings.chatwoot_url:
        return desks
    needed = {
        "SATHI_CHATWOOT_TOKEN": settings.chatwoot_token.get_secret_value(),
        "SATHI_CHATWOOT_ACCOUNT_ID": settings.chatwoot_account_id,
        "SATHI_CHATWOOT_INBOX_ID": settings.chatwoot_inbox_id,
        "SATHI_CHATWOOT_SECRET": settings.chatwoot_secret.get_secret_value(),
    }
    missing = [name for name, value in needed.items() if not value]
    if missing:
        raise ConfigurationError(f"SATHI_CHATWOOT_URL is set, but {', '.join(missing)} is not")
    desks[settings.tenant] = ChatwootDesk(
        transport,
        now,
        url=settings.chatwoot_url,
        token=settings.chatwoot_token,
        account_id=settings.chatwoot_account_id,
        inbox_id=settings.chatwoot_inbox_id,
        secret=settings.chatwoot_secret,
    )
    return desks


class _Taken(DeskDown):
    """Something of this name exists already."""


def _document(reply: Reply) -> dict[str, Any]:
    if reply.status == 422:
        raise _Taken("Chatwoot refuses: 422")
    if not 200 <= reply.status < 300:
        raise DeskDown(f"Chatwoot answers {reply.status}")
    try:
        document = json.loads(reply.body or b"{}")
    except ValueError:
        raise DeskDown("Chatwoot's answer cannot be read") from None
    return document if isinstance(document, dict) else {"payload": document}


def _seq(message: Mapping[str, Any]) -> int:
    return int((message.get("content_attributes") or {}).get(SEQ) or 0)
