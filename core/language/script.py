"""Which script a text is written in, by Unicode range and majority."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping

from core.language.data.latin import LATIN_WORDS
from core.language.normalise import fold
from core.language.skeleton import words as split


class Writing(enum.Enum):
    """Scripts our customers write in."""

    BENGALI = "Bengali"
    DEVANAGARI = "Devanagari"
    LATIN = "Latin"


_RANGES = (
    (0x0041, 0x007A, Writing.LATIN),
    (0x00C0, 0x024F, Writing.LATIN),
    (0x1E00, 0x1EFF, Writing.LATIN),
    (0x0900, 0x0963, Writing.DEVANAGARI),
    (0x0971, 0x097F, Writing.DEVANAGARI),
    (0x0980, 0x09E3, Writing.BENGALI),
    (0x09F0, 0x09FE, Writing.BENGALI),
)


def letters(text: str) -> dict[Writing, int]:
    """How many letters (and vowel signs) of each script stand in the text; digits belong to none."""
    counts = dict.fromkeys(Writing, 0)
    for letter in text:
        code = ord(letter)
        for first, last, writing in _RANGES:
            if first <= code <= last and not 0x5B <= code <= 0x60:
                counts[writing] += 1
                break
    return counts


def word_scripts(words: list[str]) -> dict[Writing, int]:
    """How many words begin in each script."""
    counts = dict.fromkeys(Writing, 0)
    for word in words:
        found = majority(word[:1])
        if found:
            counts[found] += 1
    return counts


def majority(text: str) -> Writing | None:
    """The script of most letters, or None where there is none."""
    counts = letters(text)
    best = max(counts, key=lambda writing: counts[writing])
    return best if counts[best] else None


# A third of the words is enough: who writes English does not switch to Bengali letters in between.
OWN_SHARE = 3


# A number of ours or of a bank ("9F7G6H5J4K", "BPD-KXTM49"): its letters are nobody's language.
_CODE = re.compile(r"\b(?:[A-Za-z]{2,4}-)?(?=[A-Za-z0-9]*[0-9][A-Za-z]*[0-9])(?=[0-9]*[A-Za-z]+[0-9])[A-Za-z0-9]{5,}\b")


def without_codes(text: str) -> str:
    """A text without its numbers that have letters in them."""
    return _CODE.sub(" ", text)


def by_script(words: list[str], forms: Mapping[str, Mapping[str, object]]) -> str:
    """The form whose script is not Latin and has a third of the words or more; empty when there is none.

    `forms` is nlu_data/languages.yml: what script each form is written in.
    """
    counts = word_scripts(words)
    total = sum(counts.values())
    own = max((writing for writing in Writing if writing is not Writing.LATIN), key=lambda writing: counts[writing])
    if counts[own] and counts[own] * OWN_SHARE >= total:
        for form, facts in forms.items():
            if facts["script"] == own.value:
                return form
    return ""


SCRIPTS = {"bn": {"script": "Bengali"}, "hi": {"script": "Devanagari"}}


def guess_form(text: str, remembered: str = "") -> str:
    """The written form of a text with nothing but word tables, for when the trained model is not to be had.

    Empty when the text says nothing and nothing is remembered.
    """
    seen = [word for word in split(fold(text)) if word[0].isalpha()]
    own = by_script(seen, SCRIPTS)
    if own or not seen:
        return own or remembered
    counts = {form: sum(word in listed for word in seen) for form, listed in LATIN_WORDS.items()}
    best = max(counts, key=lambda form: counts[form])
    if counts[best] == 0 or list(counts.values()).count(counts[best]) > 1:
        return remembered
    if best == "en" and remembered and len(seen) <= 2:
        return remembered
    return best
