"""One-time codes: made, hashed, recognised in what a person types. No storage here."""

from __future__ import annotations

import functools
import hashlib
import hmac
import re
import secrets
from pathlib import Path

from core import yaml_text
from core.tenant_model import DIGITS

LENGTH = 6
CODE_WORDS = ("code", "kod", "otp", "pin")
# A code may stand with a word or two ("OTP", "কোড") and be grouped; much more than that is a sentence.
_MOST_OTHER = 24
_MOST_WORDS = 4
_GROUPED = re.compile(r"(?<![0-9])[0-9](?:[\s\-.\u2010-\u2015]{0,2}[0-9]){5}(?![0-9])")
_INVISIBLE = dict.fromkeys((0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF))


def new_code() -> str:
    """Six digits from the system's secure source."""
    return f"{secrets.randbelow(10**LENGTH):0{LENGTH}d}"


def code_in(text: str) -> str:
    """The six digits of a message that is little more than a code, in ASCII; empty for anything else."""
    if len(text) > 80:
        return ""
    plain = text.translate(_INVISIBLE).translate(DIGITS).strip()
    if sum(letter.isdigit() for letter in plain) != LENGTH:
        return ""
    found = _GROUPED.search(plain)
    if not found:
        return ""
    # "DES-347967" is a complaint's number, not a code.
    glued = re.search(r"([A-Za-z]+)[\-\u2010-\u2015]?$", plain[: found.start()])
    if glued and glued.group(1).lower() not in CODE_WORDS:
        return ""
    other = (plain[: found.start()] + " " + plain[found.end() :]).strip(" :.-#।,*()[]\"'")
    if len(other) > _MOST_OTHER or len(other.split()) > _MOST_WORDS:
        return ""
    return re.sub(r"[^0-9]", "", found.group())


def hash_code(key: bytes, salt: str, code: str, *bound: object) -> str:
    """The stored form of a code, bound to what it is good for."""
    message = "\x1f".join((salt, code, *map(str, bound)))
    return hmac.digest(key, message.encode(), hashlib.sha256).hex()


@functools.cache
def _texts() -> dict[str, str]:
    loaded: dict[str, str] = yaml_text.load(Path(__file__).with_name("code_sms.yml").read_text("utf-8"))
    return loaded


def sms_text(form: str, code: str, minutes: int) -> str:
    """The text message in a written form, else in its language, else in English."""
    texts = _texts()
    text = texts.get(form) or texts.get(form.split("-")[0]) or texts["en"]
    return text.format(code=code, minutes=minutes)
