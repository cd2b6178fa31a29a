"""Cutting text: at the strongest boundary, never inside what is read as one letter, losing nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors._split import cut, is_between_letters, size, split

ALPHABET = st.text(st.sampled_from("অকষতর্ािীक्षत्र्ি\u200d\u200c 😀👍🏽🇧🇩👨\u200d👩ab.। \n"), max_size=300)


@pytest.mark.parametrize(
    ("text", "limit", "pieces"),
    [
        ("short", 10, ["short"]),
        ("one two three", 8, ["one two", "three"]),
        ("First. Second one.", 12, ["First.", "Second one."]),
        ("প্রথম। দ্বিতীয়।", 10, ["প্রথম।", "দ্বিতীয়।"]),
        ("a\n\nb b b b b b", 8, ["a\n\nb b b", "b b b"]),
        ("para one\n\npara two", 12, ["para one", "para two"]),
        ("line one\nline two", 12, ["line one", "line two"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("", 5, [""]),
        ("   ", 5, [""]),
        ("😀😀😀", 4, ["😀😀", "😀"]),
        ("🇧🇩🇮🇳", 6, ["🇧🇩", "🇮🇳"]),
        ("👨\u200d👩x", 5, ["👨\u200d👩", "x"]),
        ("ক্ষক্ষ", 4, ["ক্ষ", "ক্ষ"]),
        ("त्रत्र", 5, ["त्र", "त्र"]),
        ("👍🏽👍🏽", 6, ["👍🏽", "👍🏽"]),
    ],
)
def test_split(text: str, limit: int, pieces: list[str]) -> None:
    assert split(text, limit) == pieces


def test_the_last_piece_has_room_for_buttons() -> None:
    pieces = split("Sentence number one. " * 100, 4096, 1024)
    assert len(pieces) == 2 and len(pieces[-1]) <= 1024 and len(pieces[0]) <= 4096
    assert pieces[-1].startswith("Sentence")


@pytest.mark.parametrize(("text", "limit", "short"), [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("ক্ষক্ষ", 5, "ক্ষ…")])
def test_cut(text: str, limit: int, short: str) -> None:
    assert cut(text, limit) == short


def test_a_letter_of_a_thousand_marks_is_cut_anyway() -> None:
    assert all(size(piece) <= 10 for piece in split("a" + "\u0301" * 1000, 10))


@settings(max_examples=300, deadline=None)
@given(ALPHABET, st.integers(12, 60), st.integers(12, 60))
def test_nothing_is_lost_and_limits_hold(text: str, limit: int, last: int) -> None:
    pieces = split(text, limit, last)
    assert "".join("".join(pieces).split()) == "".join(text.split())
    assert all(size(piece) <= limit for piece in pieces) and size(pieces[-1]) <= last
    assert all(pieces) or pieces == [""]


@settings(max_examples=300, deadline=None)
@given(ALPHABET, st.integers(1, 40))
def test_a_cut_text_fits(text: str, limit: int) -> None:
    short = cut(text, limit)
    assert size(short) <= limit
    kept = short[:-1]
    if short != text and kept and text.startswith(kept) and not is_between_letters(text, len(kept)):
        assert not any(is_between_letters(text, place) for place in range(1, len(kept))), "there was a better place"
