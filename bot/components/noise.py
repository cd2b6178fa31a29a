"""Misspelt copies of training sentences, so that a slip of the thumb changes nothing."""

from __future__ import annotations

import random
from collections.abc import Sequence

NEAR = {
    "a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo", "j": "hk",
    "k": "jl", "l": "k", "m": "n", "n": "bm", "o": "ip", "p": "o", "q": "w", "r": "et", "s": "ad", "t": "ry",
    "u": "yi", "v": "cb", "w": "qe", "x": "zc", "y": "tu", "z": "x",
}  # fmt: skip
MIN_WORD = 4
EVERY = 12


def misspell(text: str, source: random.Random) -> str:
    """One slip in about every twelve letters: a letter missing, doubled, swapped with the next, or its neighbour key."""
    letters = list(text)
    for _ in range(max(1, len(text) // EVERY)):
        places = [
            place for place in range(1, len(letters) - 1) if letters[place].isalpha() and letters[place + 1].isalpha()
        ]
        if len(places) < MIN_WORD:
            break
        place = source.choice(places)
        slip = source.randrange(4)
        if slip == 0:
            del letters[place]
        elif slip == 1:
            letters.insert(place, letters[place])
        elif slip == 2:
            letters[place], letters[place + 1] = letters[place + 1], letters[place]
        else:
            letters[place] = source.choice(NEAR.get(letters[place].lower(), letters[place]))
    return "".join(letters)


def misspelt(texts: Sequence[str], share: float, seed: int = 11) -> list[tuple[str, int]]:
    """Misspelt copies of a share of the texts, each with the row it comes from."""
    source = random.Random(seed)  # noqa: S311 - no secret
    rows = [row for row in range(len(texts)) if source.random() < share]
    copies = [(misspell(texts[row], source), row) for row in rows]
    return [(copy, row) for copy, row in copies if copy != texts[row]]
