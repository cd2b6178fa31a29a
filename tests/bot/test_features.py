"""What the classifier sees, and how its model and its gate are made."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from bot.components.features import Features, blocks, tokens
from bot.components.gate import Gate, choose, group, grouped
from bot.components.linear import Linear, folds, softmax, train
from bot.components.noise import misspell, misspelt
from bot.components.respell import Spelling

SENTENCES = {
    "bill_amount": [
        "amar bill koto",
        "আমার বিল কত",
        "how much is my bill",
        "mera bill kitna hai",
        "বিল কত টাকা",
        "bill amount please",
    ],
    "report_no_supply": [
        "current nai",
        "কারেন্ট নাই",
        "no power here",
        "bijli nahi hai",
        "বাসায় কারেন্ট নেই",
        "light gone since morning",
    ],
    "out_of_scope": ["what is the score", "gaan shonao", "গান শোনাও", "mausam kaisa hai", "wifi slow", "joke please"],
}


def rows() -> tuple[list[str], list[str]]:
    pairs = [(text, label) for label, texts in SENTENCES.items() for text in texts]
    return [text for text, _ in pairs], [label for _, label in pairs]


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("বিদ্যুৎ নাই", ["বিদ্যুৎ", "নাই"]),
        ("हिसाब १२३४ ५६७८", ["हिसाब", "#8"]),
        ("call 1912 or 16999", ["call", "1912", "or", "16999"]),
        ("token 1234 5678 9012 3456 7890", ["token", "#14"]),
        ("804 chapsi", ["804", "chapsi"]),
    ],
)
def test_numbers_become_words_and_words_stay_whole(text: str, seen: list[str]) -> None:
    assert tokens(text) == seen


def test_many_texts_at_once_are_seen_as_each_alone() -> None:
    texts, _ = rows()
    features = Features(weights=(0.7, 1.5, 2.0, 0.7, 1.2))
    fitted = features.fit(texts, minimum=1)
    unseen = ["amar bil kot", "বিল দেন ১২৩৪৫৬", "qwxz", ""]
    for text, row in zip([*texts, *unseen], [*fitted.toarray(), *features.matrix(unseen).toarray()], strict=True):
        columns, values = features.vector(tokens(text))
        alone = np.zeros(len(features.idf), dtype=np.float32)
        alone[columns] = values
        assert row == pytest.approx(alone, abs=1e-5), text


SLIPS = [
    ("electrcity", "electricity"),
    ("elcetricity", "electricity"),
    ("electticity", "electricity"),
    ("gonne", "gone"),
]


@pytest.mark.parametrize(("typed", "meant"), SLIPS)
def test_a_strange_word_is_read_as_the_nearest_known_one(typed: str, meant: str) -> None:
    features = Features()
    features.fit(["electricity bill", "electricity gone", "bill", "gone"], minimum=2)
    spelling = Spelling.of(features)
    assert spelling.respelt(["bill", typed, "gone"]) == ["bill", meant, "gone"]


@pytest.mark.parametrize("strange", ["elctrcity", "blil", "#12", "Xlectricity", "নতুনশব্দ"])
def test_two_slips_short_words_and_numbers_stay_as_they_are(strange: str) -> None:
    features = Features()
    features.fit(["electricity bill", "electricity gone", "bill", "gone"], minimum=2)
    assert Spelling.of(features).respelt([strange]) == [strange]


def test_scripts_share_their_sounds() -> None:
    latin, bengali = blocks(tokens("biddut nai"))[3], blocks(tokens("বিদ্যুৎ নাই"))[3]
    assert set(latin) == set(bengali)


def test_a_block_without_weight_is_left_out() -> None:
    assert [bool(block) for block in blocks(tokens("amar bill"), (1.0, 0.0, 0.0, 1.0, 0.0))] == [
        True,
        False,
        False,
        True,
        False,
    ]


def test_rows_of_the_matrix_are_the_vectors_of_the_texts() -> None:
    features = Features()
    texts, _ = rows()
    matrix = features.fit(texts, 1)
    columns, values = features.vector(tokens(texts[3]))
    dense = np.zeros(matrix.shape[1], dtype=np.float32)
    dense[columns] = values
    assert np.allclose(matrix[3].toarray()[0], dense, atol=1e-5)


@pytest.mark.parametrize("text", ["", "???", "。。", "\u200d"])
def test_text_without_words_gives_an_empty_vector(text: str) -> None:
    features = Features()
    features.fit(rows()[0], 1)
    columns, values = features.vector(tokens(text))
    assert len(columns) == len(values) == 0


def test_a_model_is_the_same_after_saving(tmp_path: Path) -> None:
    texts, labels = rows()
    model, unseen, scores = train(texts, labels, Features(), 1.0, 1, misspelt(texts, 0.5))
    assert scores.shape == (len(unseen), len(SENTENCES))
    assert len(texts) / 3 < len(unseen) < len(texts) * 2 / 3
    assert model.temperature > 0
    model.save(tmp_path, "intents")
    again = Linear.load(tmp_path, "intents")
    for text in texts:
        assert np.allclose(model.probabilities(text), again.probabilities(text), atol=0.02)
        assert model.labels[model.probabilities(text).argmax()] == again.labels[again.probabilities(text).argmax()]


def test_folds_deal_every_label_out_evenly() -> None:
    labels = ["a"] * 10 + ["b"] * 3 + ["c"] * 30
    part = folds(labels, 3)
    for label in set(labels):
        counts = np.bincount([part[row] for row, name in enumerate(labels) if name == label], minlength=3)
        assert counts.max() - counts.min() <= 1


def test_topics_count_for_their_intent() -> None:
    intents, places = group(["faq/vat", "faq/rent", "greet"])
    assert intents == ["faq", "greet"]
    assert np.allclose(grouped(np.asarray([[0.3, 0.3, 0.4]]), places, 2), [[0.6, 0.4]])


def test_the_gate_keeps_its_promise_on_the_rows_it_was_chosen_on() -> None:
    source = np.random.default_rng(0)
    intents, truth = ["a", "b", "out_of_scope"], []
    scores = []
    for _ in range(600):
        kind = source.choice(["a", "b", "out_of_scope"])
        truth.append(kind)
        raised = source.normal(0, 1, 3)
        raised[intents.index(kind)] += 1.0 if kind == "out_of_scope" else 3.0
        scores.append(raised)
    chances = softmax(np.asarray(scores))
    gate = choose(chances, intents, truth, rejected=0.08)
    away = [
        row.argmax() == 2 or not gate.passes(*sorted(row, reverse=True)[:2])
        for row, kind in zip(chances, truth, strict=False)
        if kind != "out_of_scope"
    ]
    plain = np.mean([row.argmax() == 2 for row, kind in zip(chances, truth, strict=False) if kind != "out_of_scope"])
    assert np.mean(away) <= max(0.08, plain) + 1e-9
    assert gate != Gate(0.0, 0.0)


def test_misspelling_changes_little() -> None:
    source = random.Random(1)
    for text in ("current nai shokal theke", "বিদ্যুৎ নাই সকাল থেকে", "बिजली नहीं आ रही"):
        changed = misspell(text, source)
        assert abs(len(changed) - len(text)) <= 3
    assert misspell("current nai shokal theke", source) != "current nai shokal theke"
