"""Cutting text to a platform's limit: at a paragraph, else a line, a sentence, a word, and never inside a letter.

What a reader sees as one letter may be many characters: a conjunct of Bangla or Devanagari (ক্ষ, त्र), a vowel sign,
an emoji with a skin tone or joined to others, a flag. Lengths are counted in UTF-16 units, the strictest reading of
"characters" that any of the platforms has.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

ZWJ, ZWNJ = "\u200d", "\u200c"
VIRAMAS = frozenset("\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d")
ELLIPSIS = "…"
# Strongest first. Each match ends where a new piece may begin.
BOUNDARIES = (
    re.compile(r"\n[ \t]*\n\s*"),
    re.compile(r"\n\s*"),
    re.compile(r"(?:[।॥]|[.!?…]+[)\"'”’]*(?=\s))\s*"),
    re.compile(r"\s+"),
)
LEAST = (0.4, 0.4, 0.4, 0.5)  # a boundary earlier than this share of the limit wastes too much of the message


def size(text: str) -> int:
    """Length in UTF-16 units."""
    return len(text) + sum(1 for letter in text if letter > "\uffff")


@lru_cache(maxsize=4096)
def _extends(letter: str) -> bool:
    """Whether a character belongs to the letter before it."""
    return (
        unicodedata.category(letter) in ("Mn", "Mc", "Me")
        or letter in (ZWJ, ZWNJ)
        or "\U0001f3fb" <= letter <= "\U0001f3ff"
        or "\U000e0020" <= letter <= "\U000e007f"
    )


def _flags_before(text: str, position: int) -> int:
    count = 0
    while position - count > 0 and "\U0001f1e6" <= text[position - count - 1] <= "\U0001f1ff":
        count += 1
    return count


def is_between_letters(text: str, position: int) -> bool:
    """Whether text may be cut at a position without breaking what is read as one letter."""
    if position <= 0 or position >= len(text):
        return True
    before, after = text[position - 1], text[position]
    if _extends(after) or (before == ZWJ and not after.isspace()) or (before == "\r" and after == "\n"):
        return False
    joined = before in VIRAMAS or (before == ZWNJ and position > 1 and text[position - 2] in VIRAMAS)
    if joined and unicodedata.category(after) == "Lo":
        return False
    flag = "\U0001f1e6" <= after <= "\U0001f1ff"
    return not (flag and _flags_before(text, position) % 2 == 1)


def _reach(text: str, limit: int, start: int = 0) -> int:
    """The last position whose text from `start` is no longer than `limit` units."""
    position = min(len(text), start + limit)
    while size(text[start:position]) > limit:
        position -= max(1, (size(text[start:position]) - limit + 1) // 2)
    return position


def _letter_end(text: str, start: int, end: int) -> int:
    position = end
    while position > start and not is_between_letters(text, position):
        position -= 1
    # A "letter" longer than the limit is somebody's joke (hundreds of marks on one base): cut it anyway.
    return position if position > start else end


def cut(text: str, limit: int) -> str:
    """Text within a limit; an ellipsis shows that some is missing."""
    if size(text) <= limit:
        return text
    end = _letter_end(text, 0, _reach(text, limit - 1))
    return text[:end].rstrip() + ELLIPSIS


def split(text: str, limit: int, last_limit: int | None = None) -> list[str]:
    """Text in pieces within `limit`, the last one within `last_limit` too: it carries buttons."""
    text = text.strip()
    last_limit = limit if last_limit is None else min(last_limit, limit)
    pieces: list[str] = []
    while size(text) > last_limit:
        # A text that would be whole but for the smaller last piece gives up only its tail.
        room = limit if size(text) > limit else _head_room(text, last_limit, limit)
        end = _boundary(text, room)
        pieces.append(text[:end].rstrip())
        text = text[end:].lstrip()
    if text or not pieces:
        pieces.append(text)
    return [piece for piece in pieces if piece] or [""]


def _head_room(text: str, last_limit: int, limit: int) -> int:
    """How long the part before the last may be so that little is left over, yet the last has something to say."""
    return min(limit, max(1, size(text) - last_limit // 2))


def _boundary(text: str, limit: int) -> int:
    """Where to cut the first piece off: the strongest boundary that does not waste too much."""
    reach = _reach(text, limit)
    if reach >= len(text):
        reach = len(text) - 1
    for pattern, least in zip(BOUNDARIES, LEAST, strict=True):
        best = 0
        for found in pattern.finditer(text, 0, reach + 64):
            if len(text[: found.end()].rstrip()) > reach:
                break
            best = found.end()
        if best >= reach * least and best > 0:
            return best
    return max(1, _letter_end(text, 0, max(1, reach)))
