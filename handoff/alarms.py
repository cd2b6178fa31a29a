"""The alarm clocks behind each state: rows of the inbox on the conversation's own lane, so they survive any restart.

A timer says what it was set for; when it rings and the world has moved on it does nothing (handoff/timers.py).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from core import inbox
from core.database import Database
from core.outbox import lane_key
from core.tables import Conversation
from handoff.desk_tables import Takeover
from handoff.hours import Patience
from handoff.moves import State

PREFIX = "handoff_"
DEFAULT_SNOOZE = timedelta(hours=1)
WAIT, SNOOZE, REPLY, CUSTOMER = "handoff_wait", "handoff_snooze", "handoff_reply", "handoff_customer"
LEFT = "handoff_left"


async def _set(
    session: AsyncSession, db: Database, conversation: Conversation, id: str, at: datetime, payload: dict[str, Any]
) -> None:
    """A clock on the conversation's lane; one of the same id stays as it is."""
    row = inbox.NewRow(
        channel=conversation.channel,
        external_id=f"{id}:{at.timestamp():.6f}",
        lane=lane_key(conversation.channel, conversation.address),
        kind=inbox.TIMER,
        payload=payload,
        due_at=at,
    )
    await inbox.insert(session, db, [row])


async def ring_at(
    session: AsyncSession, db: Database, conversation: Conversation, takeover: Takeover, name: str, at: datetime
) -> None:
    """Look at a takeover later."""
    payload = {
        "timer": name,
        "conversation_id": takeover.conversation_id,
        "takeover_id": takeover.id,
        "version": takeover.version,
        "set_at": db.now().isoformat(),
    }
    await _set(session, db, conversation, f"{name}:{takeover.id}:{takeover.version}", at, payload)


async def open_at(session: AsyncSession, db: Database, conversation: Conversation, left_id: int, at: datetime) -> None:
    """Look at a message that was left when the desk opens."""
    payload = {"timer": LEFT, "conversation_id": conversation.id, "left_id": left_id}
    await _set(session, db, conversation, f"{LEFT}:{left_id}", at, payload)


async def after_change(
    session: AsyncSession, db: Database, conversation: Conversation, takeover: Takeover, patience: Patience
) -> None:
    """Set what a new state needs."""
    now = db.now()
    if takeover.state == State.QUEUED:
        await ring_at(session, db, conversation, takeover, WAIT, now + patience.notice)
    elif takeover.state == State.SNOOZED:
        await ring_at(session, db, conversation, takeover, SNOOZE, takeover.snoozed_until or now + DEFAULT_SNOOZE)
    elif takeover.state == State.OPEN and takeover.waiting_since is not None:
        await reply_awaited(session, db, conversation, takeover, patience)
    elif takeover.state == State.OPEN:
        await customer_awaited(session, db, conversation, takeover, patience)


async def reply_awaited(
    session: AsyncSession, db: Database, conversation: Conversation, takeover: Takeover, patience: Patience
) -> None:
    """Look soon whether the operator is there at all, later whether they answered."""
    await ring_at(session, db, conversation, takeover, REPLY, db.now() + patience.presence)


async def customer_awaited(
    session: AsyncSession, db: Database, conversation: Conversation, takeover: Takeover, patience: Patience
) -> None:
    """Look later whether the customer is still there."""
    await ring_at(session, db, conversation, takeover, CUSTOMER, db.now() + patience.customer)
