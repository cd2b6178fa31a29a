"""From an account, its bill and its tenant to the papers of `utility.documents`, and the loader of files by reference.

References: `bill:<utility>:<account>:<YYYY-MM>:<form>`, `receipt:<utility>:<account>:<reference>:<form>`,
`chart:<utility>:<account>:<form>`. Whoever makes a reference has checked that the person may see the account.
"""

from __future__ import annotations

import asyncio
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from core.errors import DataError
from core.tenant_model import Names, Tenant, Utility
from core.tenants import Tenants
from utility import tariff
from utility.base import Account, Bill, Payment, PaymentRecord, UtilityGateway
from utility.documents import (
    BillDocument,
    BillLine,
    PaymentWay,
    ReceiptDocument,
    Renderer,
    UsageBar,
    verification_code,
)

PDF, PNG = "application/pdf", "image/png"
CHART_MONTHS = 6


class UnknownDocument(DataError):
    """There is no such bill, receipt or account (any more)."""


def bill_document(
    tenant: Tenant, utility: Utility, account: Account, bill: Bill, history: list[Bill], key: bytes
) -> BillDocument:
    """A bill as it is printed. `history` gives the bars of the months."""
    late = tariff.late_charge(utility, bill.total - bill.arrears, bill.month)
    website = utility.website if _official(tenant, utility.website) else ""
    return BillDocument(
        utility_name=dict(utility.full_name),
        utility_short=dict(utility.name),
        office=_office(utility, account),
        hotline=_hotline(tenant, utility),
        account=account.number,
        account_label=_label(utility, "account"),
        customer=account.holder,
        address=account.address,
        meter=account.meter,
        tariff_class=_tariff_name(utility, account, bill.month),
        load_kw=account.load_kw,
        number=bill.number,
        month=bill.month,
        period_from=bill.period_from,
        period_to=bill.period_to,
        reading_before=bill.reading_before,
        reading_now=bill.reading_now,
        units=bill.units,
        slabs=bill.slabs,
        lines=tuple(BillLine(code=line.code, amount=line.amount, detail=line.detail) for line in bill.charges),
        arrears=bill.arrears,
        total=bill.total,
        issued_on=bill.issued_on,
        due_on=bill.due_on,
        after_due=bill.total + late if late and account.kind is Payment.POSTPAID else None,
        usage=usage(history),
        currency=tenant.currency,
        verification_code=verification_code(key, bill.number, bill.total),
        website=website,
        payment_ways=tuple(PaymentWay(name=dict(way.name)) for way in tenant.payment_ways if way.confirmed),
        estimated=bill.estimated,
        accent=tenant.accent,
    )


def receipt_document(
    tenant: Tenant, utility: Utility, account: Account, payment: PaymentRecord, bill: Bill | None, key: bytes
) -> ReceiptDocument:
    """A payment as it is printed; a prepaid recharge with its token."""
    way = tenant.way(payment.way)
    code = "energy_credit" if payment.token else "bill_payment"
    return ReceiptDocument(
        utility_name=dict(utility.full_name),
        utility_short=dict(utility.name),
        office=_office(utility, account),
        hotline=_hotline(tenant, utility),
        account=account.number,
        account_label=_label(utility, "account"),
        customer=account.holder,
        number=f"{utility.code}-R-{payment.reference}",
        reference=payment.reference,
        paid_at=payment.paid_at.astimezone(ZoneInfo(tenant.timezone)),
        amount=payment.amount,
        way=dict(way.name) if way else payment.way,
        currency=tenant.currency,
        verification_code=verification_code(key, payment.reference, payment.amount, "receipt"),
        bill_number=payment.bill_number,
        bill_month=bill.month if bill else None,
        meter=account.meter,
        lines=() if payment.token else (BillLine(code=code, amount=payment.amount),),
        tokens=(payment.token,) if payment.token else (),
        balance=bill.due if bill else None,
        website=utility.website if _official(tenant, utility.website) else "",
        accent=tenant.accent,
    )


def usage(history: list[Bill]) -> tuple[UsageBar, ...]:
    """The months of some bills as bars, oldest first."""
    return tuple(UsageBar(month=bill.month, units=bill.units) for bill in sorted(history, key=lambda bill: bill.month))


class Documents:
    """Makes our own files by reference. The same reference gives the same bytes while the bill stays the same."""

    def __init__(self, tenants: Tenants, utility: UtilityGateway, key: bytes, renderer: Renderer | None = None) -> None:
        self._tenants = tenants
        self._utility = utility
        self._key = key
        self._renderer = renderer

    def warm(self) -> None:
        """Load templates and fonts, so that the first customer does not wait for them."""
        self._renderer = self._renderer or Renderer()

    async def load(self, ref: str) -> tuple[str, str, bytes]:
        """Name, type and bytes of a file; `UnknownDocument` when there is none."""
        kind, _, rest = ref.partition(":")
        parts = rest.split(":")
        if kind == "bill" and len(parts) == 4:
            return await self._bill(*parts)
        if kind == "receipt" and len(parts) == 4:
            return await self._receipt(*parts)
        if kind == "chart" and len(parts) == 3:
            return await self._chart(*parts)
        raise UnknownDocument("this reference names no document")

    async def _bill(self, slug: str, number: str, month: str, form: str) -> tuple[str, str, bytes]:
        tenant, utility, account = await self._account(slug, number)
        try:
            first = date.fromisoformat(f"{month}-01")
        except ValueError:
            raise UnknownDocument("this reference names no month") from None
        bill = await self._utility.bill(account, first)
        if bill is None:
            raise UnknownDocument("there is no bill for this month")
        history = [item for item in await self._utility.bills(account, 18) if item.month <= bill.month][:CHART_MONTHS]
        document = bill_document(tenant, utility, account, bill, history, self._key)
        content = await asyncio.to_thread(self._ready().bill, document, form)
        return f"{utility.code}-{number}-{month}.pdf", PDF, content

    async def _receipt(self, slug: str, number: str, reference: str, form: str) -> tuple[str, str, bytes]:
        tenant, utility, account = await self._account(slug, number)
        payments = await self._utility.payments(account, 24)
        payment = next((item for item in payments if item.reference == reference), None)
        if payment is None:
            raise UnknownDocument("there is no such payment")
        bill = None
        if payment.bill_number:
            bills = await self._utility.bills(account, 24)
            bill = next((item for item in bills if item.number == payment.bill_number), None)
        document = receipt_document(tenant, utility, account, payment, bill, self._key)
        content = await asyncio.to_thread(self._ready().receipt, document, form)
        return f"{utility.code}-{number}-{reference}.pdf", PDF, content

    async def _chart(self, slug: str, number: str, form: str) -> tuple[str, str, bytes]:
        tenant, utility, account = await self._account(slug, number)
        bars = usage(await self._utility.bills(account, CHART_MONTHS))
        if not bars:
            raise UnknownDocument("there are no bills yet")
        content = await asyncio.to_thread(self._ready().usage_chart, bars, form, tenant.accent)
        return f"{utility.code}-{number}.png", PNG, content

    async def _account(self, slug: str, number: str) -> tuple[Tenant, Utility, Account]:
        tenant, utility = self._tenants.tenant_of(slug), self._tenants.utility(slug)
        if tenant is None or utility is None:
            raise UnknownDocument("this reference names no company")
        account = await self._utility.account(tenant.slug, slug, number)
        if account is None:
            raise UnknownDocument("there is no such account")
        return tenant, utility, account

    def _ready(self) -> Renderer:
        self.warm()
        assert self._renderer is not None
        return self._renderer


def _office(utility: Utility, account: Account) -> Names:
    office = utility.office(account.office)
    return dict(office.name) if office else {}


def _hotline(tenant: Tenant, utility: Utility) -> str:
    """The tenant's number with the key for the company: "16999 → 3"."""
    if not tenant.hotline.number:
        return utility.hotline
    return f"{tenant.hotline.number} → {utility.hotline_key}" if utility.hotline_key else tenant.hotline.number


def _label(utility: Utility, kind: str) -> Names | str:
    identifier = utility.identifier(kind)
    return dict(identifier.name) if identifier else ""


def _tariff_name(utility: Utility, account: Account, month: date) -> Names | str:
    found = tariff.tariff_on(utility, month, account.tariff_class)
    return dict(found[0].name) if found else account.tariff_class


def _official(tenant: Tenant, website: str) -> bool:
    return any(domain.confirmed and website == domain.name for domain in tenant.domains)


def outstanding(bills: list[Bill]) -> Decimal:
    """All that is unpaid. The newest bill holds what older ones left open, so only it counts."""
    return bills[0].due if bills else Decimal(0)
