"""What counts as a typed one-time code, and the text message that carries one."""

from __future__ import annotations

import pytest

from core.settings import ROOT
from core.tenants import Tenants
from utility.codes import _texts, code_in, hash_code, new_code, sms_text

CODES = [
    "123456",
    " 123456 ",
    "১২৩৪৫৬",
    "१२३४५६",
    "123 456",
    "12 34 56",
    "১২৩-৪৫৬",
    "1 2 3 4 5 6",
    "code 123456",
    "OTP: 123456",
    "otp-123456",
    "কোড১২৩৪৫৬",
    "কোড ১২৩৪৫৬",
    "मेरा कोड १२३४५६ है",
    "amar code 123456",
    "123456.",
    "\u200e123456\u200e",
    "১২৩4५६",
]
NOT_CODES = [
    "",
    "12345",
    "1234567",
    "12345678",
    "N123456",  # a letter glued to it: the beginning of an account number
    "DES-7K3M9Q",
    "DES-347967",
    "123456 ইউনিট চালালে গত মাসের মতো কত টাকা বিল আসবে",
    "আমার বাসায় 2 দিন কারেন্ট নাই, ৩ বার কল করেছি, 4512 নম্বরে",
    "abc",
    "123 456 7",
    "12-34-567890",
    "2026-10-20",
    "১২,৩৪৫৬ টাকা কেটেছে কিন্তু বিল দেখাচ্ছে না কেন",
    "1" * 5000,
]


@pytest.mark.parametrize("text", CODES)
def test_codes(text: str) -> None:
    assert code_in(text) == "123456"


@pytest.mark.parametrize("text", NOT_CODES)
def test_not_codes(text: str) -> None:
    assert code_in(text) == ""


def test_codes_are_six_digits_and_differ() -> None:
    codes = [new_code() for _ in range(2000)]
    assert all(len(code) == 6 and code.isdigit() for code in codes)
    assert len(set(codes)) > 1900
    assert any(code.startswith("0") for code in codes)


def test_a_hash_is_bound_to_everything() -> None:
    base = hash_code(b"key", "salt", "123456", 7, "desco", "12345678", "link")
    assert base == hash_code(b"key", "salt", "123456", 7, "desco", "12345678", "link")
    for other in (
        (b"other", "salt", "123456", 7, "desco", "12345678", "link"),
        (b"key", "tlas", "123456", 7, "desco", "12345678", "link"),
        (b"key", "salt", "123457", 7, "desco", "12345678", "link"),
        (b"key", "salt", "123456", 8, "desco", "12345678", "link"),
        (b"key", "salt", "123456", 7, "dpdc", "12345678", "link"),
        (b"key", "salt", "123456", 7, "desco", "12345679", "link"),
        (b"key", "salt", "123456", 7, "desco", "12345678", "bill"),
    ):
        assert hash_code(*other) != base
    assert "123456" not in base


def test_every_form_of_every_tenant_has_a_text_message() -> None:
    forms = {form for tenant in Tenants.load(ROOT).all() for form in tenant.forms}
    assert forms <= set(_texts())
    for form in forms:
        text = sms_text(form, "012345", 5)
        assert "012345" in text and "5" in text and "{" not in text
        parts = len(text) / (153 if text.isascii() else 67)
        assert parts <= 2, f"{form} takes more than two parts"


def test_an_unknown_form_falls_back() -> None:
    assert sms_text("bn-Beng", "1", 5) == sms_text("bn", "1", 5)
    assert sms_text("fr", "1", 5) == sms_text("en", "1", 5)
