"""A short question that leans on the one before: "and last month?" after a bill, "আর উত্তরায়?" after an outage."""

from __future__ import annotations

from typing import Any

from core.language.data.particles import PARTICLES
from core.language.normalise import fold
from core.language.skeleton import words

LAST_TASK = "last_task"
FALLBACK = "nlu_fallback"
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
}
OF_AN_ACCOUNT = frozenset({"bill_amount", "bill_pdf", "payment_receipt", "consumption_history", "prepaid_balance"})


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
    if len(kinds) != 1 or any(word.isalnum() for word in _besides(text, entities)):
        return ""
    (kind,) = kinds
    if kind in ("account_number", "meter_number") and last_task in OF_AN_ACCOUNT:
        return last_task
    return NUMBERS.get(kind, "")


def lean(text: str, parse: dict[str, Any], last_task: str) -> dict[str, Any]:
    """The reading of a message with the question before it in mind; mostly the reading itself."""
    name = last_task if last_task and follow_up(text, parse, last_task) else number_alone(text, parse, last_task)
    if not name:
        return parse
    intent = {"name": name, "confidence": 1.0}
    return {**parse, "intent": intent, "topic": "", "intent_ranking": [intent, *(parse.get("intent_ranking") or [])]}
