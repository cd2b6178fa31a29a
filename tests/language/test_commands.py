"""Whole messages that are commands, and the script of a message."""

from __future__ import annotations

import pytest

from core.language import commands
from core.language.script import Writing, guess_form, majority

READ = [
    ("হ্যাঁ।", "affirm"),
    ("Yes!", "affirm"),
    ("👍", "affirm"),
    ("ठीक है", "affirm"),
    ("না", "deny"),
    ("nahi", "deny"),
    ("বাতিল", "cancel"),
    ("Cancel", "cancel"),
    ("रद्द करो", "cancel"),
    ("মেনু", "help_menu"),
    ("MENU", "help_menu"),
    ("স্কিপ", "skip"),
    ("skip", "skip"),
    ("STOP", "unsubscribe_alerts"),
    ("বন্ধ করুন", "unsubscribe_alerts"),
    ("band karo", "unsubscribe_alerts"),
    ("बंद करें", "unsubscribe_alerts"),
    ("resume", "subscribe_alerts"),
]


@pytest.mark.parametrize(("typed", "intent"), READ)
def test_a_command_is_read(typed: str, intent: str) -> None:
    found = commands.read(typed)
    assert found is not None
    assert found.intent == intent


@pytest.mark.parametrize(
    ("typed", "form"), [("বাংলা", "bn"), ("hindi", "hi"), ("हिंदी", "hi"), ("English", "en"), ("banglish", "bn-Latn")]
)
def test_a_language_by_its_name(typed: str, form: str) -> None:
    found = commands.read(typed)
    assert found is not None
    assert (found.intent, found.entities) == ("change_language", {"language": form})


@pytest.mark.parametrize("typed", ["", "   ", "?", "no electricity", "না বিল দিব না", "বাংলা সিনেমা", "x" * 5000])
def test_a_sentence_is_no_command(typed: str) -> None:
    assert commands.read(typed) is None


def test_same_words_in_another_dress() -> None:
    assert commands.same("বিল পিডিএফ!", " বিল  পিডিএফ ")
    assert commands.same("Report ১", "report 1")
    assert not commands.same("bill", "bill pdf")
    assert not commands.same("!!", "??")


GUESSES = [
    ("আমার bill কত", "", "bn"),
    ("bKash payment failed হয়েছে refund কবে", "", "bn"),
    ("मेरा bill कितना है", "", "hi"),
    ("amar bill koto", "", "bn-Latn"),
    ("mera bill kitna hai", "", "hi-Latn"),
    ("what is my bill", "bn", "en"),
    ("ok", "bn", "bn"),
    ("12345678", "hi", "hi"),
    ("12345678", "", ""),
    ("xyz", "en", "en"),
]


@pytest.mark.parametrize(("typed", "remembered", "form"), GUESSES)
def test_the_written_form_without_a_model(typed: str, remembered: str, form: str) -> None:
    assert guess_form(typed, remembered) == form


def test_majority_of_letters() -> None:
    assert majority("বিল bill বিল") is Writing.BENGALI
    assert majority("123 !") is None
