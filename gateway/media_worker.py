"""Fetches customers' files at once, looks at what they are, and puts them on the shelf.

Platforms keep files for minutes to days, so a file is asked for as soon as its message is stored, by workers of its
own: a slow file server holds up no conversation.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac

import structlog

from connectors.base import Channel
from core.errors import SendError, Unavailable
from core.media import Content, Wanted
from core.messages import MediaRef
from core.tables import Contact, Conversation
from gateway import metrics
from gateway.media_check import LARGEST, BadFile, check
from gateway.rasa_client import Answer
from gateway.services import Services
from gateway.speaking import Speaker
from gateway.webchat_uploads import shelf_key

log = structlog.get_logger(__name__)
WORKERS = 2
AT_ONCE = 2  # pictures in memory
IDLE_SECONDS = 2.0
CLEAN_SECONDS = 600.0
TRIES = 14  # about an hour and a half, so that a long outage of a file server is outlived
CAP_SECONDS = 900.0
KEPT = ("image", "document", "audio", "voice", "video", "file")


def keeps(ref: MediaRef) -> bool:
    """Whether we keep such a file: stickers are no more than a smile."""
    return ref.kind in KEPT and bool(ref.ref)


class Collector:
    """Brings one file from its platform to the shelf."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._room = asyncio.Semaphore(AT_ONCE)

    async def fetch(self, channel: Channel, ref: MediaRef, *, place_wanted: bool = False) -> Content:
        """The file, checked; raises `SendError` or `BadFile`."""
        async with self._room:
            upload = await self._services.connector(channel).fetch(ref, channel, LARGEST)
            return await asyncio.to_thread(
                check, upload.content, ref.kind, ref.name or upload.name, place_wanted=place_wanted
            )

    async def shelve(self, tenant: str, name: str, found: Content) -> str:
        """Put a checked file on the shelf; returns its key: not to be guessed, and the same for a name on every try."""
        letters = hmac.new(self._services.key, f"medium {name}".encode(), hashlib.sha256).hexdigest()[:32]
        key = f"media/{tenant}/{letters[:2]}/{letters}"
        await self._services.library.shelf.put(key, found.content, found.mime)
        return key


class MediaWorkers:
    """Takes wanted files until stopped, and every ten minutes removes some of those that are older than we keep them."""

    def __init__(self, services: Services, speaker: Speaker) -> None:
        self._services = services
        self._speaker = speaker
        self._stopping = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.collector = Collector(services)

    async def start(self) -> None:
        self._tasks = [asyncio.create_task(self._fetch_forever(), name=f"media-{n}") for n in range(WORKERS)]
        self._tasks.append(asyncio.create_task(self._clean_forever(), name="media-cleaner"))

    async def stop(self) -> None:
        self._stopping.set()
        self._services.new_media.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _fetch_forever(self) -> None:
        while not self._stopping.is_set():
            self._services.new_media.clear()
            try:
                wanted = await self._services.library.claim()
                if wanted is not None:
                    await self.one(wanted)
                    continue
            except Exception as error:
                log.error("A file could not be seen to.", action="media", error=type(error).__name__, exc_info=True)
            try:
                await asyncio.wait_for(self._services.new_media.wait(), IDLE_SECONDS)
            except TimeoutError:
                continue

    async def one(self, wanted: Wanted) -> str:
        """See to one wanted file; returns what became of it."""
        services = self._services
        channel = services.channel(wanted.channel)
        if channel is None:
            return await self._refuse(wanted, "the channel is not configured", tell=False)
        if shelf_key(wanted.ref.ref):
            return await self._refuse(wanted, "an upload that was never stored", tell=False)
        try:
            found = await self.collector.fetch(channel, wanted.ref, place_wanted=wanted.place_wanted)
            key = await self.collector.shelve(wanted.tenant, f"row:{wanted.id}", found)
        except BadFile as error:
            return await self._refuse(wanted, error.code)
        except SendError as error:
            # Some file servers answer 404 for a while, and an address that ran out is asked for anew.
            tries = TRIES if error.retryable else 1 if error.code in ("too_big", "media_host", "host") else 3
            if wanted.attempts >= tries:
                return await self._refuse(wanted, error.code or "refused", tell=error.code == "too_big")
            delay = max(error.retry_after or 0.0, min(2.0**wanted.attempts, CAP_SECONDS))
            await services.library.again(wanted, delay, f"{error.code}: {error.words}")
            metrics.MEDIA.labels(channel.key, "again").inc()
            return "again"
        except Exception as error:
            log.error("A file could not be fetched.", action="media", error=type(error).__name__, exc_info=True)
            if wanted.attempts >= TRIES:
                return await self._refuse(wanted, type(error).__name__, tell=False)
            failure = Unavailable("unexpected", code=type(error).__name__)
            await services.library.again(wanted, min(2.0**wanted.attempts, CAP_SECONDS), failure.code)
            return "again"
        async with services.db.transaction() as session:
            await services.library.note_stored(session, wanted.id, key, found)
        metrics.MEDIA.labels(channel.key, "stored").inc()
        return "stored"

    async def _refuse(self, wanted: Wanted, reason: str, *, tell: bool = True) -> str:
        """Note why a file is not kept; the customer is told when they can send another one instead."""
        services = self._services
        metrics.MEDIA.labels(wanted.channel, "refused").inc()
        log.warning("A file was not taken.", action="media", channel=wanted.channel, medium=wanted.id, reason=reason)
        async with services.db.transaction() as session:
            if not await services.library.note_refused(session, wanted, reason):
                return "over"
            conversation = await session.get(Conversation, wanted.conversation_id)
            if tell and conversation is not None and conversation.status == "pending":
                contact = await session.get(Contact, conversation.contact_id)
                form = (contact.language if contact else "") or services.tenants.get(wanted.tenant).default_form
                answer = Answer(name="utter_file_refused")
                await self._speaker.say(session, conversation, form, [answer], f"medium:{wanted.id}")
        services.sends_waiting.set()
        return "refused"

    async def _clean_forever(self) -> None:
        while True:
            days = self._services.settings.media_days
            try:
                await self._services.library.remove_unsent()
                if days:
                    await self._services.library.remove_old(days)
            except Exception as error:
                log.error("Old files could not be removed.", action="media", error=type(error).__name__)
            await asyncio.sleep(CLEAN_SECONDS)
