"""Messages with two wishes, and messages with one that must not be taken apart; nobody trained on either."""

from __future__ import annotations

import pytest

from gateway.nlu_cli import HELD_OUT, read_rows
from gateway.nlu_runner import Reader

pytestmark = pytest.mark.timeout(300)
EVERY = 5


def test_two_wishes_are_seen(reader: Reader) -> None:
    rows = read_rows(HELD_OUT / "several" / "all.tsv", ("lang", "intents", "text"))
    assert len(rows) == 40
    missed = [
        (row["text"], seen)
        for row in rows
        if sorted(seen := reader.parse(row["text"], several=True)["wishes"]) != sorted(row["intents"].split())
    ]
    assert len(missed) <= 6, missed


def test_one_wish_stays_one(reader: Reader) -> None:
    rows = [row for path in sorted(HELD_OUT.glob("*.tsv")) for row in read_rows(path, ("lang", "intent", "text"))]
    cut = [row["text"] for row in rows[::EVERY] if len(reader.parse(row["text"], several=True)["wishes"]) > 1]
    assert len(cut) <= 0.02 * len(rows) / EVERY, cut
