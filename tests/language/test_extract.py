"""Numbers, times, places and things in a message, with their places in the text as it was typed."""

from __future__ import annotations

import itertools
from datetime import date

import pytest

from core.language.extract import extract
from core.language.places import Gazetteer

TODAY = date(2026, 11, 22)  # a Sunday
PLACES = Gazetteer.of(
    ["Mirpur", "Mirpur 10", "মোহাম্মদপুর", "Khulna", "Kolar Road", "भोपाल", "কক্সবাজার", "Uttara", "Nirala"],
    ["amar", "bill", "current", "bijli", "electricity"],
)

CASES = [
    ("ডেসকো হিসাব ৪০১২৩৪৫৬", {"utility": "ডেসকো", "account_number": "40123456"}),
    ("grahok no 12-34-56-78", {"account_number": "12345678"}),
    ("wzpdcl hishab 30 52 17 884", {"utility": "wzpdcl", "account_number": "305217884"}),
    ("ivrs n 2345678901 hai", {"account_number": "N2345678901"}),
    ("N१२३४५६७८९० भोपाल", {"account_number": "N1234567890", "place": "भोपाल"}),
    ("মিটার নম্বর ০১২৩ ৪৫৬৭ ৮৯০১", {"meter_number": "012345678901"}),
    ("token 1234 5678 9012 3456 7890", {"token": "12345678901234567890"}),
    ("01712-345678 e call den", {"phone": "01712345678"}),
    ("+৮৮০১৭১২৩৪৫৬৭৮", {"phone": "01712345678"}),
    ("मोबाइल 98260 12345", {"phone": "9826012345"}),
    ("des-7k3m9q er khobor", {"complaint_number": "DES-7K3M9Q"}),
    ("TrxID 9FK3L2PQ7M", {"transaction_id": "9FK3L2PQ7M"}),
    ("tracking no 88231", {"tracking_number": "88231"}),
    ("১,২৫০ টাকা কাটছে", {"amount": "1250"}),
    ("Rs 1,23,456.50 paid", {"amount": "123456.50"}),
    ("2 hajar taka", {"amount": "2000"}),
    ("250 unit", {"units": "250"}),
    ("২.৫ কিলোওয়াট লোড", {"load": "2.5"}),
    ("গত মাসের বিল", {"month": "2026-10"}),
    ("pichle mahine ka bill", {"month": "2026-10"}),
    ("this month", {"month": "2026-11"}),
    ("october bill", {"month": "2026-10"}),
    ("december er bill", {"month": "2025-12"}),
    ("১৫ ডিসেম্বর লাইন থাকবে", {"date": "2026-12-15"}),
    ("paid on 17-09-2025", {"date": "2025-09-17"}),
    ("yesterday", {"date": "2026-11-21"}),
    ("আগামীকাল আসবে", {"date": "2026-11-23"}),
    ("sokal 9tay", {"time": "09:00"}),
    ("शाम 6 बजे", {"time": "18:00"}),
    ("5 pm", {"time": "17:00"}),
    ("দুই ঘণ্টা ধরে নাই", {"duration": "120"}),
    ("3 din dhore", {"duration": "4320"}),
    ("মিরপুর ১০ এ", {"place": "মিরপুর ১০"}),
    ("mohammodpur e", {"place": "mohammodpur"}),
    ("খুলনায় লাইন নাই", {"place": "খুলনা"}),
    ("কক্সবাজারে", {"place": "কক্সবাজার"}),
    ("নিরালা, খুলনা", {"place": "নিরালা, খুলনা"}),
    ("kolar road me", {"place": "kolar road"}),
    ("ফ্রিজ চলে না", {"appliance": "ফ্রিজ"}),
    ("rice cooker r bill", {"appliance": "rice cooker"}),
    ("ট্রান্সফরমারে আগুন", {"fault_kind": "আগুন"}),
]


@pytest.mark.parametrize(("typed", "expected"), CASES, ids=[case[0] for case in CASES])
def test_entity_is_found(typed: str, expected: dict[str, str]) -> None:
    found = {entity.entity: entity.value for entity in extract(typed, PLACES, TODAY)}
    assert expected.items() <= found.items()


@pytest.mark.parametrize(
    "typed",
    ["amar bill koto", "hello", "বিল কত", "1 unit koto taka hoy", "may i know", "rate koto ekhon", "800 chaple ki hoy"],
)
def test_nothing_is_invented(typed: str) -> None:
    kinds = {entity.entity for entity in extract(typed, PLACES, TODAY)} - {"units"}
    assert not kinds


@pytest.mark.parametrize("typed", [case[0] for case in CASES])
def test_offsets_are_those_of_the_text_as_typed(typed: str) -> None:
    for entity in extract(typed, PLACES, TODAY):
        assert typed[entity.start : entity.end] == entity.text


def test_entities_do_not_overlap() -> None:
    found = extract("১২৫০ টাকা ০১৭১২৩৪৫৬৭৮ মিটার ০১২৩৪৫৬৭৮৯০১ গত মাসে মিরপুর ১০ এ ২ ঘণ্টা", PLACES, TODAY)
    assert all(one.end <= other.start for one, other in itertools.pairwise(found))
    assert len(found) >= 6
