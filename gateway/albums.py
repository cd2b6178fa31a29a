"""Pictures that were sent together are one turn, though each comes as a message of its own (channels.md §4.2).

Telegram names the album of a picture; WhatsApp names none, so there files that follow each other at once count as one.
The first of them waits a moment for the others. Each keeps its inbox row, its place in the transcript and its file.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import bindparam, select
from sqlmodel.ext.asyncio.session import AsyncSession

from connectors.base import Channel
from core import lanes
from core.inbox import Claimed, inbox
from core.language import danger
from core.messages import Actor, IncomingMessage, Kind, Priority, incoming_from_json
from gateway.services import Services

PATIENCE = 4  # times the pause, from the first picture on: however slowly they come, somebody waits for an answer
MAX_PARTS = 30
FILES = ("image", "video", "document")
_END = (
    inbox.update()
    .where(inbox.c.id.in_(bindparam("rows", expanding=True)), inbox.c.state == "new")
    .values(state="done", done_at=bindparam("now"), result=bindparam("outcome"))
)


@dataclass(frozen=True, kw_only=True)
class Part:
    """One message of an album, and its inbox row."""

    row: int
    message: IncomingMessage


def album_of(message: IncomingMessage, *, loose: bool) -> str:
    """What ties a message to its neighbours; empty when nothing does. `loose`: this kind of channel names no albums."""
    if message.kind is not Kind.MEDIA or message.actor is not Actor.CUSTOMER or not message.media:
        return ""
    if not all(ref.kind in FILES for ref in message.media):
        return ""
    named = str(message.detail.get("album") or "")
    return f"album {named}" if named else "loose" if loose else ""


async def gather(
    services: Services, channel: Channel, claimed: Claimed, message: IncomingMessage
) -> tuple[Part, ...] | None:
    """All parts of a message's album, itself first; nothing when it stands alone; None when more may come.

    In the last case the row was given back and becomes ready when the pause is over, or when something else arrives.
    """
    loose = services.connector(channel).loose_files
    album = album_of(message, loose=loose)
    if not album:
        return ()
    parts = [Part(row=claimed.id, message=message)]
    newest, complete = claimed.received_at, False
    pause = timedelta(seconds=services.settings.album_seconds)
    async with services.db.transaction() as session:
        await lanes.guard(session, services.db, claimed.lease)
        query = (
            select(inbox.c.id, inbox.c.payload, inbox.c.kind, inbox.c.received_at)
            .where(inbox.c.lane == claimed.lane, inbox.c.state == "new", inbox.c.id > claimed.id)
            .where(inbox.c.kind == "message")
            .order_by(inbox.c.id)
            .limit(MAX_PARTS)
        )
        for row in (await session.execute(query)).all():
            more = incoming_from_json(row.payload)
            complete = len(parts) == MAX_PARTS or album_of(more, loose=loose) != album
            if complete:
                break
            parts.append(Part(row=row.id, message=more))
            newest = row.received_at
        until = min(newest + pause, claimed.received_at + PATIENCE * pause)
        if complete or services.db.now() >= until or any(_is_urgent(part.message) for part in parts):
            return tuple(parts) if len(parts) > 1 else ()
        await session.execute(inbox.update().where(inbox.c.id == claimed.id).values(attempts=claimed.attempts - 1))
        await lanes.settle(session, claimed.lease, until, Priority.REPLY.rank)
    return None


def _is_urgent(message: IncomingMessage) -> bool:
    return bool(message.text) and danger.detect(message.text) is not None


def together(parts: tuple[Part, ...]) -> IncomingMessage:
    """An album as one message: every file, the captions one under the other; read up to its last part."""
    messages = [part.message for part in parts]
    return replace(
        messages[0],
        external_id=messages[-1].external_id,
        occurred_at=messages[-1].occurred_at,
        media=tuple(ref for message in messages for ref in message.media),
        text="\n".join(message.text for message in messages if message.text),
    )


def kept(parts: tuple[Part, ...], whole: str, keep: str) -> list[str]:
    """What may be kept of each part's words: its own, unless the whole was masked or cut; then the first carries it."""
    if keep == whole:
        return [part.message.text for part in parts]
    return [keep, *("" for _ in parts[1:])]


async def end(session: AsyncSession, services: Services, claimed: Claimed, parts: tuple[Part, ...]) -> None:
    """Mark the other rows of an album handled with the first, in the transaction that ends that one under its fence."""
    words = {"rows": [part.row for part in parts[1:]], "now": services.db.now()}
    await session.execute(_END, words | {"outcome": {"outcome": "album", "with": claimed.id}})
