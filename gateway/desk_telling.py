"""Tells another desk what it lacks of one conversation, step by step: each step is noted before the next.

A conversation that people have is brought to them. One that the bot has is shown only when somebody in it is in danger:
open and urgent, for whoever is there to take, until they put it away or the danger is old.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import update
from sqlmodel import col, select

from core import media, store
from core.messages import Actor
from core.tables import Contact, Conversation, Message
from gateway.desk_transcript import company_facts, contents, latest_alarms, said
from gateway.services import Services
from handoff import brief
from handoff.desk_tables import Takeover
from handoff.desks import Case, Desk, DeskDown, DeskStatus, Reference
from handoff.moves import State
from handoff.outside_tables import OutsideConversation

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
# The status of a row whose conversation the bot has, shown for a danger in it.
WATCHED = "watched"


class Telling:
    """Steps of one conversation. `sure` are those of which the desk is known to have what we noted."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._sure: set[int] = set()

    async def bring(self, desk: Desk, conversation_id: int) -> None:
        """Show a conversation that people have, or had, as it stands."""
        try:
            await self._bring(desk, conversation_id)
        except DeskDown:
            self._sure.discard(conversation_id)
            raise

    async def watch(self, desk: Desk, conversation_id: int) -> None:
        """Show a conversation that the bot has for the danger in it; put it away when the danger is old."""
        try:
            await self._watch(desk, conversation_id)
        except DeskDown:
            self._sure.discard(conversation_id)
            raise

    async def _bring(self, desk: Desk, conversation_id: int) -> None:
        conversation, row, first, alarm, kind = await self._look(conversation_id)
        async with self._services.db.reading() as session:
            query = select(Takeover).where(Takeover.conversation_id == conversation_id)
            takeover = (await session.exec(query.order_by(col(Takeover.id).desc()).limit(1))).first()
        assert takeover is not None and takeover.id is not None
        if row is None or row.told_takeover != takeover.id:
            first = first.completed(**await company_facts(self._services, conversation, first))
        row, reference = await self._open(desk, conversation, row, first, takeover.reason)
        if row.told_takeover != takeover.id:
            # Before the note, so that the transcript never stands in front of a conversation that is still closed.
            await desk.show(reference, DeskStatus.OPEN)
            await desk.note(reference, first.line or takeover.reason)
            await self._note(row, told_takeover=takeover.id, status=DeskStatus.OPEN.value)
        await self._warn(desk, reference, row, alarm, kind)
        if not await self._words(desk, reference, row, conversation, takeover):
            return
        wanted = SHOWN[State(takeover.state)]
        if row.status != wanted:
            await desk.show(reference, wanted)
            await self._note(row, status=wanted.value)

    async def _watch(self, desk: Desk, conversation_id: int) -> None:
        conversation, row, first, alarm, kind = await self._look(conversation_id)
        if row is None or row.told_alarm < alarm:
            first = first.completed(**await company_facts(self._services, conversation, first))
            row, reference = await self._open(desk, conversation, row, first, "danger")
            await desk.show(reference, DeskStatus.OPEN)
            await self._warn(desk, reference, row, alarm, kind)
            if first.line:
                await desk.note(reference, first.line)
            await self._note(row, status=WATCHED)
        row, reference = await self._open(desk, conversation, row, first, "danger")
        if not alarm:
            await desk.show(reference, DeskStatus.BOT)
            await self._note(row, status=DeskStatus.BOT.value)
        elif row.status == WATCHED:
            await self._words(desk, reference, row, conversation, None)

    async def _look(
        self, conversation_id: int
    ) -> tuple[Conversation, OutsideConversation | None, brief.Brief, int, str]:
        async with self._services.db.reading() as session:
            conversation = await session.get(Conversation, conversation_id)
            assert conversation is not None
            row = await session.get(OutsideConversation, conversation_id)
            first = await brief.of(session, self._services.db, conversation.tenant, conversation_id)
            alarms = await latest_alarms(session, self._services.db, conversation.tenant)
        assert first is not None
        alarm, kind = alarms.get(conversation_id, (0, ""))
        return conversation, row, first, alarm, kind

    async def _open(
        self, desk: Desk, conversation: Conversation, row: OutsideConversation | None, first: brief.Brief, reason: str
    ) -> tuple[OutsideConversation, Reference]:
        """The conversation's row, made with the conversation there, and what the desk has of it made sure of."""
        conversation_id = conversation.id or 0
        if row is None:
            async with self._services.db.reading() as session:
                contact = await session.get(Contact, conversation.contact_id)
            assert contact is not None
            case = Case(
                key=f"sathi:{conversation_id}",
                person=f"sathi:{conversation.contact_id}",
                name=contact.name,
                phone=store.phone_of(conversation.address),
                channel=conversation.channel,
                language=first.form,
                brief=first.line,
                reason=reason,
            )
            reference = await desk.open(case)
            row = OutsideConversation(
                conversation_id=conversation_id,
                desk=desk.name,
                contact_ref=reference.person,
                conversation_ref=reference.conversation,
                told_seq=max(0, conversation.last_seq - EARLIER),
                changed_at=self._services.db.now(),
            )
            async with self._services.db.transaction() as session:
                await session.merge(row)
            self._sure.add(conversation_id)
        reference = Reference(person=row.contact_ref, conversation=row.conversation_ref)
        if conversation_id not in self._sure:
            await self._note(row, told_seq=max(row.told_seq, await desk.told(reference)))
            self._sure.add(conversation_id)
        return row, reference

    async def _warn(self, desk: Desk, reference: Reference, row: OutsideConversation, alarm: int, kind: str) -> None:
        if row.told_alarm < alarm:
            await desk.warn(reference, kind)
            await self._note(row, told_alarm=alarm)

    async def _words(
        self,
        desk: Desk,
        reference: Reference,
        row: OutsideConversation,
        conversation: Conversation,
        takeover: Takeover | None,
    ) -> bool:
        """What was said since the last time, in order; False when a file on its way is waited for."""
        db, conversation_id = self._services.db, conversation.id or 0
        async with db.reading() as session:
            messages = await store.transcript(session, conversation_id, row.told_seq)
            known = await media.of_conversation(session, conversation_id)
        for message in messages:
            files = {medium.place: medium for medium in known if medium.message_id == message.id}
            on_its_way = any(medium.state == "wanted" for medium in files.values())
            if on_its_way and db.now() - message.created_at < FILE_PATIENCE:
                return False
            if not _theirs(message, takeover):
                attached = await contents(self._services, conversation.tenant, message, files)
                await desk.tell(reference, said(message, attached))
            await self._note(row, told_seq=message.seq)
        return True

    async def _note(self, row: OutsideConversation, **values: Any) -> None:
        """Note a step, and nothing else: people at the desk may have put the conversation away meanwhile."""
        values["changed_at"] = self._services.db.now()
        for name, value in values.items():
            setattr(row, name, value)
        change = update(OutsideConversation).where(col(OutsideConversation.conversation_id) == row.conversation_id)
        async with self._services.db.transaction() as session:
            await session.execute(change.values(**values))


def _theirs(message: Message, takeover: Takeover | None) -> bool:
    """Whether it was written at the other desk itself."""
    mine = takeover is not None and takeover.assignee_id is not None and takeover.assignee_id < 0
    return message.author == Actor.OPERATOR.value and mine
