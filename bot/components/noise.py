"""Misspelt copies of training sentences, so that a slip of the thumb or of the ear changes nothing."""

from __future__ import annotations

import random
from collections.abc import Sequence

# Keys beside each other.
NEAR = {
    "a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo", "j": "hk",
    "k": "jl", "l": "k", "m": "n", "n": "bm", "o": "ip", "p": "o", "q": "w", "r": "et", "s": "ad", "t": "ry",
    "u": "yi", "v": "cb", "w": "qe", "x": "zc", "y": "tu", "z": "x",
}  # fmt: skip
# Letters that are taken for each other because they sound alike: every one of a group for the others, "-" is none at all.
ALIKE = """
    a o aa | i e ee y | u o oo | b v bh | v w | c k q | s sh ch | j z g | f ph | t th | d dh | k kh | g gh | h - | r d | n m
    ি ী | ু ূ | ে - া | া - ে | ো - ু | স শ ষ | ন ণ | জ য | র ড় ঢ় | ত ৎ ট | ব ভ | চ ছ | দ ধ ড | ক খ | গ ঘ | প ফ | য় ই এ | ই ঈ | উ ঊ
    ্ - | ঁ - | ং ঙ
    ि ी - | ु ू | े ै ए | ो ौ | ा - | ं - न | ँ ं - | स श ष | न ण | ब व भ | ज झ | ड द ढ | त ट थ | क ख | ग घ | प फ | च छ
    र ड | ई इ | ए ये | ् -
"""
MIN_WORD = 4
EVERY = 12


def _heard() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for group in ALIKE.replace("\n", "|").split("|"):
        letters = ["" if letter == "-" else letter for letter in group.split()]
        for letter in letters:
            if len(letter) == 1:
                found[letter] = (*found.get(letter, ()), *(other for other in letters if other != letter))
    return found


HEARD = _heard()


def misspell(text: str, source: random.Random) -> str:
    """One slip in about every twelve letters: missing, doubled, swapped, its neighbour key, or one that sounds like it."""
    letters = list(text)
    for _ in range(max(1, len(text) // EVERY)):
        places = [
            place for place in range(1, len(letters) - 1) if _written(letters[place]) and _written(letters[place + 1])
        ]
        if len(places) < MIN_WORD:
            break
        place = source.choice(places)
        letter, slip = letters[place], source.randrange(6)
        if slip == 0:
            letters[place] = ""
        elif slip == 1:
            letters[place] += letter
        elif slip == 2:
            letters[place], letters[place + 1] = letters[place + 1], letter
        elif slip == 3 and letter.lower() in NEAR:
            letters[place] = source.choice(NEAR[letter.lower()])
        else:
            letters[place] = source.choice(HEARD.get(letter.lower(), ("",)))
        letters = list("".join(letters))
    return "".join(letters)


def _written(letter: str) -> bool:
    """A letter or a sign of one."""
    return letter.isalpha() or (
        "\u0900" <= letter <= "\u09ff" and not letter.isdigit() and letter not in "\u0964\u0965"
    )


def misspelt(texts: Sequence[str], share: float, seed: int = 11) -> list[tuple[str, int]]:
    """Misspelt copies of a share of the texts, each with the row it comes from."""
    source = random.Random(seed)  # noqa: S311 - no secret
    rows = [row for row in range(len(texts)) if source.random() < share]
    copies = [(misspell(texts[row], source), row) for row in rows]
    return [(copy, row) for copy, row in copies if copy != texts[row]]
