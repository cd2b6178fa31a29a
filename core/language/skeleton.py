"""One phonetic spelling in Latin letters for Bengali, Devanagari and Latin writing.

বিদ্যুৎ, biddut and bidyut, or बिजली and bijlee, come out alike. A schwa-dropping romaniser for each script, then one set
of foldings for all of them.
"""

from __future__ import annotations

import re
from functools import lru_cache

from core.language.data.letters import BENGALI, DEVANAGARI, Script

_WORD = re.compile(r"[^\W_]+(?:[\u0900-\u0dff][^\W_]*)*", re.UNICODE)
_VOWELS = frozenset("aiou")

# Longest first; `C` stands for the sound of "ch" until the end.
_LATIN = (
    ("tion", "son"),
    ("sion", "son"),
    ("nce", "ns"),
    ("chch", "C"),
    ("chh", "C"),
    ("ch", "C"),
    ("ck", "k"),
    ("ph", "f"),
    ("sh", "s"),
    ("kh", "k"),
    ("gh", "g"),
    ("th", "t"),
    ("dh", "d"),
    ("jh", "j"),
    ("bh", "v"),
    ("rh", "r"),
    ("ce", "se"),
    ("ci", "si"),
    ("cy", "si"),
    ("c", "k"),
    ("x", "ks"),
    ("q", "k"),
    ("z", "j"),
    ("w", "v"),
    ("b", "v"),
    ("dy", "d"),
    ("ou", "o"),
    ("au", "o"),
    ("y", "i"),
    ("e", "i"),
    ("u", "o"),
    # In Bangladesh ছ is typed ch, chh, s or c: one sound for all of them.
    ("C", "s"),
)


@lru_cache(maxsize=65536)
def skeleton_word(word: str) -> str:
    """The skeleton of one word in normal form."""
    first = word[:1]
    if "\u0980" <= first <= "\u09ff":
        word = _romanise(word, BENGALI)
    elif "\u0900" <= first <= "\u097f":
        word = _romanise(word, DEVANAGARI)
    for spelt, sound in _LATIN:
        if spelt in word:
            word = word.replace(spelt, sound)
    return _single(word)


def skeleton(text: str) -> str:
    """The skeletons of all words of a text in normal form, with one blank between."""
    return " ".join(skeleton_word(word) for word in words(text))


def words(text: str) -> list[str]:
    """Words of a text in normal form: vowel signs belong to them (`\\w` of the re module leaves them out)."""
    return _TOKEN.findall(text)


_TOKEN = re.compile(
    r"[a-z\u00c0-\u024f\u1e00-\u1eff]+|[\u0980-\u09e3\u09f0-\u09ff]+|[\u0900-\u0963\u0971-\u097f]+|[0-9]+|#[a-z0-9]+|[?!]"
)


def _single(word: str) -> str:
    """Double letters as one."""
    kept: list[str] = []
    for letter in word:
        if not kept or kept[-1] != letter or letter.isdigit():
            kept.append(letter)
    return "".join(kept)


def _romanise(word: str, script: Script) -> str:
    """Sounds of a word; the inherent vowel falls at the end and between two open syllables (VC_CV)."""
    sounds: list[str] = []
    inherent: list[int] = []
    place = 0
    while place < len(word):
        letter = word[place]
        consonant = script.consonants.get(letter)
        if consonant is None:
            sounds.append(script.others.get(letter, ""))
            place += 1
            continue
        following = word[place + 1 : place + 3]
        joined = script.joined.get(word[place : place + 3])
        if joined is not None:
            consonant, place = joined, place + 2
            following = word[place + 1 : place + 3]
        sounds.append(consonant)
        place += 1
        if following[:1] == script.virama:
            place += 1
            if following[1:] in script.silent and letter != "ম":
                # A joined ya or ba only lengthens the letter before it.
                place += 1
                if word[place : place + 1] == script.virama:
                    place += 1
                elif not word[place : place + 1] or word[place] not in script.signs:
                    inherent.append(len(sounds))
                    sounds.append(script.inherent)
            continue
        if following[:1] not in script.signs:
            inherent.append(len(sounds))
            sounds.append(script.inherent)
    return _drop(sounds, inherent)


def _drop(sounds: list[str], inherent: list[int]) -> str:
    kept = [sound for sound in sounds]
    if inherent and inherent[-1] == len(kept) - 1 and len(kept) > 2:
        kept[inherent.pop()] = ""
    for place in reversed(inherent):
        before = "".join(kept[max(0, place - 2) : place])
        after = "".join(kept[place + 1 : place + 3])
        if (
            len(before) > 1
            and before[0] in "aeiou"
            and len(after) > 1
            and after[-1] in "aeiou"
            and after[0] not in "aeiou"
        ):
            kept[place] = ""
    return "".join(kept)
