"""A word that was never seen is most often a known one with a slip of the thumb in it.

Only words of some length are looked up, and only a single slip is forgiven: a letter too many, too few, another, or two
in the wrong order. The first letter is taken to be right.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.components.features import Features

# Found on misspelt copies: shorter words have too many neighbours.
SHORTEST = 5
SHORTEST_KNOWN = 4


@dataclass
class Spelling:
    """Known words with how rare they are, and the words that are left when one letter of them is missing."""

    known: dict[str, float] = field(default_factory=dict)
    left: dict[str, list[str]] = field(default_factory=dict)
    found: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, features: Features) -> Spelling:
        """From the single words of a vocabulary."""
        spelling = cls()
        words = features.vocabulary[0] if features.vocabulary else {}
        for word, column in words.items():
            if "_" in word or word.startswith("#"):
                continue
            spelling.known[word] = float(features.idf[column])
            if len(word) >= SHORTEST_KNOWN:
                for shorter in shortened(word):
                    spelling.left.setdefault(shorter, []).append(word)
        return spelling

    def respelt(self, seen: list[str]) -> list[str]:
        """The words with the nearest known one for each that is not known."""
        return [self._nearest(word) if len(word) >= SHORTEST and word not in self.known else word for word in seen]

    def _nearest(self, word: str) -> str:
        if not self.known or not word[0].isalpha():
            return word
        nearest = self.found.get(word)
        if nearest is None:
            near = set(self.left.get(word, ()))
            for shorter in shortened(word):
                near.update(self.left.get(shorter, ()))
                if shorter in self.known and len(shorter) >= SHORTEST_KNOWN:
                    near.add(shorter)
            # The commonest; the word itself decides between equals, so that every run agrees.
            nearest = min(
                (other for other in near if one_slip(word, other)),
                key=lambda other: (self.known[other], other),
                default=word,
            )
            if len(self.found) < MOST_KEPT:
                self.found[word] = nearest
        return nearest


MOST_KEPT = 20_000


def shortened(word: str) -> set[str]:
    """A word without one letter, in turn; its first one stays."""
    return {word[:place] + word[place + 1 :] for place in range(1, len(word))}


def one_slip(one: str, other: str) -> bool:
    """Whether two different words are one slip apart."""
    if abs(len(one) - len(other)) > 1:
        return False
    place = 0
    while place < min(len(one), len(other)) and one[place] == other[place]:
        place += 1
    rest, others = one[place:], other[place:]
    if len(one) != len(other):
        return rest[1:] == others if len(one) > len(other) else rest == others[1:]
    return rest[1:] == others[1:] or (rest[:2] == others[:2][::-1] and rest[2:] == others[2:])
