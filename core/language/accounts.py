"""What is wanted with an account of the chat, where a message says so: another one added, or one taken away."""

from __future__ import annotations

import re
from functools import lru_cache

from core.language.commands import plain
from core.language.data.accounts import ANOTHER, AWAY

ADD, REMOVE = "add", "remove"


def wish(text: str) -> str:
    """`remove`, `add` another, or nothing of both; of use only where an account is spoken of."""
    heard = f" {plain(text)} "
    return next((meant for meant, said in _said() if said.search(heard)), "")


@lru_cache(maxsize=1)
def _said() -> tuple[tuple[str, re.Pattern[str]], ...]:
    # Taking away goes first: "take the other account off".
    return tuple((meant, _any_of(listed)) for meant, listed in ((REMOVE, AWAY), (ADD, ANOTHER)))


def _any_of(listed: tuple[str, ...]) -> re.Pattern[str]:
    said = (f"{re.escape(plain(word))} " if word[-1] != "*" else re.escape(plain(word[:-1])) for word in listed)
    return re.compile(f" (?:{'|'.join(said)})")
