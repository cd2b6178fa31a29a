"""Telephones: the six signs a customer reads out, and people who want to be called back."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from sqlmodel.ext.asyncio.session import AsyncSession

from core import codes
from core.tenants import plain_number
from desk import files
from desk.audit import Audit
from desk.base import ME, Me, Parts, Rule, whole
from desk.lookups import CASE, Lookups, TooMany
from desk.pages import Pages
from desk.phrases import REFUSED
from desk.room import Room, form_of, rules, to
from desk.writing import CLIENT_ID
from handoff.callbacks import Callbacks, Outcome
from handoff.cases import Cases
from handoff.moves import By, HandoffRefused, Who
from handoff.tables import HandoffCase

OUTCOMES = {
    Outcome.REACHED: "Reached",
    Outcome.NO_ANSWER: "No answer",
    Outcome.BUSY: "Busy",
    Outcome.WRONG_NUMBER: "Wrong number",
    Outcome.NOT_WANTED: "Does not want it any more",
}
STATES = {"open": "waits", "calling": "being called", "done": "done", "given_up": "given up", "withdrawn": "withdrawn"}
FAULTS = REFUSED | {"not_yours": "Somebody else calls this number.", "taken": "Somebody calls this number already."}


class Calls(Room):
    """Case codes and calls back."""

    def __init__(self, parts: Parts, pages: Pages, audit: Audit) -> None:
        super().__init__(parts, pages, audit)
        self._lookups = Lookups(parts.db, audit, parts.settings.desk_lookups)

    def rules(self) -> list[Rule]:
        return rules(
            "calls",
            {
                "GET /desk/calls": self.page,
                "GET /desk/calls/board": self.board,
                "GET /desk/case": self.case,
                "POST /desk/case/{id:\\d+}": self.result,
                "GET /desk/case/{id:\\d+}/file/{seq:\\d+}/{number:\\d+}": self.file,
                "POST /desk/calls/{id:\\d+}/claim": self.claim,
                "POST /desk/calls/{id:\\d+}/release": self.release,
                "POST /desk/calls/{id:\\d+}/report": self.report,
            },
        )

    def _callbacks(self) -> Callbacks:
        return Callbacks(self.parts.db, self.parts.tenants, self.parts.voice)

    def _by(self, me: Me) -> By:
        return By(who=Who.OPERATOR, id=me.id, name=me.name)

    async def _board(self, me: Me) -> dict[str, Any]:
        async with self.parts.db.reading() as session:
            queue = await self._callbacks().queue(session, me.tenant)
            settled = await self._callbacks().settled(session, me.tenant, 20)
            tried = {row.id: await self._callbacks().attempts(session, row.id or 0) for row in queue if row.attempts}
        now = self.parts.db.now()
        return {
            "queue": sorted(queue, key=lambda row: row.claimed_by != me.id),
            "settled": settled,
            "tried": tried,
            "now": now,
            "outcomes": {outcome.value: words for outcome, words in OUTCOMES.items()},
            "states": STATES,
        }

    async def page(self, request: web.Request, fault: str = "") -> web.StreamResponse:
        return self.pages.render(request, "calls.html", fault=fault, **await self._board(request[ME]))

    async def board(self, request: web.Request) -> web.StreamResponse:
        """The queue anew."""
        return self.pages.render(request, "_calls.html", **await self._board(request[ME]))

    async def claim(self, request: web.Request) -> web.StreamResponse:
        """Call this number now; nobody else will."""
        me = request[ME]
        form = await form_of(request)
        seen = form.get("version", "")
        return await self._change(
            request,
            lambda session, number: self._callbacks().claim(
                session, number, self._by(me), whole(seen) if seen else None
            ),
            "call",
        )

    async def release(self, request: web.Request) -> web.StreamResponse:
        """Put it back without having called."""
        me = request[ME]
        return await self._change(
            request, lambda session, number: self._callbacks().release(session, number, self._by(me)), "call released"
        )

    async def report(self, request: web.Request) -> web.StreamResponse:
        """How the call went."""
        me, form = request[ME], await form_of(request)
        try:
            outcome = Outcome(form.get("outcome", ""))
        except ValueError:
            return await self.page(request, "Choose how the call went.")
        return await self._change(
            request,
            lambda session, number: self._callbacks().report(
                session, number, self._by(me), outcome, result=form.get("result", ""), note=form.get("note", "")
            ),
            f"call {outcome}",
        )

    async def _change(
        self, request: web.Request, work: Callable[[AsyncSession, int], Awaitable[Any]], what: str
    ) -> web.StreamResponse:
        me, number = request[ME], int(request.match_info["id"])
        try:
            async with self.parts.db.transaction() as session:
                known = {row.id for row in await self._callbacks().queue(session, me.tenant, 10_000)}
                if number not in known:
                    raise HandoffRefused("state", "nobody waits for this call any more")
                await work(session, number)
                await self.audit.note(session, f"staff:{me.id}", what, f"callback:{number}")
        except HandoffRefused as error:
            return await self.page(request, FAULTS.get(error.reason, str(error)))
        self.parts.wake()
        return to("/desk/calls")

    async def case(self, request: web.Request, fault: str = "", code: str = "") -> web.StreamResponse:
        """What stands behind a code. Who looked is kept."""
        me, typed = request[ME], (code or request.query.get("code", ""))[:20]
        found = None
        if typed.strip():
            # The code is the reason; guessing at codes uses up the quota as well.
            try:
                await self._lookups.count(me, CASE, codes.mend(plain_number(typed)), "case code")
            except TooMany as error:
                return self.pages.render(
                    request, "case.html", fault=error.text, typed=typed, found=None, client_id=uuid.uuid4().hex
                )
            async with self.parts.db.transaction() as session:
                cases = Cases(self.parts.db, self.parts.voice)
                found = await cases.look_up(session, me.tenant, typed, self._by(me))
                if found is not None:
                    await self.audit.note(session, f"staff:{me.id}", "case", f"case:{found.case.id}")
            if found is None:
                fault = fault or "There is no case with this code. Ask the customer to read it again."
        return self.pages.render(
            request, "case.html", fault=fault, typed=typed, found=found, client_id=uuid.uuid4().hex
        )

    async def file(self, request: web.Request) -> web.StreamResponse:
        """A file of the conversation behind a case."""
        me, match = request[ME], request.match_info
        async with self.parts.db.reading() as session:
            case = await session.get(HandoffCase, int(match["id"]))
        if case is None or case.tenant != me.tenant or not await self._lookups.granted(me, CASE, case.code):
            raise web.HTTPNotFound(text="")
        return await files.incoming(self.parts, me, case.conversation_id, int(match["seq"]), int(match["number"]))

    async def result(self, request: web.Request) -> web.StreamResponse:
        """Send what came of the call into the customer's chat."""
        me, form = request[ME], await form_of(request)
        client_id = form.get("cid", "")
        if not CLIENT_ID.fullmatch(client_id):
            return await self.case(request, "Load the page again and repeat.", form.get("code", ""))
        try:
            async with self.parts.db.transaction() as session:
                cases = Cases(self.parts.db, self.parts.voice)
                number = int(request.match_info["id"])
                case = await cases.answer(session, me.tenant, number, self._by(me), form.get("result", ""), client_id)
                await self.audit.note(session, f"staff:{me.id}", "case result", f"case:{number}")
        except HandoffRefused as error:
            return await self.case(request, str(error).capitalize() + ".", form.get("code", ""))
        self.parts.wake()
        return to(f"/desk/case?code={case.code}")
