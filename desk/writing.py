"""What a person writes to a customer: an answer with a file or without, an approved template, once more what failed."""

from __future__ import annotations

import re
from typing import Any

from aiohttp import web

from core.errors import SathiError
from core.messages import Actor, Attachment, OutgoingMessage, Template
from core.tables import OutboxRow
from desk.audit import Audit
from desk.base import ME, Parts, Rule
from desk.inbox import Inbox
from desk.people import by
from desk.phrases import REFUSED
from handoff.events import lock_conversation
from handoff.moves import HandoffRefused

LONGEST = 4000
BIGGEST_FORM = 26 << 20
WINDOW_CLOSED = "The platform allows no free text now: use a template, or wait until the customer writes."
CLIENT_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


class Writing:
    """Everything of the pane that leaves for the customer."""

    def __init__(self, parts: Parts, inbox: Inbox, audit: Audit) -> None:
        self._parts = parts
        self._inbox = inbox
        self._audit = audit

    def rules(self) -> list[Rule]:
        def rule(path: str, handler: Any) -> Rule:
            return Rule(method="POST", path=f"/desk/c/{{id:\\d+}}/{path}", handler=handler, permission="converse")

        return [
            rule("reply", self.reply),
            rule("template", self.template),
            rule("again/{row:\\d+}", self.again),
        ]

    async def reply(self, request: web.Request) -> web.StreamResponse:
        """Queue an answer, with a file or without. The page's own id makes a repeated request harmless."""
        me, conversation_id = request[ME], int(request.match_info["id"])
        form, file = await _form(request)
        text, client_id = form.get("text", "").strip(), form.get("cid", "")
        found = await self._inbox.load(me, conversation_id)
        if not (text or file) or len(text) > LONGEST or not CLIENT_ID.fullmatch(client_id):
            return await self._inbox.answer(request, conversation_id, f"An answer has 1 to {LONGEST} characters.")
        if not found.window_open:
            return await self._inbox.answer(request, conversation_id, WINDOW_CLOSED)
        attachment = None
        if file is not None:
            try:
                kept = await self._parts.keep(*file)
            except SathiError:
                fault = "A file can be a JPEG, PNG or WebP picture of at most 5 MB, or a PDF of at most 25 MB."
                return await self._inbox.answer(request, conversation_id, fault)
            attachment = Attachment(ref=kept.ref, name=kept.name, mime=kept.mime, caption=text)
        message = OutgoingMessage(text=text, attachment=attachment, author=Actor.OPERATOR, persona=me.name)
        return await self._post(request, conversation_id, message, client_id)

    async def template(self, request: web.Request) -> web.StreamResponse:
        """Queue a form that the platform approved; the only way to write while its window is closed."""
        me, conversation_id = request[ME], int(request.match_info["id"])
        form = await request.post()
        found = await self._inbox.load(me, conversation_id)
        offered = self._inbox.templates(me, found.conversation)
        chosen = next((one for one in offered if one.key == form.get("template")), None)
        client_id = str(form.get("cid", ""))
        if chosen is None or not CLIENT_ID.fullmatch(client_id):
            return await self._inbox.answer(request, conversation_id, "Choose a template.")
        values = tuple(str(form.get(f"value{number}", "")).strip()[:200] for number in range(1, chosen.blanks + 1))
        if not all(values):
            return await self._inbox.answer(request, conversation_id, "Fill every blank of the template.")
        message = OutgoingMessage(
            text=chosen.filled(values),
            template=Template(name=chosen.name, language=chosen.language, parameters=values),
            author=Actor.OPERATOR,
            persona=me.name,
        )
        return await self._post(request, conversation_id, message, client_id)

    async def _post(
        self, request: web.Request, conversation_id: int, message: OutgoingMessage, client_id: str
    ) -> web.StreamResponse:
        me = request[ME]
        try:
            async with self._parts.db.transaction() as session:
                await self._parts.bridge.operator_wrote(session, conversation_id, by(me))
                conversation = await lock_conversation(session, self._parts.db, conversation_id)
                new = await self._parts.post(session, conversation, message, f"desk:{conversation_id}:{client_id}")
                if new:
                    await self._audit.note(session, f"staff:{me.id}", "reply", f"conversation:{conversation_id}")
        except HandoffRefused as error:
            return await self._inbox.answer(request, conversation_id, REFUSED.get(error.reason, str(error)))
        self._parts.wake()
        return await self._inbox.answer(request, conversation_id)

    async def again(self, request: web.Request) -> web.StreamResponse:
        """Send once more what could not be delivered."""
        me, conversation_id = request[ME], int(request.match_info["id"])
        await self._inbox.load(me, conversation_id)
        row_id = int(request.match_info["row"])
        async with self._parts.db.reading() as session:
            row = await session.get(OutboxRow, row_id)
        if row is None or row.conversation_id != conversation_id or not await self._parts.outbox.replay(row_id):
            return await self._inbox.answer(request, conversation_id, "This message is on its way already.")
        self._parts.wake()
        return await self._inbox.answer(request, conversation_id)


async def _form(request: web.Request) -> tuple[dict[str, str], tuple[str, bytes] | None]:
    """The words of a form and its file. A page with scripts names its token in a header, so nothing was read before."""
    fresh = "X-CSRF-Token" in request.headers and request.content_type.startswith("multipart/")
    posted = await (request.clone(client_max_size=BIGGEST_FORM) if fresh else request).post()
    words: dict[str, str] = {}
    file = None
    for name, value in posted.items():
        if isinstance(value, web.FileField):
            with value.file:
                file = (value.filename, value.file.read()) if value.filename else file
        elif isinstance(value, str):
            if "\x00" in value:
                raise web.HTTPBadRequest(text="This holds a sign that cannot be stored. Take it out and send again.")
            words[name] = value
    return words, file
