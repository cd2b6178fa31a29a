"""Learns core/language/data/danger_weights.tsv from the training sentences. Run it when many of them changed:

`.venv-rasa/bin/python -m bot.components.danger_table`
"""

from __future__ import annotations

from collections import Counter

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from bot.components.importer import sentences
from bot.components.linear import folds
from core.language.danger import by_sound, detect, speaks_of_it
from core.language.danger_model import BIAS, WEIGHTS, marks

HAZARD = "report_hazard"
COST = 100.0
SEEN = 2
PARTS = 3
# Smaller weights are left out of the file.
FAINT = 0.35
# A miss weighs three false alarms.
MISS = {True: 3.0, False: 1.0}
Marks = tuple[set[str], set[str]]


def matrix(rows: list[Marks], vocabulary: dict[str, int]) -> sparse.csr_matrix:
    """The rows as the model sees them: each kind of mark shares a length of one."""
    pointers, columns, values = [0], [], []
    for row in rows:
        for listed in row:
            known = [vocabulary[mark] for mark in listed if mark in vocabulary]
            columns += known
            values += [1 / np.sqrt(len(listed))] * len(known)
        pointers.append(len(columns))
    return sparse.csr_matrix((values, columns, pointers), shape=(len(rows), len(vocabulary)))


def main() -> None:
    """Learn, write, and say how well unseen folds do."""
    rows = list(sentences())
    seen = [marks(row.text) for row in rows]
    danger = np.asarray([row.label == HAZARD for row in rows])
    counts = Counter(mark for row in seen for listed in row for mark in listed)
    vocabulary = {
        mark: place for place, mark in enumerate(sorted(mark for mark, number in counts.items() if number >= SEEN))
    }
    table = matrix(seen, vocabulary)

    def model() -> LogisticRegression:
        return LogisticRegression(C=COST, solver="liblinear", class_weight=MISS, random_state=0)

    part, scores = folds([row.label for row in rows], PARTS), np.zeros(len(rows))
    for number in range(PARTS):
        learned = model().fit(table[part != number], danger[part != number])
        scores[part == number] = learned.decision_function(table[part == number])
    print_limits([row.text for row in rows], danger, scores)
    learned = model().fit(table, danger)
    weights = learned.coef_[0]
    lines = [f"{BIAS}\t{learned.intercept_[0]:.3f}"]
    lines += [f"{mark}\t{weights[place]:.2f}" for mark, place in vocabulary.items() if abs(weights[place]) > FAINT]
    WEIGHTS.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(lines)} weights written to {WEIGHTS}")


def print_limits(texts: list[str], danger: np.ndarray, scores: np.ndarray) -> None:
    """Recall and false alarms for the limits of core/language/danger.py, with scores of unseen folds."""
    tables = np.asarray([detect(text, second=False) is not None for text in texts])
    heard = np.asarray([by_sound(text) for text in texts])
    named = np.asarray([speaks_of_it(text) for text in texts])
    found = tables | heard
    print(f"tables alone: recall {tables[danger].mean():.3f}  false alarms {tables[~danger].mean():.4f}")
    for unlikely in (3.0, 4.0, 5.0, 6.0):
        for leaning in (0.5, 1.0, 1.5, 2.0):
            for convinced in (-1.0, -0.5, 0.0, 0.5, 1.0):
                found = (tables & (scores > -unlikely)) | (heard & (scores > -leaning)) | (named & (scores > convinced))
                rates = f"recall {found[danger].mean():.3f}  false alarms {found[~danger].mean():.4f}"
                print(f"unlikely {unlikely:3.1f}  leaning {leaning:3.1f}  convinced {convinced:3.1f}  {rates}")


if __name__ == "__main__":
    main()
