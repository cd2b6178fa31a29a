"""Turn a document into the strings a template sets, in one language. Templates hold the layout and no words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from utility.base import SlabLine
from utility.documents.model import BillDocument, BillLine, ReceiptDocument, UsageBar, Words
from utility.documents.wording import Wording, plain

View = dict[str, Any]

MONTHS = 6


def bill_view(bill: BillDocument, wording: Wording) -> View:
    """What bill.typ needs."""
    energy = sum((slab.amount for slab in bill.slabs), Decimal(0))
    charges = sum((line.amount for line in bill.lines), Decimal(0))
    credit = bill.total < 0
    return _letterhead(bill, wording, "bill") | {
        "month": wording.month(bill.month),
        "number": plain(bill.number),
        "address": plain(bill.address),
        "tariff": wording.pick(bill.tariff_class),
        "load": f"{wording.number(bill.load_kw)} {wording.words['kw']}" if bill.load_kw is not None else "",
        "issued": wording.day(bill.issued_on),
        "total": wording.money(abs(bill.total)),
        "state": "credit" if credit else "due" if bill.total > 0 else "nothing",
        "due_by": wording.day(bill.due_on),
        "after_due": wording.money(bill.after_due) if bill.after_due is not None and bill.total > 0 else "",
        "late_note": wording.figures(wording.pick(bill.late_note)),
        "before": {"value": wording.number(bill.reading_before), "day": wording.day(bill.period_from)},
        "now": {"value": wording.number(bill.reading_now), "day": wording.day(bill.period_to)},
        "multiplier": wording.number(bill.multiplier) if bill.multiplier != 1 else "",
        "units": f"{wording.number(bill.units)} {wording.words['kwh']}",
        "estimated": bill.estimated,
        "slabs": [_slab(slab, wording) for slab in bill.slabs],
        "energy": wording.money(energy),
        "lines": [_line(line, wording) for line in bill.lines],
        "current": wording.money(energy + charges),
        "arrears": wording.money(bill.arrears) if bill.arrears else "",
        "arrears_credit": bill.arrears < 0,
        "balance": wording.money(bill.total),
        "usage": usage_view(bill.usage, wording),
        "ways": [{"name": wording.pick(way.name), "how": wording.pick(way.how)} for way in bill.payment_ways],
    }


def receipt_view(receipt: ReceiptDocument, wording: Wording) -> View:
    """What receipt.typ needs."""
    balance = receipt.balance
    return _letterhead(receipt, wording, "receipt") | {
        "number": plain(receipt.number),
        "amount": wording.money(receipt.amount),
        "paid_at": f"{wording.day(receipt.paid_at.date())}, {wording.figures(f'{receipt.paid_at:%H:%M}')}",
        "way": wording.pick(receipt.way),
        "reference": plain(receipt.reference),
        "bill_number": plain(receipt.bill_number),
        "month": wording.month(receipt.bill_month) if receipt.bill_month else "",
        "lines": [_line(line, wording) for line in receipt.lines],
        "tokens": [_token(token) for token in receipt.tokens],
        "balance": wording.money(abs(balance)) if balance is not None else "",
        "balance_credit": balance is not None and balance < 0,
    }


def chart_view(usage: Sequence[UsageBar], wording: Wording, accent: str) -> View:
    """What chart.typ needs."""
    return {
        "language": wording.language,
        "title": wording.words["page"]["chart"],
        "accent": _colour(accent),
        "usage": usage_view(usage, wording),
    }


def usage_view(usage: Sequence[UsageBar], wording: Wording) -> View:
    """The last six months as bars (height from 0 to 1), and how the last compares with the one before."""
    bars = sorted(usage, key=lambda bar: bar.month)[-MONTHS:]
    top = max((bar.units for bar in bars), default=Decimal(0))
    return {
        "bars": [
            {
                "month": wording.short_month(bar.month),
                "year": wording.figures(f"{bar.month:%y}"),
                "units": wording.number(bar.units, 0),
                "height": float(max(bar.units, Decimal(0)) / top) if top > 0 else 0.0,
            }
            for bar in bars
        ],
        "change": _change(bars, wording),
        "unit": wording.words["kwh"],
    }


def _letterhead(document: BillDocument | ReceiptDocument, wording: Wording, kind: str) -> View:
    words: dict[str, str] = dict(wording.words["page"])
    if account_label := wording.pick(document.account_label):
        words["account"] = account_label
    title = f"{words[kind]} {plain(document.number)}"
    return {
        "language": wording.language,
        "words": words,
        "title": f"{wording.pick(document.utility_short)} – {title}",
        "accent": _colour(document.accent),
        "currency": plain(document.currency),
        "utility": wording.pick(document.utility_name),
        "short": wording.pick(document.utility_short),
        "office": _joined(wording, document.office, document.utility_address),
        "website": plain(document.website),
        "hotline": wording.figures(plain(document.hotline)),
        "dial": re.sub(r"[^0-9+*#]", "", document.hotline),
        "customer": plain(document.customer),
        "account": plain(document.account),
        "meter": plain(document.meter),
        "code": plain(document.verification_code),
        "code_url": plain(document.verification_url),
    }


def _joined(wording: Wording, *parts: Words) -> str:
    return " · ".join(text for text in map(wording.pick, parts) if text)


def _slab(slab: SlabLine, wording: Wording) -> View:
    if slab.last is None:
        name = wording.words["over"].format(first=wording.number(Decimal(max(slab.first - 1, 0))))
    else:
        name = f"{wording.number(Decimal(slab.first))}–{wording.number(Decimal(slab.last))}"
    return {
        "name": name,
        "units": wording.number(slab.units),
        "rate": wording.money(slab.rate),
        "amount": wording.money(slab.amount),
    }


def _line(line: BillLine, wording: Wording) -> View:
    return {
        "name": wording.line(line.code, line.label),
        "detail": wording.detail(line.detail),
        "amount": wording.money(line.amount),
        "credit": line.amount < 0,
    }


def _token(token: str) -> str:
    digits = plain(token).replace(" ", "").replace("-", "")
    return " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))


def _change(bars: Sequence[UsageBar], wording: Wording) -> str:
    if len(bars) < 2 or bars[-2].units <= 0:
        return ""
    percent = ((bars[-1].units / bars[-2].units - 1) * 100).quantize(Decimal(1), ROUND_HALF_UP)
    word = "more" if percent > 0 else "less" if percent < 0 else "same"
    return str(wording.words["change"][word].format(percent=wording.number(abs(percent))))


def _colour(text: str) -> str:
    """A colour typst can read; tenant data is not trusted to hold one."""
    return text if re.fullmatch(r"#[0-9a-fA-F]{6}", text) else "#0b4a7a"
