"""A bare word says what a message is about, not what is wanted: "meter", "বিল", "bijli ka".

A classifier is sure of such a word because the sentences of one intent hold it more often than others. It knows no
better than the customer told: the likeliest wishes are offered instead (nlu_data/subjects.yml).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.components.features import sound, tokens
from bot.components.importer import DATA, read_yaml
from core.language.pieces import stems

FILE = "subjects.yml"
# Longer messages say more than a subject.
MOST_WORDS = 5


@dataclass
class Subjects:
    """Sounds of subjects, and the wishes each leads to."""

    wishes: dict[str, list[str]] = field(default_factory=dict)
    sounds: dict[str, str] = field(default_factory=dict)
    aside: frozenset[str] = frozenset()
    about: frozenset[str] = frozenset()

    @classmethod
    def read(cls, data: Path = DATA) -> Subjects:
        """From nlu_data; without the file no word is bare."""
        path = data / FILE
        return cls.of(read_yaml(path)) if path.exists() else cls()

    @classmethod
    def of(cls, table: dict[str, Any]) -> Subjects:
        """From the file's content."""
        return cls(
            wishes=table["subjects"],
            sounds={heard(word): subject for subject, listed in table["words"].items() for word in listed},
            aside=frozenset(table["aside"]),
            about=frozenset(word for listed in table["about"] for word in tokens(str(listed))),
        )

    def likeliest(self, text: str) -> list[str]:
        """The wishes a message may have that names a subject and nothing else; [] where it says more."""
        seen = [word for word in tokens(text) if word not in "?!"]
        if not seen or len(seen) > MOST_WORDS:
            return []
        said = [word for word in seen if word not in self.about]
        named = [subject for word in said if (subject := self._subject(word))]
        if not named or len(named) < len(said):
            return []
        left = set(named) - self.aside or set(named)
        return list(self.wishes[left.pop()]) if len(left) == 1 else []

    def _subject(self, word: str) -> str:
        """What a word is about, with or without its case ending; "" where it is no subject."""
        return next((self.sounds[heard] for stem, _ in stems(word) if (heard := sound(stem)) in self.sounds), "")


def heard(word: str) -> str:
    """The sound of one word of the table."""
    return "".join(sound(part) for part in tokens(word))
