"""Files by reference: the right company's paper for the right account, or nothing."""

from __future__ import annotations

from pathlib import Path

import pypdfium2
import pytest
from sqlmodel import select

from core.database import Database
from core.settings import ROOT
from core.tenants import Tenants
from utility.base import Payment
from utility.bill_document import Documents, UnknownDocument, bill_document, outstanding, receipt_document
from utility.documents import verify
from utility.local import LocalUtility
from utility.tables import UtilityBill

KEY = b"a key of thirty-two bytes or so.."
BD = "bangladesh-power-division"


@pytest.fixture
def documents(local: LocalUtility, tenants: Tenants) -> Documents:
    return Documents(tenants, local, KEY)


def text_of(content: bytes) -> str:
    document = pypdfium2.PdfDocument(content)
    try:
        return "".join(page.get_textpage().get_text_range() for page in document)
    finally:
        document.close()


async def test_a_bill_says_what_the_account_says(local: LocalUtility, tenants: Tenants) -> None:
    tenant = tenants.get(BD)
    account = await local.account(BD, "desco", "12345678")
    assert account
    bills = await local.bills(account)
    document = bill_document(tenant, tenant.utilities["desco"], account, bills[0], bills, KEY)
    assert (document.total, document.units, document.number) == (bills[0].total, bills[0].units, bills[0].number)
    assert document.hotline == "16999 → 3"
    assert document.after_due is not None and document.after_due > document.total
    assert [bar.month for bar in document.usage] == sorted(bill.month for bill in bills)
    assert verify(document.verification_code, KEY, bills[0].number, bills[0].total)
    assert document.tariff_class["en"] == "Residential (LT-A)"
    assert document.website == "desco.gov.bd"


async def test_a_company_with_one_number_has_no_key(local: LocalUtility, tenants: Tenants) -> None:
    tenant = tenants.get("mp-central")
    account = await local.account("mp-central", "mpcz", "N1234567890")
    assert account
    bills = await local.bills(account)
    document = bill_document(tenant, tenant.utilities["mpcz"], account, bills[0], bills, KEY)
    assert document.hotline == "1912" and document.currency == "INR"
    assert document.after_due is None


async def test_a_prepaid_statement_asks_for_no_late_charge(local: LocalUtility, tenants: Tenants) -> None:
    tenant = tenants.get(BD)
    account = await local.account(BD, "dpdc", "23456789")
    assert account and account.kind is Payment.PREPAID
    bills = await local.bills(account)
    assert bill_document(tenant, tenant.utilities["dpdc"], account, bills[0], bills, KEY).after_due is None
    payment = (await local.payments(account))[0]
    receipt = receipt_document(tenant, tenant.utilities["dpdc"], account, payment, None, KEY)
    assert receipt.tokens == (payment.token,) and receipt.paid_at.utcoffset() is not None
    assert receipt.paid_at == payment.paid_at and str(receipt.paid_at.tzinfo) == "Asia/Dhaka"


async def test_what_is_owed_is_counted_once(local: LocalUtility, tenants: Tenants, demo: Database) -> None:
    async with demo.reading() as session:
        behind = next(row for row in (await session.exec(select(UtilityBill))).all() if row.arrears)
    tenant = tenants.tenant_of(behind.utility)
    assert tenant
    account = await local.account(tenant.slug, behind.utility, behind.account)
    assert account
    bills = await local.bills(account)
    assert bills[0].arrears == bills[1].due > 0
    assert outstanding(bills) == bills[0].due < bills[0].due + bills[1].due
    assert outstanding([]) == 0


@pytest.mark.parametrize("form", ["bn", "hi", "en", "bn-Latn"])
async def test_load(documents: Documents, local: LocalUtility, fonts: Path, form: str) -> None:
    account = await local.account(BD, "desco", "12345678")
    assert account
    bill = await local.bill(account)
    payment = (await local.payments(account))[0]
    assert bill
    name, mime, content = await documents.load(f"bill:desco:12345678:{bill.month:%Y-%m}:{form}")
    assert (name, mime) == (f"DES-12345678-{bill.month:%Y-%m}.pdf", "application/pdf")
    assert bill.number in text_of(content) and "রফিকুল" in text_of(content)
    assert (await documents.load(f"bill:desco:12345678:{bill.month:%Y-%m}:{form}"))[2] == content
    name, mime, content = await documents.load(f"receipt:desco:12345678:{payment.reference}:{form}")
    assert mime == "application/pdf" and payment.reference in text_of(content)
    name, mime, content = await documents.load(f"chart:desco:12345678:{form}")
    assert mime == "image/png" and content.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "ref",
    [
        "",
        "bill",
        "bill:desco:12345678:2026-09",
        "bill:desco:12345678:2026-13:bn",
        "bill:desco:12345678:2019-01:bn",
        "bill:desco:99999999:2026-09:bn",
        "bill:nobody:12345678:2026-09:bn",
        "bill:mpcz:12345678:2026-09:bn",
        "receipt:desco:12345678:NOTHING:bn",
        "chart:desco:99999999:bn",
        "file:../../etc/passwd:a:b",
        "bill:desco:12345678:../../x:bn",
    ],
)
async def test_no_such_document(documents: Documents, ref: str) -> None:
    with pytest.raises(UnknownDocument):
        await documents.load(ref)


async def test_another_accounts_payment_is_not_found(documents: Documents, local: LocalUtility) -> None:
    account = await local.account(BD, "wzpdcl", "104231245")
    assert account
    payment = (await local.payments(account))[0]
    with pytest.raises(UnknownDocument):
        await documents.load(f"receipt:desco:12345678:{payment.reference}:bn")


def test_the_fonts_are_there(fonts: Path) -> None:
    assert any(fonts.glob("*.ttf")), f"run {ROOT / 'scripts' / 'fetch-assets'}"
