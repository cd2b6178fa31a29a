"""What a message brings besides words: files to be kept, recordings to be listened to, a shared telephone number."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import structlog
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from connectors.base import Channel
from core import media
from core.errors import SendError
from core.media import Content
from core.messages import IncomingMessage, Kind
from core.tables import Conversation, Message
from gateway.media_check import BadFile
from gateway.media_worker import Collector, keeps
from gateway.services import Services

log = structlog.get_logger(__name__)
LISTEN_SECONDS = 25.0  # with the dialogue core's 15 s still far within a worker's lease
SPOKEN = ("voice", "audio")


@dataclass(frozen=True, kw_only=True)
class Heard:
    """A recording that was fetched and listened to, and where it lies. `content.words` may be empty."""

    content: Content
    key: str


def is_spoken(message: IncomingMessage) -> bool:
    """Whether a message is nothing but a recording."""
    return message.kind is Kind.MEDIA and not message.text and all(ref.kind in SPOKEN for ref in message.media)


def shared_phone(message: IncomingMessage) -> str:
    """The telephone number of a shared contact: the sender's own, else the first that stands in it."""
    if message.kind is not Kind.CONTACT:
        return ""
    return message.phone or str(next(iter(message.detail.get("shared_phones") or ()), ""))


def words_of(message: IncomingMessage) -> str:
    """The text a message stands for: its words, or the telephone number that was shared."""
    return message.text or shared_phone(message)


def unreadable(message: IncomingMessage) -> bool:
    """Whether nothing in a message can be understood: a poll, a game, a visiting card without a number."""
    return message.kind in (Kind.UNSUPPORTED, Kind.CONTACT) and not words_of(message)


async def listen(
    services: Services, collector: Collector, channel: Channel, message: IncomingMessage, name: str, language: str
) -> Heard | None:
    """Fetch a recording and have it put into words, where somebody listens; None when that was not possible in time."""
    if services.hearing is None or not message.media:
        return None
    try:
        async with asyncio.timeout(LISTEN_SECONDS):
            found = await collector.fetch(channel, message.media[0])
            key = await collector.shelve(channel.tenant, name, found)
            words = await services.hearing.words_of(found, language.partition("-")[0])
    except (SendError, BadFile, TimeoutError) as error:
        log.warning("A recording could not be listened to.", action="listen", error=type(error).__name__)
        return None
    return Heard(
        content=Content(mime=found.mime, name=found.name, content=found.content, digest=found.digest, words=words),
        key=key,
    )


async def note_files(
    session: AsyncSession,
    services: Services,
    conversation: Conversation,
    row: Message,
    message: IncomingMessage,
    heard: Heard | None = None,
) -> None:
    """Note a message's files beside its transcript row: those that were heard are stored, the others are wanted."""
    refs = {place: ref for place, ref in enumerate(message.media) if keeps(ref)}
    if not refs:
        return
    wanted = await _place_was_asked(session, conversation, row)
    rows = await media.register(session, services.db, conversation, row, refs, place_wanted=wanted)
    if heard is not None and rows[0].id is not None:
        await services.library.note_stored(session, rows[0].id, heard.key, heard.content)


async def _place_was_asked(session: AsyncSession, conversation: Conversation, row: Message) -> bool:
    """Whether our last words asked for a place: only then is a picture's own position an answer, and kept."""
    query = select(Message).where(
        Message.conversation_id == conversation.id, Message.direction == "outgoing", Message.seq < row.seq
    )
    last = (await session.exec(query.order_by(col(Message.seq).desc()).limit(1))).first()
    return last is not None and last.payload.get("ask") == "location"
