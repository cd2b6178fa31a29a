"""Complaint numbers such as DES-7K3M9Q: the company's code, a dash, six signs that can be read out (core/codes.py)."""

from __future__ import annotations

import re

from core import codes
from core.tenants import plain_number

NUMBER = re.compile(r"([A-Z]{3})([A-Z0-9]{6})")


def new_number(code: str) -> str:
    """A number that has not been drawn before, most likely; the table's unique index has the last word."""
    return f"{code}-{codes.draw()}"


def parse_number(text: str) -> str:
    """A complaint number as somebody typed it, as we write it; nothing when it does not look like one.

    Case, blanks, dashes and Bangla or Devanagari digits do not matter.
    """
    found = NUMBER.fullmatch(plain_number(text))
    return f"{found.group(1)}-{codes.mend(found.group(2))}" if found else ""
