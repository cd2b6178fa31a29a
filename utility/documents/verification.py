"""The short code on a bill or receipt by which anybody can ask the utility whether the paper is genuine."""

from __future__ import annotations

import hashlib
import hmac
from decimal import Decimal

# Crockford's base 32: no I, L, O, U, so a code read over the phone is not misheard.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 8
_MISREAD = str.maketrans("OIL", "011")


def verification_code(key: bytes, number: str, amount: Decimal, kind: str = "bill") -> str:
    """The code of a document, such as "7KQ2-M9XD". `kind` keeps a receipt's code from passing as a bill's."""
    if not key:
        raise ValueError("a verification code needs a key")
    # Adding zero turns a minus zero, which equals zero, into what zero looks like.
    cents = amount.quantize(Decimal("0.01")) + 0
    message = "\x1f".join((kind, number, str(cents)))
    bits = int.from_bytes(hmac.digest(key, message.encode(), hashlib.sha256)[:5], "big")
    letters = "".join(_ALPHABET[bits >> 5 * place & 31] for place in reversed(range(_LENGTH)))
    return f"{letters[:4]}-{letters[4:]}"


def verify(code: str, key: bytes, number: str, amount: Decimal, kind: str = "bill") -> bool:
    """Whether the code belongs to this number and amount.

    Digits of any script, spaces, small letters and O for 0 are forgiven.
    """
    typed = "".join(str(int(letter)) if letter.isdecimal() else letter for letter in code if letter.isalnum())
    expected = verification_code(key, number, amount, kind).replace("-", "")
    return hmac.compare_digest(typed.upper().translate(_MISREAD).encode(), expected.encode())
