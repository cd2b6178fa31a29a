"""What a platform sent and nobody could read, read once more: as it came when the reading has been mended, or mended by hand.

A hand may mend what was broken, not say who wrote: every person of a message must stand in what came. What was known
already is stored once, as in any redelivery (R3).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from connectors.base import Channel, Connector
from core import inbox
from core.database import Database
from core.errors import Malformed
from core.messages import Event, Ignored, IncomingMessage, Quarantined, StatusUpdate
from core.tables import Quarantine
from gateway.webhooks import message_row, status_row

READ, ASIDE = "read", "aside"
LONGEST = 1 << 20
# The parts of a change in which WhatsApp lists elements, with the field they come in (channels.md §2.1).
WHATSAPP = {
    "messages": "messages",
    "statuses": "messages",
    "message_echoes": "smb_message_echoes",
    "user_preferences": "user_preferences",
}


class Unreadable:
    """Reads again, and settles what was read or is not worth it. Nothing here commits: the caller's transaction does."""

    def __init__(self, db: Database, channels: Mapping[str, Channel], connectors: Mapping[str, Connector]) -> None:
        self._db = db
        self._channels = channels
        self._connectors = connectors

    async def read(self, session: AsyncSession, row: Quarantine, body: str, who: str) -> str:
        """Store what can be read in `body`; returns what is wrong with it, or nothing."""
        channel = self._channels.get(row.channel)
        if row.outcome:
            return "somebody settled this already"
        if channel is None:
            return "its channel is not switched on any more"
        try:
            element = json.loads(body[:LONGEST])
        except (ValueError, RecursionError) as error:
            return f"this is no JSON: {error}"
        found = self._events(channel, element, row.id or 0)
        if isinstance(found, str):
            return found
        rows = []
        for event in found:
            if isinstance(event, IncomingMessage):
                strangers = [address for address in event.addresses if not _stands_in(address, row.body)]
                if strangers:
                    return "a person who did not stand in what came cannot be put in by hand"
                rows.append(message_row(channel.key, event))
            elif isinstance(event, StatusUpdate):
                rows.append(status_row(channel.key, event))
        await inbox.insert(session, self._db, rows)
        self._settle(session, row, READ, who)
        return ""

    def aside(self, session: AsyncSession, row: Quarantine, who: str) -> str:
        """Nothing is to be done with it; it stays."""
        if row.outcome:
            return "somebody settled this already"
        self._settle(session, row, ASIDE, who)
        return ""

    def _settle(self, session: AsyncSession, row: Quarantine, outcome: str, who: str) -> None:
        row.outcome, row.settled_by, row.settled_at = outcome, who, self._db.now()
        session.add(row)

    def _events(self, channel: Channel, element: Any, number: int) -> list[Event] | str:
        """The events of the first shape in which something can be read, or why there is none."""
        faults: list[str] = []
        connector = self._connectors[channel.type]
        for payload in shapes(channel, element, number):
            try:
                events = list(connector.parse(payload, channel))
            except Malformed as error:
                faults.append(str(error))
                continue
            except Exception as error:
                faults.append(f"it still cannot be read: {type(error).__name__}")
                continue
            bad = next((event for event in events if isinstance(event, Quarantined)), None)
            if bad is not None:
                faults.append(f"it still cannot be read: {bad.reason}")
            elif not all(isinstance(event, Ignored) for event in events):
                return events
        return next(iter(faults), "there is nothing in it for this channel")


def shapes(channel: Channel, element: Any, number: int) -> Iterator[Any]:
    """An element that was kept alone, as a delivery of its platform; `number` stands for what an element has no id of."""
    if not isinstance(element, dict):
        return
    if channel.type == "whatsapp" and "object" not in element:
        changes = [element] if "value" in element else []
        metadata = {"phone_number_id": channel.account_id}
        if not changes:
            changes = [
                {"field": field, "value": {"metadata": metadata, name: [element]}} for name, field in WHATSAPP.items()
            ]
        for change in changes:
            yield {"object": "whatsapp_business_account", "entry": [{"changes": [change]}]}
    elif channel.type == "messenger" and "object" not in element:
        yield {"object": "page", "entry": [{"id": channel.account_id, "messaging": [element]}]}
    elif channel.type == "telegram" and "update_id" not in element:
        for name in ("message", "callback_query"):
            yield {"update_id": 10**15 + number, name: element}
    else:
        yield element


def _stands_in(address: str, came: str) -> bool:
    """Whether a person stood in what came, as a number or name of their own."""
    person = re.escape(address.partition(":")[2].lstrip("+"))
    return re.search(rf"(?<![0-9A-Za-z]){person}(?![0-9A-Za-z])", came) is not None
