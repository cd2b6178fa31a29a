"""Whether a customer is angry: by words, capitals and rows of signs. One outburst is human; several call a person."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

import yaml

from core.language.commands import plain
from core.language.skeleton import skeleton_word

WORDS_FILE = Path(__file__).with_name("temper.yml")
ENOUGH = 2
# So many angry messages within so long call a person.
OUTBURSTS, WITHIN = 2, timedelta(minutes=30)
SIGNS = re.compile(r"[!?！？]{3,}")
LEAST_LETTERS, CAPITALS = 12, 0.8


def points(text: str) -> int:
    """How angry a message sounds."""
    said = plain(text)
    heard, sounds = f" {said} ", f" {by_sound(said)} "
    table = _table()
    found = sum(weight for weight, listed in table.words for word in listed if word in heard)
    found += sum(ENOUGH for sound in table.sounds if sound in sounds)
    if any(word in heard for word in table.insults) and any(word in heard for word in table.us):
        found += ENOUGH
    latin = [letter for letter in text if letter.isascii() and letter.isalpha()]
    if len(latin) >= LEAST_LETTERS and sum(letter.isupper() for letter in latin) / len(latin) >= CAPITALS:
        found += 1
    return found + bool(SIGNS.search(text))


def by_sound(said: str) -> str:
    """Words as they sound: the same in both scripts and all spellings of one language."""
    return " ".join(skeleton_word(word) for word in said.split())


def is_angry(text: str) -> bool:
    """Whether a message is an angry one."""
    return points(text) >= ENOUGH


@dataclass(frozen=True, kw_only=True)
class Table:
    """Beginnings of words by their weight, those known by their sound, and hard words with those that mean us."""

    words: tuple[tuple[int, tuple[str, ...]], ...]
    sounds: tuple[str, ...]
    insults: tuple[str, ...]
    us: tuple[str, ...]


@lru_cache(maxsize=1)
def _table() -> Table:
    document = yaml.safe_load(WORDS_FILE.read_text("utf-8"))

    def begins(listed: list[str]) -> tuple[str, ...]:
        return tuple(f" {plain(word)}" for word in listed)

    return Table(
        words=tuple((weight, begins(words)) for weight, words in document.items() if isinstance(weight, int)),
        sounds=tuple(f" {by_sound(plain(word))}" for word in document["sound"]),
        insults=begins(document["insult"]),
        us=begins(document["us"]),
    )
