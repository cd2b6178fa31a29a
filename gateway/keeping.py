"""Puts what a customer wrote into the transcript, and tells the person who has the conversation, if somebody has it."""

from __future__ import annotations

from sqlalchemy import update
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from core import store
from core.inbox import inbox
from core.messages import to_json
from core.tables import Message
from gateway import albums, arrivals
from gateway.asking import Occasion
from gateway.people import People
from gateway.services import Services


class Keeper:
    """Keeps incoming messages. Nothing here commits."""

    def __init__(self, services: Services, people: People) -> None:
        self._services = services
        self._people = people

    async def hear(self, session: AsyncSession, occasion: Occasion, *, danger: bool = False) -> tuple[int, bool]:
        """Keep a message while nobody can change hands; a person who has the conversation learns of it.

        Returns its place in the transcript, and whether a person has the conversation: then the bot is silent.
        """
        assert occasion.conversation.id is not None
        owned = await self._people.status(session, occasion.conversation.id) != "pending"
        seq = await self.write(session, occasion)
        if owned:
            await self._people.wrote(session, occasion.conversation.id, danger=danger)
        return seq, owned

    async def write(self, session: AsyncSession, occasion: Occasion) -> int:
        """Add the message to the transcript, unless the channel did at its arrival; a code stays masked everywhere.

        Returns its place in the transcript.
        """
        if occasion.parts:
            return await self._album(session, occasion)
        if occasion.keep != occasion.message.text:
            payload = {**occasion.claimed.payload, "text": occasion.keep}
            await session.execute(update(inbox).where(inbox.c.id == occasion.claimed.id).values(payload=payload))
        written = occasion.message.detail.get("transcript")
        if written:
            if occasion.keep != occasion.message.text:
                await session.execute(update(Message).where(col(Message.id) == int(written)).values(text=occasion.keep))
            kept = await session.get(Message, int(written))
            return kept.seq if kept else 0
        row = await store.write_incoming(
            session, self._services.db, occasion.conversation, occasion.message, occasion.keep
        )
        await arrivals.note_files(session, self._services, occasion.conversation, row, occasion.message, occasion.heard)
        if occasion.message.media:
            self._services.new_media.set()
        return row.seq

    async def _album(self, session: AsyncSession, occasion: Occasion) -> int:
        """Add each part of an album with its file, and end its row. Returns the first one's place."""
        places, parts = [], occasion.parts
        for part, words in zip(parts, albums.kept(parts, occasion.message.text, occasion.keep), strict=True):
            if words != part.message.text:
                payload = {**to_json(part.message), "text": words}
                await session.execute(update(inbox).where(inbox.c.id == part.row).values(payload=payload))
            row = await store.write_incoming(session, self._services.db, occasion.conversation, part.message, words)
            await arrivals.note_files(session, self._services, occasion.conversation, row, part.message)
            places.append(row.seq)
        await albums.end(session, self._services, occasion.claimed, parts)
        self._services.new_media.set()
        return places[0]
