"""What the classifier sees of a sentence: words, letter groups and letter groups of the skeleton, weighted by TF-IDF.

Words are split by our own rule: scikit-learn's and Rasa's word pattern cuts Bangla and Hindi words at their vowel signs.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
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
SIZES = (2, 3, 4, 5)
MOST_CUTS = 50_000  # words whose letter groups are remembered
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
def grams(word: str) -> tuple[str, ...]:
    """Letter groups of a word with its borders."""
    if word.startswith("#"):
        return (word,)
    bounded = f" {word} "
    return tuple(bounded[place : place + size] for size in SIZES for place in range(len(bounded) - size + 1))


def blocks(seen: list[str], used: tuple[float, ...] = EVEN) -> list[Counter[str]]:
    """Counts of the raw features of words, one counter a block; a block without weight stays empty."""
    heard = [sound(word) for word in seen] if any(used[2:]) else []
    return [
        Counter(pairs(seen)) if used[0] else Counter(),
        Counter(gram for word in seen for gram in grams(word)) if used[1] else Counter(),
        Counter(gram for word in heard for gram in grams(word)) if used[2] else Counter(),
        Counter(pairs(heard)) if used[3] else Counter(),
        Counter(pairs([bones(word) for word in heard])) if used[4] else Counter(),
    ]


def sound(word: str) -> str:
    """The skeleton of a word; a class of numbers stays what it is."""
    return word if word.startswith("#") else skeleton_word(word)


def bones(sound: str) -> str:
    """The consonants of a sound and its first letter: vowels are what people spell most differently."""
    return sound[:1] + sound[1:].translate(_VOWELS)


def pairs(seen: list[str]) -> list[str]:
    """Words and pairs of neighbours."""
    return seen + [f"{one}_{two}" for one, two in zip(["^", *seen], [*seen, "$"], strict=False)]


@dataclass
class Features:
    """A vocabulary with its weights; made at training, used for each message."""

    weights: tuple[float, ...] = EVEN
    vocabulary: list[dict[str, int]] = field(default_factory=list)
    idf: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.float32))
    cuts: dict[tuple[int, str], np.ndarray] = field(default_factory=dict, repr=False)

    def fit(self, texts: Sequence[str], minimum: int = 2) -> sparse.csr_matrix:
        """Learn the vocabulary and return the matrix of the texts."""
        self.vocabulary, idf, start, kept = [], [], 0, []
        for names, counts in counted(texts, self.weights):
            frequency = np.bincount(counts.indices, minlength=len(names))
            columns = [place for place in np.argsort(names, kind="stable") if frequency[place] >= minimum]
            self.vocabulary.append({names[place]: start + at for at, place in enumerate(columns)})
            idf.append(np.log((1 + len(texts)) / (1 + frequency[columns])) + 1)
            start += len(columns)
            kept.append(counts[:, columns])
        self.idf = np.concatenate(idf).astype(np.float32)
        return self._weighted(kept)

    def matrix(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """The texts as rows; the same values as `vector` gives one by one, many times faster."""
        kept, start = [], 0
        for vocabulary, (names, counts) in zip(self.vocabulary, counted(texts, self.weights), strict=True):
            known = [(place, vocabulary[name] - start) for place, name in enumerate(names) if name in vocabulary]
            places, columns = [place for place, _ in known], [column for _, column in known]
            move = sparse.csr_matrix(
                (np.ones(len(known), dtype=np.float32), (places, columns)), shape=(len(names), len(vocabulary))
            )
            kept.append(counts @ move)
            start += len(vocabulary)
        return self._weighted(kept)

    def vector(self, seen: list[str]) -> tuple[np.ndarray, np.ndarray]:
        """Columns and values of one text's words."""
        heard = [sound(word) for word in seen] if any(self.weights[2:]) else []
        spoken = [self._known(0, pairs(seen)), self._cut(1, seen), self._cut(2, heard), self._known(3, pairs(heard))]
        spoken.append(self._known(4, pairs([bones(word) for word in heard])))
        columns: list[np.ndarray] = []
        values: list[np.ndarray] = []
        for weight, named in zip(self.weights, spoken, strict=True):
            if not weight or not len(named):
                continue
            ids, number = np.unique(named, return_counts=True)
            value = self.idf[ids] * (1 + np.log(number.astype(np.float32)))
            columns.append(ids)
            values.append(value * (weight / np.sqrt(value @ value)))
        if not columns:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
        return np.concatenate(columns), np.concatenate(values).astype(np.float32)

    def _known(self, block: int, names: Sequence[str]) -> np.ndarray:
        """The columns of the names that the vocabulary has."""
        vocabulary = self.vocabulary[block]
        return np.asarray([vocabulary[name] for name in names if name in vocabulary], dtype=np.int64)

    def _cut(self, block: int, seen: list[str]) -> np.ndarray:
        """The columns of the letter groups of words; the same words come again and again."""
        kept = []
        for word in seen:
            columns = self.cuts.get((block, word))
            if columns is None:
                columns = self._known(block, grams(word))
                if len(self.cuts) < MOST_CUTS:
                    self.cuts[block, word] = columns
            kept.append(columns)
        return np.concatenate(kept) if kept else np.zeros(0, dtype=np.int64)

    def _weighted(self, kept: list[sparse.csr_matrix]) -> sparse.csr_matrix:
        """Counts as TF-IDF, each block of a row of the length of its weight."""
        weighted, start = [], 0
        for weight, counts in zip(self.weights, kept, strict=True):
            counts = counts.tocsr().astype(np.float32)
            counts.data = (1 + np.log(counts.data)) * self.idf[start + counts.indices]
            lengths = np.sqrt(np.asarray(counts.multiply(counts).sum(axis=1)).ravel())
            scale = sparse.diags(weight / np.maximum(lengths, 1e-9))
            weighted.append((scale @ counts).astype(np.float32))
            start += counts.shape[1]
        return sparse.hstack(weighted).tocsr().astype(np.float32)


Counted = tuple[list[str], sparse.csr_matrix]


def counted(texts: Sequence[str], used: tuple[float, ...]) -> list[Counted]:
    """What `blocks` counts, for many texts at once: for each block the names of its columns and the counts.

    Every word is cut into letter groups once, however many sentences it stands in.
    """
    seen = [tokens(text) for text in texts]
    words_of, said = _occurrences(seen)
    heard_as = [sound(word) for word in words_of] if any(used[2:]) else []
    heard, hears = _occurrences([[word] for word in heard_as]) if heard_as else ([], None)
    nothing: Counted = ([], sparse.csr_matrix((len(texts), 0), dtype=np.float32))

    def groups(vocabulary: list[str], counts: sparse.csr_matrix) -> Counted:
        names, cut = _occurrences([grams(word) for word in vocabulary])
        return names, (counts @ cut).tocsr()

    by_word = dict(zip(words_of, heard_as, strict=False))
    sounds = [[by_word[word] for word in row] for row in seen] if heard_as else []
    return [
        _occurrences([pairs(row) for row in seen]) if used[0] else nothing,
        groups(words_of, said) if used[1] else nothing,
        groups(heard, said @ hears) if used[2] and heard else nothing,
        _occurrences([pairs(row) for row in sounds]) if used[3] else nothing,
        _occurrences([pairs([bones(word) for word in row]) for row in sounds]) if used[4] else nothing,
    ]


def _occurrences(rows: Sequence[Sequence[str]]) -> Counted:
    """The names that occur, and how often each stands in each row."""
    places: dict[str, int] = {}
    columns = [places.setdefault(name, len(places)) for row in rows for name in row]
    pointers = np.concatenate([[0], np.cumsum([len(row) for row in rows], dtype=np.int64)])
    ones = np.ones(len(columns), dtype=np.float32)
    counts = sparse.csr_matrix((ones, np.asarray(columns, dtype=np.int64), pointers), shape=(len(rows), len(places)))
    counts.sum_duplicates()
    return list(places), counts
