"""What customers wrote, made harmless to look at: text only, isolated, with every hidden sign shown.

Joiners stay as they are: Indic scripts need them (T20).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import datetime, timedelta

from markupsafe import Markup, escape

KEPT = {"\n", "\t", "\u200c", "\u200d"}
# Letters that look like nothing, besides the controls and formats of their own categories.
BLANK = {"\u115f", "\u1160", "\u3164", "\uffa0", "\u034f", "\u17b4", "\u17b5", "\u2028", "\u2029", "\u00ad"}


def is_hidden(letter: str) -> bool:
    """Whether a sign could change how other text looks, or hide among it."""
    if letter in KEPT:
        return False
    return letter in BLANK or unicodedata.category(letter) in ("Cc", "Cf", "Co", "Cn", "Cs")


def shown(text: str) -> Markup:
    """Text with hidden signs as small labels; everything else escaped."""
    parts: list[Markup] = []
    plain: list[str] = []
    for letter in text:
        if is_hidden(letter):
            parts.append(escape("".join(plain)))
            plain.clear()
            name = unicodedata.name(letter, "hidden sign").lower()
            parts.append(Markup('<span class="hidden-sign" title="{}">U+{:04X}</span>').format(name, ord(letter)))
        else:
            plain.append(letter)
    parts.append(escape("".join(plain)))
    return Markup("").join(parts)


def visible(text: str) -> str:
    """Text for a field, where no label can stand: hidden signs are left out."""
    return "".join(letter for letter in text if not is_hidden(letter))


def said(text: str) -> Markup:
    """What somebody outside wrote: its own direction, nothing of it reaching its surroundings."""
    return Markup('<bdi dir="auto">{}</bdi>').format(shown(text))


def since(at: datetime | None, now: datetime, t: Callable[..., str], n: Callable[[int], str] = str) -> str:
    """How long ago, shortly, in the words of `t` and the figures of `n`."""
    if at is None:
        return ""
    minutes = int(max(now - at, timedelta()).total_seconds() // 60)
    if minutes < 1:
        return t("now")
    if minutes < 60:
        return t("{number} min", number=n(minutes))
    if minutes < 48 * 60:
        return t("{number} h", number=n(minutes // 60))
    return t("{number} d", number=n(minutes // 1440))
