"""Choose the words of words.yml and write numbers, dates and money the way a language does."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from core import yaml_text
from utility.documents.model import Words

FALLBACK = "en"
MINUS = "\N{MINUS SIGN}"
# Joiners belong to the spelling of Bangla and Hindi; every other invisible letter could only mislead a reader.
_JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"


@functools.cache
def vocabulary() -> dict[str, dict[str, Any]]:
    """The words of every language, by language."""
    loaded: dict[str, dict[str, Any]] = yaml_text.load(Path(__file__).with_name("words.yml").read_text("utf-8"))
    return loaded


def plain(text: str, limit: int = 160) -> str:
    """Text of a customer or a back office as one line: no control or direction marks, shortened visibly."""
    seen = "".join(
        letter if unicodedata.category(letter)[0] != "C" or letter in _JOINERS else " " * letter.isspace()
        for letter in text
    )
    line = " ".join(seen.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def grouped(digits: str) -> str:
    """Indian grouping: 1234567 is 12,34,567."""
    head, tail = digits[:-3], digits[-3:]
    groups = [head[max(end - 2, 0) : end] for end in range(len(head), 0, -2)]
    return ",".join([*reversed(groups), tail])


class Wording:
    """The words and figures of one language; an unknown one is English, `bn-Latn` is `bn`."""

    def __init__(self, language: str, native_digits: bool | None = None) -> None:
        base = language.replace("_", "-").split("-")[0].lower()
        self.language = base if base in vocabulary() else FALLBACK
        self.words = vocabulary()[self.language]
        native = self.words["native_digits"] if native_digits is None else native_digits
        self._digits = str.maketrans("0123456789", self.words["digits"]) if native else {}

    def pick(self, words: Words) -> str:
        """The text in this language, else in English, else in whichever there is."""
        if isinstance(words, Mapping):
            words = words.get(self.language) or words.get(FALLBACK) or next(iter(words.values()), "")
        return plain(words)

    def figures(self, text: str) -> str:
        """The text with its digits in this language's figures."""
        return text.translate(self._digits)

    def line(self, code: str, label: Words | None = None) -> str:
        """What a charge is called. A code without a word is shown as it is, so that no amount goes unexplained."""
        if label is not None:
            return self.pick(label)
        return str(self.words["lines"].get(code) or plain(code.replace("_", " ").capitalize()))

    def detail(self, words: Words) -> str:
        """How a charge came about, with the unit of power in words."""
        if isinstance(words, str):
            words = words.replace("kWh", self.words["kwh"]).replace("kW", self.words["kw"])
        return self.figures(self.pick(words))

    def number(self, value: Decimal, places: int | None = None) -> str:
        """A grouped number. Without `places`, as many decimals as it has."""
        if places is not None:
            value = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
        whole, _, rest = f"{abs(value):f}".partition(".")
        rest = rest if places is not None else rest.rstrip("0")
        sign = MINUS if value < 0 else ""
        return self.figures(sign + grouped(whole) + ("." + rest if rest else ""))

    def money(self, value: Decimal) -> str:
        """An amount without its currency, two decimals."""
        return self.number(value, 2)

    def day(self, value: date) -> str:
        """5 November 2026."""
        return self.figures(f"{value.day} {self.words['months'][value.month - 1]} {value.year}")

    def short_day(self, value: date) -> str:
        """05-11-2026."""
        return self.figures(f"{value:%d-%m-%Y}")

    def month(self, value: date) -> str:
        """November 2026."""
        return self.figures(f"{self.words['months'][value.month - 1]} {value.year}")

    def short_month(self, value: date) -> str:
        """Nov."""
        return str(self.words["short_months"][value.month - 1])
