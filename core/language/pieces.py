"""Words of a message with their places, and the numbers between them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.language.normalise import Normal, fold, normalise
from core.language.spelling import loose

_PIECE = re.compile(
    r"[a-z\u00c0-\u024f\u1e00-\u1eff']+|[\u0980-\u09e3\u09f0-\u09f1\u09fc-\u09ff]+|[\u0900-\u0963\u0971-\u097f]+|[0-9]+|[^\s]"
)


@dataclass(frozen=True)
class Piece:
    """A word, a run of digits or a sign, with its place in the normal text."""

    text: str
    start: int
    end: int

    @property
    def is_number(self) -> bool:
        return self.text.isdigit()

    @property
    def is_word(self) -> bool:
        return self.text[0].isalpha()

    @property
    def key(self) -> str:
        """The loose spelling."""
        return loose(self.text)


@dataclass(frozen=True)
class Found:
    """One entity: its value, and where it stands in the original text."""

    entity: str
    value: str
    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Reading:
    """A message taken apart."""

    normal: Normal
    pieces: tuple[Piece, ...]

    @classmethod
    def of(cls, text: str) -> Reading:
        """Read a message."""
        normal = normalise(text)
        return cls(
            normal, tuple(Piece(match.group(), match.start(), match.end()) for match in _PIECE.finditer(normal.text))
        )

    def found(self, entity: str, start: int, end: int, value: str | None = None) -> Found:
        """An entity over a stretch of the normal text."""
        first, last = self.normal.span(start, end)
        text = self.normal.original[first:last]
        return Found(entity, text if value is None else value, first, last, text)


# Case endings that people glue to a word; what is left is the name. Longest first.
ENDINGS = {
    "bengali": tuple(
        fold(ending)
        for ending in (
            "গুলোতে",
            "গুলোর",
            "টাতে",
            "টার",
            "টায়",
            "টা",
            "টি",
            "তেই",
            "েতে",
            "য়ে",
            "ের",
            "েই",
            "তে",
            "কে",
            "র",
            "ে",
            "য়",
            "এ",
            "ত",
            "ৎ",
        )
    ),
    "latin": ("tay", "tar", "ta", "yer", "ter", "er", "ey", "te", "ye", "ke", "r", "e", "y"),
    "devanagari": (),
}


def endings(word: str) -> tuple[str, ...]:
    """The case endings of a word's script."""
    if "\u0980" <= word[:1] <= "\u09ff":
        return ENDINGS["bengali"]
    return ENDINGS["latin"] if word[:1].isascii() else ENDINGS["devanagari"]


def stems(word: str) -> list[tuple[str, int]]:
    """The word and what is left of it without each case ending, with the length that stays."""
    result = [(word, len(word))]
    for ending in endings(word):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            result.append((word[: -len(ending)], len(word) - len(ending)))
    return result
