"""The written form of the answer follows the customer, and no name, number or borrowed word turns it."""

from __future__ import annotations

import pytest

from gateway.nlu_runner import Reader
from gateway.rasa_process import rasa_python

pytestmark = [
    pytest.mark.skipif(rasa_python() is None, reason="Python 3.10 for Rasa is not set up"),
    pytest.mark.timeout(300),
]

# (written, remembered from before, decided)
KEPT = [
    ("gorakhpur", "hi-Latn", "hi-Latn"),
    ("mirpur 12", "bn-Latn", "bn-Latn"),
    ("Mirpur 12", "bn", "bn"),
    ("N2345678901", "hi", "hi"),
    ("N2345678901", "hi-Latn", "hi-Latn"),
    ("12345678", "bn", "bn"),
    ("bill", "bn-Latn", "bn-Latn"),
    ("ok", "hi", "hi"),
    ("PDF please", "bn", "bn"),
    ("desco", "bn", "bn"),
]
TURNED = [
    ("amar bill koto", "hi-Latn", "bn-Latn"),
    ("mera bill kitna hai", "bn-Latn", "hi-Latn"),
    ("what is the amount of my bill", "bn", "en"),
    ("আমার বিল কত", "en", "bn"),
    ("मेरा बिल कितना है", "hi-Latn", "hi"),
    ("current nai", "en", "bn-Latn"),
]


@pytest.mark.parametrize(("written", "remembered", "decided"), KEPT + TURNED)
def test_the_form_of_the_answer(reader: Reader, written: str, remembered: str, decided: str) -> None:
    assert reader.parse(written, {"language": remembered})["language"] == decided
