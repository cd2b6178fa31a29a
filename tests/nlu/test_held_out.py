"""Sentences nobody trained on, through the pipeline that serves customers: the targets with a little room for chance."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.nlu_cli import measure
from gateway.nlu_report import page, values
from gateway.nlu_runner import Reader
from gateway.rasa_process import rasa_python

pytestmark = [
    pytest.mark.skipif(rasa_python() is None, reason="Python 3.10 for Rasa is not set up"),
    pytest.mark.timeout(900),
]

AT_LEAST = {
    "Macro-F1, all": 0.90,
    "Macro-F1, worst form": 0.87,
    "Out-of-scope recall": 0.80,
    "Written form decided": 0.965,
    "Numbers, F1": 0.95,
    "Places, F1": 0.80,
    # 1.00 is the aim; docs/understanding.md says what is missing.
    "Danger recall": 0.99,
}
AT_MOST = {
    "In-scope turned away": 0.05,
    "Calibration error": 0.06,
    "Danger false alarms, ordinary messages": 0.01,
    "Accuracy lost on a misspelt copy": 0.04,
}


@pytest.fixture(scope="module")
def measured(reader: Reader) -> dict[str, Any]:
    return measure(reader)


@pytest.mark.parametrize("what", AT_LEAST)
def test_reaches(measured: dict[str, Any], what: str) -> None:
    assert values(measured)[what] >= AT_LEAST[what]


@pytest.mark.parametrize("what", AT_MOST)
def test_stays_below(measured: dict[str, Any], what: str) -> None:
    assert values(measured)[what] <= AT_MOST[what]


def test_the_report_is_a_whole_page(measured: dict[str, Any]) -> None:
    written = page(measured)
    assert written.startswith("<!doctype html>")
    assert written.count("<svg") == 3
    assert "http" not in written
