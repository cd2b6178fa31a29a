"""A bare word ("meter", "बिल") is asked back with its likeliest wishes; a clear short message is understood as before.

The rows of `bare/all.tsv` were chosen for this test, not drawn from traffic. `=intent` means that it is to be understood as that.
"""

from __future__ import annotations

import pytest

from gateway.nlu_cli import HELD_OUT, read_rows
from gateway.nlu_runner import Reader

pytestmark = pytest.mark.timeout(300)
OFFERED = 2
FORMS = {"bn", "bn-Latn", "en", "hi", "hi-Latn"}


def test_bare_words_are_asked_back_and_clear_ones_are_not(reader: Reader) -> None:
    rows = read_rows(HELD_OUT / "bare" / "all.tsv", ("lang", "expected", "text"))
    bare = [row for row in rows if not row["expected"].startswith("=")]
    clear = [row for row in rows if row["expected"].startswith("=")]
    assert FORMS == {row["lang"] for row in bare} == {row["lang"] for row in clear}
    wrong = []
    for row in bare:
        parse = reader.parse(row["text"])
        offered = [item["name"] for item in parse["intent_ranking"][:OFFERED]]
        if parse["intent"]["name"] != "nlu_fallback" or not set(offered) & set(row["expected"].split()):
            wrong.append((row["text"], parse["intent"]["name"], offered))
    assert len(wrong) <= 0.05 * len(bare), wrong
    lost = [
        (row["text"], found)
        for row in clear
        if (found := reader.parse(row["text"])["intent"]["name"]) != row["expected"][1:]
    ]
    assert len(lost) <= 0.05 * len(clear), lost
