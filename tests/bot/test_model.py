"""The trained model as the channel uses it: newest in var/models, trained by scripts/test before this runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.components.parse_lines import Understanding

MODELS = Path(os.environ.get("SATHI_DATA_DIR", "var")) / "models"


@pytest.fixture(scope="module")
def understanding(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Understanding]:
    models = sorted(MODELS.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)
    if not models:
        pytest.skip("no model is trained: run `make train`")
    yield Understanding(models[-1], tmp_path_factory.mktemp("model"))


MEANT = [
    ("amar bill koto", "bill_amount", "bn-Latn"),
    ("আমার বিল কত টাকা হয়েছে", "bill_amount", "bn"),
    ("बिजली नहीं आ रही सुबह से", "report_no_supply", "hi"),
    ("how do I get a new connection", "new_connection_info", "en"),
    ("mujhe kisi insaan se baat karni hai", "talk_to_operator", "hi-Latn"),
    ("তার ছিঁড়ে রাস্তায় পড়ছে", "report_hazard", "bn"),
]


@pytest.mark.parametrize(("text", "intent", "language"), MEANT, ids=[case[0] for case in MEANT])
def test_a_plain_sentence_is_understood(understanding: Understanding, text: str, intent: str, language: str) -> None:
    parse = understanding.parse(text)
    assert (parse["intent"]["name"], parse["language"]) == (intent, language)


def test_danger_goes_before_the_classifier(understanding: Understanding) -> None:
    parse = understanding.parse("amar bill koto ar transformer e agun lagse")
    assert parse["intent"]["name"] == "report_hazard"
    assert parse["danger"] == "fire"
    assert parse["intent_ranking"]


STRANGE = {
    "nothing": "", "blanks": "   ", "emoji": "😀", "slash": "/restart",
    "hidden slash": "\u200b/greet", "keys": "asdkjh qwoeiu zmxn",
    "long": "x" * 5000, "digits": "1" * 400, "marks": "\u0301" * 300,
}  # fmt: skip


@pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE)
def test_anything_can_be_parsed(understanding: Understanding, text: str) -> None:
    parse = understanding.parse(text)
    assert parse["intent"]["name"]
    assert 0.0 <= parse["intent"]["confidence"] <= 1.0


def test_nonsense_is_not_understood(understanding: Understanding) -> None:
    assert understanding.parse("asdkjh qwoeiu zmxn")["intent"]["name"] in {"nlu_fallback", "out_of_scope"}


def test_a_question_of_a_topic_names_the_topic(understanding: Understanding) -> None:
    parse = understanding.parse("what is demand charge on my bill")
    assert (parse["intent"]["name"], parse["topic"]) == ("faq", "demand_charge")


REMEMBERED: list[tuple[str, dict[str, Any], str]] = [
    ("ok", {"language": "bn"}, "bn"),
    ("bill", {"language": "hi-Latn"}, "hi-Latn"),
    ("12345678", {"language": "hi"}, "hi"),
    ("12345678", {}, ""),
    ("how much is my bill this month", {"language": "bn"}, "en"),
    ("how much is my bill this month", {"language": "bn", "language_fixed": True}, "bn"),
    ("आमर बिल", {"language": "en"}, "hi"),
]


@pytest.mark.parametrize(("text", "metadata", "language"), REMEMBERED)
def test_language_is_remembered(
    understanding: Understanding, text: str, metadata: dict[str, Any], language: str
) -> None:
    assert understanding.parse(text, metadata)["language"] == language


def test_entities_carry_value_and_place(understanding: Understanding) -> None:
    text = "ডেসকো হিসাব ৪০১২৩৪৫৬, মিরপুর ১০ এ কারেন্ট নাই"
    found = {item["entity"]: item for item in understanding.parse(text)["entities"]}
    assert found["account_number"]["value"] == "40123456"
    assert found["place"]["text"] == "মিরপুর ১০"
    for item in found.values():
        assert text[item["start"] : item["end"]] == item["text"]
