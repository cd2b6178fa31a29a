"""Files of a conversation for staff: pictures to look at, all else only to be kept, nothing that a browser would run (T18)."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from core import store
from core.errors import SathiError
from core.messages import Attachment, MediaRef
from core.tables import Conversation, Message
from desk.base import File, Me, Parts

SHOWN_INLINE = ("image/jpeg", "image/png", "image/webp")
ENDINGS = {"application/pdf": ".pdf", "audio/ogg": ".ogg", "video/mp4": ".mp4"}


async def incoming(parts: Parts, me: Me, conversation_id: int, seq: int, number: int) -> web.Response:
    """A customer's file; 404 when it is not the tenant's or cannot be loaded."""
    conversation, message = await _found(parts, me, conversation_id, seq)
    media: list[dict[str, Any]] = message.payload.get("media") or []
    if number >= len(media):
        raise web.HTTPNotFound(text="")
    try:
        file = await parts.fetch(conversation.channel, MediaRef(**media[number]))
    except SathiError:
        raise web.HTTPNotFound(text="The file cannot be loaded.") from None
    return handed(file, f"file-{seq}-{number}")


async def outgoing(parts: Parts, me: Me, conversation_id: int, seq: int) -> web.Response:
    """A file that we sent: what an operator added, or a bill made anew."""
    _, message = await _found(parts, me, conversation_id, seq)
    document = message.payload.get("attachment")
    if not document:
        raise web.HTTPNotFound(text="")
    try:
        file = await parts.load(Attachment(**document))
    except SathiError:
        raise web.HTTPNotFound(text="The file cannot be loaded.") from None
    return handed(file, f"sent-{seq}")


async def _found(parts: Parts, me: Me, conversation_id: int, seq: int) -> tuple[Conversation, Message]:
    async with parts.db.reading() as session:
        conversation = await session.get(Conversation, conversation_id)
        message = await store.message_at(session, conversation_id, seq)
    if conversation is None or conversation.tenant != me.tenant or message is None:
        raise web.HTTPNotFound(text="")
    return conversation, message


def handed(file: File, name: str) -> web.Response:
    """A file for a browser."""
    inline = file.mime in SHOWN_INLINE
    ending = ENDINGS.get(file.mime, "")
    return web.Response(
        body=file.content,
        content_type=file.mime if inline else "application/octet-stream",
        headers={
            "Content-Disposition": "inline" if inline else f'attachment; filename="{name}{ending}"',
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cache-Control": "private, max-age=600",
            "X-Content-Type-Options": "nosniff",
        },
    )
