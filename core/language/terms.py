"""Appliances, kinds of fault and names of companies in a message, by word tables."""

from __future__ import annotations

from collections.abc import Iterator

from core.language.data import terms as table
from core.language.pieces import Found, Reading, stems
from core.language.spelling import loose

Phrases = dict[str, list[tuple[str, ...]]]


def phrases(listed: str) -> Phrases:
    """Word table to phrases by their first word, longest first."""
    result: Phrases = {}
    for item in listed.split():
        parts = tuple(loose(part) for part in item.split("_"))
        result.setdefault(parts[0], []).append(parts)
    for known in result.values():
        known.sort(key=len, reverse=True)
    return result


_TABLES = {
    "utility": phrases(table.UTILITIES),
    "appliance": phrases(table.APPLIANCES),
    "fault_kind": phrases(table.FAULTS),
}
_WEAK = frozenset(loose(word) for word in table.WEAK_FAULTS)
_FAULTY = frozenset(
    loose(word)
    for word in """
        chire chira chirse porse pora pore jhule jhultese jhulche agun spark sparking dhoa fire smoke fell fallen
        broken broke hanging hang snapped leaning burnt burn burning down shock nosto nosto bondho off lock locked
        blank display kata chhera geche gese hele bhenge pole khuti khamba transformer toot tuta gir gira latak
        jal jala band kharab blast fata kharap pore ছিঁড়ে ছিঁড়া ছিড়ে পড়ছে পড়ে ঝুলছে ঝুলে ঝুলতেছে আগুন স্পার্ক
        ধোঁয়া নষ্ট বন্ধ লক ডিসপ্লে কাটা ভেঙে পুড়ে পুড়ছে পোড়া হেলে খুঁটি পোল टूट टूटा टूटकर गिर गिरा लटक लटका
        जल जला बंद खराब आग चिंगारी धुआं खंभे खंभा पोल लाल display stopped fast tez তেজ stop ruk rukka ruka रुका
        तेज दौड़ low high up
    """.split()
)


def terms(reading: Reading) -> Iterator[Found]:
    """Every company, appliance and fault named."""
    pieces = reading.pieces
    heard = [[loose(stem) for stem, _ in stems(piece.text)] if piece.is_word else [piece.text] for piece in pieces]
    faulty = any(keys[0] in _FAULTY for keys in heard)
    taken: set[int] = set()
    for entity, known in _TABLES.items():
        place = 0
        while place < len(pieces):
            size = 0 if place in taken else _match(known, heard, place)
            if not size:
                place += 1
                continue
            last = place + size - 1
            if entity != "fault_kind" or heard[place][0] not in _WEAK or faulty:
                taken.update(range(place, last + 1))
                yield reading.found(entity, pieces[place].start, _end(known, reading, place, last))
            place = last + 1


def _match(known: Phrases, heard: list[list[str]], place: int) -> int:
    """How many words from here are one of the phrases; only the last may carry a case ending."""
    for first in heard[place]:
        for phrase in known.get(first, ()):
            size = len(phrase)
            if size == 1 or (first == heard[place][0] and _follows(phrase, heard[place : place + size])):
                return size
    return 0


def _follows(phrase: tuple[str, ...], heard: list[list[str]]) -> bool:
    if len(heard) < len(phrase):
        return False
    inner = all(keys[0] == part for keys, part in zip(heard[:-1], phrase[:-1], strict=False))
    return inner and phrase[-1] in heard[-1]


def _end(known: Phrases, reading: Reading, place: int, last: int) -> int:
    piece = reading.pieces[last]
    ends = {phrase[last - place] for listed in known.values() for phrase in listed if len(phrase) == last - place + 1}
    for stem, size in stems(piece.text):
        if loose(stem) in ends:
            return piece.start + size
    return piece.end
