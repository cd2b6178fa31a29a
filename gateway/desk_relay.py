"""Keeps another desk in step with ours: what it should show is compared with what it was told, and the rest is sent.

State is compared, not events replayed: after any loss of line, crash or restart the next round sends what is missing.
Before the first message to a conversation after a start or a failure the desk is asked what it has, so that an
interrupted call is not repeated.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from datetime import timedelta

import structlog
from sqlalchemy import or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core import media, store
from core.messages import Actor
from core.tables import Contact, Conversation, Message
from gateway.desk_transcript import company_facts, contents, latest_alarms, said
from gateway.services import Services
from handoff import brief
from handoff.bridge import Bridge
from handoff.desk_tables import Operator, Takeover
from handoff.desks import Case, Desk, DeskDown, DeskStatus, Reference
from handoff.moves import SYSTEM, Move, State
from handoff.outside_tables import OutsideConversation

log = structlog.get_logger(__name__)
ROUND_SECONDS, PRESENCE_SECONDS, PAUSE_SECONDS = 1.0, 30.0, 10.0
DOWN_SECONDS = 180.0
# A file that is still on its way is waited for, then named.
FILE_PATIENCE = timedelta(seconds=60)
# How much of what was said before a desk is shown; all of it stays in our transcript.
EARLIER = 60
SHOWN = {
    State.QUEUED: DeskStatus.OPEN,
    State.OPEN: DeskStatus.OPEN,
    State.SNOOZED: DeskStatus.SNOOZED,
    State.RETURNED: DeskStatus.BOT,
    State.RESOLVED: DeskStatus.RESOLVED,
}
LIVE = (DeskStatus.OPEN.value, DeskStatus.SNOOZED.value)


class Relay:
    """One task for all tenants whose people sit at another desk."""

    def __init__(self, services: Services, bridge: Bridge, desks: Mapping[str, Desk]) -> None:
        self._services = services
        self._bridge = bridge
        self._desks = {tenant: desk for tenant, desk in desks.items() if not desk.reads_tables}
        self._sure: set[int] = set()
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
        due = await self._due(tenant, desk)
        for conversation_id in due:
            try:
                await self._bring(desk, conversation_id)
            except DeskDown:
                self._sure.discard(conversation_id)
                raise
        return len(due)

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

    async def _bring(self, desk: Desk, conversation_id: int) -> None:
        """Tell a desk what it lacks of one conversation; each step is noted before the next."""
        db = self._services.db
        async with db.reading() as session:
            conversation = await session.get(Conversation, conversation_id)
            assert conversation is not None
            contact = await session.get(Contact, conversation.contact_id)
            query = select(Takeover).where(Takeover.conversation_id == conversation_id)
            takeover = (await session.exec(query.order_by(col(Takeover.id).desc()).limit(1))).first()
            row = await session.get(OutsideConversation, conversation_id)
            first = await brief.of(session, db, conversation.tenant, conversation_id)
            alarm, kind = (await latest_alarms(session, db, conversation.tenant)).get(conversation_id, (0, ""))
        assert takeover is not None and takeover.id is not None and contact is not None and first is not None
        if row is None or row.told_takeover != takeover.id:
            first = first.completed(**await company_facts(self._services, conversation, first))
        if row is None:
            case = Case(
                key=f"sathi:{conversation_id}",
                person=f"sathi:{conversation.contact_id}",
                name=contact.name,
                phone=store.phone_of(conversation.address),
                channel=conversation.channel,
                language=first.form,
                brief=first.line,
                reason=takeover.reason,
            )
            reference = await desk.open(case)
            row = OutsideConversation(
                conversation_id=conversation_id,
                desk=desk.name,
                contact_ref=reference.person,
                conversation_ref=reference.conversation,
                told_seq=max(0, conversation.last_seq - EARLIER),
                changed_at=db.now(),
            )
            await self._keep(row)
            self._sure.add(conversation_id)
        reference = Reference(person=row.contact_ref, conversation=row.conversation_ref)
        if conversation_id not in self._sure:
            row.told_seq = max(row.told_seq, await desk.told(reference))
            await self._keep(row)
            self._sure.add(conversation_id)
        if row.told_takeover != takeover.id:
            # Before the note, so that the transcript never stands in front of a conversation that is still closed.
            await desk.show(reference, DeskStatus.OPEN)
            await desk.note(reference, first.line or takeover.reason)
            row.told_takeover, row.status = takeover.id, DeskStatus.OPEN.value
            await self._keep(row)
        if row.told_alarm < alarm:
            await desk.warn(reference, kind)
            row.told_alarm = alarm
            await self._keep(row)
        async with db.reading() as session:
            messages = await store.transcript(session, conversation_id, row.told_seq)
            known = await media.of_conversation(session, conversation_id)
        for message in messages:
            files = {medium.place: medium for medium in known if medium.message_id == message.id}
            on_its_way = any(medium.state == "wanted" for medium in files.values())
            if on_its_way and db.now() - message.created_at < FILE_PATIENCE:
                return
            if not self._theirs(message, takeover):
                await desk.tell(
                    reference, said(message, await contents(self._services, conversation.tenant, message, files))
                )
            row.told_seq = message.seq
            await self._keep(row)
        wanted = SHOWN[State(takeover.state)]
        if row.status != wanted:
            await desk.show(reference, wanted)
            row.status = wanted.value
            await self._keep(row)

    def _theirs(self, message: Message, takeover: Takeover) -> bool:
        """Whether it was written at the other desk itself."""
        mine = takeover.assignee_id is not None and takeover.assignee_id < 0
        return message.author == Actor.OPERATOR.value and mine

    async def _keep(self, row: OutsideConversation) -> None:
        row.changed_at = self._services.db.now()
        async with self._services.db.transaction() as session:
            await session.merge(row)


async def find(session: AsyncSession, desk: str, reference: str) -> OutsideConversation | None:
    """Our row of a conversation that another desk names."""
    query = select(OutsideConversation).where(
        OutsideConversation.desk == desk, OutsideConversation.conversation_ref == reference
    )
    return (await session.exec(query)).first()
