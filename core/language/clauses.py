"""Where one message may hold two wishes: after a stop, a comma or a new line, and at a word such as "and" or "আর"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from core.language.data.joiners import JOINERS
from core.language.normalise import fold

MOST_PLACES = 6  # a longer message is read as one: it tells a story
LEAST_LETTERS = 3
_STOP = re.compile(r"[।॥.?!;,\n]+(?=\s|$)|\s[-–—]\s|\n+")
_WORD = re.compile(r"\S+")


@dataclass(frozen=True)
class Clause:
    """A part of a message, with its place in it."""

    start: int
    end: int
    text: str


def _joiners(text: str) -> list[tuple[int, int]]:
    words = list(_WORD.finditer(text))
    found = [(word.start(), word.end()) for word in words if fold(word.group()).strip(",.") in JOINERS]
    for one, two in pairwise(words):
        if f"{fold(one.group())} {fold(two.group())}" in JOINERS:
            found.append((one.start(), two.end()))
    return found


def cuts(text: str) -> list[tuple[int, int]]:
    """The places between which clauses may stand, as (start, end) of what is neither; [] where there are none."""
    places = sorted([match.span() for match in _STOP.finditer(text)] + _joiners(text))
    inner = [(start, end) for start, end in places if text[:start].strip() and text[end:].strip()]
    return inner if len(inner) <= MOST_PLACES else []


def clause(text: str, start: int, end: int) -> Clause | None:
    """The part of a text without blanks around it, or None when so little is left that it means nothing."""
    part = text[start:end]
    begin = start + len(part) - len(part.lstrip())
    words = part.strip()
    if sum(letter.isalpha() for letter in words) < LEAST_LETTERS:
        return None
    return Clause(begin, begin + len(words), words)
