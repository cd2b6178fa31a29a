"""Reading values out of a stranger's JSON: every function gives a usable value or nothing, and never raises."""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime
from typing import Any

from core.messages import Quarantined

MAX_ID = 512  # characters; longer ones would not fit a unique index
MAX_KEPT = 65_536  # characters of an unreadable element that are kept
SURROGATE = re.compile("[\ud800-\udfff]")
PHONE = re.compile(r"\+?([1-9][0-9]{5,14})")
FIRST_YEAR, LAST_YEAR = 2009, 2200


def clean(text: str) -> str:
    """Text that every database takes: no NUL, no half of a surrogate pair (reliability.md T26)."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    return SURROGATE.sub("\ufffd", text)


def words(value: Any) -> str:
    """A string, cleaned; anything else is empty."""
    return clean(value) if isinstance(value, str) else ""


def identifier(value: Any) -> str:
    """A platform's id as text; numbers are ids on some platforms. Empty when it cannot be one."""
    if isinstance(value, bool):
        return ""
    if isinstance(value, int):
        value = str(value) if abs(value) < 10**30 else ""
    if not isinstance(value, str) or not 0 < len(value) <= MAX_ID:
        return ""
    return clean(value)


def table(value: Any) -> dict[str, Any]:
    """An object; anything else is an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    """A list; anything else is an empty one."""
    return value if isinstance(value, list) else []


def whole(value: Any) -> int:
    """A whole number, also when written as text; 0 when it is none."""
    if isinstance(value, bool):
        return 0
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,18}", value):
        return int(value)
    return value if isinstance(value, int) and abs(value) < 10**18 else 0


def degrees(latitude: Any, longitude: Any) -> tuple[float, float] | None:
    """A place on the earth, or None."""
    pair = []
    for value, limit in ((latitude, 90.0), (longitude, 180.0)):
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        if isinstance(value, int) and abs(value) > 180:
            return None
        if not math.isfinite(value) or abs(value) > limit:
            return None
        pair.append(float(value))
    return pair[0], pair[1]


def moment(value: Any) -> datetime | None:
    """A time in seconds or milliseconds since 1970, as number or text: all were seen (channels.md §2.2, §3.1)."""
    number = whole(value)
    try:
        found = datetime.fromtimestamp(number / 1000 if number >= 10**11 else number, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return found if FIRST_YEAR <= found.year < LAST_YEAR else None


def phone(value: Any) -> str:
    """A telephone number as E.164, or empty."""
    if isinstance(value, str):
        found = PHONE.fullmatch(re.sub(r"[ ()\-]", "", value) if len(value) < 40 else "")
        if found:
            return f"+{found.group(1)}"
    return ""


def quarantined(reason: str, element: Any) -> Quarantined:
    """Keep what could not be read."""
    try:
        body = json.dumps(element)
    except (ValueError, TypeError, RecursionError):
        body = "(cannot be written as JSON)"
    return Quarantined(reason=reason, body=body[:MAX_KEPT])
