"""Several wishes in one message, handled one after the other.

A message is cut only where both sides are understood with certainty and want different things, so that an ordinary
sentence with a comma or an "and" stays whole. What was not cut is read exactly as before.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from core.language.clauses import Clause, clause, cuts

Parse = dict[str, Any]
Read = Callable[[str], Awaitable[Parse]]
# Confidences are calibrated. Chosen on a third of the held-out sentences, which all want one thing: 5 of 1,184 were cut
# there at these values, and 37 of 40 messages with two wishes; docs/understanding.md has the other two thirds.
SURE = 0.9
SURE_AT_COMMA = 0.95  # a comma alone mostly stands inside one wish
CERTAIN = 0.97  # above it confidences say no more which is surer
LEAST_WORDS = 2
MOST = 3
# Said beside a wish, never a wish of its own.
ASIDE = frozenset({"greet", "goodbye", "thanks", "affirm", "deny", "help_menu", "out_of_scope", "nlu_fallback", ""})
# Said together they are one wish: who tells of a fault may well ask when it ends, or call it by two names.
FAULTS = frozenset({"report_no_supply", "report_voltage_problem", "report_hazard", "report_meter_fault", "outage_info"})
MONEY = frozenset({"bill_amount", "report_billing_problem", "bill_calculator"})
STATUS = frozenset({"complaint_status", "reopen_complaint"})
PERSON = frozenset({"talk_to_operator", "request_callback"})
TOGETHER = (
    FAULTS,
    MONEY,
    STATUS,
    PERSON,
    STATUS | {"report_no_supply", "outage_info"},
    frozenset({"payment_failed", "payment_receipt", "report_billing_problem"}),
    frozenset({"prepaid_recharge_help", "payment_failed"}),
    frozenset({"give_feedback", "talk_to_operator"}),
)
# Danger before all else; a person last, because then the bot is silent.
FIRST, LAST = "report_hazard", "talk_to_operator"
# Said once, meant for every wish of the message.
SHARED = frozenset({"account_number", "meter_number", "utility", "place", "phone"})


def wish(parse: Parse) -> tuple[str, str]:
    """What a reading wants: its intent and, for a common question, the topic."""
    intent = (parse.get("intent") or {}).get("name") or ""
    return intent, str(parse.get("topic") or "") if intent == "faq" else ""


def confidence(parse: Parse) -> float:
    return float((parse.get("intent") or {}).get("confidence") or 0.0)


def apart(one: Parse, two: Parse) -> bool:
    """Whether two readings are two wishes."""
    first, second = wish(one), wish(two)
    if first == second or first[0] in ASIDE or second[0] in ASIDE:
        return False
    return not any(first[0] in group and second[0] in group for group in TOGETHER)


async def wishes(text: str, whole: Parse, read: Read) -> list[Parse]:
    """The readings of a message, in the order in which they are to be handled; mostly the one of the whole."""
    found = await _cut(text, 0, whole, read, MOST)
    if len(found) < 2:
        return [whole]
    shared = [entity for entity in whole.get("entities") or [] if entity.get("entity") in SHARED]
    for parse in found:
        have = {entity.get("entity") for entity in parse["entities"]}
        parse["entities"] = [*parse["entities"], *(entity for entity in shared if entity.get("entity") not in have)]
        parse["language"] = whole.get("language") or parse.get("language")
    return sorted(found, key=lambda parse: (wish(parse)[0] != FIRST, wish(parse)[0] == LAST))


async def _cut(text: str, begin: int, whole: Parse, read: Read, most: int) -> list[Parse]:
    """The surest way to cut what stands from `begin` on into two to `most` wishes; [] where there is none."""
    best: tuple[int, float, list[Parse]] = (0, 0.0, [])
    for start, end in cuts(text[begin:]):
        left, right = clause(text, begin, begin + start), clause(text, begin + end, len(text))
        if left is None or right is None or min(len(left.text.split()), len(right.text.split())) < LEAST_WORDS:
            continue
        needed = SURE_AT_COMMA if text[begin + start : begin + end].strip() == "," else SURE
        one = await _reading(left, read)
        if confidence(one) < needed or wish(one)[0] in ASIDE:
            continue
        two = await _reading(right, read)
        rest = (await _cut(text, right.start, two, read, most - 1) if most > 2 else []) or [two]
        found = [one, *rest]
        if FIRST not in {wish(parse)[0] for parse in found}:
            needed = max(needed, min(confidence(whole), CERTAIN))
        elif wish(whole)[0] != FIRST:
            continue  # what looks dangerous alone, the rest of the message explains
        sure = min(confidence(parse) for parse in found)
        if sure >= needed and all(apart(one, parse) for parse in rest):
            best = max(best, (len(found), sure, found), key=lambda cut: cut[:2])
    return best[2]


async def _reading(part: Clause, read: Read) -> Parse:
    """The reading of a part, its entities at their places in the whole message."""
    parse = dict(await read(part.text))
    parse["entities"] = [
        {**entity, "start": entity["start"] + part.start, "end": entity["end"] + part.start}
        if isinstance(entity.get("start"), int) and isinstance(entity.get("end"), int)
        else dict(entity)
        for entity in parse.get("entities") or []
    ]
    return parse
