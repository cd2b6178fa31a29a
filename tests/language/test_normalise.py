"""The normal form of what people type, and the way back to it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.language.normalise import MAX_TEXT, fold, normalise

FORMS = [
    ("precomposed and decomposed ya", "নয়", "নয\u09bc"),
    ("o sign typed as two", "কো", "ক\u09c7\u09be"),
    ("Devanagari nukta", "ज़्यादा", "ज्यादा"),
    ("Bangla digits", "১২৩৪", "1234"),
    ("Devanagari digits", "१२३४", "1234"),
    ("full width", "ＡＢ１２", "ab12"),
    ("capital letters", "DESCO", "desco"),
    ("zero width joiners", "র\u200d্যাব", "র্যাব"),
    ("stretched word", "helloooooo", "helloo"),
    ("stretched vowel sign", "নাাাা", "না"),
    ("danda", "বিল কত।", "বিল কত."),
    ("emoji as a word", "🔥", " fire "),
    ("emoji with a skin tone", "👍🏽", " ok "),
]


@pytest.mark.parametrize(("name", "typed", "same"), FORMS, ids=[case[0] for case in FORMS])
def test_same_normal_form(name: str, typed: str, same: str) -> None:
    assert fold(typed) == fold(same)


@given(st.text(alphabet="aAb 1!\n\tकািे়्ড\u200dé😀🏽", max_size=40))
def test_the_short_way_gives_the_same(text: str) -> None:
    assert fold(text) == normalise(text).text


SPANS = [
    ("আমার হিসাব ১২৩৪ ৫৬৭৮", "1234 5678", "১২৩৪ ৫৬৭৮"),
    ("🔥🔥 তার ছিঁড়ে", "তার", "তার"),
    ("ज़मीन पर N१२३४५", "n12345", "N१२३४५"),
    ("বিদ্যুৎ নয\u09bc", "নয়", "নয\u09bc"),
    ("heyyyyyy bill", "bill", "bill"),
]


@pytest.mark.parametrize(("typed", "piece", "original"), SPANS)
def test_offsets_lead_back_to_the_original(typed: str, piece: str, original: str) -> None:
    normal = normalise(typed)
    start = normal.text.index(fold(piece))
    first, last = normal.span(start, start + len(fold(piece)))
    assert typed[first:last] == original


@given(st.text(max_size=200))
def test_every_letter_knows_where_it_came_from(text: str) -> None:
    normal = normalise(text)
    assert len(normal.text) == len(normal.starts) == len(normal.ends)
    assert all(0 <= start < end <= len(text) for start, end in zip(normal.starts, normal.ends, strict=True))
    assert list(normal.starts) == sorted(normal.starts)


@given(st.text(alphabet="abc কখগ অআ চছ ািী ुूे कखग 0১२", max_size=80))
def test_normal_form_is_stable(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_a_pile_of_marks_is_cut() -> None:
    assert len(fold("a" + "\u0301" * 500)) < 20


def test_long_text_is_cut() -> None:
    assert len(normalise("ab" * 100_000).text) <= MAX_TEXT


def test_correct_conjuncts_are_kept_in_the_original() -> None:
    typed = unicodedata.normalize("NFC", "র‍্যাব ক্ষমা স্ত্রী")
    assert normalise(typed).original == typed
