"""One form for the many ways the same text is stored and typed, with the way back to the original letters.

Unicode normal forms (Bangla য় ড় ঢ়, ে+া, Devanagari nukta), digits of any script to ASCII, small letters, no invisible
characters, squeezed repeats, emoji as words. Stored text is never changed: this is for reading only (reliability.md T20).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from core.language.data.emoji import EMOJI, OTHER_EMOJI

# Cut before anything else looks at the text (reliability.md T27).
MAX_TEXT = 4096
# A pile of combining marks on one letter is no writing: the rest is dropped.
MAX_MARKS = 8

# Composed again after NFC, which takes them apart (Unicode composition exclusions).
_COMPOSED = (
    ("\u09af\u09bc", "\u09df"),
    ("\u09a1\u09bc", "\u09dc"),
    ("\u09a2\u09bc", "\u09dd"),
    ("\u09ac\u09bc", "\u09b0"),
)
_LETTERS = str.maketrans(
    {
        "\u09f0": "\u09b0",  # Assamese ra
        "\u09f1": "\u09ac",  # Assamese va
        "\u0964": ".",  # danda
        "\u0965": ".",
        "\u2019": "'",
        "\u2018": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u2013": "-",
        "\u2014": "-",
        "\u2212": "-",
        "\u2010": "-",
        "\u2011": "-",
        "\u00a0": " ",
        "\u2215": "/",
        "\u2044": "/",
        "\u093c": None,  # Devanagari nukta: written by some, left out by most
        "\u09bc": None,
    }
)
_INVISIBLE = frozenset(
    "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufe0e\ufe0f"
)
_STRETCHED = re.compile(r"([a-z])\1{2,}")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_SKIN_TONES = range(0x1F3FB, 0x1F400)


@dataclass(frozen=True)
class Normal:
    """A text in its normal form; letter i came from `original[starts[i]:ends[i]]`."""

    original: str
    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Offsets in the original of a piece of the normal text."""
        return self.starts[start], self.ends[end - 1]

    def piece(self, start: int, end: int) -> str:
        """The original letters of a piece of the normal text."""
        first, last = self.span(start, end)
        return self.original[first:last]


def normalise(text: str) -> Normal:
    """The normal form of a message; linear in its length."""
    text = text[:MAX_TEXT]
    letters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    place = 0
    while place < len(text):
        end = place + 1
        while end < len(text) and _continues(text[end]):
            end += 1
        folded = _cluster(text[place : min(end, place + MAX_MARKS)])
        # Letter by letter where nothing was joined, so that a case ending can be told from its word.
        exact = len(folded) == end - place
        for at, letter in enumerate(folded):
            if not _repeats(letters, letter):
                letters.append(letter)
                starts.append(place + at if exact else place)
                ends.append(place + at + 1 if exact else end)
        place = end
    return Normal(text, "".join(letters), tuple(starts), tuple(ends))


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """The normal form alone, for words and features: that of `normalise`, found word by word."""
    text = text[:MAX_TEXT]
    if text.isascii():
        return _STRETCHED.sub(r"\1\1", _CONTROLS.sub(" ", text).lower())
    words = text.split(" ")
    if any(word and _continues(word[0]) for word in words[1:]):
        return normalise(text).text
    return " ".join(map(_fold_word, words))


@lru_cache(maxsize=65536)
def _fold_word(word: str) -> str:
    return normalise(word).text


def _repeats(letters: list[str], letter: str) -> bool:
    """Whether this letter only stretches a word: a third equal letter, or a second equal vowel sign."""
    if not letters or letters[-1] != letter:
        return False
    if unicodedata.category(letter).startswith("M"):
        return True
    return letter.isalpha() and len(letters) > 1 and letters[-2] == letter


@lru_cache(maxsize=16384)
def _continues(letter: str) -> bool:
    if letter < "\u0300":
        return False
    return letter in _INVISIBLE or unicodedata.category(letter).startswith("M") or ord(letter) in _SKIN_TONES


@lru_cache(maxsize=16384)
def _cluster(cluster: str) -> str:
    """One letter with its marks in normal form; an emoji becomes a word between blanks."""
    if cluster.isascii():
        return cluster.lower() if cluster.isprintable() else " "
    first = cluster[0]
    category = unicodedata.category(first)
    if category == "So" or first in EMOJI:
        return f" {EMOJI.get(first, OTHER_EMOJI)} "
    if first in _INVISIBLE:
        cluster = "".join(letter for letter in cluster if letter not in _INVISIBLE)
        if not cluster:
            return ""
    composed = unicodedata.normalize("NFKC", "".join(letter for letter in cluster if letter not in _INVISIBLE)).lower()
    for apart, together in _COMPOSED:
        composed = composed.replace(apart, together)
    composed = composed.translate(_LETTERS)
    return "".join(_digit(letter) for letter in composed)


def _digit(letter: str) -> str:
    if letter.isascii():
        return letter
    value = unicodedata.digit(letter, None)
    if value is not None:
        return str(value)
    return " " if letter.isspace() or unicodedata.category(letter) in ("Cc", "Cf", "Co", "Cs") else letter
