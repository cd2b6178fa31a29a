"""The floor, for supervisors: who waits, who has what, who is there; listen, take over, hand to somebody."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web
from sqlmodel import col, select

from core.tables import Contact, Conversation
from desk.base import ME, Me, Rule
from desk.exports import awaiting
from desk.lookups import Lookups
from desk.people import own_operator
from desk.phrases import REFUSED
from desk.room import Room, form_of, number_of, rules, to
from handoff import routing
from handoff.desk_tables import Operator, Takeover
from handoff.leaving import Leaving
from handoff.moves import By, HandoffRefused, Move, State, Who

SHOWN_WAITING = 50


@dataclass(frozen=True, kw_only=True)
class Held:
    """A conversation that waits or that somebody has."""

    conversation_id: int
    name: str
    channel: str
    language: str
    reason: str
    urgent: bool
    state: str
    since: datetime
    waits: datetime | None


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Somebody at a desk with what they have."""

    operator: Operator
    there: bool
    held: list[Held]


class Floor(Room):
    """The supervisor's page."""

    def rules(self) -> list[Rule]:
        return rules(
            "supervise",
            {
                "GET /desk/floor": self.page,
                "GET /desk/floor/board": self.board,
                "POST /desk/floor/assign": self.assign,
                "POST /desk/floor/left/{id:\\d+}": self.open_left,
                "POST /desk/floor/looks/{id:\\d+}": self.let_on,
            },
        )

    async def page(self, request: web.Request, fault: str = "") -> web.StreamResponse:
        return self.pages.render(request, "floor.html", fault=fault, **await self._board(request[ME]))

    async def board(self, request: web.Request) -> web.StreamResponse:
        """The page's middle anew."""
        return self.pages.render(request, "_floor.html", **await self._board(request[ME]))

    async def _board(self, me: Me) -> dict[str, Any]:
        now, patience = self.parts.db.now(), self.parts.bridge.patience_for(me.tenant)
        async with self.parts.db.reading() as session:
            people = await routing.operators(session, me.tenant)
            query = (
                select(Takeover, Conversation, Contact)
                .join(Conversation, col(Conversation.id) == col(Takeover.conversation_id))
                .join(Contact, col(Contact.id) == col(Takeover.contact_id))
                .where(Takeover.tenant == me.tenant, col(Takeover.ended_at).is_(None))
                .order_by(col(Takeover.priority), col(Takeover.queued_at), col(Takeover.id))
            )
            rows = (await session.exec(query)).all()
            left = await self._leaving().waiting(session, me.tenant)
            blocked = await self._lookups().blocked(session, me.tenant)
            wishes = await awaiting(session, me, now)
        waiting: list[Held] = []
        held: dict[int | None, list[Held]] = defaultdict(list)
        for takeover, conversation, contact in rows:
            one = Held(
                conversation_id=takeover.conversation_id,
                name=contact.name,
                channel=conversation.channel.split(":")[0],
                language=takeover.language or contact.language,
                reason=takeover.reason,
                urgent=takeover.priority == 0,
                state=takeover.state,
                since=takeover.assigned_at or takeover.queued_at,
                waits=takeover.waiting_since or (takeover.queued_at if takeover.state == State.QUEUED else None),
            )
            if takeover.state == State.QUEUED:
                waiting.append(one)
            else:
                held[takeover.assignee_id].append(one)
        desks = [
            Desk(operator=one, there=routing.is_there(one, now, patience), held=held.pop(one.id, [])) for one in people
        ]
        longest = min((one.waits for one in waiting if one.waits), default=None)
        return {
            "waiting": waiting[:SHOWN_WAITING],
            "how_many": len(waiting),
            "longest": longest,
            "desks": sorted(desks, key=lambda desk: (not desk.there, -len(desk.held), desk.operator.name)),
            "left": left,
            "blocked": blocked,
            "wishes": wishes,
            "quota": self._lookups().quota,
            "outside": [one for rest in held.values() for one in rest],
        }

    def _leaving(self) -> Leaving:
        return Leaving(self.parts.db, self.parts.tenants, self.parts.bridge)

    def _lookups(self) -> Lookups:
        return Lookups(self.parts.db, self.audit, self.parts.settings.desk_lookups)

    async def let_on(self, request: web.Request) -> web.StreamResponse:
        """Let somebody look on who has used up the hour's quota."""
        if not await self._lookups().let_on(request[ME], int(request.match_info["id"])):
            return await self.page(request, "Another supervisor must let you on.")
        return to("/desk/floor")

    async def open_left(self, request: web.Request) -> web.StreamResponse:
        """Take a message that somebody left before its time."""
        me = request[ME]
        by = By(who=Who.SUPERVISOR, id=me.id, name=me.name)
        try:
            async with self.parts.db.transaction() as session:
                operator = await own_operator(session, self.parts.db, me)
                takeover = await self._leaving().take(session, int(request.match_info["id"]), operator, by)
                subject = f"conversation:{takeover.conversation_id}"
                await self.audit.note(session, f"staff:{me.id}", "left message opened", subject)
        except HandoffRefused as error:
            return await self.page(request, REFUSED.get(error.reason, str(error)))
        self.parts.wake()
        return to(f"/desk/?c={takeover.conversation_id}")

    async def assign(self, request: web.Request) -> web.StreamResponse:
        """Hand a conversation to somebody, from the queue or from a colleague."""
        me, form = request[ME], await form_of(request)
        by = By(who=Who.SUPERVISOR, id=me.id, name=me.name)
        try:
            async with self.parts.db.transaction() as session:
                operator = await session.get(Operator, number_of(form, "to"))
                takeover = await self.parts.bridge.current(session, number_of(form, "conversation"))
                if operator is None or operator.tenant != me.tenant:
                    raise HandoffRefused("state", "choose a colleague")
                if takeover is None or takeover.id is None or takeover.tenant != me.tenant:
                    raise HandoffRefused("state", "nobody waits there any more")
                move = Move.CLAIM if takeover.state == State.QUEUED else Move.TRANSFER
                why = f"handed to {operator.name}"
                await self.parts.bridge.change(session, takeover.id, move, by, assignee=operator, why=why)
                subject = f"conversation:{takeover.conversation_id}"
                await self.audit.note(session, f"staff:{me.id}", "assign", subject, to=operator.id)
        except HandoffRefused as error:
            return await self.page(request, REFUSED.get(error.reason, str(error)))
        self.parts.wake()
        return to("/desk/floor")
