"""A place of a list: "2", "২ নম্বরটা", "dusra wala", "the second one", and "না, ২ নম্বরটা না", which takes it back."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

DIGITS = {ord(zero) + value: str(value) for zero in "০०" for value in range(10)}


def _plain(text: str) -> str:
    """One way of writing: small letters, digits of three scripts, য় in one form."""
    return unicodedata.normalize("NFC", text.lower().translate(DIGITS))


ORDINALS = {
    1: "first 1st one ek এক প্রথম প্রথমটা প্রথমটি prothom prothomta pohela পহেলা पहला पहले पहली एक pehla pehle pehli pahla pahle",
    2: "second 2nd two dui দুই দ্বিতীয় দ্বিতীয়টা দ্বিতীয়টি ditio ditiyo ditiyota दूसरा दूसरे दूसरी दो dusra dusre dusri doosra do",
    3: "third 3rd three tin তিন তৃতীয় তৃতীয়টা তৃতীয়টি tritio tritiyo तीसरा तीसरे तीसरी तीन teesra tisra teesre tisre teen",
    4: "fourth 4th four char চার চতুর্থ চতুর্থটা choturtho चौथा चौथे चौथी चार chautha chauthe",
}
PLACES = {_plain(word): place for place, words in ORDINALS.items() for word in words.split()}


def _words(text: str) -> frozenset[str]:
    return frozenset(_plain(text).split())


# Words that make a number the number of a place. "২টা" alone may be an hour.
SIGNS = _words(
    "number no num option নম্বর নম্বরটা নম্বরটি নং নাম্বার নাম্বারটা nombor nambar numberta nomborta নম্বরের "
    "नंबर नम्बर वाला वाली वाले wala wali wale vala vali vale waala one"
)
FILLERS = _words(
    "the that please plz pls chai চাই দেন দিন den din देना dena chahiye चाहिए it is i mean ওটা ota vo wo वो ta ti টা টি"
)
NOES = _words("no not na naa nai nah না নাহ নয় noy nahi nahin nehi नहीं नही ना mat मत")
# Those that need no sign beside them; "one", "do" and "char" mean much else.
ALONE = _words(
    "first second third fourth 1st 2nd 3rd 4th প্রথমটা প্রথমটি দ্বিতীয়টা দ্বিতীয়টি তৃতীয়টা তৃতীয়টি চতুর্থটা "
    "prothomta ditiyota पहला दूसरा तीसरा चौथा pehla dusra doosra teesra tisra chautha"
)
ABBREVIATED = re.compile(r"\bno\.\s*(?=[0-9])")
LONGEST = 40  # letters; a longer message says something else
Item = TypeVar("Item")


@dataclass(frozen=True, kw_only=True)
class Pick:
    """Place `place` of a list, from 1. `corrects`: what was picked before was wrong. `meant` False: anything but this."""

    place: int
    meant: bool = True
    corrects: bool = False

    def among(self, items: Sequence[Item]) -> Item | None:
        """The item that is meant; of two, not the one means the other. None where that says nothing."""
        if not 0 < self.place <= len(items):
            return None
        if self.meant:
            return items[self.place - 1]
        return items[2 - self.place] if len(items) == 2 else None

    def others(self, items: Sequence[Item]) -> list[Item]:
        """What is left of a longer list when this place is not meant: to be asked again."""
        if self.meant or len(items) < 3 or not 0 < self.place <= len(items):
            return []
        return [item for place, item in enumerate(items, start=1) if place != self.place]


def read(text: str) -> Pick | None:
    """The place that a message names and nothing else, or None."""
    text = ABBREVIATED.sub("number ", _plain(text.strip()))
    if not text or len(text) > LONGEST:
        return None
    words = [part for word in text.replace("#", " number ").split() for part in _parts(word)]
    corrects = bool(words) and words[0] in NOES
    if corrects:
        words = words[1:]
    meant = True
    if words and words[-1] in NOES:
        meant, words = False, words[:-1]
    elif words and words[0] in NOES:
        meant, words = False, words[1:]
    signs = [word for word in words if word in SIGNS]
    rest = [word for word in words if word not in SIGNS and word not in FILLERS]
    if len(rest) != 1:
        return None
    place = int(rest[0]) if re.fullmatch(r"[0-9]{1,2}", rest[0]) else PLACES.get(rest[0], 0)
    # A number with other words is a place only with a sign, or after a no, which corrects.
    plain = rest[0].isdigit() and (signs or corrects or (meant and words == rest))
    named = not rest[0].isdigit() and (signs or rest[0] in ALONE)
    return Pick(place=place, meant=meant, corrects=corrects) if place and (plain or named) else None


def _parts(word: str) -> list[str]:
    """A word without its signs; "2ta", "২টা" and "2nd" are number and classifier."""
    word = word.strip(".,;:!?।()[]\"'“”-–")
    glued = re.fullmatch(r"([0-9]{1,2})(ta|ti|টা|টি|no|number|নম্বর|নং)", word)
    return [glued[1], glued[2]] if glued else [word] if word else []
