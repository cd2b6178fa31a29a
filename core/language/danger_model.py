"""A second opinion on danger: a small linear model over sounds of words, for wordings the tables do not foresee.

Its weights are data (data/danger_weights.tsv), learned from nlu_data by `python -m bot.components.danger_table` in Rasa's
environment; scoring needs the standard library alone.
"""

from __future__ import annotations

import itertools
from functools import lru_cache
from math import sqrt
from pathlib import Path

from core.language.normalise import fold
from core.language.skeleton import skeleton_word, words

WEIGHTS = Path(__file__).parent / "data" / "danger_weights.tsv"
BIAS = "*"
SIZES = (3, 4, 5)


def marks(text: str) -> tuple[set[str], set[str]]:
    """What the model sees of a text: sounds of words with pairs of neighbours, and letter groups of the sounds."""
    heard = [skeleton_word(word) for word in words(fold(text)) if not word.isdigit() and word not in "?!"]
    together = set(heard) | {f"{one}_{two}" for one, two in itertools.pairwise(heard)}
    return together, {gram for word in set(heard) for gram in _grams(word)}


@lru_cache(maxsize=16384)
def _grams(word: str) -> tuple[str, ...]:
    bounded = f" {word} "
    return tuple(f"~{bounded[place : place + size]}" for size in SIZES for place in range(len(bounded) - size + 1))


def score(text: str) -> float:
    """Above zero: more likely danger than not, as far as the training sentences tell."""
    weights = _weights()
    together, grams = marks(text)
    total = weights[BIAS]
    for listed in (together, grams):
        if listed:
            total += sum(weights.get(mark, 0.0) for mark in listed) / sqrt(len(listed))
    return total


@lru_cache(maxsize=1)
def _weights() -> dict[str, float]:
    weights = {}
    for line in WEIGHTS.read_text(encoding="utf-8").splitlines():
        mark, _, weight = line.rpartition("\t")
        weights[mark] = float(weight)
    return weights
