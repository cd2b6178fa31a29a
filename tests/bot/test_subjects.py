"""Bare words: named, never guessed from."""

from __future__ import annotations

import pytest

from bot.components.importer import intents
from bot.components.subjects import Subjects

SUBJECTS = Subjects.read()


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("meter", "report_meter_fault"),
        ("মিটার?", "report_meter_fault"),
        ("bijlee", "report_no_supply"),
        ("बिजली का बिल", "bill_amount"),
        ("bill er bepare", "bill_amount"),
        ("about payment please", "how_to_pay"),
    ],
)
def test_a_bare_word_has_likely_wishes(text: str, first: str) -> None:
    assert SUBJECTS.likeliest(text)[0] == first


@pytest.mark.parametrize(
    "text",
    ["bidyut nei", "বিদ্যুৎ নেই", "bill koto", "meter kharap", "unit ki", "no power", "hello", "", "?", "meter bill"],
)
def test_who_says_more_is_not_asked_back(text: str) -> None:
    assert SUBJECTS.likeliest(text) == []


def test_every_wish_is_an_intent_and_every_subject_has_words() -> None:
    known = set(intents())
    assert SUBJECTS.wishes.keys() == set(SUBJECTS.sounds.values())
    for subject, wishes in SUBJECTS.wishes.items():
        assert 2 <= len(wishes) <= 3 and set(wishes) <= known, subject
