"""Many conversations at once, written straight into the tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from core.database import Database
from core.tables import Contact, Conversation, Message
from handoff.desk_tables import Takeover

TENANT = "bangladesh-power-division"
CHANNEL = f"web:{TENANT}"


async def crowd(
    db: Database,
    names: Sequence[str],
    texts: Sequence[Sequence[str]],
    *,
    state: str = "queued",
    payloads: Sequence[Sequence[dict[str, Any]]] = (),
    summaries: Sequence[dict[str, Any]] = (),
) -> list[int]:
    """One conversation a name, with its messages, waiting for a person; returns their ids."""
    now, made = db.now(), []
    async with db.transaction() as session:
        contacts = [Contact(tenant=TENANT, name=name, language="en", created_at=now) for name in names]
        session.add_all(contacts)
        await session.flush()
        conversations = [
            Conversation(
                tenant=TENANT,
                channel=CHANNEL,
                contact_id=contact.id or 0,
                address=f"web:crowd{contact.id:015d}",
                status=state,
                last_seq=len(texts[place % len(texts)]),
                last_incoming_at=now,
                created_at=now,
            )
            for place, contact in enumerate(contacts)
        ]
        session.add_all(conversations)
        await session.flush()
        for place, conversation in enumerate(conversations):
            assert conversation.id is not None
            made.append(conversation.id)
            mine = texts[place % len(texts)]
            session.add_all(
                Message(
                    conversation_id=conversation.id,
                    seq=number + 1,
                    direction="incoming",
                    author="customer",
                    kind="text",
                    text=text,
                    payload=payloads[place % len(payloads)][number % len(payloads[place % len(payloads)])]
                    if payloads
                    else {},
                    external_id=f"crowd:{conversation.id}:{number}",
                    created_at=now,
                )
                for number, text in enumerate(mine)
            )
            session.add(
                Takeover(
                    conversation_id=conversation.id,
                    contact_id=conversation.contact_id,
                    tenant=TENANT,
                    language="en",
                    reason="asked",
                    state=state,
                    summary=summaries[place % len(summaries)] if summaries else {},
                    queued_at=now - timedelta(seconds=len(names) - place),
                )
            )
        await session.flush()
    return made
