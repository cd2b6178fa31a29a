"""What an operator does for a customer with two presses: complaint, status, bill, receipt, account, notice of a cut.

The words are the bot's own, in the customer's written form. Nothing of an account is sent before the customer has shown
it to be theirs, whoever asks; a second press with the same id does nothing.
"""

from __future__ import annotations

from aiohttp import web
from sqlmodel.ext.asyncio.session import AsyncSession

from core.errors import SathiError
from core.outbox import outbox
from desk.audit import Audit
from desk.base import ME, Parts, Rule
from desk.errands import Case, Errands, NotNow
from desk.inbox import Inbox
from desk.phrases import REFUSED
from desk.writing import CLIENT_ID
from handoff.events import lock_conversation
from handoff.moves import By, HandoffRefused, Who


class Quick:
    """The quick actions."""

    def __init__(self, parts: Parts, inbox: Inbox, audit: Audit) -> None:
        self._parts = parts
        self._inbox = inbox
        self._audit = audit
        self._errands = Errands(parts)

    def rules(self) -> list[Rule]:
        what = "|".join(("complaint", *self._errands.by_name))
        return [
            Rule(method="POST", path=f"/desk/c/{{id:\\d+}}/do/{{what:{what}}}", handler=self.do, permission="converse")
        ]

    async def do(self, request: web.Request) -> web.StreamResponse:
        """Do one thing and tell the customer, in one transaction, once for an id."""
        me, conversation_id, what = request[ME], int(request.match_info["id"]), request.match_info["what"]
        found = await self._inbox.load(me, conversation_id)
        form = {name: str(value) for name, value in (await request.post()).items()}
        if not CLIENT_ID.fullmatch(form.get("cid", "")):
            return await self._inbox.answer(request, conversation_id, "Load the page again and repeat.")
        case = Case(
            me=me,
            tenant=self._parts.tenants.get(me.tenant),
            conversation=found.conversation,
            contact=found.contact,
            form=form,
            key=f"desk:{conversation_id}:{what}:{form['cid']}",
        )
        try:
            # Other systems are asked before the transaction, which must be short.
            new = await self._errands.complaint(case) if what == "complaint" else None
            said = None if new else await self._errands.by_name[what](case)
            async with self._parts.db.transaction() as session:
                by = By(who=Who.OPERATOR, id=me.id, name=me.name)
                await self._parts.bridge.operator_wrote(session, conversation_id, by)
                if not await self._done(session, case.key):
                    name, facts = said or await self._errands.register(session, case, new)
                    conversation = await lock_conversation(session, self._parts.db, conversation_id)
                    await self._parts.voice.say(session, conversation, name, facts, case.key)
                    await self._audit.note(session, f"staff:{me.id}", what, f"conversation:{conversation_id}")
        except HandoffRefused as error:
            return await self._inbox.answer(request, conversation_id, REFUSED.get(error.reason, str(error)))
        except NotNow as error:
            return await self._inbox.answer(request, conversation_id, str(error))
        except SathiError:
            return await self._inbox.answer(request, conversation_id, "The company's system does not answer now.")
        self._parts.wake()
        return await self._inbox.answer(request, conversation_id)

    async def _done(self, session: AsyncSession, key: str) -> bool:
        query = outbox.select().with_only_columns(outbox.c.id).where(outbox.c.dedupe == f"{key}:0")
        return (await session.execute(query)).first() is not None
