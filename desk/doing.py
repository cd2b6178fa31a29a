"""What a person does with a conversation: claim, note, label, snooze, hand on, give back, resolve, open a file."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import structlog
from aiohttp import web
from sqlmodel import select

from desk import files
from desk.audit import Audit
from desk.base import ME, Me, Parts, Rule, whole
from desk.inbox import Inbox
from desk.people import by, own_operator
from desk.phrases import REFUSED
from desk.tables import ConversationLabel
from desk.view import may_reply
from handoff import events, routing
from handoff.desk_tables import Operator
from handoff.moves import HandoffRefused, Move

log = structlog.get_logger(__name__)
LONGEST = 4000
LONGEST_LABEL = 30
SNOOZES = {"30": timedelta(minutes=30), "120": timedelta(hours=2), "1440": timedelta(days=1)}
MOVES = {"return": Move.GIVE_BACK, "resolve": Move.RESOLVE, "wake": Move.WAKE, "requeue": Move.REQUEUE}


class Doing:
    """The writes of the conversation pane."""

    def __init__(self, parts: Parts, inbox: Inbox, audit: Audit) -> None:
        self._parts = parts
        self._inbox = inbox
        self._audit = audit

    def rules(self) -> list[Rule]:
        def rule(method: str, path: str, handler: Any) -> Rule:
            return Rule(method=method, path=path, handler=handler, permission="converse")

        at = "/desk/c/{id:\\d+}"
        return [
            rule("POST", f"{at}/claim", self.claim),
            rule("POST", f"{at}/note", self.note),
            rule("POST", f"{at}/label", self.label),
            rule("POST", f"{at}/typing", self.typing),
            rule("POST", f"{at}/snooze", self.snooze),
            rule("POST", f"{at}/transfer", self.transfer),
            rule("POST", f"{at}/{{move:return|resolve|wake|requeue}}", self.move),
            rule("GET", f"{at}/file/{{seq:\\d+}}/{{number:\\d+}}", self.file),
            rule("GET", f"{at}/sent/{{seq:\\d+}}", self.sent),
        ]

    async def _change(self, request: web.Request, move: Move, **options: Any) -> web.StreamResponse:
        me, conversation_id = request[ME], int(request.match_info["id"])
        await self._inbox.load(me, conversation_id)
        try:
            async with self._parts.db.transaction() as session:
                takeover = await self._parts.bridge.current(session, conversation_id)
                if takeover is None or takeover.id is None:
                    raise HandoffRefused("state", "nobody has it")
                await self._parts.bridge.change(session, takeover.id, move, by(me), **options)
                await self._audit.note(session, f"staff:{me.id}", move.value, f"conversation:{conversation_id}")
        except HandoffRefused as error:
            return await self._inbox.answer(request, conversation_id, REFUSED.get(error.reason, str(error)))
        self._parts.wake()
        return await self._inbox.answer(request, conversation_id)

    async def claim(self, request: web.Request) -> web.StreamResponse:
        """Take a conversation: from the queue, from the bot, or as a supervisor from a colleague."""
        me, conversation_id = request[ME], int(request.match_info["id"])
        await self._inbox.load(me, conversation_id)
        try:
            async with self._parts.db.transaction() as session:
                operator = await own_operator(session, self._parts.db, me)
                takeover = await self._parts.bridge.current(session, conversation_id)
                if takeover is None or takeover.id is None:
                    await self._parts.bridge.take(session, conversation_id, operator, by(me))
                elif takeover.state != "open" or takeover.assignee_id != me.id:  # else pressed twice: it is theirs
                    move = Move.CLAIM if takeover.state == "queued" else Move.TRANSFER
                    await self._parts.bridge.change(
                        session, takeover.id, move, by(me), assignee=operator, why="taken at the desk"
                    )
                await self._audit.note(session, f"staff:{me.id}", "claim", f"conversation:{conversation_id}")
        except HandoffRefused as error:
            return await self._inbox.answer(request, conversation_id, REFUSED.get(error.reason, str(error)))
        self._parts.wake()
        return await self._inbox.answer(request, conversation_id)

    async def label(self, request: web.Request) -> web.StreamResponse:
        """Hang a label on a conversation, or take one off."""
        me, conversation_id = request[ME], int(request.match_info["id"])
        form = await request.post()
        name = " ".join(str(form.get("label", "")).split())[:LONGEST_LABEL]
        await self._inbox.load(me, conversation_id)
        if name:
            async with self._parts.db.transaction() as session:
                query = select(ConversationLabel).where(
                    ConversationLabel.conversation_id == conversation_id, ConversationLabel.label == name
                )
                known = (await session.exec(query)).first()
                if known is not None and form.get("off") == "1":
                    await session.delete(known)
                elif known is None and form.get("off") != "1":
                    session.add(
                        ConversationLabel(
                            conversation_id=conversation_id,
                            tenant=me.tenant,
                            label=name,
                            staff_id=me.id,
                            created_at=self._parts.db.now(),
                        )
                    )
                await events.append(session, self._parts.db, me.tenant, "label", conversation_id)
        return await self._inbox.answer(request, conversation_id)

    async def typing(self, request: web.Request) -> web.StreamResponse:
        """Let the customer and colleagues see that somebody writes."""
        me, conversation_id = request[ME], int(request.match_info["id"])
        found = await self._inbox.load(me, conversation_id)
        if may_reply(found, me.id):
            on = (await request.post()).get("on") == "1"
            async with self._parts.db.transaction() as session:
                await events.append(
                    session, self._parts.db, me.tenant, "typing", conversation_id, who=me.name, staff=me.id, on=on
                )
            try:
                await self._parts.typing(found.conversation, on)
            except Exception as error:  # a courtesy: nothing depends on it
                log.debug("Typing was not shown.", action="typing", error=type(error).__name__)
        return web.Response(status=204)

    async def note(self, request: web.Request) -> web.StreamResponse:
        me, conversation_id = request[ME], int(request.match_info["id"])
        text = str((await request.post()).get("text", "")).strip()[:LONGEST]
        await self._inbox.load(me, conversation_id)
        if text:
            await self._inbox.note(me, conversation_id, text)
        return await self._inbox.answer(request, conversation_id)

    async def move(self, request: web.Request) -> web.StreamResponse:
        """Return, resolve, wake, or put back in the queue; the customer's last words must have been on the screen."""
        form = await request.post()
        move = MOVES[request.match_info["move"]]
        seen = str(form.get("seen", ""))
        options: dict[str, Any] = {"why": str(form.get("why", ""))[:200] or "at the desk"}
        if move is Move.REQUEUE:
            options["team"] = team = str(form.get("team", ""))
            if team and not await self._staffed(request[ME], team):
                fault = f"Nobody of the team {team[:40]} is on duty: the customer would wait in vain."
                return await self._inbox.answer(request, int(request.match_info["id"]), fault)
        if move in (Move.GIVE_BACK, Move.RESOLVE):
            options["seen_seq"] = whole(seen)
        return await self._change(request, move, **options)

    async def _staffed(self, me: Me, team: str) -> bool:
        """Whether somebody of a team is there."""
        now, patience = self._parts.db.now(), self._parts.bridge.patience_for(me.tenant)
        async with self._parts.db.reading() as session:
            people = await routing.operators(session, me.tenant)
            known = team in await routing.teams(session, me.tenant)
        return known and any(one.team == team and routing.is_there(one, now, patience) for one in people)

    async def snooze(self, request: web.Request) -> web.StreamResponse:
        span = SNOOZES.get(str((await request.post()).get("minutes", "")), SNOOZES["30"])
        return await self._change(request, Move.SNOOZE, until=self._parts.db.now() + span, why="at the desk")

    async def transfer(self, request: web.Request) -> web.StreamResponse:
        """Hand on to a colleague of the same tenant."""
        chosen = whole((await request.post()).get("to", ""))
        async with self._parts.db.reading() as session:
            colleague = await session.get(Operator, chosen)
        if colleague is None or colleague.tenant != request[ME].tenant:
            return await self._inbox.answer(request, int(request.match_info["id"]), "Choose a colleague.")
        return await self._change(request, Move.TRANSFER, assignee=colleague, why=f"handed to {colleague.name}")

    async def file(self, request: web.Request) -> web.StreamResponse:
        """A customer's file."""
        match = request.match_info
        await self._inbox.allow(request[ME], int(match["id"]))
        return await files.incoming(self._parts, request[ME], int(match["id"]), int(match["seq"]), int(match["number"]))

    async def sent(self, request: web.Request) -> web.StreamResponse:
        """A file that we sent."""
        await self._inbox.allow(request[ME], int(request.match_info["id"]))
        return await files.outgoing(
            self._parts, request[ME], int(request.match_info["id"]), int(request.match_info["seq"])
        )
