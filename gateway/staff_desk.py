"""The desk's parts, taken from the service."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from complaints.service import Complaints
from core.errors import Refused
from core.message_forms import MessageForm
from core.messages import Attachment, MediaRef
from core.tables import Conversation
from desk.base import File, Parts
from desk.web import Desk
from gateway.limits import Limits
from gateway.people import People
from gateway.services import Services
from gateway.suggesting import Suggesting
from gateway.unreadable import Unreadable
from gateway.webchat_hub import WebchatHub
from gateway.webchat_uploads import BadUpload, Uploads
from handoff.service import Handoff


def make(
    services: Services,
    people: People,
    uploads: Uploads,
    work: asyncio.Event,
    limits: Limits,
    refresh: Callable[[], Awaitable[None]],
) -> Desk:
    """The staff's web app of this service."""

    async def fetch(channel_key: str, media: MediaRef) -> File:
        channel = services.channels[channel_key]
        if media.stored:
            kept = await services.library.open(media.stored, channel.tenant)
            if kept is None:
                raise Refused("the file is not there, or not yet", code="no_file")
            return File(name=kept.name, mime=kept.mime, content=kept.content)
        found = await services.connector(channel).fetch(media, channel)
        return File(name=found.name, mime=found.mime, content=found.content)

    async def load(attachment: Attachment) -> File:
        found = await services.load_file(attachment)
        return File(name=found.name, mime=found.mime, content=found.content)

    async def keep(name: str, content: bytes) -> MediaRef:
        try:
            return (await uploads.keep("desk", content, name, to_be_sent=False))[1]
        except BadUpload as error:
            raise Refused("this file is not taken", code=error.code) from None

    async def typing(conversation: Conversation, on: bool) -> None:
        channel = services.channel(conversation.channel)
        if channel is None:
            return
        connector = services.connector(channel)
        if isinstance(connector.part, WebchatHub):
            await connector.part.typing(conversation.address, on)
        elif on:
            await connector.acknowledge(conversation.address, conversation.last_incoming_id, channel)

    def wake() -> None:
        services.inbox.new_work.set()
        work.set()

    def message_forms(tenant: str, channel: str) -> list[MessageForm]:
        options: dict[str, object] = {}
        for one in services.channels.values():
            if one.tenant == tenant and channel in (one.key, ""):
                options |= one.options
        return services.forms.offered(services.tenants.get(tenant), services.answers, options, channel)

    unreadable = Unreadable(services.db, services.channels, services.connectors)
    return Desk(
        Parts(
            settings=services.settings,
            key=services.key,
            db=services.db,
            inbox=services.inbox,
            outbox=services.outbox,
            tenants=services.tenants,
            answers=services.answers,
            complaints=Complaints(services.db, services.tenants),
            utility=services.utility,
            ownership=services.ownership,
            handoff=Handoff(services.db, services.tenants),
            bridge=people.bridge,
            suggest=Suggesting(services).of,
            voice=people.voice,
            post=people.voice.post,
            read_again=unreadable.read,
            put_aside=unreadable.aside,
            refresh=refresh,
            typing=typing,
            keep=keep,
            open_channels=lambda: {key: limits.is_open(channel) for key, channel in services.channels.items()},
            channel_tenants={key: channel.tenant for key, channel in services.channels.items()},
            wake=wake,
            message_forms=message_forms,
            channel_types={key: channel.type for key, channel in services.channels.items()},
            fetch=fetch,
            load=load,
        )
    )
