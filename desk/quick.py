"""What an operator does for a customer with two presses: complaint, status, bill, receipt, account, notice of a cut.

The words are the bot's own, in the customer's written form. Nothing of an account is sent before the customer has shown
it to be theirs, whoever asks; a second press with the same id does nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from aiohttp import web
from sqlmodel.ext.asyncio.session import AsyncSession

from complaints.service import NewComplaint
from core.errors import SathiError
from core.outbox import outbox
from core.store import phone_of
from core.tables import Contact, Conversation
from core.tenants import Tenant
from desk import side
from desk.audit import Audit
from desk.base import ME, Me, Parts, Rule
from desk.doing import CLIENT_ID
from desk.inbox import REFUSED, Inbox
from handoff.events import lock_conversation
from handoff.moves import By, HandoffRefused, Who
from utility.base import Account
from utility.ownership import Guard

SETTLED = ("solved", "closed")
Facts = dict[str, Any]
Said = tuple[str, Facts]


class NotNow(SathiError):
    """What was asked for cannot be done; the words are the operator's."""


@dataclass(frozen=True, kw_only=True)
class Asker:
    """On whose behalf a one-time code is asked for."""

    tenant: Tenant
    conversation_id: int
    contact_id: int
    language: str
    guard: Guard
    occasion: str

    def key(self, effect: str) -> str:
        return f"{self.occasion}:{effect}"


@dataclass(frozen=True, kw_only=True)
class Case:
    """One press: who, where, and what the form says."""

    me: Me
    tenant: Tenant
    conversation: Conversation
    contact: Contact
    form: Mapping[str, str]
    key: str

    def text(self, name: str, longest: int = 200) -> str:
        return self.form.get(name, "").strip()[:longest]


class Quick:
    """The quick actions."""

    def __init__(self, parts: Parts, inbox: Inbox, audit: Audit) -> None:
        self._parts = parts
        self._inbox = inbox
        self._audit = audit
        self._does: dict[str, Callable[[Case], Awaitable[Said]]] = {
            "status": self._status,
            "bill": self._bill,
            "receipt": self._receipt,
            "link": self._link,
            "cut": self._cut,
        }

    def rules(self) -> list[Rule]:
        what = "|".join(("complaint", *self._does))
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
            new = await self._complaint(case) if what == "complaint" else None
            said = None if new else await self._does[what](case)
            async with self._parts.db.transaction() as session:
                by = By(who=Who.OPERATOR, id=me.id, name=me.name)
                await self._parts.bridge.operator_wrote(session, conversation_id, by)
                if not await self._done(session, case.key):
                    name, facts = said or await self._register(session, case, new)
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

    async def _own(self, case: Case) -> Account:
        """The account of the form, when the customer has proven it."""
        utility, _, number = case.text("account").partition(":")
        assert case.contact.id is not None
        phone = phone_of(case.conversation.address)
        for account in await self._parts.ownership.accounts_of(case.contact.id, phone, case.tenant.slug):
            if (account.utility, account.number) == (utility, number):
                return account
        raise NotNow("The customer has not shown that this account is theirs. Ask for proof first.")

    def _company(self, case: Case, account: Account) -> Facts:
        utility = case.tenant.utility(account.utility)
        return {"account": account.number, "company": {"$name": dict(utility.name)} if utility else None}

    async def _complaint(self, case: Case) -> NewComplaint:
        kinds = self._parts.complaints.kinds
        kind = kinds.by_code.get(case.text("kind"))
        if kind is None:
            raise NotNow("Choose what the complaint is about.")
        account = await self._own(case) if case.text("account") else None
        area = case.text("area", 120)
        if account is None and not area:
            raise NotNow("A complaint needs an account or a place.")
        utility = account.utility if account else case.text("utility")
        return NewComplaint(
            tenant=case.tenant.slug,
            contact_id=case.contact.id or 0,
            conversation_id=case.conversation.id,
            kind=kind.code,
            utility=utility if utility in case.tenant.utilities else "",
            account=account.number if account else "",
            account_proven=account is not None,
            area=area or (account.area.get("en", "") if account else ""),
            area_names={} if area or account is None else dict(account.area),
            feeder=account.feeder if account else "",
            details=case.text("details", 2000),
        )

    async def _register(self, session: AsyncSession, case: Case, new: NewComplaint | None) -> Said:
        assert new is not None
        kind = self._parts.complaints.kinds.get(new.kind)
        row = await self._parts.complaints.register(session, new, case.key)
        return "utter_complaint_registered", {
            "number": row.number,
            "kind": {"$word": kind.label},
            "private": {"$word": "label_private"} if kind.private else None,
        }

    async def _status(self, case: Case) -> Said:
        async with self._parts.db.reading() as session:
            row = await self._parts.complaints.by_number(session, case.tenant.slug, case.text("number"))
        if row is None:
            raise NotNow("There is no complaint with this number.")
        if row.contact_id != case.contact.id:
            state = {"$word": f"label_state_{row.state}"}
            return "utter_complaint_state_only", {"number": row.number, "state": state}
        name = "utter_complaint_settled" if row.state in SETTLED else "utter_complaint_status"
        return name, side.complaint_facts(self._parts, row)

    async def _bill(self, case: Case) -> Said:
        account = await self._own(case)
        try:
            month = date.fromisoformat(f"{case.text('month')}-01")
        except ValueError:
            month = None
        bill = await self._parts.utility.bill(account, month)
        if bill is None:
            raise NotNow("There is no such bill.")
        return "utter_bill_pdf", {
            **self._company(case, account),
            "month": {"$month": f"{bill.month:%Y-%m}"},
            "amount": {"$money": str(bill.total)},
            "due_on": {"$date": bill.due_on.isoformat()} if not bill.paid else None,
            "document": {
                "kind": "bill",
                "utility": account.utility,
                "account": account.number,
                "month": f"{bill.month:%Y-%m}",
            },
        }

    async def _receipt(self, case: Case) -> Said:
        account = await self._own(case)
        reference = case.text("reference")
        payments = await self._parts.utility.payments(account, 24)
        payment = next((one for one in payments if not reference or one.reference == reference), None)
        if payment is None:
            raise NotNow("There is no such payment.")
        way = case.tenant.way(payment.way)
        return "utter_payment_receipt", {
            **self._company(case, account),
            "amount": {"$money": str(payment.amount)},
            "paid": {"$when": payment.paid_at.isoformat()},
            "way": {"$name": dict(way.name)} if way else None,
            "reference": payment.reference,
            "document": {
                "kind": "receipt",
                "utility": account.utility,
                "account": account.number,
                "reference": payment.reference,
            },
        }

    async def _link(self, case: Case) -> Said:
        """Ask for proof of an account: a code to the mobile on it, which the customer types in the chat."""
        utility = case.text("utility")
        number = case.text("number", 40)
        if utility not in case.tenant.utilities or not number:
            raise NotNow("Choose the company and type the account number.")
        assert case.conversation.id is not None and case.contact.id is not None

        async def guard(session: AsyncSession) -> None:
            takeover = await self._parts.bridge.current(session, case.conversation.id or 0)
            if takeover is None or takeover.assignee_id != case.me.id:
                raise HandoffRefused("not_yours", "this conversation is not with you")

        asker = Asker(
            tenant=case.tenant,
            conversation_id=case.conversation.id,
            contact_id=case.contact.id,
            language=case.contact.language,
            guard=guard,
            occasion=case.key,
        )
        asked = await self._parts.ownership.request_code(asker, utility, number)
        if not asked.asked:
            raise NotNow("Too many codes were asked for. Try again later.")
        return "utter_code_sent", {"account": number}

    async def _cut(self, case: Case) -> Said:
        wanted = case.text("cut", 80)
        found = await side.load(self._parts, case.me, case.conversation, case.contact)
        cut = next((one for one in found.cuts if one.id == wanted), None)
        if cut is None:
            raise NotNow("This notice is over.")
        return ("utter_outage_planned" if cut.planned else "utter_outage_now"), side.cut_facts(cut)
