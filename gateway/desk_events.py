"""What people at another desk do: taken to the bridge like anything an operator of ours does, once per event."""

from __future__ import annotations

from collections.abc import Mapping

import structlog
from aiohttp import web
from sqlmodel.ext.asyncio.session import AsyncSession

from core.errors import Malformed, NotGenuine
from core.lanes import insert_for
from core.messages import Actor, OutgoingMessage
from core.tables import Conversation
from gateway import desk_relay
from gateway.desk_telling import WATCHED
from gateway.people import People
from gateway.services import Services
from handoff.desk_tables import Operator, Takeover
from handoff.desks import Desk, DeskStatus, Heard, HeardKind, Present
from handoff.moves import By, HandoffRefused, Move, State, Who
from handoff.outside_tables import OutsideConversation, OutsideEvent

log = structlog.get_logger(__name__)
MAX_BODY = 1 << 20
ENDS = {HeardKind.RETURNED: Move.GIVE_BACK, HeardKind.RESOLVED: Move.RESOLVE}
events = OutsideEvent.__table__  # type: ignore[attr-defined]


class DeskEvents:
    """`POST /webhooks/<desk>` for every tenant that has one."""

    def __init__(self, services: Services, people: People, desks: Mapping[str, Desk]) -> None:
        self._services = services
        self._people = people
        self._desks = {tenant: desk for tenant, desk in desks.items() if not desk.reads_tables}

    def routes(self) -> list[web.RouteDef]:
        return [web.post(f"/webhooks/{name}", self.receive) for name in {desk.name for desk in self._desks.values()}]

    async def receive(self, request: web.Request) -> web.Response:
        """Verify, note and do, in one transaction for each event; 200 only when it is kept."""
        name, body = request.path.rsplit("/", 1)[1], await request.read()
        headers = {key.lower(): value for key, value in request.headers.items()}
        refused: Exception | None = None
        for tenant, desk in self._desks.items():
            if desk.name != name or len(body) > MAX_BODY:
                continue
            try:
                heard = desk.read(headers, body)
            except NotGenuine as error:
                refused = error
                continue
            except Malformed as error:
                log.warning("A desk's event cannot be read.", action="desk", tenant=tenant, reason=str(error))
                return web.json_response({"error": "malformed"}, status=400)
            done = [await self.hear(tenant, desk, one) for one in heard]
            return web.json_response({"done": done})
        log.warning("A desk's event was refused.", action="desk", reason=str(refused or "no such desk"))
        return web.json_response({"error": "not genuine"}, status=401)

    async def hear(self, tenant: str, desk: Desk, heard: Heard) -> str:
        """Do what somebody at the desk did; returns a word for it."""
        try:
            async with self._services.db.transaction() as session:
                if not await self._first(session, desk, heard):
                    return "again"
                row = await desk_relay.find(session, desk.name, heard.conversation)
                conversation = await session.get(Conversation, row.conversation_id) if row else None
                if conversation is None or conversation.tenant != tenant:
                    return "unknown"
                done = await self._do(session, conversation, heard)
        except HandoffRefused as error:
            log.info("A desk's event came too late.", action="desk", tenant=tenant, reason=error.reason)
            return error.reason
        self._services.sends_waiting.set()
        return done

    async def _do(self, session: AsyncSession, conversation: Conversation, heard: Heard) -> str:
        assert conversation.id is not None
        bridge = self._people.bridge
        takeover = await bridge.current(session, conversation.id)
        operator = await self._operator(session, conversation.tenant, heard.operator, takeover)
        # Whoever the other desk gave it to has it: its own rules decide, not ours.
        by = By(who=Who.SUPERVISOR, id=operator.id if operator else None, name=operator.name if operator else "")
        if heard.kind is HeardKind.TAKEN:
            if takeover is not None:
                await self._own(session, conversation.id, takeover, operator, by)
            return "taken"
        if heard.kind is HeardKind.WROTE:
            await self._own(session, conversation.id, takeover, operator, by)
            await bridge.operator_wrote(session, conversation.id, by)
            if heard.text:
                message = OutgoingMessage(text=heard.text, author=Actor.OPERATOR, persona=by.name)
                await self._people.voice.post(session, conversation, message, f"desk:{heard.id}")
            return "wrote"
        if takeover is None or takeover.id is None:
            await self._put_away(session, conversation.id)
            return "over"
        if heard.kind is HeardKind.SNOOZED:
            await bridge.change(session, takeover.id, Move.SNOOZE, by, why="at another desk")
            return "snoozed"
        if takeover.state == State.QUEUED:
            await self._own(session, conversation.id, takeover, operator, by)
        await bridge.change(session, takeover.id, ENDS[heard.kind], by, why="at another desk")
        return heard.kind.value

    async def _put_away(self, session: AsyncSession, conversation_id: int) -> None:
        """Somebody has seen to a danger in a conversation that the bot has: it is shown no longer."""
        row = await session.get(OutsideConversation, conversation_id)
        if row is not None and row.status == WATCHED:
            row.status = DeskStatus.BOT.value
            session.add(row)

    async def _own(
        self, session: AsyncSession, conversation_id: int, takeover: Takeover | None, operator: Operator | None, by: By
    ) -> None:
        """See to it that the conversation is with this operator."""
        if operator is None:
            raise HandoffRefused("unknown", "the desk does not say who")
        bridge = self._people.bridge
        if takeover is None or takeover.id is None:
            await bridge.take(session, conversation_id, operator, by)
        elif takeover.state == State.QUEUED:
            await bridge.change(session, takeover.id, Move.CLAIM, by, assignee=operator, why="at another desk")
        elif takeover.assignee_id != operator.id:
            await bridge.change(session, takeover.id, Move.TRANSFER, by, assignee=operator, why="at another desk")
        elif takeover.state == State.SNOOZED:
            await bridge.change(session, takeover.id, Move.WAKE, by, why="at another desk")

    async def _operator(
        self, session: AsyncSession, tenant: str, present: Present | None, takeover: Takeover | None
    ) -> Operator | None:
        """The operator of an event, made known when they are new; else who has the conversation."""
        if present is None:
            return await session.get(Operator, takeover.assignee_id) if takeover and takeover.assignee_id else None
        operator = await session.get(Operator, present.id)
        if operator is None:
            operator = Operator(id=present.id, tenant=tenant, name=present.name, capacity=0)
        operator.on_duty, operator.seen_at = True, self._services.db.now()
        session.add(operator)
        await session.flush()
        return operator

    async def _first(self, session: AsyncSession, desk: Desk, heard: Heard) -> bool:
        statement = insert_for(self._services.db, events).values(
            desk=desk.name, external_id=heard.id, at=self._services.db.now()
        )
        written = await session.execute(statement.on_conflict_do_nothing().returning(events.c.id))
        return written.first() is not None
