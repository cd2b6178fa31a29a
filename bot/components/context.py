"""A short question that leans on the one before: "and last month?" after a bill, "আর উত্তরায়?" after an outage, "how long
does it take?" after a new connection, "and 600?" after an estimate."""

from __future__ import annotations

import re
from typing import Any

from core.language.data.leaning import ASKED, BESIDE
from core.language.data.particles import PARTICLES
from core.language.data.withdrawing import ASKS_WHY, MATTER, TAKEN_BACK
from core.language.normalise import fold
from core.language.skeleton import skeleton_word, words

LAST_TASK = "last_task"
FALLBACK, OUT_OF_SCOPE = "nlu_fallback", "out_of_scope"
# By the entity that is all a follow-up holds: what it may ask again.
FOLLOWS = {
    "month": frozenset({"bill_amount", "bill_pdf", "payment_receipt", "consumption_history"}),
    "place": frozenset({"outage_info", "office_info"}),
}


# A number and nothing else: what it asks for, unless it is the account of the task before ("and of 23456789?").
NUMBERS = {
    "account_number": "link_account",
    "meter_number": "link_account",
    "complaint_number": "complaint_status",
    "tracking_number": "new_connection_status",
    "transaction_id": "payment_failed",
}
# What people write in front of a number to say that it is one.
_NUMBER_WORDS = frozenset(
    map(
        fold,
        (
            "txn",
            "trx",
            "trxid",
            "txnid",
            "id",
            "no",
            "number",
            "nomor",
            "nombor",
            "transaction",
            "নম্বর",
            "নাম্বার",
            "আইডি",
            "नंबर",
            "नम्बर",
            "आईडी",
        ),
    )
)
OF_AN_ACCOUNT = frozenset({"bill_amount", "bill_pdf", "payment_receipt", "consumption_history", "prepaid_balance"})
# Matters that people ask on about without naming them again: how long, how much, which papers.
_ASKED, _BESIDE = frozenset(map(fold, ASKED)), frozenset(map(fold, BESIDE | PARTICLES))
ASKED_ON = frozenset({"new_connection_info", "name_transfer", "load_change", "meter_shift", "complaint_status"})
MOST_ASKED_WORDS = 9
MOST_WORDS_BACK = 12
MORE = {"entity": "more", "value": "1"}
WITHDRAW = {"entity": "withdraw", "value": "1"}
_MATTER, _TAKEN_BACK, _ASKS_WHY = (
    frozenset(skeleton_word(fold(word)) for word in listed) for listed in (MATTER, TAKEN_BACK, ASKS_WHY)
)
ESTIMATE = "bill_calculator"
AMOUNT = re.compile(r"(?<![0-9.,-])[0-9]{1,5}(?![0-9.,-]*[0-9])")


def follow_up(text: str, parse: dict[str, Any], last_task: str) -> bool:
    """Whether a message is the last question again with another month or place: it holds nothing else, or nothing else in
    it was understood."""
    entities = parse.get("entities") or []
    if not any(last_task in FOLLOWS.get(str(entity.get("entity")), ()) for entity in entities):
        return False
    if (parse.get("intent") or {}).get("name") == FALLBACK:
        return True
    return all(word in PARTICLES or not word.isalnum() for word in _besides(text, entities))


def _besides(text: str, entities: list[dict[str, Any]]) -> list[str]:
    """The words that are part of no entity."""
    rest = list(text)
    for entity in entities:
        start, end = entity.get("start"), entity.get("end")
        if isinstance(start, int) and isinstance(end, int):
            rest[start:end] = " " * (end - start)
    return list(words(fold("".join(rest))))


def number_alone(text: str, parse: dict[str, Any], last_task: str) -> str:
    """What a message asks for that is nothing but a number of ours; empty when it is something else.

    A classifier of words has nothing to go by in a number.
    """
    entities = parse.get("entities") or []
    kinds = {str(entity.get("entity")) for entity in entities}
    if len(kinds) != 1 or any(word.isalnum() and word not in _NUMBER_WORDS for word in _besides(text, entities)):
        return ""
    (kind,) = kinds
    if kind in ("account_number", "meter_number") and last_task in OF_AN_ACCOUNT:
        return last_task
    return NUMBERS.get(kind, "")


def _said(text: str) -> list[str]:
    """The words of a text without its signs."""
    return [word for word in words(fold(text)) if word not in "?!"]


def asks_on(text: str, last_task: str) -> bool:
    """Whether a message asks for time, cost, papers, place or way, and says nothing of what."""
    if last_task not in ASKED_ON:
        return False
    said = _said(text)
    known = all(word in _ASKED or word in _BESIDE for word in said)
    return known and len(said) <= MOST_ASKED_WORDS and any(word in _ASKED for word in said)


def takes_back(text: str) -> bool:
    """Whether a short message takes a complaint back; "why did you cancel my complaint" does not."""
    said = {skeleton_word(word) for word in _said(text)}
    return (
        len(said) <= MOST_WORDS_BACK
        and not said.isdisjoint(_MATTER)
        and not said.isdisjoint(_TAKEN_BACK)
        and said.isdisjoint(_ASKS_WHY)
    )


def amount_alone(text: str, parse: dict[str, Any]) -> str:
    """The short number of a message that is nothing else; empty when there is none or more."""
    if any(str(entity.get("entity")) not in ("amount", "units") for entity in parse.get("entities") or []):
        return ""
    plain = fold(text)
    found = AMOUNT.findall(plain)
    rest = _said(AMOUNT.sub(" ", plain))
    alone = len(found) == 1 and all(word in _BESIDE for word in rest)
    return found[0] if alone else ""


def lean(text: str, parse: dict[str, Any], last_task: str) -> dict[str, Any]:
    """The reading of a message with the question before it in mind; mostly the reading itself."""
    if takes_back(text):
        return _read_as("cancel", {**parse, "entities": [*(parse.get("entities") or []), WITHDRAW]})
    amount = amount_alone(text, parse)
    if amount and last_task == ESTIMATE:
        return _read_as(ESTIMATE, {**parse, "entities": [{"entity": "units", "value": amount, "text": amount}]})
    if amount and (parse.get("intent") or {}).get("name") == OUT_OF_SCOPE:
        # A number alone is about something; about what is asked back.
        return _read_as(FALLBACK, parse)
    if asks_on(text, last_task):
        return _read_as(last_task, {**parse, "entities": [*(parse.get("entities") or []), MORE]})
    goes_on = last_task and follow_up(text, parse, last_task)
    name = last_task if goes_on else number_alone(text, parse, last_task)
    return _read_as(name, parse) if name else parse


def _read_as(name: str, parse: dict[str, Any]) -> dict[str, Any]:
    intent = {"name": name, "confidence": 1.0}
    return {**parse, "intent": intent, "topic": "", "intent_ranking": [intent, *(parse.get("intent_ranking") or [])]}
