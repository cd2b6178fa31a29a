"""Several wishes in one message: cut where both sides are sure and differ, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest

from bot.components.several import SURE, wish, wishes
from core.language.clauses import clause, cuts

KNOWN = {
    "bill koto": ("bill_amount", 0.97),
    "current nai": ("report_no_supply", 0.95),
    "kokhon ashbe": ("outage_info", 0.93),
    "pdf den": ("bill_pdf", 0.96),
    "current": ("report_no_supply", 0.99),
    "manush chai": ("talk_to_operator", 0.96),
    "tar chire porse": ("report_hazard", 1.0),
    "thanks bhai": ("thanks", 0.99),
    "hoito hobe": ("how_to_pay", SURE - 0.01),
}


def parse(intent: str, sure: float, entities: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {"intent": {"name": intent, "confidence": sure}, "entities": entities or [], "language": "bn-Latn"}


async def read(text: str) -> dict[str, Any]:
    intent, sure = KNOWN.get(text.strip(), ("nlu_fallback", 0.3))
    return parse(intent, sure)


async def intents(text: str, whole: dict[str, Any] | None = None) -> list[str]:
    return [wish(found)[0] for found in await wishes(text, whole or parse("bill_amount", 0.6), read)]


CASES = [
    ("bill koto ar current nai", ["bill_amount", "report_no_supply"]),
    ("bill koto, pdf den", ["bill_amount", "bill_pdf"]),
    ("bill koto? current nai. pdf den", ["bill_amount", "report_no_supply", "bill_pdf"]),
    ("manush chai ar bill koto", ["bill_amount", "talk_to_operator"]),
    # one wish in two sentences, a kind word, an unsure half, no cut at all
    ("current nai, kokhon ashbe", ["bill_amount"]),
    ("bill koto, thanks bhai", ["bill_amount"]),
    ("bill koto ar hoito hobe", ["bill_amount"]),
    ("bill koto ar bill koto", ["bill_amount"]),
    ("bill koto ar current", ["bill_amount"]),
    ("bill koto", ["bill_amount"]),
    ("ar", ["bill_amount"]),
    ("", ["bill_amount"]),
    ("bill koto, " * 20, ["bill_amount"]),
]


@pytest.mark.parametrize(("text", "expected"), CASES, ids=[case[0][:30] or "nothing" for case in CASES])
async def test_wishes(text: str, expected: list[str]) -> None:
    assert await intents(text) == expected


async def test_a_message_that_is_surer_as_a_whole_stays_whole() -> None:
    whole = parse("report_billing_problem", 0.98)
    assert await intents("bill koto ar current nai", whole) == ["report_billing_problem"]
    # A comma parts less than a stop does.
    KNOWN["koto unit"] = ("consumption_history", 0.92)
    assert await intents("bill koto, koto unit") == ["bill_amount"]
    assert await intents("bill koto. koto unit") == ["bill_amount", "consumption_history"]


async def test_danger_that_the_whole_message_explains_is_none() -> None:
    text = "bill koto ar tar chire porse"
    assert await intents(text, parse("reopen_complaint", 0.6)) == ["reopen_complaint"]
    assert await intents(text, parse("report_hazard", 1.0)) == ["report_hazard", "bill_amount"]


async def test_a_number_said_once_serves_every_wish() -> None:
    number = {"entity": "account_number", "value": "12345678", "start": 10, "end": 18}
    whole = parse("bill_amount", 0.6, [number, {"entity": "month", "value": "2026-10", "start": 0, "end": 3}])
    found = await wishes("bill koto ar current nai", whole, read)
    assert [part["entities"] for part in found] == [[number], [number]]


@pytest.mark.parametrize("text", ["বিল কত আর কারেন্ট নাই", "बिल कितना है और बिजली नहीं है", "bill? no power", "a, b\nc"])
def test_parts_stand_where_they_say(text: str) -> None:
    places = cuts(text)
    assert places
    for start, end in places:
        for part in (clause(text, 0, start), clause(text, end, len(text))):
            assert part is None or text[part.start : part.end] == part.text


@pytest.mark.parametrize("text", ["DES-7K3M9Q er obostha", "1,250 taka", "10.5 unit", "www.x.bd/pay?a=1"])
def test_numbers_and_addresses_are_not_cut(text: str) -> None:
    assert cuts(text) == []
