"""What a person does with a conversation: claim, answer, note, snooze, hand on, give back, resolve, open a file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from aiohttp import web

from core import store
from core.errors import SathiError
from core.messages import Actor, MediaRef, OutgoingMessage
from core.tables import Conversation
from desk.audit import Audit
from desk.base import ME, Me, Parts, Rule
from desk.inbox import REFUSED, Inbox
from handoff.desk_tables import Operator
from handoff.events import lock_conversation
from handoff.moves import By, HandoffRefused, Move, Who

LONGEST = 4000
CLIENT_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
SHOWN_INLINE = ("image/jpeg", "image/png", "image/webp")
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
            rule("POST", f"{at}/reply", self.reply),
            rule("POST", f"{at}/note", self.note),
            rule("POST", f"{at}/snooze", self.snooze),
            rule("POST", f"{at}/transfer", self.transfer),
            rule("POST", f"{at}/{{move:return|resolve|wake|requeue}}", self.move),
            rule("GET", f"{at}/file/{{seq:\\d+}}/{{number:\\d+}}", self.file),
        ]

    def _by(self, me: Me) -> By:
        who = Who.SUPERVISOR if "supervise" in me.may else Who.OPERATOR
        return By(who=who, id=me.id, name=me.name)

    async def _change(self, request: web.Request, move: Move, **options: Any) -> web.StreamResponse:
        me, conversation_id = request[ME], int(request.match_info["id"])
        await self._inbox.load(me, conversation_id)
        try:
            async with self._parts.db.transaction() as session:
                takeover = await self._parts.bridge.current(session, conversation_id)
                if takeover is None or takeover.id is None:
                    raise HandoffRefused("state", "nobody has it")
                await self._parts.bridge.change(session, takeover.id, move, self._by(me), **options)
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
                operator = await session.get(Operator, me.id)
                if operator is None:
                    operator = Operator(id=me.id, tenant=me.tenant, name=me.name, seen_at=self._parts.db.now())
                    session.add(operator)
                    await session.flush()
                takeover = await self._parts.bridge.current(session, conversation_id)
                if takeover is None or takeover.id is None:
                    await self._parts.bridge.take(session, conversation_id, operator, self._by(me))
                elif takeover.state != "open" or takeover.assignee_id != me.id:  # else pressed twice: it is theirs
                    move = Move.CLAIM if takeover.state == "queued" else Move.TRANSFER
                    by = self._by(me)
                    await self._parts.bridge.change(
                        session, takeover.id, move, by, assignee=operator, why="taken at the desk"
                    )
                await self._audit.note(session, f"staff:{me.id}", "claim", f"conversation:{conversation_id}")
        except HandoffRefused as error:
            return await self._inbox.answer(request, conversation_id, REFUSED.get(error.reason, str(error)))
        self._parts.wake()
        return await self._inbox.answer(request, conversation_id)

    async def reply(self, request: web.Request) -> web.StreamResponse:
        """Queue an answer. The page's own id makes a second press or a repeated request harmless."""
        me, conversation_id = request[ME], int(request.match_info["id"])
        form = await request.post()
        text, client_id = str(form.get("text", "")).strip(), str(form.get("cid", ""))
        found = await self._inbox.load(me, conversation_id)
        if not text or len(text) > LONGEST or not CLIENT_ID.fullmatch(client_id):
            return await self._inbox.answer(request, conversation_id, f"An answer has 1 to {LONGEST} characters.")
        if not found.window_open:
            return await self._inbox.answer(
                request, conversation_id, "The platform allows no free text now: the customer must write first."
            )
        message = OutgoingMessage(text=text, author=Actor.OPERATOR, persona=me.name)
        try:
            async with self._parts.db.transaction() as session:
                await self._parts.bridge.operator_wrote(session, conversation_id, self._by(me))
                conversation = await lock_conversation(session, self._parts.db, conversation_id)
                new = await self._parts.post(session, conversation, message, f"desk:{conversation_id}:{client_id}")
                if new:
                    await self._audit.note(session, f"staff:{me.id}", "reply", f"conversation:{conversation_id}")
        except HandoffRefused as error:
            return await self._inbox.answer(request, conversation_id, REFUSED.get(error.reason, str(error)))
        self._parts.wake()
        return await self._inbox.answer(request, conversation_id)

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
        if move in (Move.GIVE_BACK, Move.RESOLVE):
            options["seen_seq"] = int(seen) if seen.isdigit() else 0
        return await self._change(request, move, **options)

    async def snooze(self, request: web.Request) -> web.StreamResponse:
        span = SNOOZES.get(str((await request.post()).get("minutes", "")), SNOOZES["30"])
        return await self._change(request, Move.SNOOZE, until=self._parts.db.now() + span, why="at the desk")

    async def transfer(self, request: web.Request) -> web.StreamResponse:
        """Hand on to a colleague of the same tenant."""
        chosen = str((await request.post()).get("to", ""))
        async with self._parts.db.reading() as session:
            colleague = await session.get(Operator, int(chosen)) if chosen.isdigit() else None
        if colleague is None or colleague.tenant != request[ME].tenant:
            return await self._inbox.answer(request, int(request.match_info["id"]), "Choose a colleague.")
        return await self._change(request, Move.TRANSFER, assignee=colleague, why=f"handed to {colleague.name}")

    async def file(self, request: web.Request) -> web.StreamResponse:
        """A customer's file: pictures to look at, everything else as a download in a sandbox (T18)."""
        me, conversation_id = request[ME], int(request.match_info["id"])
        async with self._parts.db.reading() as session:
            conversation = await session.get(Conversation, conversation_id)
            message = await store.message_at(session, conversation_id, int(request.match_info["seq"]))
        media = (message.payload.get("media") or []) if message else []
        number = int(request.match_info["number"])
        if conversation is None or conversation.tenant != me.tenant or number >= len(media):
            raise web.HTTPNotFound(text="")
        document: Mapping[str, Any] = media[number]
        try:
            file = await self._parts.fetch(conversation.channel, MediaRef(**document))
        except SathiError:
            raise web.HTTPNotFound(text="The file cannot be loaded.") from None
        inline = file.mime in SHOWN_INLINE
        return web.Response(
            body=file.content,
            content_type=file.mime if inline else "application/octet-stream",
            headers={
                "Content-Disposition": "inline"
                if inline
                else f'attachment; filename="file-{message.seq if message else 0}"',
                "Content-Security-Policy": "sandbox; default-src 'none'",
                "Cache-Control": "private, max-age=600",
                "X-Content-Type-Options": "nosniff",
            },
        )
