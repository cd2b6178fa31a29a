"""A loose spelling inside one script: what people mix up stays one word, different words stay apart.

Finer than the skeleton (core/language/skeleton.py), for word tables where a false match would cost.
"""

from __future__ import annotations

from functools import lru_cache

from core.language.normalise import fold

_BENGALI = str.maketrans(
    "ণশষীূ\u09dc\u09ddঈঊৎঙয",
    "নসসিুররইউতংজ",
    "ঁঃ",
)
_DEVANAGARI = str.maketrans("णशषीूँईऊङञॉॅऑढ", "नससिुंइउननाेआड")
_LATIN = (("ee", "i"), ("oo", "u"), ("ph", "f"), ("w", "v"), ("z", "j"), ("aa", "a"), ("chh", "ch"))


@lru_cache(maxsize=65536)
def loose(word: str) -> str:
    """The loose spelling of a word."""
    word = fold(word)
    first = word[:1]
    if "\u0980" <= first <= "\u09ff":
        return _single(word.translate(_BENGALI).replace("্ত্", "ত").replace("্", ""))
    if "\u0900" <= first <= "\u097f":
        for nasal in ("न्", "म्"):
            word = word.replace(nasal, "ं")
        return _single(word.translate(_DEVANAGARI).replace("्", ""))
    if len(word) > 3:
        for spelt, sound in _LATIN:
            word = word.replace(spelt, sound)
    return _single(word) if not word.isdigit() else word


def _single(word: str) -> str:
    kept: list[str] = []
    for letter in word:
        if not kept or kept[-1] != letter:
            kept.append(letter)
    return "".join(kept)
