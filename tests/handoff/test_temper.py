"""How well anger is heard, in five written forms, on sentences that the words were not chosen from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from handoff import temper

FORMS = ("bn", "bn-Latn", "en", "hi", "hi-Latn")
# A false alarm costs somebody's time, a missed one is caught by the next message: so many of 100 at least.
PRECISION, RECALL, WORST = 0.97, 0.6, 0.5


def read(name: str) -> dict[str, dict[str, list[str]]]:
    document: dict[str, Any] = yaml.safe_load(Path(__file__).with_name(name).read_text("utf-8"))
    assert tuple(document) == FORMS
    return document


def test_on_sentences_never_seen_before(capsys: pytest.CaptureFixture[str]) -> None:
    heard, missed, false, recalls = 0, 0, 0, {}
    for form, kinds in read("temper_held_out.yml").items():
        hits = sum(map(temper.is_angry, kinds["angry"]))
        recalls[form] = hits / len(kinds["angry"])
        heard, missed = heard + hits, missed + len(kinds["angry"]) - hits
        false += sum(map(temper.is_angry, kinds["calm"]))
    precision, recall = heard / (heard + false), heard / (heard + missed)
    with capsys.disabled():
        shares = ", ".join(f"{form} {share:.0%}" for form, share in recalls.items())
        print(f"\nanger: precision {precision:.0%}, recall {recall:.0%} ({shares})")
    assert precision >= PRECISION and recall >= RECALL and min(recalls.values()) >= WORST


@pytest.mark.parametrize("form", FORMS)
def test_on_sentences_seen_before(form: str) -> None:
    kinds = read("temper_seen.yml")[form]
    assert [text for text in kinds["angry"] if not temper.is_angry(text)] == []
    assert [text for text in kinds["calm"] if temper.is_angry(text)] == []


def test_no_sentence_is_on_both_sides() -> None:
    seen, held_out = (
        {text for kinds in read(name).values() for texts in kinds.values() for text in texts}
        for name in ("temper_seen.yml", "temper_held_out.yml")
    )
    assert not seen & held_out


def test_no_word_stands_twice() -> None:
    document = yaml.safe_load(temper.WORDS_FILE.read_text("utf-8"))
    for words in document.values():
        assert sorted(set(words)) == sorted(words)


@pytest.mark.parametrize(
    ("text", "angry"),
    [
        ("horrible company", True),
        ("the light of the horrible bulb", False),
        ("তুমি না, বাজে কোম্পানি", True),
        ("মিটারটা বাজে অবস্থায় আছে", False),
        ("তামাশা পাইছেন নাকি", True),
        ("tamsha paisen naki", True),
        ("तुम लोग बेकार हो", True),
        ("mitar bekar ho gaya", False),
        ("sharm ki baat hai, dimag ka dahi kar diya", True),
    ],
)
def test_a_hard_word_is_anger_where_it_speaks_of_us(text: str, angry: bool) -> None:
    assert temper.is_angry(text) is angry
