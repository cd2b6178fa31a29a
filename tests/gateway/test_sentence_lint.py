"""What is counted in the sentences: near the domain, and far from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway import sentence_lint
from gateway.sentence_lint import Corpus, sentence_faults

FILE = """# out_of_scope: "sing"
version: "3.1"
language: en
nlu:
- intent: out_of_scope
  near: true
  examples: |
    - recharge my mobile
    - no water in the tap
- intent: out_of_scope
  examples: |
    - sing me a song
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    data = tmp_path / "nlu_data"
    (data / "en").mkdir(parents=True)
    (data / "languages.yml").write_text("en: {script: Latin}\n", encoding="utf-8")
    (data / "intents.yml").write_text("intents: {out_of_scope: {importance: required}}\nfaq: {}\n", encoding="utf-8")
    (data / "en" / "out_of_scope.yml").write_text(FILE, encoding="utf-8")
    return tmp_path


def test_near_sentences_are_counted_apart(root: Path) -> None:
    assert [sentence.near for sentence in Corpus.read(root).training] == [True, True, False]


@pytest.mark.parametrize(("fewest", "faulty"), [(2, False), (3, True)])
def test_too_few_near_ones_are_a_fault(root: Path, monkeypatch: pytest.MonkeyPatch, fewest: int, faulty: bool) -> None:
    monkeypatch.setattr(sentence_lint, "FEWEST_NEAR", fewest)
    assert any("2 of Latin are near" in fault for fault in sentence_faults(root)) == faulty
