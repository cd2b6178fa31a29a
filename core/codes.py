"""Codes that people read out to each other: complaint numbers, case codes.

The fifteen signs are those that neither eye nor ear confuses with another of the set, in English and in the digits'
Bangla and Hindi names. Left out for the eye: 0 O, 1 I L, 5 S, 8 B, Z beside 2, U and V. Left out for the ear: the
letters that rhyme with T (B C D E G P V Z) and with K (A J), N beside M, S beside F; 5 beside 9 (English "five, nine"),
6 beside 9 (Bangla "chhoy, noy"), 8 beside 7 ("saat, aat"). Six places give 11 million codes; one that is taken already
is drawn again.
"""

from __future__ import annotations

import secrets

ALPHABET = "23479FHKMQRTWXY"
LENGTH = 6
# What a sign that is left out was most likely meant to be, in a code that was heard, read or copied.
MEANT = str.maketrans({"Z": "2", "N": "M", "S": "F", "J": "K", "A": "K", "P": "T", "D": "T", "V": "Y"})


def draw() -> str:
    """A code nobody can guess; whether it is taken is the table's to say."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def mend(code: str) -> str:
    """A code as it was most likely meant."""
    return code.translate(MEANT)
