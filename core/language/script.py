"""Which script a text is written in, by Unicode range and majority."""

from __future__ import annotations

import enum


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
