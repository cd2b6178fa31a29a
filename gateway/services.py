"""Everything a running service is made of, put together once at the start."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from connectors.base import Channel, Connector, Upload
from core.answers import Answers
from core.database import Database
from core.inbox import Inbox
from core.media import Library
from core.message_forms import MessageForms
from core.messages import Attachment
from core.outbox import Outbox
from core.settings import Settings
from core.tenants import Tenants
from gateway.hearing import Hearing
from gateway.limits import Limits
from gateway.rasa_client import RasaClient
from utility.base import UtilityGateway
from utility.ownership import Ownership


@dataclass(kw_only=True)
class Services:
    """The parts by name. `key` signs tokens and links; `channels` is by key, `connectors` by channel type.

    `new_media` wakes whoever fetches files, `sends_waiting` whoever sends.
    """

    settings: Settings
    key: bytes = field(repr=False)
    db: Database
    inbox: Inbox
    outbox: Outbox
    tenants: Tenants
    answers: Answers
    channels: Mapping[str, Channel]
    connectors: Mapping[str, Connector]
    utility: UtilityGateway
    ownership: Ownership
    rasa: RasaClient
    load_file: Callable[[Attachment], Awaitable[Upload]]
    library: Library
    limits: Limits
    hearing: Hearing | None = None
    forms: MessageForms = field(default_factory=MessageForms)
    new_media: asyncio.Event = field(default_factory=asyncio.Event)
    sends_waiting: asyncio.Event = field(default_factory=asyncio.Event)

    def channel(self, key: str) -> Channel | None:
        """A configured channel, or None when it is not (any more)."""
        return self.channels.get(key)

    def connector(self, channel: Channel) -> Connector:
        return self.connectors[channel.type]
