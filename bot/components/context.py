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


def follow_up(text: str, parse: dict[str, Any], last_task: str) -> bool:
    """Whether a message is the last question again with another month or place: it holds nothing else, or nothing else in
    it was understood."""
    entities = parse.get("entities") or []
    if not any(last_task in FOLLOWS.get(str(entity.get("entity")), ()) for entity in entities):
        return False
    if (parse.get("intent") or {}).get("name") == FALLBACK:
        return True
    rest = list(text)
    for entity in entities:
        start, end = entity.get("start"), entity.get("end")
        if isinstance(start, int) and isinstance(end, int):
            rest[start:end] = " " * (end - start)
    return all(word in PARTICLES or not word.isalnum() for word in words(fold("".join(rest))))


def lean(text: str, parse: dict[str, Any], last_task: str) -> dict[str, Any]:
    """The reading of a message with the question before it in mind; mostly the reading itself."""
    if not last_task or not follow_up(text, parse, last_task):
        return parse
    intent = {"name": last_task, "confidence": 1.0}
    return {**parse, "intent": intent, "intent_ranking": [intent, *(parse.get("intent_ranking") or [])]}
