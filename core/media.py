"""Customers' files: the shelf they lie on, the table that knows them, and the queue of those still to be fetched.

A file is named by its row in `medium`. `Library.open` gives its content to whoever has a right to the tenant's
conversations; nobody reads a shelf by a name that a customer chose.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import delete, select, update
from sqlmodel import col
from sqlmodel import select as select_rows
from sqlmodel.ext.asyncio.session import AsyncSession

from core.database import Database
from core.messages import MediaRef
from core.tables import Conversation, Medium, Message, Upload

LEASE = timedelta(seconds=150)  # longer than the slowest fetch
UNSENT = timedelta(hours=24)
UPLOADS = "uploads/"  # each file there has what is known of it beside it
KEY = re.compile(r"[A-Za-z0-9_-]+(?:/[A-Za-z0-9_.-]+)*")
media: Any = Medium.__table__  # type: ignore[attr-defined]


class Shelf(Protocol):
    """Where files lie. A key is letters, digits and slashes that we made."""

    async def put(self, key: str, content: bytes, mime: str) -> None: ...

    async def get(self, key: str) -> bytes | None: ...

    async def remove(self, key: str) -> None: ...


class FolderShelf:
    """Files in a folder of their own, readable by the service alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _path(self, key: str) -> Path:
        if not KEY.fullmatch(key) or ".." in key:
            raise ValueError("not a key of a shelf")
        return self._folder / key

    async def put(self, key: str, content: bytes, mime: str) -> None:
        await asyncio.to_thread(self._write, self._path(key), content)

    def _write(self, path: Path, content: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Whole or not at all: a reader never meets half a file.
        part = path.with_name(f"{path.name}.part")
        part.write_bytes(content)
        part.replace(path)

    async def get(self, key: str) -> bytes | None:
        try:
            return await asyncio.to_thread(self._path(key).read_bytes)
        except OSError:
            return None

    async def remove(self, key: str) -> None:
        await asyncio.to_thread(self._path(key).unlink, missing_ok=True)


@dataclass(frozen=True, kw_only=True)
class Content:
    """What is known of a file once it was looked at."""

    mime: str
    name: str
    content: bytes = field(repr=False)
    digest: str = ""
    width: int = 0
    height: int = 0
    latitude: float | None = None
    longitude: float | None = None
    words: str = ""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A file to be fetched by whoever claimed it; `attempts` is the proof of the claim."""

    id: int
    tenant: str
    channel: str
    conversation_id: int
    message_id: int
    ref: MediaRef
    place_wanted: bool
    attempts: int


async def register(
    session: AsyncSession,
    db: Database,
    conversation: Conversation,
    message: Message,
    refs: Mapping[int, MediaRef],
    *,
    place_wanted: bool = False,
) -> list[Medium]:
    """Note files of a transcript row by their place in it, to be fetched; its payload then names them by number."""
    assert conversation.id is not None and message.id is not None
    now = db.now()
    rows = [
        Medium(
            tenant=conversation.tenant,
            channel=conversation.channel,
            conversation_id=conversation.id,
            message_id=message.id,
            place=place,
            kind=ref.kind,
            ref=ref.ref,
            name=ref.name,
            mime=ref.mime,
            size=ref.size,
            place_wanted=place_wanted,
            due_at=now,
            created_at=now,
        )
        for place, ref in refs.items()
    ]
    session.add_all(rows)
    await session.flush()
    documents = [dict(item) for item in message.payload.get("media") or ()]
    for row in rows:
        documents[row.place]["stored"] = row.id
    message.payload = {**message.payload, "media": documents}
    session.add(message)
    await session.flush()
    return rows


async def of_conversation(session: AsyncSession, conversation_id: int) -> list[Medium]:
    """The files of a conversation, oldest first."""
    query = select_rows(Medium).where(Medium.conversation_id == conversation_id).order_by(col(Medium.id))
    return list((await session.exec(query)).all())


class Library:
    """The shelf and its table together."""

    def __init__(self, db: Database, shelf: Shelf) -> None:
        self._db = db
        self.shelf = shelf

    async def find(self, medium_id: int, tenant: str) -> Medium | None:
        """A file's row, if it is this tenant's."""
        async with self._db.reading() as session:
            row = await session.get(Medium, medium_id)
        return row if row is not None and row.tenant == tenant else None

    async def open(self, medium_id: int, tenant: str) -> Content | None:
        """A stored file; None when it is not there, not there yet, or another tenant's."""
        row = await self.find(medium_id, tenant)
        if row is None or row.state != "stored":
            return None
        content = await self.shelf.get(row.shelf_key)
        if content is None:
            return None
        return Content(mime=row.mime, name=row.name, content=content, digest=row.digest, words=row.words)

    async def claim(self) -> Wanted | None:
        """Take the file that has waited longest, for a while; after that another may take it."""
        now = self._db.now()
        oldest = select(media.c.id).where(media.c.state == "wanted", media.c.due_at <= now)
        oldest = oldest.order_by(media.c.due_at).limit(1)
        if not self._db.is_sqlite:
            oldest = oldest.with_for_update(skip_locked=True)
        async with self._db.transaction() as session:
            claiming = (
                update(media)
                .where(media.c.id == oldest.scalar_subquery())
                .values(attempts=media.c.attempts + 1, due_at=now + LEASE)
                .returning(media)
            )
            row = (await session.execute(claiming)).first()
        if row is None:
            return None
        ref = MediaRef(kind=row.kind, ref=row.ref, mime=row.mime, name=row.name, size=row.size)
        return Wanted(
            id=row.id,
            tenant=row.tenant,
            channel=row.channel,
            conversation_id=row.conversation_id,
            message_id=row.message_id,
            ref=ref,
            place_wanted=row.place_wanted,
            attempts=row.attempts,
        )

    async def note_stored(self, session: AsyncSession, medium_id: int, key: str, found: Content) -> None:
        """The file lies on the shelf; the transcript learns what it really is."""
        row = await session.get(Medium, medium_id)
        message = await session.get(Message, row.message_id) if row is not None else None
        if row is not None and message is not None:
            documents = [dict(item) for item in message.payload.get("media") or ()]
            documents[row.place] |= {"mime": found.mime, "name": found.name, "size": len(found.content)}
            message.payload = {**message.payload, "media": documents}
            session.add(message)
        await session.execute(
            update(media)
            .where(media.c.id == medium_id)
            .values(
                state="stored",
                reason="",
                shelf_key=key,
                mime=found.mime,
                name=found.name,
                size=len(found.content),
                digest=found.digest,
                width=found.width,
                height=found.height,
                latitude=found.latitude,
                longitude=found.longitude,
                words=found.words,
                stored_at=self._db.now(),
            )
        )

    async def note_refused(self, session: AsyncSession, wanted: Wanted, reason: str) -> bool:
        """The file is not taken; False when another worker decided already."""
        done = await session.execute(
            update(media)
            .where(media.c.id == wanted.id, media.c.state == "wanted", media.c.attempts == wanted.attempts)
            .values(state="refused", reason=reason[:200])
            .returning(media.c.id)
        )
        return done.first() is not None

    async def again(self, wanted: Wanted, seconds: float, reason: str) -> None:
        """Try once more later."""
        async with self._db.transaction() as session:
            await session.execute(
                update(media)
                .where(media.c.id == wanted.id, media.c.state == "wanted", media.c.attempts == wanted.attempts)
                .values(due_at=self._db.now() + timedelta(seconds=seconds), reason=reason[:200])
            )

    async def note_upload(self, key: str) -> None:
        """Somebody uploads a file and may never send it: noted before it is stored, so that nothing is ever forgotten."""
        async with self._db.transaction() as session:
            session.add(Upload(shelf_key=key, created_at=self._db.now()))

    async def note_sent(self, session: AsyncSession, keys: Iterable[str]) -> None:
        """Uploaded files belong to a message now; in the transaction that writes it."""
        await session.execute(delete(Upload).where(col(Upload.shelf_key).in_(list(keys))))

    async def remove_unsent(self, limit: int = 200) -> int:
        """Take uploads that nobody sent within a day off the shelf. Returns how many."""
        border = self._db.now() - UNSENT
        old = select(col(Upload.shelf_key)).where(col(Upload.created_at) < border).limit(limit)
        async with self._db.reading() as reading:
            keys = list((await reading.execute(old)).scalars())
        for key in keys:
            await self._take_off(key)
        if keys:
            async with self._db.transaction() as session:
                await self.note_sent(session, keys)
        return len(keys)

    async def _take_off(self, key: str) -> None:
        await self.shelf.remove(key)
        if key.startswith(UPLOADS):
            await self.shelf.remove(f"{key}.json")

    async def remove_old(self, days: int, limit: int = 200) -> int:
        """Take files older than so many days off the shelf; their rows stay and say so. Returns how many."""
        border = self._db.now() - timedelta(days=days)
        old = select(media.c.id, media.c.shelf_key).where(media.c.state == "stored", media.c.stored_at < border)
        async with self._db.reading() as session:
            rows = (await session.execute(old.limit(limit))).all()
        for row in rows:
            await self._take_off(row.shelf_key)
            async with self._db.transaction() as session:
                gone: dict[str, Any] = {"state": "removed", "reason": "older than the time we keep files", "words": ""}
                gone |= {"latitude": None, "longitude": None, "shelf_key": ""}
                await session.execute(update(media).where(media.c.id == row.id).values(**gone))
        return len(rows)
