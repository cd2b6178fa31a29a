"""What the classifier sees of a sentence: words, letter groups and letter groups of the skeleton, weighted by TF-IDF.

Words are split by our own rule: scikit-learn's and Rasa's word pattern cuts Bangla and Hindi words at their vowel signs.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from scipy import sparse

from core.language.normalise import fold
from core.language.skeleton import skeleton_word, words

# Numbers that mean something by themselves: hotlines and keys of prepaid meters.
KEPT_NUMBERS = re.compile(r"1912|16999|16200|16899|1612\d|1611\d|16603|999|8[0-9]{2}|181|1[0-2]")
BLOCKS = ("word", "letters", "sound", "soundword", "bones")
EVEN = (1.0,) * len(BLOCKS)
_VOWELS = str.maketrans("", "", "aiou")


def number_class(digits: str) -> str:
    """A number as a word: itself when it is known, else its length."""
    return digits if KEPT_NUMBERS.fullmatch(digits) else f"#{min(len(digits), 14)}"


def tokens(text: str) -> list[str]:
    """The words of a message as features see them."""
    return [number_class(word) if word.isdigit() else word for word in words(_join_digits(fold(text)))]


_GROUPED = re.compile(r"(?<=\d)[ -](?=\d{2})")


def _join_digits(text: str) -> str:
    return _GROUPED.sub("", text)


@lru_cache(maxsize=65536)
def _grams(word: str, low: int, high: int) -> tuple[str, ...]:
    """Letter groups of a word with its borders."""
    if word.startswith("#"):
        return (word,)
    bounded = f" {word} "
    return tuple(
        bounded[place : place + size] for size in range(low, high + 1) for place in range(len(bounded) - size + 1)
    )


def blocks(text: str, used: tuple[float, ...] = EVEN) -> list[Counter[str]]:
    """Counts of the raw features, one counter a block; a block without weight stays empty."""
    seen = tokens(text)
    heard = [word if word.startswith("#") else skeleton_word(word) for word in seen] if any(used[2:]) else []
    return [
        _pairs(seen) if used[0] else Counter(),
        Counter(gram for word in seen for gram in _grams(word, 2, 5)) if used[1] else Counter(),
        Counter(gram for word in heard for gram in _grams(word, 2, 5)) if used[2] else Counter(),
        _pairs(heard) if used[3] else Counter(),
        _pairs([bones(word) for word in heard]) if used[4] else Counter(),
    ]


def bones(sound: str) -> str:
    """The consonants of a sound and its first letter: vowels are what people spell most differently."""
    return sound[:1] + sound[1:].translate(_VOWELS)


def _pairs(seen: list[str]) -> Counter[str]:
    """Words and pairs of neighbours."""
    return Counter(seen + [f"{one}_{two}" for one, two in zip(["^", *seen], [*seen, "$"], strict=False)])


@dataclass
class Features:
    """A vocabulary with its weights; made at training, used for each message."""

    weights: tuple[float, ...] = EVEN
    vocabulary: list[dict[str, int]] = field(default_factory=list)
    idf: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.float32))

    def fit(self, texts: Iterable[str], minimum: int = 2) -> sparse.csr_matrix:
        """Learn the vocabulary and return the matrix of the texts."""
        rows = [blocks(text, self.weights) for text in texts]
        frequency: list[Counter[str]] = [Counter() for _ in BLOCKS]
        for row in rows:
            for place, counts in enumerate(row):
                frequency[place].update(counts.keys())
        self.vocabulary, idf, start = [], [], 0
        for counts in frequency:
            kept = sorted(name for name, number in counts.items() if number >= minimum)
            self.vocabulary.append({name: start + place for place, name in enumerate(kept)})
            idf += [np.log((1 + len(rows)) / (1 + counts[name])) + 1 for name in kept]
            start += len(kept)
        self.idf = np.asarray(idf, dtype=np.float32)
        return self._matrix(rows)

    def matrix(self, texts: Iterable[str]) -> sparse.csr_matrix:
        """The texts as rows."""
        return self._matrix([blocks(text, self.weights) for text in texts])

    def vector(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        """Columns and values of one text."""
        return self._row(blocks(text, self.weights))

    def _row(self, row: list[Counter[str]]) -> tuple[np.ndarray, np.ndarray]:
        columns: list[int] = []
        values: list[np.ndarray] = []
        for place, counts in enumerate(row):
            vocabulary = self.vocabulary[place]
            found = [(vocabulary[name], number) for name, number in counts.items() if name in vocabulary]
            if not found:
                continue
            ids = [column for column, _ in found]
            value = self.idf[ids] * (1 + np.log(np.asarray([number for _, number in found], dtype=np.float32)))
            values.append(value * (self.weights[place] / np.sqrt(value @ value)))
            columns += ids
        if not columns:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
        return np.asarray(columns, dtype=np.int64), np.concatenate(values).astype(np.float32)

    def _matrix(self, rows: list[list[Counter[str]]]) -> sparse.csr_matrix:
        pairs = [self._row(row) for row in rows]
        pointers = np.concatenate([[0], np.cumsum([len(columns) for columns, _ in pairs])])
        columns = np.concatenate([columns for columns, _ in pairs]) if pairs else np.zeros(0, dtype=np.int64)
        values = np.concatenate([values for _, values in pairs]) if pairs else np.zeros(0, dtype=np.float32)
        return sparse.csr_matrix((values, columns, pointers), shape=(len(rows), len(self.idf)))
