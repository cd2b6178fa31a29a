"""The misspelt copies that understanding is measured with."""

from __future__ import annotations

import pytest

from gateway.nlu_typos import misspelt

SENTENCES = ["current nai shokal theke", "বিদ্যুৎ নাই সকাল থেকে", "बिजली नहीं आ रही सुबह से", "no power since morning"]


@pytest.mark.parametrize("text", SENTENCES)
def test_a_copy_differs_a_little_and_is_always_the_same(text: str) -> None:
    copy = misspelt(text)
    assert copy != text
    assert copy == misspelt(text)
    assert copy.count(" ") == text.count(" ")
    assert abs(len(copy) - len(text)) <= 2 * (1 + len(text) // 12)


@pytest.mark.parametrize("text", ["ok", "", "N2345678901", "12345678", "hi ji"])
def test_short_words_and_numbers_stay(text: str) -> None:
    assert misspelt(text) == text
