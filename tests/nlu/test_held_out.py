"""Sentences nobody trained on, through the pipeline that serves customers: the targets with a little room for chance."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest

from bot.components.noise import misspell
from core.settings import Settings
from gateway import training
from gateway.nlu_cli import HELD_OUT, measure, read_rows
from gateway.nlu_report import page, values
from gateway.nlu_runner import Reader
from gateway.nlu_scores import judge, scores
from gateway.rasa_process import rasa_python

pytestmark = [
    pytest.mark.skipif(rasa_python() is None, reason="Python 3.10 for Rasa is not set up"),
    pytest.mark.timeout(900),
]
ROMANISED = ("bn-Latn", "en", "hi-Latn")
EVERY = 4  # of the sentences that are misspelt for the comparison

AT_LEAST = {
    "Macro-F1, all": 0.90,
    "Macro-F1, worst form": 0.87,
    "Out-of-scope recall": 0.80,
    "Written form decided": 0.96,
    "Numbers, F1": 0.95,
    "Places, F1": 0.80,
    # 1.00 is the aim; docs/understanding.md says what is missing.
    "Danger recall": 0.96,
}
AT_MOST = {
    "In-scope turned away": 0.05,
    "Calibration error": 0.06,
    "Danger false alarms, ordinary messages": 0.015,
}


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader(training.ensure_model(Settings(), lambda words="": None)) as running:
        yield running


@pytest.fixture(scope="module")
def measured(reader: Reader) -> dict[str, Any]:
    return measure(reader)


@pytest.mark.parametrize("what", AT_LEAST)
def test_reaches(measured: dict[str, Any], what: str) -> None:
    assert values(measured)[what] >= AT_LEAST[what]


@pytest.mark.parametrize("what", AT_MOST)
def test_stays_below(measured: dict[str, Any], what: str) -> None:
    assert values(measured)[what] <= AT_MOST[what]


def test_misspelling_costs_little(reader: Reader) -> None:
    rows = [row for form in ROMANISED for row in read_rows(HELD_OUT / f"{form}.tsv", ("lang", "intent", "text"))][
        ::EVERY
    ]
    source = random.Random(3)
    plain = scores([judge(row["lang"], row["intent"], reader.parse(row["text"])) for row in rows])["accuracy"]
    slips = scores([judge(row["lang"], row["intent"], reader.parse(misspell(row["text"], source))) for row in rows])
    assert plain - slips["accuracy"] <= 0.08


def test_the_report_is_a_whole_page(measured: dict[str, Any]) -> None:
    written = page(measured)
    assert written.startswith("<!doctype html>")
    assert written.count("<svg") == 3
    assert "http" not in written
