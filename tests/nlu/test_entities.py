"""Numbers, dates and places in sentences that nobody trained on: exact matches, kind by kind and form by form."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.nlu_cli import HELD_OUT, read_rows
from gateway.nlu_runner import Reader
from gateway.nlu_scores import entity_scores
from gateway.rasa_process import rasa_python

pytestmark = [
    pytest.mark.skipif(rasa_python() is None, reason="Python 3.10 for Rasa is not set up"),
    pytest.mark.timeout(300),
]
FEWEST = 20  # sentences of a kind from which its score says something
Row = tuple[str, str, list[dict[str, Any]], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def read(reader: Reader) -> list[Row]:
    rows = [
        row
        for path in sorted((HELD_OUT / "entities").glob("*.tsv"))
        for row in read_rows(path, ("lang", "text", "entities"))
    ]
    assert len(rows) >= 300
    return [
        (row["lang"], row["text"], json.loads(row["entities"]), reader.parse(row["text"])["entities"]) for row in rows
    ]


@pytest.fixture(scope="module")
def found(read: list[Row]) -> dict[str, Any]:
    return entity_scores((form, expected, seen) for form, _, expected, seen in read)


def test_numbers_are_found(found: dict[str, Any]) -> None:
    assert found["numbers_f1"] >= 0.95


def test_places_are_found(found: dict[str, Any]) -> None:
    assert found["by_entity"]["place"]["f1"] >= 0.80


def test_no_written_form_and_no_common_kind_is_left_behind(found: dict[str, Any]) -> None:
    assert {form: item["f1"] for form, item in found["by_lang"].items() if item["f1"] < 0.85} == {}
    common = {
        kind: item
        for kind, item in found["by_entity"].items()
        if item.get("right", 0) + item.get("missed", 0) >= FEWEST
    }
    assert len(common) >= 8
    assert {kind: item["f1"] for kind, item in common.items() if item["f1"] < 0.75} == {}


def test_what_is_found_stands_in_the_message_where_it_is_said_to(read: list[Row]) -> None:
    for _, text, _, seen in read:
        for entity in seen:
            assert text[entity["start"] : entity["end"]] == entity["text"], (text, entity)
