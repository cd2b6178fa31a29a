"""Questions that lean on the one before."""

from __future__ import annotations

from typing import Any

import pytest

from bot.components.context import lean


def parse(text: str, entity: str, words: str, intent: str = "prepaid_balance") -> dict[str, Any]:
    start = text.index(words)
    return {
        "intent": {"name": intent, "confidence": 0.7},
        "entities": [{"entity": entity, "value": "x", "start": start, "end": start + len(words)}],
    }


LEANING = [
    ("ar goto masher ta?", "month", "goto masher", "bill_amount"),
    ("and last month?", "month", "last month", "bill_pdf"),
    ("what about September", "month", "September", "consumption_history"),
    ("আর গত মাসের?", "month", "গত মাসের", "bill_amount"),
    ("और पिछले महीने का?", "month", "पिछले महीने", "payment_receipt"),
    ("aur pichle mahine ka kitna hai", "month", "pichle mahine", "bill_amount"),
    ("and in Uttara?", "place", "Uttara", "outage_info"),
]


@pytest.mark.parametrize(("text", "entity", "words", "task"), LEANING, ids=[row[0] for row in LEANING])
def test_leans(text: str, entity: str, words: str, task: str) -> None:
    assert lean(text, parse(text, entity, words), task)["intent"] == {"name": task, "confidence": 1.0}


STANDING = [
    ("units used last month", "month", "last month", "bill_amount"),
    ("ar goto masher ta?", "month", "goto masher", "greet"),
    ("ar goto masher ta?", "month", "goto masher", ""),
    ("and in Uttara?", "place", "Uttara", "bill_amount"),
    ("the office in Uttara", "place", "Uttara", "outage_info"),
    ("recharge in October failed", "month", "October", "bill_amount"),
]


@pytest.mark.parametrize(("text", "entity", "words", "task"), STANDING, ids=[f"{row[0]} {row[3]}" for row in STANDING])
def test_stands_on_its_own(text: str, entity: str, words: str, task: str) -> None:
    whole = parse(text, entity, words)
    assert lean(text, whole, task) is whole


def test_what_was_not_understood_leans_on_the_question_before() -> None:
    text = "oita goto masher ta jante chaisilam"
    not_understood = parse(text, "month", "goto masher", "nlu_fallback")
    assert lean(text, not_understood, "bill_amount")["intent"]["name"] == "bill_amount"
    assert lean(text, not_understood, "greet") is not_understood


ALONE = [
    ("104231245", "account_number", "", "link_account"),
    ("104231245", "account_number", "greet", "link_account"),
    ("১০৪২৩১২৪৫ ?", "account_number", "bill_pdf", "bill_pdf"),
    ("012345678901", "meter_number", "", "link_account"),
    ("DES-7K3M9Q", "complaint_number", "bill_amount", "complaint_status"),
    ("88123456", "tracking_number", "", "new_connection_status"),
]


@pytest.mark.parametrize(("text", "entity", "task", "wanted"), ALONE, ids=[f"{row[0]} {row[2]}" for row in ALONE])
def test_a_number_alone_is_no_matter_of_words(text: str, entity: str, task: str, wanted: str) -> None:
    read = parse(text, entity, text.removesuffix(" ?"), "faq") | {"topic": "meter_short_codes"}
    found = lean(text, read, task)
    assert (found["intent"]["name"], found["topic"]) == (wanted, "")


def test_a_number_among_words_is_read_by_its_words() -> None:
    for text, entity in (("bill of 104231245", "account_number"), ("104231245", "amount")):
        read = parse(text, entity, "104231245")
        assert lean(text, read, "") is read
