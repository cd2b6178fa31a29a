"""Whether a customer is angry: by words, capitals and rows of signs. One outburst is human; several call a person."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

import yaml

from core.language.commands import plain

WORDS_FILE = Path(__file__).with_name("temper.yml")
ENOUGH = 2
# So many angry messages within so long call a person.
OUTBURSTS, WITHIN = 2, timedelta(minutes=30)
SIGNS = re.compile(r"[!?！？]{3,}")
LEAST_LETTERS, CAPITALS = 12, 0.8


def points(text: str) -> int:
    """How angry a message sounds."""
    heard = f" {plain(text)} "
    found = sum(weight for weight, words in _words() for word in words if word in heard)
    latin = [letter for letter in text if letter.isascii() and letter.isalpha()]
    if len(latin) >= LEAST_LETTERS and sum(letter.isupper() for letter in latin) / len(latin) >= CAPITALS:
        found += 1
    return found + bool(SIGNS.search(text))


def is_angry(text: str) -> bool:
    """Whether a message is an angry one."""
    return points(text) >= ENOUGH


@lru_cache(maxsize=1)
def _words() -> tuple[tuple[int, tuple[str, ...]], ...]:
    document = yaml.safe_load(WORDS_FILE.read_text("utf-8"))
    return tuple((int(weight), tuple(f" {plain(word)}" for word in words)) for weight, words in document.items())
