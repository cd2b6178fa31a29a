"""Whole messages that are commands: yes, no, cancel, menu, skip, and names of languages, in every written form.

Matched exactly (after normal form, without punctuation), so that a sentence never becomes a command by accident.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from core.language.data.commands import COMMANDS, LANGUAGES
from core.language.normalise import fold
from core.language.skeleton import words

# Longer than any command; a long text is not looked at.
MAX_COMMAND = 60


@dataclass(frozen=True)
class Command:
    """An intent that needs no classifier, with its entities."""

    intent: str
    entities: dict[str, str] = field(default_factory=dict)


def plain(text: str) -> str:
    """A text as its words alone: normal form, no punctuation, one blank between."""
    return " ".join(word for word in words(fold(text)) if word not in "?!")


def same(one: str, other: str) -> bool:
    """Whether two texts are the same words."""
    first = plain(one)
    return bool(first) and first == plain(other)


def read(text: str) -> Command | None:
    """The command a whole message is, or None."""
    if len(text) > MAX_COMMAND:
        return None
    return _table().get(plain(text))


@lru_cache(maxsize=1)
def _table() -> dict[str, Command]:
    table: dict[str, Command] = {}
    for intent, listed in COMMANDS.items():
        for words_of_it in listed:
            table[plain(words_of_it)] = Command(intent)
    for form, listed in LANGUAGES.items():
        for words_of_it in listed:
            table[plain(words_of_it)] = Command("change_language", {"language": form})
    table.pop("", None)
    return table
