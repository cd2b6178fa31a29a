"""A misspelt copy of a sentence, the same in every run: slips of the thumb and spellings by ear.

Not what the model is trained with (bot/components/noise.py): measuring with the same slips would flatter it.
"""

from __future__ import annotations

import random
import zlib

EVERY = 12  # letters for one slip
SHORTEST = 4  # letters of a word that gets one
KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
BY_EAR = (
    ("ee", "i"), ("oo", "u"), ("aa", "a"), ("i", "ee"), ("u", "oo"), ("sh", "s"), ("s", "sh"), ("ch", "c"), ("v", "bh"),
    ("w", "v"), ("z", "j"), ("j", "z"), ("ph", "f"), ("c", "k"), ("k", "c"), ("y", "i"), ("t", "th"), ("d", "dh"),
    ("ি", "ী"), ("ী", "ি"), ("ু", "ূ"), ("শ", "স"), ("স", "শ"), ("ন", "ণ"), ("র", "ড়"), ("ড়", "র"), ("ছ", "চ"), ("ঁ", ""),
    ("ि", "ी"), ("ी", "ि"), ("ु", "ू"), ("ू", "ु"), ("श", "स"), ("स", "श"), ("न", "ण"), ("ड़", "ड"), ("ं", ""), ("़", ""),
)  # fmt: skip


def misspelt(text: str) -> str:
    """The text with a slip in about every twelve letters, at least one where a word is long enough."""
    source = random.Random(zlib.crc32(text.encode()))  # noqa: S311 - the same slips in every run
    words = text.split(" ")
    for _ in range(max(1, len(text) // EVERY)):
        long = [place for place, word in enumerate(words) if len(word) >= SHORTEST and not any(map(str.isdigit, word))]
        if long:
            place = source.choice(long)
            words[place] = _slip(words[place], source)
    return " ".join(words)


def _slip(word: str, source: random.Random) -> str:
    place = source.randrange(1, len(word) - 1)
    letter, kind = word[place], source.randrange(5)
    if kind == 0:
        return word[:place] + word[place + 1 :]
    if kind == 1:
        return word[:place] + letter + word[place:]
    if kind == 2:
        return word[:place] + word[place + 1] + letter + word[place + 2 :]
    if kind == 3 and (row := next((row for row in KEYS if letter.lower() in row), "")):
        beside = row.index(letter.lower()) + source.choice((-1, 1))
        return word[:place] + row[max(0, min(beside, len(row) - 1))] + word[place + 1 :]
    heard = [(spelt, sound) for spelt, sound in BY_EAR if spelt in word[1:]]
    if not heard:
        return word[:place] + word[place + 1 :]
    spelt, sound = source.choice(heard)
    return word[0] + word[1:].replace(spelt, sound, 1)
