"""How the bot and the people did: containment, misunderstandings, where customers leave, first answers, ratings."""

from __future__ import annotations

from datetime import timedelta

from aiohttp import web

from desk.base import ME, Rule
from desk.room import Room, rules
from handoff import desk_figures, figures

SPANS = {"1": "Today and yesterday", "7": "7 days", "30": "30 days", "90": "90 days"}


class Figures(Room):
    """The page of figures."""

    def rules(self) -> list[Rule]:
        return rules("figures", {"GET /desk/figures": self.page})

    async def page(self, request: web.Request) -> web.StreamResponse:
        me = request[ME]
        span = request.query.get("days", "7")
        span = span if span in SPANS else "7"
        until = self.parts.db.now()
        since = until - timedelta(days=int(span))
        async with self.parts.db.reading() as session:
            bot = await figures.bot(session, me.tenant, self.tenant(me).timezone, since, until)
            people = await desk_figures.operators(session, me.tenant, since, until)
            queue = await desk_figures.queue(session, me.tenant, since, until)
        return self.pages.render(request, "figures.html", bot=bot, people=people, queue=queue, span=span, spans=SPANS)
