"""Bill, receipt and chart: read back as a customer's phone and as pdftotext would read them."""

from __future__ import annotations

import dataclasses
import io
import shutil
import statistics
import struct
import subprocess
import time
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from utility.base import SlabLine
from utility.documents import (
    BillDocument,
    BillLine,
    FontsMissing,
    PaymentWay,
    ReceiptDocument,
    Renderer,
    UsageBar,
    render_bill,
    render_receipt,
    render_usage_chart,
    verification_code,
    verify,
)
from utility.documents.render import FONTS
from utility.documents.spacing import join_words
from utility.documents.wording import Wording, grouped, plain, vocabulary

KEY = b"a key of the tenant"
BANGLA = [
    "মোঃ আব্দুল্লাহ্‌ আল-ক্বাফী বিশ্বাস",
    "শ্রীমতী লক্ষ্মী রানী চট্টোপাধ্যায়",
    "আব্দুল কুদ্দুস ভূঁইয়া",
    "কুমিল্লা কুষ্টিয়া নিকুঞ্জ",
    "কৃষ্ণ কর্তৃপক্ষ",
    "র‍্যাব স্ত্রী জ্ঞান যন্ত্র",
    "কাঙ্ক্ষা ব্রহ্মা ত্র্যহ ষষ্ঠী",
    "উচ্ছ্বাস স্বাস্থ্য সূর্য্য",
    "র্কট বঙ্কিম কুণ্ডু",
    "দুঃখ রূপ শুভ হৃদয়",
]
HINDI = [
    "श्रीमती ज्ञानेश्वरी त्रिपाठी",
    "कृष्ण दुर्गेश्वर शुक्ल",
    "ब्राह्मण प्रह्लाद चिह्न",
    "राष्ट्रीय विद्युत क्षेत्र",
    "र्‍य कर्तव्य श्रृंगार",
    "उद्धव द्वितीय मुख्यमंत्री",
]


def slab(first: int, last: int | None, units: int, rate: str) -> SlabLine:
    return SlabLine(first=first, last=last, units=Decimal(units), rate=Decimal(rate), amount=units * Decimal(rate))


def months(*units: int) -> tuple[UsageBar, ...]:
    return tuple(UsageBar(month=date(2026, 5 + at, 1), units=Decimal(used)) for at, used in enumerate(units))


def bill(**changes: Any) -> BillDocument:
    """A bill of DESCO for 400 units."""
    facts: dict[str, Any] = {
        "utility_name": {"bn": "ঢাকা ইলেকট্রিক সাপ্লাই কোম্পানি পিএলসি", "en": "Dhaka Electric Supply Company PLC"},
        "utility_short": {"bn": "ডেসকো", "en": "DESCO"},
        "office": {"bn": "বিক্রয় ও বিতরণ বিভাগ, উত্তরা পূর্ব", "en": "Sales & Distribution Division, Uttara East"},
        "hotline": "16120",
        "account": "12345678",
        "customer": BANGLA[0],
        "address": "বাড়ি ১২, সড়ক ৭, সেক্টর ৪, উত্তরা, ঢাকা ১২৩০",
        "meter": "012345678901",
        "tariff_class": {"bn": "এলটি-এ (আবাসিক)", "en": "LT-A (residential)"},
        "number": "DESCO-202610-12345678",
        "month": date(2026, 10, 1),
        "period_from": date(2026, 9, 28),
        "period_to": date(2026, 10, 28),
        "reading_before": Decimal(18452),
        "reading_now": Decimal(18852),
        "units": Decimal(400),
        "slabs": (slab(0, 75, 75, "5.26"), slab(76, 200, 125, "8.50"), slab(201, 300, 100, "9.10")),
        "lines": (
            BillLine(code="demand_charge", amount=Decimal("168.00"), detail="4 kW × 42"),
            BillLine(code="vat", amount=Decimal("174.85"), detail="5%"),
            BillLine(code="rebate", amount=Decimal("-12.34")),
        ),
        "arrears": Decimal("377.50"),
        "total": Decimal("124089.35"),
        "issued_on": date(2026, 11, 2),
        "due_on": date(2026, 11, 22),
        "usage": months(262, 318, 355, 402, 371, 400),
        "currency": "৳",
        "verification_code": "7KQ2-M9XD",
        "verification_url": "https://desco.gov.bd/verify",
        "load_kw": Decimal(4),
        "after_due": Decimal("130293.82"),
        "payment_ways": (PaymentWay(name={"bn": "বিকাশ, নগদ", "en": "bKash, Nagad"}, how="Pay Bill → DESCO"),),
    }
    return BillDocument(**(facts | changes))


def receipt(**changes: Any) -> ReceiptDocument:
    facts: dict[str, Any] = {
        "utility_name": {"bn": "ঢাকা পাওয়ার ডিস্ট্রিবিউশন কোম্পানি পিএলসি", "en": "Dhaka Power Distribution Company PLC"},
        "utility_short": "DPDC",
        "office": "",
        "hotline": "16116",
        "account": "23456789",
        "customer": BANGLA[2],
        "number": "P-20261118-77120",
        "paid_at": datetime(2026, 11, 18, 20, 41, tzinfo=timezone(timedelta(hours=6))),
        "amount": Decimal(1000),
        "way": {"bn": "বিকাশ", "en": "bKash"},
        "currency": "৳",
        "verification_code": "4DF6-2W7J",
        "lines": (BillLine(code="energy_credit", amount=Decimal("833.14")),),
        "tokens": ("12345678901234567890",),
        "balance": Decimal(0),
    }
    return ReceiptDocument(**(facts | changes))


def seen_by_pdfium(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    return "\n".join(page.get_textpage().get_text_range() for page in document)


def seen_by_pdftotext(pdf: bytes) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    return subprocess.run(["pdftotext", "-", "-"], input=pdf, capture_output=True, check=True).stdout.decode()


def pages(pdf: bytes) -> int:
    return len(pypdfium2.PdfDocument(pdf))


READERS = pytest.mark.parametrize("read", [seen_by_pdfium, seen_by_pdftotext])


@READERS
@pytest.mark.parametrize(("language", "name"), [("bn", name) for name in BANGLA] + [("hi", name) for name in HINDI])
def test_conjuncts_come_back_as_they_were_written(read: Any, language: str, name: str) -> None:
    assert name in " ".join(read(render_bill(bill(customer=name), language)).split())


@READERS
def test_bangla_bill_says_what_is_owed_and_until_when(read: Any) -> None:
    text = " ".join(read(render_bill(bill(), "bn")).split())
    for expected in ("১,২৪,০৮৯.৩৫", "২২ নভেম্বর ২০২৬", "12345678", "DESCO-202610-12345678", "7KQ2-M9XD", "১৬১২০"):
        assert expected in text
    for expected in (
        "ঢাকা ইলেকট্রিক সাপ্লাই কোম্পানি পিএলসি",
        "ডিমান্ড চার্জ",
        "৪ কিলোওয়াট × ৪২",
        "ভ্যাট",
        "বকেয়া",
        "গত মাসের চেয়ে ৮% বেশি",
    ):
        assert expected in text


@READERS
def test_hindi_and_english_bills_use_international_figures(read: Any) -> None:
    hindi = read(render_bill(bill(currency="₹"), "hi"))
    assert "1,24,089.35" in hindi and "22 नवंबर 2026" in hindi and "विद्युत" not in hindi and "मांग प्रभार" in hindi
    english = read(render_bill(bill(), "en"))
    assert "1,24,089.35" in english and "22 November 2026" in english and "−12.34" in english


def test_devanagari_figures_on_request() -> None:
    text = seen_by_pdfium(render_bill(bill(native_digits=True), "hi"))
    assert "१,२४,०८९.३५" in text and "12345678" in text


@pytest.mark.parametrize("language", ["bn", "hi", "en"])
def test_same_bill_same_bytes(language: str) -> None:
    first = render_bill(bill(), language)
    render_bill(bill(customer="somebody else"), language)
    assert render_bill(bill(), language) == first
    assert Renderer().bill(bill(), language) == first


def test_title_and_language_are_set() -> None:
    pdf = render_bill(bill(), "bn")
    assert pypdfium2.PdfDocument(pdf).get_metadata_dict()["Title"] == "ডেসকো – বিদ্যুৎ বিল DESCO-202610-12345678"
    assert b"/Lang(bn)" in pdf and b"/StructTreeRoot" in pdf


def test_warm_bill_takes_thirty_milliseconds(record_property: Any) -> None:
    """The promise is 30 ms; twice that is the bound, in processor time, so that a busy machine does not fail the build."""
    render_bill(bill(), "bn")
    taken = []
    for at in range(15):
        other = bill(
            customer=f"গ্রাহক {at}", account=f"{at:08d}", total=Decimal(900 + at * 37), usage=months(at, 90, 70 + at)
        )
        start = time.thread_time()
        render_bill(other, "bn")
        taken.append((time.thread_time() - start) * 1000)
    median = statistics.median(taken)
    record_property("warm_bill_ms", median)
    print(f"warm bill: median {median:.1f} ms, slowest {max(taken):.1f} ms")
    assert median <= 60


@READERS
@pytest.mark.parametrize(
    "name", ['#panic("x")', "$x$ *b* @ref <a> _i_ `c`", '\\") #panic() //', "[#lorem(9)] {} = ~ --"]
)
def test_markup_in_a_name_is_printed_as_typed(read: Any, name: str) -> None:
    assert name in read(render_bill(bill(customer=name), "en"))


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=60))
def test_no_name_stops_the_bill(name: str) -> None:
    assert render_bill(bill(customer=name, address=name, number=name), "bn").startswith(b"%PDF")


def test_direction_marks_and_line_breaks_are_taken_out() -> None:
    assert plain("a\u202eb\nc\x00\ud800 d\u200c") == "ab c d\u200c"
    assert len(plain("x" * 500)) == 160 and plain("x" * 500).endswith("…")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"total": Decimal("-312.40"), "arrears": Decimal("-1037.95")},
            ["Credit on your account", "312.40", "Earlier credit"],
        ),
        ({"total": Decimal(0)}, ["Nothing to pay now", "0.00"]),
        ({"units": Decimal(0), "slabs": (), "usage": months(0)}, ["0 units"]),
        ({"usage": ()}, ["Total to pay"]),
        ({"usage": months(210)}, ["210"]),
        (
            {"slabs": tuple(slab(at * 50, at * 50 + 49 if at < 11 else None, 50, "9.10") for at in range(12))},
            ["500–549", "above 549"],
        ),
        ({"customer": "Bandyopadhyay " * 30, "address": "House " * 40}, ["…"]),
        ({"lines": (BillLine(code="pole_fee", amount=Decimal(5)),)}, ["Pole fee"]),
        ({"estimated": True, "multiplier": Decimal(40)}, ["Estimated reading", "Multiplier"]),
    ],
)
def test_unusual_bills_stay_on_one_page(changes: dict[str, Any], expected: list[str]) -> None:
    pdf = render_bill(bill(**changes), "en")
    assert pages(pdf) == 1
    text = " ".join(seen_by_pdfium(pdf).split())
    assert [word for word in [*expected, "16120", "7KQ2-M9XD"] if word not in text] == []


def test_the_longest_bill_loses_nothing() -> None:
    lines = tuple(BillLine(code="other", amount=Decimal(at), label=f"Charge {at}") for at in range(90))
    text = seen_by_pdfium(render_bill(bill(lines=lines), "en"))
    assert all(f"Charge {at}" in text for at in range(90)) and "16120" in text


@pytest.mark.parametrize(
    ("language", "title"), [("vi", "Electricity bill"), ("", "Electricity bill"), ("bn-Latn", "বিদ্যুৎ বিল")]
)
def test_unknown_language_is_english_and_a_written_form_its_language(language: str, title: str) -> None:
    assert title in seen_by_pdfium(render_bill(bill(), language))


@READERS
def test_receipt_shows_tokens_time_and_balance(read: Any) -> None:
    pdf = render_receipt(receipt(), "bn")
    text = " ".join(read(pdf).split())
    for expected in (
        "১,০০০.০০",
        "১৮ নভেম্বর ২০২৬, ২০:৪১",
        "1234 5678 9012 3456 7890",
        BANGLA[2],
        "4DF6-2W7J",
        "P-20261118-77120",
    ):
        assert expected in text
    assert pages(pdf) == 1 and pdf == Renderer().receipt(receipt(), "bn")


@pytest.mark.parametrize("language", ["bn", "hi", "en"])
def test_chart_is_a_picture_of_a_known_size(language: str) -> None:
    png = render_usage_chart(bill().usage, language, accent="red; DROP")
    assert Image.open(io.BytesIO(png)).size == (1080, 720)
    assert png == render_usage_chart(bill().usage, language, accent="red; DROP")
    assert render_usage_chart((), language).startswith(b"\x89PNG")


def test_threads_may_share_the_compiler() -> None:
    people = [bill(customer=f"Customer {at}", account=f"{at:08d}") for at in range(8)]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda one: render_bill(one, "en"), people))
    assert together == [render_bill(one, "en") for one in people]


def test_closing_the_gaps_moves_no_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    after = render_bill(bill(customer="আব্দুল কুদ্দুস ভূঁইয়া, কৃষ্ণ"), "bn")
    monkeypatch.setattr("utility.documents.render.join_words", lambda pdf: pdf)
    before = render_bill(bill(customer="আব্দুল কুদ্দুস ভূঁইয়া, কৃষ্ণ"), "bn")
    pictures = [pypdfium2.PdfDocument(pdf)[0].render(scale=2).to_pil() for pdf in (before, after)]
    assert before != after and ImageChops.difference(*pictures).getbbox() is None
    assert join_words(after) == after and join_words(b"%PDF-1.7 something else") == b"%PDF-1.7 something else"


@pytest.mark.parametrize("family", ["NotoSansBengali", "NotoSansDevanagari"])
def test_fonts_are_the_version_that_reads_back(family: str) -> None:
    for style in ("400Regular", "700Bold"):
        assert font_version(FONTS / f"{family}_{style}.ttf").startswith("Version 2.003")


def font_version(path: Path) -> str:
    font = path.read_bytes()
    tables = (struct.unpack_from(">4sLLL", font, 12 + 16 * at) for at in range(struct.unpack_from(">H", font, 4)[0]))
    names = next(offset for tag, _, offset, _ in tables if tag == b"name")
    count, strings = struct.unpack_from(">HH", font, names + 2)
    for at in range(count):
        platform, _, _, name, length, offset = struct.unpack_from(">6H", font, names + 6 + 12 * at)
        if (platform, name) == (3, 5):
            return font[names + strings + offset :][:length].decode("utf-16-be")
    raise AssertionError("no version in the font")


def test_missing_fonts_are_named(tmp_path: Path) -> None:
    with pytest.raises(FontsMissing, match=r"Noto Sans Bengali.*scripts/fetch-assets"):
        Renderer(tmp_path)


def test_languages_have_the_same_words() -> None:
    def keys(words: dict[str, Any]) -> set[str]:
        return {
            f"{key}.{inner}" for key, value in words.items() for inner in (value if isinstance(value, dict) else [""])
        }

    for language, words in vocabulary().items():
        assert keys(words) == keys(vocabulary()["en"]), language
        assert len(words["months"]) == len(words["short_months"]) == 12 and len(words["digits"]) == 10
        assert [unicodedata.decimal(digit) for digit in words["digits"]] == list(range(10))


def test_indian_grouping_and_rounding() -> None:
    assert [grouped(text) for text in ("0", "999", "1000", "100000", "12345678")] == [
        "0",
        "999",
        "1,000",
        "1,00,000",
        "1,23,45,678",
    ]
    english = Wording("en")
    assert [english.money(Decimal(text)) for text in ("0.005", "-1234.5", "-0.001")] == ["0.01", "−1,234.50", "0.00"]
    assert [english.number(Decimal(text)) for text in ("1.50", "1E+3", "100")] == ["1.5", "1,000", "100"]


def test_verification_code_is_forgiving_to_people_only() -> None:
    code = verification_code(KEY, "B-1", Decimal("4089.35"))
    assert len(code) == 9 and not set(code) & set("ILOU")
    assert verify(code.lower().replace("-", " ").replace("0", "o"), KEY, "B-1", Decimal("4089.350"))
    assert verify(code.translate(str.maketrans("0123456789", "০১২৩৪৫৬৭৮৯")), KEY, "B-1", Decimal("4089.35"))
    for number, amount, kind in (("B-2", "4089.35", "bill"), ("B-1", "4089.36", "bill"), ("B-1", "4089.35", "receipt")):
        assert not verify(code, KEY, number, Decimal(amount), kind)
    assert not verify("", KEY, "B-1", Decimal("4089.35")) and not verify(code, b"other", "B-1", Decimal("4089.35"))
    assert verification_code(KEY, "B-1", Decimal("-0.00")) == verification_code(KEY, "B-1", Decimal(0))
    with pytest.raises(ValueError, match="key"):
        verification_code(b"", "B-1", Decimal(1))


def test_documents_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        bill().total = Decimal(0)  # type: ignore[misc]


def test_lock_names_no_download_address() -> None:
    assert "http" not in (Path(__file__).parents[2] / "package-lock.json").read_text("utf-8")
