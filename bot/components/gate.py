"""When a sentence is not understood: the gate on score and margin, chosen anew on held-out folds at every training.

No fixed threshold can be trusted: scores move with the number of intents and of sentences (nlu.md, finding 4).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

OUT_OF_SCOPE = "out_of_scope"
# Of the sentences that mean something to us, so many may be turned away.
REJECTED = 0.04


@dataclass(frozen=True)
class Gate:
    """Below `score`, or closer than `margin` to another intent, nothing is understood."""

    score: float = 0.3
    margin: float = 0.05

    def passes(self, first: float, second: float) -> bool:
        """Whether the best intent is trusted."""
        return first >= self.score and first - second >= self.margin

    def as_dict(self) -> dict[str, float]:
        """For the model's file."""
        return asdict(self)


def group(labels: list[str]) -> tuple[list[str], np.ndarray]:
    """Intents, and for each label the place of its intent: `faq/<topic>` belongs to `faq`."""
    intents = sorted({label.partition("/")[0] for label in labels})
    return intents, np.asarray([intents.index(label.partition("/")[0]) for label in labels])


def grouped(chances: np.ndarray, places: np.ndarray, number: int) -> np.ndarray:
    """Chances of intents from the chances of labels, row by row."""
    result = np.zeros((len(chances), number), dtype=np.float64)
    for column, place in enumerate(places):
        result[:, place] += chances[:, column]
    return result


def choose(chances: np.ndarray, intents: list[str], truth: list[str], rejected: float = REJECTED) -> Gate:
    """The gate that finds most sentences out of scope while at most `rejected` of the others are turned away."""
    scope = intents.index(OUT_OF_SCOPE)
    order = np.sort(chances, axis=1)
    first, margin = order[:, -1], order[:, -1] - order[:, -2]
    outside = chances.argmax(axis=1) == scope
    inside_rows = np.asarray([label.partition("/")[0] != OUT_OF_SCOPE for label in truth])
    best, best_found, best_lost = Gate(0.0, 0.0), -1.0, 1.0
    for score in np.arange(0.0, 0.8, 0.01):
        for gap in (0.0, 0.02, 0.04, 0.06, 0.1, 0.15, 0.2):
            away = outside | (first < score) | (margin < gap)
            lost = float(away[inside_rows].mean())
            found = float(away[~inside_rows].mean())
            if lost <= max(rejected, float(outside[inside_rows].mean())) and (found, -lost) > (best_found, -best_lost):
                best, best_found, best_lost = Gate(round(float(score), 3), gap), found, lost
    return best
