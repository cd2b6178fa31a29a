"""Numbers that can be read out, and are understood however they are typed."""

from __future__ import annotations

import pytest

from complaints.kinds import load_kinds
from complaints.numbers import new_number, parse_number
from core.codes import ALPHABET, LENGTH, MEANT


def test_nothing_that_looks_or_sounds_alike() -> None:
    assert not set(ALPHABET) & set("0O1IL5S8B6Z2"[:-1])
    for pair in ("MN", "FS", "KJ", "KA", "TP", "TD", "9" + "5", "9" + "6", "7" + "8", "YV"):
        assert not set(pair) <= set(ALPHABET)
    assert len(set(ALPHABET)) == len(ALPHABET)


def test_numbers_do_not_repeat_soon() -> None:
    drawn = {new_number("DES") for _ in range(2000)}
    assert len(drawn) > 1990
    assert all(number[:4] == "DES-" and len(number) == 4 + LENGTH for number in drawn)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("DES-7K3M9Q", "DES-7K3M9Q"),
        ("des 7k3 m9q", "DES-7K3M9Q"),
        ("des7k3m9q", "DES-7K3M9Q"),
        ("DES–৭K৩M৯Q", "DES-7K3M9Q"),
        ("DES-७K३M९Q", "DES-7K3M9Q"),
        ("DES-7J3N9Q", "DES-7K3M9Q"),
        ("DES-7K3M9", ""),
        ("12345678", ""),
        ("", ""),
        ("D" * 5000, ""),
    ],
)
def test_typed_in_any_way(typed: str, meant: str) -> None:
    assert parse_number(typed) == meant


def test_what_is_mended_is_in_the_alphabet() -> None:
    assert {chr(sign) for sign in MEANT}.isdisjoint(ALPHABET)
    assert set(MEANT.values()) <= set(ALPHABET)


@pytest.mark.parametrize(
    ("intent", "text", "code"),
    [
        ("report_no_supply", "anything", "OUT-HOME"),
        ("report_meter_fault", "my meter runs too fast", "MTR-FAST"),
        ("report_meter_fault", "মিটার পুড়ে গেছে", "MTR-BURNT"),
        ("report_voltage_problem", "voltage bahut kam hai", "VOLT-LOW"),
        ("report_voltage_problem", "वोल्टेज बार बार ऊपर नीचे", "VOLT-FLUCT"),
        ("report_billing_problem", "ভুতুড়ে বিল আসছে", "BILL-HIGH"),
        ("report_billing_problem", "is mahine ka bill nahi mila", "BILL-NONE"),
        ("report_billing_problem", "something is wrong", ""),
        ("report_billing_problem", "bill double and paid", ""),
    ],
)
def test_the_kind_in_the_customers_words(intent: str, text: str, code: str) -> None:
    assert load_kinds().meant(intent, text) == code
