"""What stands on a bill and on a receipt, before any language is chosen.

A `Words` is either one text, printed as it is, or the same text by language ("bn", "hi", "en"). Money is Decimal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from utility.base import SlabLine

Words = str | Mapping[str, str]

BLUE = "#0b4a7a"


@dataclass(frozen=True, kw_only=True)
class BillLine:
    """A named amount. `code` is a word of words.yml (demand_charge, vat, duty, rebate …); `label` replaces it.

    `detail` says how it came about: "5%", "3 kW × 42". A rebate's amount is negative.
    """

    code: str
    amount: Decimal
    detail: Words = ""
    label: Words | None = None


@dataclass(frozen=True, kw_only=True)
class UsageBar:
    """Units used in one bill month."""

    month: date
    units: Decimal


@dataclass(frozen=True, kw_only=True)
class PaymentWay:
    """One way to pay and, in a few words, how."""

    name: Words
    how: Words = ""


@dataclass(frozen=True, kw_only=True)
class BillDocument:
    """A bill as issued.

    `total` is what is asked for on this bill, arrears included; below zero the customer has a credit.
    `lines` are the charges besides energy, `after_due` is the amount once the due date has passed.
    `account_label` is the company's own name for the number (IVRS number, customer number).
    `native_digits` None leaves the choice of numerals to the language.
    """

    utility_name: Words
    utility_short: Words
    office: Words
    hotline: str
    account: str
    customer: str
    address: str
    meter: str
    tariff_class: Words
    number: str
    month: date
    period_from: date
    period_to: date
    reading_before: Decimal
    reading_now: Decimal
    units: Decimal
    slabs: tuple[SlabLine, ...]
    lines: tuple[BillLine, ...]
    arrears: Decimal
    total: Decimal
    issued_on: date
    due_on: date
    usage: tuple[UsageBar, ...]
    currency: str
    verification_code: str
    verification_url: str = ""
    utility_address: Words = ""
    website: str = ""
    load_kw: Decimal | None = None
    multiplier: Decimal = Decimal(1)
    after_due: Decimal | None = None
    late_note: Words = ""
    account_label: Words = ""
    estimated: bool = False
    payment_ways: tuple[PaymentWay, ...] = ()
    accent: str = BLUE
    native_digits: bool | None = None


@dataclass(frozen=True, kw_only=True)
class ReceiptDocument:
    """Money received. `paid_at` is shown in the zone it carries; `tokens` are those of a prepaid recharge.

    `lines` say what the money was used for; `balance` is what is still to pay, or below zero the credit.
    """

    utility_name: Words
    utility_short: Words
    office: Words
    hotline: str
    account: str
    customer: str
    number: str
    paid_at: datetime
    amount: Decimal
    way: Words
    currency: str
    verification_code: str
    verification_url: str = ""
    reference: str = ""
    bill_number: str = ""
    bill_month: date | None = None
    meter: str = ""
    lines: tuple[BillLine, ...] = ()
    tokens: tuple[str, ...] = ()
    balance: Decimal | None = None
    account_label: Words = ""
    utility_address: Words = ""
    website: str = ""
    accent: str = BLUE
    native_digits: bool | None = None
