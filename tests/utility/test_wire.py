"""Values to JSON and back, and what a wrong document is told."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utility.base import Bill, ChargeLine, Outage, SlabLine
from utility.wire import Unreadable, decode, encode

BILL = Bill(
    utility="u",
    account="00123",
    number="U-1",
    month=date(2026, 10, 1),
    period_from=date(2026, 10, 1),
    period_to=date(2026, 10, 31),
    issued_on=date(2026, 11, 1),
    due_on=date(2026, 11, 28),
    reading_before=D("100"),
    reading_now=D("300.5"),
    units=D("200.5"),
    slabs=(SlabLine(first=0, last=75, units=D(75), rate=D("5.26"), amount=D("394.50")),),
    charges=(ChargeLine(code="vat", amount=D("-0.10"), detail="5%"),),
    arrears=D("0.00"),
    total=D("394.40"),
    due=D("0.00"),
)
OUTAGE = Outage(
    id="1",
    utility="u",
    kind="fault",
    feeders=("a", "b"),
    area={"en": "x", "bn": "ক"},
    reason={},
    starts_at=datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
    restore_at=None,
    planned=False,
)


@pytest.mark.parametrize("value", [BILL, OUTAGE], ids=["bill", "outage"])
def test_there_and_back(value) -> None:
    assert decode(type(value), json.loads(json.dumps(encode(value)))) == value


@given(amount=st.decimals(allow_nan=False, allow_infinity=False, places=2))
def test_amounts_stay_exact(amount: D) -> None:
    document = encode(replace(BILL, total=amount))
    assert "E" not in document["total"]
    assert decode(Bill, document).total == amount


def test_a_field_nobody_knows_is_passed_over() -> None:
    assert decode(ChargeLine, {"code": "vat", "amount": "1", "detail": "", "colour": "red"}).code == "vat"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"total": 3.5}, "Bill.total is not Decimal"),
        ({"total": "NaN"}, "Bill.total is not Decimal"),
        ({"month": "2026-13-01"}, "Bill.month is not date"),
        ({"slabs": "none"}, "Bill.slabs is not a list"),
        ({"slabs": [{"first": "0"}]}, "first is not int"),
        ({"slabs": [[]]}, r"slabs\[0\] is not an object"),
        ({"estimated": 1}, "estimated is not bool"),
        ({"account": 123}, "account is not str"),
    ],
)
def test_a_wrong_document_is_named(change: dict, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        decode(Bill, encode(BILL) | change)


def test_a_missing_field_is_named() -> None:
    document = encode(BILL)
    del document["due_on"]
    with pytest.raises(Unreadable, match="lacks due_on"):
        decode(Bill, document)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(Unreadable, match="starts_at"):
        decode(Outage, encode(OUTAGE) | {"starts_at": "2026-01-02T03:04:00"})
