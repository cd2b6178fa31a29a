"""Places of a list in words, in five written forms, and what is none."""

from __future__ import annotations

import pytest

from gateway import picking
from gateway.picking import Pick


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("২ নম্বরটা", 2),
        ("২ নং", 2),
        ("নম্বর ৩", 3),
        ("দ্বিতীয়টা", 2),
        ("প্রথমটা দেন", 1),
        ("দুই নম্বরটা", 2),
        ("2 number ta", 2),
        ("dui number ta den", 2),
        ("number 3", 3),
        ("no. 2", 2),
        ("#1", 1),
        ("the second one", 2),
        ("second one please", 2),
        ("2nd", 2),
        ("option 4", 4),
        ("२ नंबर वाला", 2),
        ("2", 2),
        (" ৩। ", 3),
        ("12)", 12),
        ("दूसरा वाला", 2),
        ("पहले वाला चाहिए", 1),
        ("dusra wala", 2),
        ("teesra", 3),
        ("pehle wala dena", 1),
    ],
)
def test_a_place_is_meant(text: str, place: int) -> None:
    assert picking.read(text) == Pick(place=place)


@pytest.mark.parametrize(
    ("text", "pick"),
    [
        ("না, ২ নম্বরটা", Pick(place=2, corrects=True)),
        ("na 2", Pick(place=2, corrects=True)),
        ("no, the first one", Pick(place=1, corrects=True)),
        ("nahi, dusra wala", Pick(place=2, corrects=True)),
        ("नहीं, पहले वाला", Pick(place=1, corrects=True)),
        ("না, ২ নম্বরটা না", Pick(place=2, corrects=True, meant=False)),
        ("২ নম্বরটা না", Pick(place=2, meant=False)),
        ("2 number ta na", Pick(place=2, meant=False)),
        ("no, not number 2", Pick(place=2, corrects=True, meant=False)),
        ("दूसरा वाला नहीं", Pick(place=2, meant=False)),
    ],
)
def test_a_place_is_put_right_or_taken_back(text: str, pick: Pick) -> None:
    assert picking.read(text) == pick


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no",
        "না",
        "na na",
        "12345678",
        "2 ghonta",
        "২ ঘণ্টা ধরে নাই",
        "one",
        "do",
        "current nai",
        "load 2 kw",
        "meter number 012345678901",
        "my second complaint",
        "no electricity",
        "first time bill",
        "1 2",
        "number",
        "দুই",
        "২টা",
        "x" * 50,
    ],
)
def test_what_is_no_place(text: str) -> None:
    assert picking.read(text) is None


def test_not_the_one_of_two_is_the_other() -> None:
    assert Pick(place=2, meant=False).among(["a", "b"]) == "a"
    assert Pick(place=1, meant=False).among(["a", "b"]) == "b"
    assert Pick(place=1, meant=False).among(["a", "b", "c"]) is None
    assert Pick(place=3).among(["a", "b"]) is None
    assert Pick(place=1).among(["a"]) == "a"


def test_not_the_one_of_many_leaves_the_others() -> None:
    assert Pick(place=2, meant=False).others(["a", "b", "c"]) == ["a", "c"]
    assert Pick(place=2, meant=False, corrects=True).others(["a", "b", "c", "d"]) == ["a", "c", "d"]
    assert Pick(place=1, meant=False).others(["a", "b"]) == []
    assert Pick(place=4, meant=False).others(["a", "b", "c"]) == []
    assert Pick(place=2).others(["a", "b", "c"]) == []
