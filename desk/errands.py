"""What can be done for a customer from the desk, each as the bot's own words with their facts.

Nothing of an account is said or sent before the customer has shown it to be theirs, whoever asks. What cannot be done is
`NotNow`, with words for the operator.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from complaints.service import NewComplaint
from core.errors import SathiError
from core.store import phone_of
from core.tables import Contact, Conversation
from core.tenants import Tenant
from desk import side
from desk.base import Me, Parts
from handoff.moves import HandoffRefused
from utility.base import Account
from utility.challenge import Guard

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


class Errands:
    """The errands by name; `complaint` and `register` are one errand in two steps, before and in the transaction."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self.by_name: dict[str, Callable[[Case], Awaitable[Said]]] = {
            "status": self.status,
            "bill": self.bill,
            "receipt": self.receipt,
            "link": self.link,
            "cut": self.cut,
        }

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

    async def complaint(self, case: Case) -> NewComplaint:
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

    async def register(self, session: AsyncSession, case: Case, new: NewComplaint | None) -> Said:
        assert new is not None
        kind = self._parts.complaints.kinds.get(new.kind)
        row = await self._parts.complaints.register(session, new, case.key)
        return "utter_complaint_registered", {
            "number": row.number,
            "kind": {"$word": kind.label},
            "private": {"$word": "label_private"} if kind.private else None,
        }

    async def status(self, case: Case) -> Said:
        async with self._parts.db.reading() as session:
            row = await self._parts.complaints.by_number(session, case.tenant.slug, case.text("number"))
        if row is None:
            raise NotNow("There is no complaint with this number.")
        if row.contact_id != case.contact.id:
            state = {"$word": f"label_state_{row.state}"}
            return "utter_complaint_state_only", {"number": row.number, "state": state}
        name = "utter_complaint_settled" if row.state in SETTLED else "utter_complaint_status"
        return name, side.complaint_facts(self._parts, row)

    async def bill(self, case: Case) -> Said:
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

    async def receipt(self, case: Case) -> Said:
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

    async def link(self, case: Case) -> Said:
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

    async def cut(self, case: Case) -> Said:
        wanted = case.text("cut", 80)
        found = await side.load(self._parts, case.me, case.conversation, case.contact)
        cut = next((one for one in found.cuts if one.id == wanted), None)
        if cut is None:
            raise NotNow("This notice is over.")
        return ("utter_outage_planned" if cut.planned else "utter_outage_now"), side.cut_facts(cut)
