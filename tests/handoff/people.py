"""Customers, operators and a voice that is heard, for the tests of the handoff."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core import outbox
from core.database import Database
from core.inbox import Inbox
from core.messages import OutgoingMessage
from core.settings import ROOT
from core.tables import Contact, Conversation, InboxRow, OutboxRow
from core.tenants import Tenants
from handoff.bridge import Bridge, Wish
from handoff.desk_tables import HandoffEvent, Operator, Takeover
from handoff.moves import BOT, By, Who
from handoff.timers import Timers

TENANTS = Tenants.load(ROOT)
TENANT = next(iter(TENANTS.all())).slug
_numbers = itertools.count(1)


class Voice:
    """Queues the name of an answer instead of its words."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def say(
        self, session: AsyncSession, conversation: Conversation, name: str, facts: Mapping[str, Any], dedupe: str
    ) -> None:
        await outbox.enqueue(
            session,
            self._db,
            channel=conversation.channel,
            address=conversation.address,
            dedupe=dedupe,
            messages=[OutgoingMessage(text=name, facts={k: v for k, v in facts.items() if isinstance(v, str)})],
            conversation_id=conversation.id,
        )


class Scene:
    """A database with people in it."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.bridge = Bridge(db, Voice(db))
        self.timers = Timers(db, self.bridge, TENANTS)
        self.inbox = Inbox(db)

    async def customer(self) -> int:
        """A conversation with the bot."""
        number = next(_numbers)
        async with self.db.transaction() as session:
            contact = Contact(tenant=TENANT, name="Rahima", language="bn", created_at=self.db.now())
            session.add(contact)
            await session.flush()
            assert contact.id is not None
            conversation = Conversation(
                tenant=TENANT,
                channel="webchat",
                contact_id=contact.id,
                address=f"web:{number}",
                created_at=self.db.now(),
            )
            session.add(conversation)
            await session.flush()
            assert conversation.id is not None
            return conversation.id

    async def operator(self, id: int, **fields: Any) -> Operator:
        """Somebody on duty."""
        values = {"name": f"Operator {id}", "tenant": TENANT, "on_duty": True, "seen_at": self.db.now(), **fields}
        async with self.db.transaction() as session:
            return await session.merge(Operator(id=id, **values))

    async def ask(self, conversation: int, by: By = BOT, **fields: Any) -> Takeover:
        async with self.db.transaction() as session:
            wish = Wish(**{"reason": "asked", "language": "bn", "summary": {}, **fields})
            return await self.bridge.ask(session, conversation, wish, by)

    async def change(self, takeover: int | None, *args: Any, **fields: Any) -> Takeover:
        assert takeover is not None
        async with self.db.transaction() as session:
            return await self.bridge.change(session, takeover, *args, **fields)

    async def status(self, conversation: int) -> str:
        async with self.db.reading() as session:
            found = await session.get(Conversation, conversation)
            assert found is not None
            return found.status

    async def takeover(self, id: int | None) -> Takeover:
        async with self.db.reading() as session:
            found = await session.get(Takeover, id)
            assert found is not None
            return found

    async def history(self, conversation: int) -> list[HandoffEvent]:
        async with self.db.reading() as session:
            query = select(HandoffEvent).where(HandoffEvent.conversation_id == conversation)
            return list((await session.exec(query.order_by(col(HandoffEvent.id)))).all())

    async def heard(self, conversation: int) -> list[str]:
        """What the customer was told."""
        async with self.db.reading() as session:
            query = select(OutboxRow).where(OutboxRow.conversation_id == conversation).order_by(col(OutboxRow.id))
            return [row.payload["text"] for row in (await session.exec(query)).all()]

    async def next_ring(self) -> datetime | None:
        """When the next alarm clock rings."""
        async with self.db.reading() as session:
            query = select(InboxRow.due_at).where(InboxRow.state == "new").order_by(col(InboxRow.due_at)).limit(1)
            return (await session.exec(query)).first()

    async def ring(self) -> list[str]:
        """Let every alarm clock ring that is due; returns what was done."""
        done = []
        while (claimed := await self.inbox.claim_next("clock", 30)) is not None:
            async with self.db.transaction() as session:
                outcome = await self.timers.ring(session, claimed.payload)
                await self.inbox.finish(session, claimed, {"outcome": outcome})
            done.append(outcome)
        return done


def person(id: int, who: Who = Who.OPERATOR) -> By:
    return By(who=who, id=id, name=f"Operator {id}")
