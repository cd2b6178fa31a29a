"""All entities of a message in one go: identifiers, amounts, times, places, companies, appliances, faults."""

from __future__ import annotations

from datetime import date

from core.language.identifiers import numbers
from core.language.pieces import Found, Reading
from core.language.places import Gazetteer
from core.language.terms import terms
from core.language.times import times

# Certain ones first: where two readings overlap, the earlier kind stays.
_CERTAIN = frozenset(
    """
        complaint_number token meter_number phone transaction_id tracking_number bill_number amount units load
    """.split()
)


def extract(text: str, gazetteer: Gazetteer, today: date) -> list[Found]:
    """Entities in order of their place; offsets are those of the text as it was typed."""
    reading = Reading.of(text)
    moments = list(times(reading, today))
    dates = [
        moment for moment in moments if moment.entity == "date" and any(letter.isdigit() for letter in moment.value[:4])
    ]
    named = [found for found in numbers(reading) if not (found.entity not in _CERTAIN and _overlaps(found, dates))]
    chosen: list[Found] = []
    for found in [*named, *moments, *terms(reading)]:
        if not _overlaps(found, chosen):
            chosen.append(found)
    taken = _letters(reading, [found for found in chosen if found.entity not in ("fault_kind", "appliance")])
    for found in gazetteer.read(reading, taken):
        chosen = [
            other
            for other in chosen
            if not (other.entity in ("fault_kind", "appliance", "time") and _overlaps(other, [found]))
        ]
        if not _overlaps(found, chosen):
            chosen.append(found)
    return sorted(chosen, key=lambda found: found.start)


def _overlaps(found: Found, others: list[Found]) -> bool:
    return any(found.start < other.end and found.end > other.start for other in others)


def _letters(reading: Reading, chosen: list[Found]) -> set[int]:
    spans = [(found.start, found.end) for found in chosen]
    return {
        place
        for place, start in enumerate(reading.normal.starts)
        if any(first <= start < last for first, last in spans)
    }
