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


ASKED_ON = [
    ("कितने दिन लगेंगे", "new_connection_info"),
    ("koto taka lagbe ar ki ki kagoj", "load_change"),
    ("and how long does it take?", "name_transfer"),
    ("কত দিন লাগবে?", "complaint_status"),
]


@pytest.mark.parametrize(("text", "task"), ASKED_ON, ids=[row[0] for row in ASKED_ON])
def test_how_long_and_how_much_go_on_about_the_last_matter(text: str, task: str) -> None:
    other = {"intent": {"name": "bill_calculator", "confidence": 0.5}, "entities": []}
    assert lean(text, other, task)["intent"]["name"] == task
    assert lean(text, other, "outage_info") is other
    named = f"{text} prepaid meter"
    assert lean(named, other, task) is other


AMOUNTS = [("200", "200"), ("and 600?", "600"), ("আর ৬০০?", "600"), ("aur 450", "450")]


@pytest.mark.parametrize(("text", "units"), AMOUNTS, ids=[row[0] for row in AMOUNTS])
def test_a_number_after_an_estimate_asks_for_another(text: str, units: str) -> None:
    stray = {"intent": {"name": "out_of_scope", "confidence": 0.9}, "entities": []}
    found = lean(text, stray, "bill_calculator")
    assert found["intent"]["name"] == "bill_calculator"
    assert [item["value"] for item in found["entities"]] == [units]
    assert lean(text, stray, "")["intent"]["name"] == "nlu_fallback", "a number is not out of scope, it is not clear"


TAKEN_BACK = [
    "বাতিল করে দেন অভিযোগটা",
    "amar obhijog ta batil koren, current eshe geche",
    "शिकायत वापस लेनी है",
    "complaint cancel kar do light aa gayi",
    "I want to withdraw my complaint, power is back",
]
NOT_TAKEN_BACK = [
    "why did you cancel my complaint",
    "meri shikayat kisne cancel ki",
    "cancel my new connection",
    "complaint number koto",
]


def test_a_complaint_is_taken_back_only_where_it_is_said() -> None:
    other = {"intent": {"name": "complaint_status", "confidence": 0.7}, "entities": []}
    for text in TAKEN_BACK:
        assert lean(text, other, "")["intent"]["name"] == "cancel", text
    for text in NOT_TAKEN_BACK:
        assert lean(text, other, "") is other, text
