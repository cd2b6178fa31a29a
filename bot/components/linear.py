"""A linear model over sparse features: trained with scikit-learn, calibrated on held-out folds, used with numpy alone.

One model serves all five written forms, because people mix them inside a sentence.
"""

from __future__ import annotations

import ctypes
import json
import multiprocessing
import os
import signal
import sys
import warnings
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse
from scipy.optimize import minimize_scalar
from sklearn.svm import LinearSVC

from bot.components.features import Features, tokens
from bot.components.respell import Spelling

FOLDS = 2
PROCESSES = 2
PR_SET_PDEATHSIG = 1


@dataclass
class Linear:
    """Labels, features and weights of a one-against-all model; `temperature` turns its scores into probabilities.

    A model that was read back keeps its weights in eight bits, times `scale`: most of the time of a score is spent
    waiting for them to come out of memory.
    """

    labels: list[str] = field(default_factory=list)
    features: Features = field(default_factory=Features)
    weights: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), dtype=np.float32))
    bias: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.float32))
    temperature: float = 1.0
    scale: np.ndarray | float = 1.0

    def scores(self, text: str) -> np.ndarray:
        """What the model says of each label."""
        return self._scores(tokens(text))

    def _scores(self, seen: list[str]) -> np.ndarray:
        columns, values = self.features.vector(seen)
        return (values @ self.weights[columns].astype(np.float32)) * self.scale + self.bias

    def probabilities(self, text: str) -> np.ndarray:
        """How likely each label is.

        A message with words that were never seen is also read with the nearest known ones; both readings count alike.
        """
        seen = tokens(text)
        chances = softmax(self._scores(seen) * self.temperature)
        meant = self.spelling.respelt(seen)
        return chances if meant == seen else (chances + softmax(self._scores(meant) * self.temperature)) / 2

    @cached_property
    def spelling(self) -> Spelling:
        """The words of the training sentences, by what a slip leaves of them."""
        return Spelling.of(self.features)

    def save(self, folder: Path, name: str) -> None:
        """Write the model into a folder."""
        # Eight bits a weight: a quarter of the file and of the time to pack it, the same sentences understood.
        scale = np.maximum(np.abs(self.weights).max(axis=0), 1e-9) / 127
        np.savez(
            folder / f"{name}.npz",
            weights=np.round(self.weights / scale).astype(np.int8),
            scale=scale,
            bias=self.bias,
            idf=self.features.idf,
            blocks=np.asarray(self.features.weights, dtype=np.float32),
            temperature=np.asarray([self.temperature]),
        )
        words = {"labels": self.labels, "vocabulary": [list(block) for block in self.features.vocabulary]}
        (folder / f"{name}.json").write_text(json.dumps(words, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, name: str) -> Linear:
        """Read a model back."""
        words: dict[str, Any] = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        with np.load(folder / f"{name}.npz") as arrays:
            features = Features(weights=tuple(float(weight) for weight in arrays["blocks"]), idf=arrays["idf"])
            start = 0
            for block in words["vocabulary"]:
                features.vocabulary.append({gram: start + place for place, gram in enumerate(block)})
                start += len(block)
            return cls(
                labels=words["labels"],
                features=features,
                weights=arrays["weights"],
                scale=arrays["scale"].astype(np.float32),
                bias=arrays["bias"],
                temperature=float(arrays["temperature"][0]),
            )


def softmax(scores: np.ndarray) -> np.ndarray:
    """Scores as shares of one."""
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


def folds(labels: Sequence[str], number: int = FOLDS, seed: int = 7) -> np.ndarray:
    """The fold of each row; the rows of a label are dealt out evenly."""
    random = np.random.default_rng(seed)
    order = random.permutation(len(labels))
    dealt: dict[str, int] = {}
    result = np.zeros(len(labels), dtype=np.int64)
    for row in order:
        turn = dealt.get(labels[row], int(random.integers(number)))
        result[row] = turn % number
        dealt[labels[row]] = turn + 1
    return result


def fit(matrix: sparse.csr_matrix, labels: np.ndarray, cost: float) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Labels, weights (features × labels) and bias."""
    model = LinearSVC(C=cost, max_iter=3, tol=0.3, random_state=0)
    with warnings.catch_warnings():
        # Stopped early on purpose: more rounds move no sentence and cost seconds.
        warnings.simplefilter("ignore")
        model.fit(matrix, labels)
    weights, bias = model.coef_, model.intercept_
    if len(model.classes_) == 2:
        weights, bias = np.vstack([-weights, weights]), np.concatenate([-bias, bias])
    return list(model.classes_), np.ascontiguousarray(weights.T, dtype=np.float32), bias.astype(np.float32)


# What the processes that fit read: they are forked from this one, so nothing is copied.
_WORK: dict[str, tuple[sparse.csr_matrix, np.ndarray]] = {}
OTHERS = "~"  # all labels that another process learns, as one


def _fit_part(work: str, names: list[str], cost: float) -> tuple[np.ndarray, np.ndarray]:
    """Weights and bias of some of the labels; each is learned against all rows, so parts are learned beside each other."""
    matrix, labels = _WORK[work]
    labels = np.where(np.isin(labels, names), labels, OTHERS)
    known, weights, bias = fit(matrix, labels, cost)
    columns = [known.index(name) for name in names]
    return weights[:, columns], bias[columns]


def _end_with_parent(parent: int) -> None:
    """A training that is killed leaves no half of itself behind, with most of a gigabyte in its hands."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)  # it ended before this could be asked for


def train(
    texts: Sequence[str],
    labels: Sequence[str],
    features: Features,
    cost: float,
    minimum: int = 2,
    extra: Sequence[tuple[str, int]] = (),
) -> tuple[Linear, np.ndarray, np.ndarray]:
    """A trained and calibrated model, and the rows of a fold with their scores from a model that had not seen them.

    `extra` are altered copies (text, row they come from): they are trained on with their row, and never judged.
    """
    rows = np.asarray(labels)
    sources = np.asarray([source for _, source in extra], dtype=np.int64)
    matrix = features.fit(texts, minimum)
    altered = features.matrix([text for text, _ in extra]) if extra else None
    part = folds(labels)
    unseen = np.flatnonzero(part == 0)

    def of(kept: np.ndarray) -> tuple[sparse.csr_matrix, np.ndarray]:
        """The kept rows and their altered copies."""
        if altered is None:
            return matrix[kept], rows[kept]
        chosen = np.flatnonzero(kept[sources])
        return sparse.vstack([matrix[kept], altered[chosen]]).tocsr(), np.concatenate(
            [rows[kept], rows[sources[chosen]]]
        )

    names = sorted(set(labels))
    _WORK.update(whole=of(np.ones(len(rows), dtype=bool)), fold=of(part != 0))
    parts = [names[start::PROCESSES] for start in range(PROCESSES)]
    fork = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(PROCESSES, mp_context=fork, initializer=_end_with_parent, initargs=(os.getpid(),)) as pool:
        tasks = [(work, listed) for work in ("whole", "fold") for listed in parts if listed]
        found = list(pool.map(_fit_part, *zip(*tasks, strict=True), [cost] * len(tasks)))
    _WORK.clear()
    learned = {}
    for work in ("whole", "fold"):
        weights = np.zeros((matrix.shape[1], len(names)), dtype=np.float32)
        bias = np.zeros(len(names), dtype=np.float32)
        for (done, listed), (some, their_bias) in zip(tasks, found, strict=True):
            if done == work:
                columns = [names.index(name) for name in listed]
                weights[:, columns], bias[columns] = some, their_bias
        learned[work] = weights, bias
    model = Linear(names, features, *learned["whole"])
    weights, bias = learned["fold"]
    scores = matrix[unseen] @ weights + bias
    model.temperature = temperature(scores, np.asarray([names.index(labels[row]) for row in unseen]))
    return model, unseen, scores


def temperature(scores: np.ndarray, truth: np.ndarray) -> float:
    """The factor under which unseen rows are least surprising."""

    def surprise(factor: float) -> float:
        chances = softmax(scores * factor)[np.arange(len(truth)), truth]
        return float(-np.log(np.maximum(chances, 1e-9)).mean())

    return float(minimize_scalar(surprise, bounds=(0.3, 20.0), method="bounded").x)
