"""One sound for the spellings of three scripts."""

from __future__ import annotations

import pytest

from core.language.normalise import fold
from core.language.skeleton import skeleton, words
from core.language.spelling import loose

SAME = [
    ("বিদ্যুৎ", "biddut", "bidyut", "विद्युत", "vidyut"),
    ("মিটার", "mitar", "मिटर"),
    ("बिजली", "bijli", "bijlee"),
    ("টাকা", "taka", "taaka"),
    ("অভিযোগ", "obhijog", "ovijog"),
    ("কখন", "kokhon"),
    ("कितना", "kitna", "kitnaa"),
    ("অফিস", "ofis", "offis"),
    ("গ্রাহক", "grahok"),
    ("লাইন", "lain", "लाइन"),
]


@pytest.mark.parametrize("spellings", SAME)
def test_spellings_sound_alike(spellings: tuple[str, ...]) -> None:
    assert len({skeleton(fold(word)) for word in spellings}) == 1


def test_vowel_signs_stay_in_their_words() -> None:
    assert words(fold("বিদ্যুৎ নাই, बिजली नहीं!")) == ["বিদ্যুৎ", "নাই", "बिजली", "नहीं", "!"]


@pytest.mark.parametrize(
    ("one", "other"), [("খুঁটি", "খুটি"), ("খাম্বা", "খাম্বা"), ("चिंगारी", "चिन्गारी"), ("taar", "tar"), ("khooti", "khuti")]
)
def test_loose_spelling_joins_what_people_mix_up(one: str, other: str) -> None:
    assert loose(fold(one)) == loose(fold(other))


@pytest.mark.parametrize(("one", "other"), [("কথা", "খুঁটা"), ("fire", "phir"), ("koren", "karen"), ("tin", "three")])
def test_loose_spelling_keeps_different_words_apart(one: str, other: str) -> None:
    assert loose(fold(one)) != loose(fold(other))
