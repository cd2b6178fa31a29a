"""Coming on duty and going off it, and the next conversation that waits."""

from __future__ import annotations

from aiohttp import web

from desk.audit import Audit
from desk.base import ME, Parts, Rule
from desk.pages import Pages
from desk.people import own_operator
from handoff import events, routing
from handoff.desk_tables import Operator
from handoff.moves import By, HandoffRefused, Move, Who


class Shift:
    """Whether somebody is there, and what they are given."""

    def __init__(self, parts: Parts, pages: Pages, audit: Audit) -> None:
        self._parts = parts
        self._pages = pages
        self._audit = audit

    def rules(self) -> list[Rule]:
        return [
            Rule(method="POST", path="/desk/duty", handler=self.duty, permission="converse"),
            Rule(method="POST", path="/desk/next", handler=self.take_next, permission="converse"),
        ]

    async def duty(self, request: web.Request) -> web.StreamResponse:
        """Come on duty or go off it; `automatic` lets the desk hand out conversations by itself."""
        me, form = request[ME], await request.post()
        async with self._parts.db.transaction() as session:
            operator = await own_operator(session, self._parts.db, me)
            operator.on_duty = form.get("on_duty") == "1"
            operator.automatic = operator.on_duty and form.get("automatic") == "1"
            operator.seen_at = self._parts.db.now()
            session.add(operator)
            await self._audit.note(
                session, f"staff:{me.id}", "duty", "operator", on=operator.on_duty, automatic=operator.automatic
            )
            await events.append(session, self._parts.db, me.tenant, "presence")
        if "HX-Request" not in request.headers:
            return web.Response(status=303, headers={"Location": "/desk/"})
        return self._pages.render(request, "_duty.html", operator=operator)

    async def take_next(self, request: web.Request) -> web.StreamResponse:
        """The conversation that fits this person and has waited longest."""
        me = request[ME]
        for _ in range(5):
            async with self._parts.db.reading() as session:
                operator = await session.get(Operator, me.id)
                found = await routing.next_for(session, self._parts.db, operator) if operator else None
            if operator is None or found is None or found.id is None:
                break
            try:
                async with self._parts.db.transaction() as session:
                    by = By(who=Who.OPERATOR, id=me.id, name=me.name)
                    await self._parts.bridge.change(session, found.id, Move.CLAIM, by, assignee=operator, why="next")
            except HandoffRefused:
                continue  # a colleague was faster
            self._parts.wake()
            return _go(request, f"/desk/?c={found.conversation_id}")
        return _go(request, "/desk/?list=unassigned")


def _go(request: web.Request, path: str) -> web.Response:
    """To another page, for htmx and for plain forms."""
    if "HX-Request" in request.headers:
        return web.Response(status=204, headers={"HX-Redirect": path})
    return web.Response(status=303, headers={"Location": path})
