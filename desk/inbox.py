"""The inbox page: lists, a conversation, and everything an operator does with one."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import Any

import structlog
from aiohttp import web
from sqlmodel import col, select

from core.errors import SathiError
from core.message_forms import MessageForm
from core.publications import CANNED, Publications
from core.tables import Conversation
from desk import canned, lists, side, view
from desk.base import ME, Me, Parts, Rule, whole
from desk.catalogue import ENGLISH
from desk.exports import awaiting
from desk.lookups import LIST, Lookups, TooMany, Unexplained
from desk.pages import Pages
from desk.phrases import STEPS
from desk.tables import Note, Staff
from handoff import events, routing
from handoff.desk_tables import Operator, Takeover

log = structlog.get_logger(__name__)
WITH_FORMS = ("whatsapp", "messenger")


class Inbox:
    """Pages and pieces of the inbox."""

    def __init__(self, parts: Parts, pages: Pages, lookups: Lookups) -> None:
        self._parts = parts
        self._pages = pages
        self._lookups = lookups
        self._canned = canned.load()
        self._published = Publications(parts.db)

    def rules(self) -> list[Rule]:
        def rule(method: str, path: str, handler: Any, permission: str = "converse") -> Rule:
            return Rule(method=method, path=path, handler=handler, permission=permission)

        return [
            rule("GET", "/desk/", self.page, "home"),
            rule("GET", "/desk/list", self.rows),
            rule("GET", "/desk/c/{id:\\d+}", self.pane),
            rule("GET", "/desk/c/{id:\\d+}/messages", self.messages),
            rule("GET", "/desk/c/{id:\\d+}/side", self.side),
            rule("GET", "/desk/c/{id:\\d+}/suggest", self.suggest),
            rule("POST", "/desk/c/{id:\\d+}/why", self.why),
        ]

    async def page(self, request: web.Request) -> web.StreamResponse:
        """The whole page; roles without conversations see what they have."""
        me = request[ME]
        if "converse" not in me.may:
            async with self._parts.db.reading() as session:
                wishes = await awaiting(session, me, self._parts.db.now())
            return self._pages.render(request, "home.html", wishes=wishes)
        async with self._parts.db.reading() as session:
            newest = await events.newest(session, me.tenant)
        shown = await self._list(request)
        chosen = whole(request.query.get("c", ""))
        pane = await self._pane_or_why(me, chosen) if chosen else {"view": None}
        return self._pages.render(
            request, "inbox.html", newest=newest, fault="", chosen=str(chosen or ""), **shown, **pane
        )

    async def _list(self, request: web.Request) -> dict[str, Any]:
        me = request[ME]
        words = request.query.get("q", "")[:80]
        which = request.query.get("list", "")
        async with self._parts.db.reading() as session:
            counts = await lists.counts(session, me)
            if which not in lists.LISTS:
                which = "mine" if counts["mine"] or not counts["unassigned"] else "unassigned"
        number = min(max(1, whole(request.query.get("page", ""))), 9999)
        looked = await self._look_at_list(me, which, words, number)
        async with self._parts.db.reading() as session:
            found = await lists.lines(session, me, which, words, number) if looked else []
            operator = await session.get(Operator, me.id)
            since = self._parts.db.now() - events.DANGER_LASTS
            danger, alarms = await lists.dangers(session, me, since), await lists.alarms(session, me, since)
            names = dict((await session.exec(select(Staff.id, Staff.name).where(Staff.tenant == me.tenant))).all())
        return {
            "which": which,
            "words": words,
            "refused": not looked,
            "lines": found[: lists.PAGE],
            "page": number,
            "more": len(found) > lists.PAGE,
            "counts": counts,
            "operator": operator,
            "danger": danger,
            "alarms": alarms,
            "names": names,
        }

    async def _look_at_list(self, me: Me, which: str, words: str, page: int) -> bool:
        """What waits or is with people is work; other lists and searches count as a look, a page each."""
        if not words and which not in ("bot", "resolved"):
            return True
        mark = hashlib.sha256(f"{which} {words}".encode()).hexdigest()[:12]
        try:
            await self._lookups.count(me, LIST, f"{mark}:{page}", "search" if words else which)
        except TooMany:
            return False
        return True

    async def rows(self, request: web.Request) -> web.StreamResponse:
        return self._pages.render(request, "_list.html", chosen=request.query.get("c", ""), **await self._list(request))

    async def load(self, me: Me, conversation_id: int) -> view.View:
        """A conversation of the tenant; 404 otherwise."""
        async with self._parts.db.reading() as session:
            conversation = await session.get(Conversation, conversation_id)
            kind = self._parts.channel_types.get(conversation.channel, "") if conversation else ""
            found = await view.load(session, self._parts.db, me.tenant, conversation_id, kind)
        if found is None:
            raise web.HTTPNotFound(text="There is no such conversation.")
        await self._lookups.see(me, found.conversation, found.takeover)
        return found

    async def allow(self, me: Me, conversation_id: int) -> None:
        """Whether somebody may look at a conversation at all, without reading it."""
        async with self._parts.db.reading() as session:
            conversation = await session.get(Conversation, conversation_id)
            query = select(Takeover).where(Takeover.conversation_id == conversation_id)
            takeover = (await session.exec(query.order_by(col(Takeover.id).desc()).limit(1))).first()
        if conversation is None or conversation.tenant != me.tenant:
            raise web.HTTPNotFound(text="There is no such conversation.")
        await self._lookups.see(me, conversation, takeover)

    async def why(self, request: web.Request) -> web.StreamResponse:
        """Take the reason of a look."""
        me, conversation_id = request[ME], int(request.match_info["id"])
        async with self._parts.db.reading() as session:
            conversation = await session.get(Conversation, conversation_id)
        if conversation is None or conversation.tenant != me.tenant:
            raise web.HTTPNotFound(text="There is no such conversation.")
        form = await request.post()
        reason = str(form.get("reason", "")) or str(form.get("usual", ""))
        try:
            fault = "" if await self._lookups.explain(me, conversation_id, reason) else "Say it in a few words."
        except TooMany as error:
            fault = error.text or ""
        return await self.answer(request, conversation_id, fault)

    async def _pane_or_why(self, me: Me, conversation_id: int) -> dict[str, Any]:
        """A conversation, or the question why it is looked at."""
        try:
            return await self._pane(me, conversation_id)
        except Unexplained:
            return {"view": None, "why": conversation_id}
        except TooMany as error:
            return {"view": None, "why": conversation_id, "refusal": error.text}

    async def _pane(self, me: Me, conversation_id: int) -> dict[str, Any]:
        found = await self.load(me, conversation_id)
        async with self._parts.db.reading() as session:
            everybody = await routing.operators(session, me.tenant)
            teams = await routing.teams(session, me.tenant)
        colleagues = [one for one in everybody if one.id != me.id]
        now, patience = self._parts.db.now(), self._parts.bridge.patience_for(me.tenant)
        is_there = partial(routing.is_there, now=now, patience=patience)
        tenant = self._parts.tenants.get(me.tenant)
        beside = await side.load(self._parts, me, found.conversation, found.contact)
        summary = found.brief.completed(**side.company_facts(found.brief, beside)) if found.brief else None
        form = found.contact.language or tenant.default_form
        values = {
            "operator": me.name,
            "hotline": tenant.hotline.number,
            "name": found.contact.name,
            "account": beside.owned[0].account.number if beside.owned else "",
            "complaint": beside.complaints[0].number if beside.complaints else "",
        }
        return {
            "view": found,
            "beside": beside,
            "summary": summary.parts if summary else (),
            "kinds": self._kinds(me),
            "mine": view.may_reply(found, me.id),
            "teams": [(name, any(one.team == name and is_there(one) for one in everybody)) for name in teams],
            "colleagues": [(one, is_there(one)) for one in colleagues],
            "canned": canned.answers(await self.canned(me), form, values),
            "message_forms": self.templates(me, found.conversation),
        }

    def _kinds(self, me: Me) -> list[tuple[str, str]]:
        """The kinds of complaint with their words, the most urgent first."""
        tenant = self._parts.tenants.get(me.tenant)
        kinds = sorted(self._parts.complaints.kinds.by_code.values(), key=lambda kind: kind.priority)
        return [(kind.code, self._parts.answers.label(tenant, me.form or ENGLISH, kind.label)) for kind in kinds]

    async def canned(self, me: Me) -> list[canned.Canned]:
        """The ready answers of a tenant: those of the file, with what its staff published over them."""
        async with self._parts.db.reading() as session:
            rows = await self._published.current(session, me.tenant, CANNED)
        return canned.merged(self._canned, rows)

    def templates(self, me: Me, conversation: Conversation) -> list[MessageForm]:
        """The approved message forms of a conversation's channel; none where the platform knows of no such thing."""
        if self._parts.channel_types.get(conversation.channel, "") not in WITH_FORMS:
            return []
        return self._parts.message_forms(me.tenant, conversation.channel)

    async def suggest(self, request: web.Request) -> web.StreamResponse:
        """What the bot would answer, and the next step; asked for by the page when it has shown the rest."""
        me, conversation_id = request[ME], int(request.match_info["id"])
        found = await self.load(me, conversation_id)
        try:
            suggestion = await self._parts.suggest(me.tenant, conversation_id)
        except SathiError as error:
            log.info("Nothing could be suggested.", action="suggest", error=type(error).__name__)
            suggestion = None
        return self._pages.render(
            request, "_suggest.html", suggestion=suggestion, mine=view.may_reply(found, me.id), steps=STEPS
        )

    async def side(self, request: web.Request) -> web.StreamResponse:
        """What stands beside the conversation, anew."""
        values = await self._pane(request[ME], int(request.match_info["id"]))
        return self._pages.render(request, "_side.html", fault="", **values)

    async def pane(self, request: web.Request) -> web.StreamResponse:
        return await self.answer(request, int(request.match_info["id"]))

    async def answer(self, request: web.Request, conversation_id: int, fault: str = "") -> web.StreamResponse:
        """The conversation anew: a piece for htmx, a redirect for a plain form."""
        if "HX-Request" not in request.headers and request.method == "POST" and not fault:
            return web.Response(status=303, headers={"Location": f"/desk/?c={conversation_id}"})
        values = await self._pane_or_why(request[ME], conversation_id)
        response = self._pages.render(request, "_pane.html", fault=fault, chosen=str(conversation_id), **values)
        if request.method == "POST":
            response.headers["HX-Trigger"] = "desk:changed"
        return response

    async def messages(self, request: web.Request) -> web.StreamResponse:
        found = await self.load(request[ME], int(request.match_info["id"]))
        return self._pages.render(request, "_messages.html", view=found)

    async def note(self, me: Me, conversation_id: int, text: str) -> None:
        """Keep a private note."""
        async with self._parts.db.transaction() as session:
            now = self._parts.db.now()
            session.add(Note(conversation_id=conversation_id, staff_id=me.id, text=text, created_at=now))
            await events.append(session, self._parts.db, me.tenant, "note", conversation_id)
