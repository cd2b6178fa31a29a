"""What a browser said, stored exactly once, before it is told so.

Transcript row and inbox row are one transaction; the browser's own id (`cid`) within its session is the key, so the
same message sent again, over whichever connection or process, gives the same number and no second turn.
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.exc import IntegrityError

from connectors.base import Channel
from connectors.webchat import BadFrame, Said, message_of
from core import media, store
from core.inbox import insert
from core.language import danger
from core.messages import Delivery, IncomingMessage, Kind, MediaRef, StatusUpdate, to_json
from core.tables import Message
from gateway.services import Services
from gateway.webchat_sessions import Rate
from gateway.webchat_uploads import Uploads, shelf_key
from gateway.webhooks import message_row

MESSAGES, MESSAGE_SECONDS = 5, 5.0
TRIES = 3


class TooFast(Exception):
    """More messages than a person writes. `retry` is in seconds."""

    def __init__(self, retry: float) -> None:
        super().__init__("too fast")
        self.retry = retry


class _Known(Exception):
    """Another connection stored the same message at the same moment: undo ours."""


class Intake:
    """Takes checked frames for the service's web chat."""

    def __init__(self, services: Services, channel: Channel, uploads: Uploads) -> None:
        self._services = services
        self._channel = channel
        self._uploads = uploads
        self._rate = Rate(MESSAGES, MESSAGE_SECONDS)
        # Danger never waits for a limit; it has one of its own, so that it is no way around the other.
        self._urgent = Rate(MESSAGES, MESSAGE_SECONDS)

    async def take(self, session: str, said: Said) -> int:
        """Store a message; returns its number. Raises `BadFrame`, `TooFast`, or whatever the database raises."""
        wait = self._rate.wait(session)
        if wait and not (said.text and danger.detect(said.text) and not self._urgent.wait(session)):
            raise TooFast(wait)
        media = tuple([await self._file(session, file, said.cid) for file in said.files])
        message = message_of(said, session, self._services.db.now(), media)
        for attempt in range(TRIES):
            try:
                return await self._store(message)
            except (_Known, IntegrityError):
                # Two connections of one session raced; the other one's rows are committed now.
                if attempt == TRIES - 1:
                    raise
        raise AssertionError("unreachable")

    async def _file(self, session: str, file: str, cid: str) -> MediaRef:
        found = await self._uploads.find(session, file)
        if found is None:
            raise BadFrame("bad_file", cid)
        return found

    async def _store(self, message: IncomingMessage) -> int:
        services, channel = self._services, self._channel
        async with services.db.transaction() as session:
            _, conversation = await store.open_conversation(session, services.db, channel.tenant, channel.key, message)
            assert conversation.id is not None
            known = await store.find_message(session, conversation.id, message.external_id)
            if known is not None:
                return known.seq
            text = message.text
            if message.kind is Kind.CHOICE:
                choice = await store.read_token(session, services.db, conversation, message.token)
                text = choice.title if choice else ""
            row = await store.write_incoming(session, services.db, conversation, message, text)
            for medium in await media.register(session, services.db, conversation, row, dict(enumerate(message.media))):
                # Checked and stored when it was uploaded.
                medium.state, medium.shelf_key, medium.stored_at = "stored", shelf_key(medium.ref), services.db.now()
            await services.library.note_sent(session, [shelf_key(ref.ref) for ref in message.media])
            noted = replace(message, detail={**message.detail, "transcript": row.id})
            entry = replace(message_row(channel.key, noted), payload=to_json(noted))
            if not await insert(session, services.db, [entry]):
                raise _Known
            seq = row.seq
        services.inbox.new_work.set()
        return seq

    async def read(self, session: str, seq: int) -> None:
        """The customer has seen everything up to a number: note it on what we sent, when it is the newest."""
        services = self._services
        address = f"web:{session}"
        async with services.db.reading() as reading:
            conversation = await store.find_conversation(reading, self._channel.tenant, self._channel.key, address)
            if conversation is None or conversation.id is None or seq > conversation.last_seq:
                return
            newer = await store.transcript(reading, conversation.id, seq)
        if any(row.direction == "outgoing" for row in newer):
            return
        update = StatusUpdate(
            external_id="", status=Delivery.READ, occurred_at=services.db.now(), address=address, watermark=True
        )
        async with services.db.transaction() as writing:
            await services.outbox.apply_status(writing, self._channel.key, update)

    async def rows_after(self, session: str, cursor: int, limit: int) -> tuple[int | None, list[Message]]:
        """The conversation of a session and its messages after a number."""
        async with self._services.db.reading() as reading:
            conversation = await store.find_conversation(
                reading, self._channel.tenant, self._channel.key, f"web:{session}"
            )
            if conversation is None or conversation.id is None:
                return None, []
            return conversation.id, await store.transcript(reading, conversation.id, cursor, limit)

    async def more(self, conversation_id: int, cursor: int, limit: int) -> list[Message]:
        """Messages after a number, when the conversation is known."""
        async with self._services.db.reading() as reading:
            return await store.transcript(reading, conversation_id, cursor, limit)

    async def end(self, session: str) -> int:
        """The newest number of a session's transcript; 0 before the first message."""
        async with self._services.db.reading() as reading:
            ends = await store.transcript_ends(reading, self._channel.tenant, self._channel.key, [f"web:{session}"])
        return max((seq for _, seq in ends.values()), default=0)

    async def row(self, session: str, seq: int) -> Message | None:
        """One message of a session."""
        conversation_id, _ = await self.rows_after(session, seq, 0)
        if conversation_id is None:
            return None
        async with self._services.db.reading() as reading:
            return await store.message_at(reading, conversation_id, seq)
