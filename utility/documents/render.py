"""Set documents with typst: PDF for bill and receipt, PNG for the usage chart.

Data goes in as JSON inside one string literal, so nothing a customer wrote is ever markup. `sys_inputs` would do that
too, but a changed input makes typst forget every layout it knows, and a warm bill then takes twice as long. The same
document gives the same bytes: the only clock is the document's own date, the only fonts are those of the fonts folder
and those inside typst.
"""

from __future__ import annotations

import functools
import json
import threading
from collections.abc import Sequence
from datetime import date, datetime, time, timezone
from pathlib import Path
from typing import Any, Literal, cast

import typst

from utility.documents.model import BLUE, BillDocument, ReceiptDocument, UsageBar
from utility.documents.spacing import join_words
from utility.documents.view import View, bill_view, chart_view, receipt_view
from utility.documents.wording import Wording

TEMPLATES = Path(__file__).parent
FONTS = Path(__file__).parents[2] / "var" / "assets" / "fonts"
FONT_FAMILIES = ("Noto Sans", "Noto Sans Bengali", "Noto Sans Devanagari")
# Type sizes in points, tried from the largest until everything is on one page; with the last a second page may follow.
BILL_SIZES = (12, 11.5, 11, 10.5, 10, 9.5, 9, 8.5, 8, 7.5, 7)
RECEIPT_SIZES = (10, 9.5, 9, 8.5, 8, 7.5, 7)
CHART_SIZE = 13
CHART_PPI = 216


class FontsMissing(RuntimeError):
    """The fonts folder lacks a family; scripts/fetch-assets fills it."""


class Renderer:
    """Keeps a warm typst compiler. Threads may share it: they take turns, which costs nothing, as typst gains nothing
    from a second thread."""

    def __init__(self, fonts: Path = FONTS) -> None:
        # The embedded fonts only lend arrows and rare letters that Noto lacks.
        found = typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[fonts])
        if missing := sorted(set(FONT_FAMILIES) - set(found.families())):
            raise FontsMissing(f"{fonts} lacks {', '.join(missing)}: run scripts/fetch-assets")
        self._compiler = typst.Compiler(root=TEMPLATES, font_paths=found, ignore_system_fonts=True)
        self._turn = threading.Lock()

    def bill(self, document: BillDocument, language: str) -> bytes:
        """The bill as a one-page A4 PDF."""
        view = bill_view(document, Wording(language, document.native_digits))
        # A size that does not fit costs half a bill's time, so long bills begin where they are likely to end.
        rows = len(document.slabs) + len(document.lines) + len(document.payment_ways)
        likely = max(12 - max(rows - 4, 0) / 4, 9)
        return self._pdf("bill.typ", view, document.issued_on, [size for size in BILL_SIZES if size <= likely])

    def receipt(self, document: ReceiptDocument, language: str) -> bytes:
        """The receipt as a one-page A5 PDF."""
        view = receipt_view(document, Wording(language, document.native_digits))
        return self._pdf("receipt.typ", view, document.paid_at.date(), RECEIPT_SIZES)

    def usage_chart(
        self, usage: Sequence[UsageBar], language: str, accent: str = BLUE, native_digits: bool | None = None
    ) -> bytes:
        """The months as a PNG of 1080 × 720 for a chat."""
        view = chart_view(usage, Wording(language, native_digits), accent)
        return self._compile("chart.typ", view, date(2000, 1, 1), CHART_SIZE, "png")

    def _pdf(self, template: str, view: View, day: date, sizes: Sequence[float]) -> bytes:
        """Set a one-page document in the largest type that keeps it on one page."""
        for size in sizes[:-1]:
            try:
                return join_words(self._compile(template, view, day, size, "pdf"))
            except typst.TypstError as error:
                if "overflow" not in error.message:
                    raise
        return join_words(self._compile(template, view, day, sizes[-1], "pdf", one_page=False))

    def _compile(
        self, template: str, view: View, day: date, size: float, kind: Literal["pdf", "png"], one_page: bool = True
    ) -> bytes:
        data = json.dumps(view | {"date": [day.year, day.month, day.day]})
        call = f'#main(json(bytes("{_quoted(data)}")), {size}pt, {str(one_page).lower()})'
        source = f'#import "/{template}": main\n{call}'
        options: dict[str, Any] = {"ppi": CHART_PPI} if kind == "png" else {}
        midnight = datetime.combine(day, time(), timezone.utc)
        with self._turn:
            made = self._compiler.compile(input=source.encode("ascii"), format=kind, timestamp=midnight, **options)
        return cast(bytes, made)


def _quoted(text: str) -> str:
    """The inside of a typst string literal. JSON is ASCII without control characters, so these two are all."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


@functools.cache
def _renderer(fonts: Path) -> Renderer:
    return Renderer(fonts)


def render_bill(document: BillDocument, language: str, fonts: Path = FONTS) -> bytes:
    """The bill as PDF, in a language; an unknown language is English."""
    return _renderer(fonts).bill(document, language)


def render_receipt(document: ReceiptDocument, language: str, fonts: Path = FONTS) -> bytes:
    """The receipt as PDF, in a language; an unknown language is English."""
    return _renderer(fonts).receipt(document, language)


def render_usage_chart(
    usage: Sequence[UsageBar], language: str, accent: str = BLUE, native_digits: bool | None = None, fonts: Path = FONTS
) -> bytes:
    """Units by month as a PNG, in a language; an unknown language is English."""
    return _renderer(fonts).usage_chart(usage, language, accent, native_digits)
