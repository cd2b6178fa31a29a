"""Keeps another desk in step with ours: what it should show is compared with what it was told, and the rest is sent.

State is compared, not events replayed: after any loss of line, crash or restart the next round sends what is missing.
Before the first message to a conversation after a start or a failure the desk is asked what it has, so that an
interrupted call is not repeated.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

import structlog
from sqlalchemy import or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.tables import Conversation
from gateway.desk_telling import LIVE, SHOWN, WATCHED, Telling
from gateway.desk_transcript import latest_alarms
from gateway.services import Services
from handoff.bridge import Bridge
from handoff.desk_tables import Operator, Takeover
from handoff.desks import Desk, DeskDown
from handoff.moves import SYSTEM, Move, State
from handoff.outside_tables import OutsideConversation

log = structlog.get_logger(__name__)
ROUND_SECONDS, PRESENCE_SECONDS, PAUSE_SECONDS = 1.0, 30.0, 10.0
DOWN_SECONDS = 180.0


class Relay:
    """One task for all tenants whose people sit at another desk."""

    def __init__(self, services: Services, bridge: Bridge, desks: Mapping[str, Desk]) -> None:
        self._services = services
        self._bridge = bridge
        self._desks = {tenant: desk for tenant, desk in desks.items() if not desk.reads_tables}
        self._telling = Telling(services)
        self._asked_at: dict[str, float] = {}
        self._quiet_until: dict[str, float] = {}
        self._down_since: dict[str, float] = {}
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        if self._desks:
            self._task = asyncio.create_task(self._forever(), name="desk-relay")

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _forever(self) -> None:
        while True:
            for tenant in self._desks:
                if time.monotonic() >= self._quiet_until.get(tenant, 0.0):
                    await self._guarded(tenant)
            await asyncio.sleep(ROUND_SECONDS)

    async def _guarded(self, tenant: str) -> None:
        """A round whose failures are waited out; after too long a silence the bot has the conversations again."""
        try:
            await self.round(tenant)
            self._down_since.pop(tenant, None)
        except Exception as error:
            self._quiet_until[tenant] = time.monotonic() + PAUSE_SECONDS
            log.warning(
                "Another desk was not told.",
                action="desk",
                tenant=tenant,
                error=type(error).__name__,
                reason=str(error),
            )
            since = self._down_since.setdefault(tenant, time.monotonic())
            if isinstance(error, DeskDown) and time.monotonic() - since >= DOWN_SECONDS:
                await self.take_back(tenant)

    async def take_back(self, tenant: str) -> int:
        """The desk is down: what its people had goes back to the bot, and the customers hear the hotline."""
        async with self._services.db.transaction() as session:
            query = select(Takeover).where(
                Takeover.tenant == tenant, col(Takeover.ended_at).is_(None), col(Takeover.assignee_id) < 0
            )
            held = [one.id for one in (await session.exec(query)).all() if one.id is not None]
            for takeover_id in held:
                await self._bridge.change(session, takeover_id, Move.DESK_DOWN, SYSTEM, why="the desk does not answer")
        self._services.sends_waiting.set()
        return len(held)

    async def round(self, tenant: str) -> int:
        """Bring one tenant's desk up to date; returns how many conversations had something to tell."""
        desk = self._desks[tenant]
        now = time.monotonic()
        if now - self._asked_at.get(tenant, -PRESENCE_SECONDS) >= PRESENCE_SECONDS:
            await self.presence(tenant)
            self._asked_at[tenant] = now
        due, watched = await self._due(tenant, desk), await self._watched(tenant)
        for conversation_id in due:
            await self._telling.bring(desk, conversation_id)
        for conversation_id in watched:
            await self._telling.watch(desk, conversation_id)
        return len(due) + len(watched)

    async def presence(self, tenant: str) -> None:
        """Who is at the other desk counts as on duty; without an answer their signs of life grow old by themselves."""
        people = await self._desks[tenant].people()
        async with self._services.db.transaction() as session:
            known = {one.id: one for one in (await session.exec(select(Operator).where(Operator.id < 0))).all()}
            for one in people:
                operator = known.pop(one.id, None) or Operator(id=one.id, tenant=tenant, name=one.name, capacity=0)
                operator.name, operator.on_duty = one.name, one.there
                operator.seen_at = self._services.db.now()
                session.add(operator)
            for gone in known.values():
                if gone.tenant == tenant:
                    gone.on_duty = False
                    session.add(gone)

    async def _due(self, tenant: str, desk: Desk) -> list[int]:
        """Conversations whose people, words or state the desk does not know yet."""
        query = (
            select(Conversation, Takeover, OutsideConversation)
            .join(Takeover, col(Takeover.conversation_id) == col(Conversation.id))
            .outerjoin(OutsideConversation, col(OutsideConversation.conversation_id) == col(Conversation.id))
            .where(
                Takeover.tenant == tenant,
                or_(col(Takeover.ended_at).is_(None), col(OutsideConversation.status).in_(LIVE)),
            )
            .order_by(col(Takeover.id))
        )
        due: dict[int, bool] = {}
        async with self._services.db.reading() as session:
            alarms = await latest_alarms(session, self._services.db, tenant)
            for conversation, takeover, row in (await session.exec(query)).all():
                assert conversation.id is not None
                if takeover.ended_at is not None and (row is None or row.told_takeover != takeover.id):
                    continue  # an earlier time that people had it
                wanted = SHOWN[State(takeover.state)].value
                due[conversation.id] = (
                    row is None
                    or row.desk != desk.name
                    or row.told_takeover != takeover.id
                    or row.status != wanted
                    or row.told_seq < conversation.last_seq
                    or (wanted in LIVE and row.told_alarm < alarms.get(conversation.id, (0, ""))[0])
                )
        return [id for id, is_due in due.items() if is_due]

    async def _watched(self, tenant: str) -> list[int]:
        """Conversations of the bot's with a danger that the desk does not know yet, or that it should follow or let go."""
        async with self._services.db.reading() as session:
            alarms = await latest_alarms(session, self._services.db, tenant)
            live = select(Takeover.conversation_id).where(Takeover.tenant == tenant, col(Takeover.ended_at).is_(None))
            query = (
                select(Conversation, OutsideConversation)
                .outerjoin(OutsideConversation, col(OutsideConversation.conversation_id) == col(Conversation.id))
                .where(
                    Conversation.tenant == tenant,
                    or_(col(Conversation.id).in_(list(alarms)), col(OutsideConversation.status) == WATCHED),
                    col(Conversation.id).not_in(live),
                )
                .order_by(col(Conversation.id))
            )
            found = []
            for conversation, row in (await session.exec(query)).all():
                alarm, _ = alarms.get(conversation.id or 0, (0, ""))
                follows = row is not None and row.status == WATCHED
                behind = follows and (not alarm or row.told_seq < conversation.last_seq)
                if behind or (alarm and (row is None or row.told_alarm < alarm)):
                    found.append(conversation.id or 0)
        return found


async def find(session: AsyncSession, desk: str, reference: str) -> OutsideConversation | None:
    """Our row of a conversation that another desk names."""
    query = select(OutsideConversation).where(
        OutsideConversation.desk == desk, OutsideConversation.conversation_ref == reference
    )
    return (await session.exec(query)).first()
