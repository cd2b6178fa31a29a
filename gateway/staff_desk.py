"""The desk's parts, taken from the service."""

from __future__ import annotations

import asyncio

from core.errors import Refused
from core.messages import MediaRef
from desk.base import File, Parts
from desk.web import Desk
from gateway.people import People
from gateway.services import Services


def make(services: Services, people: People, work: asyncio.Event) -> Desk:
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

    def wake() -> None:
        services.inbox.new_work.set()
        work.set()

    return Desk(
        Parts(
            settings=services.settings,
            key=services.key,
            db=services.db,
            outbox=services.outbox,
            tenants=services.tenants,
            bridge=people.bridge,
            post=people.voice.post,
            wake=wake,
            channel_types={key: channel.type for key, channel in services.channels.items()},
            fetch=fetch,
        )
    )
