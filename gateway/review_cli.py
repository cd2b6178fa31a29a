"""`sathi review apply FILE`: sentences that staff decided on at the desk come into nlu_data/, each checked first.

A held-out sentence is never trained on, one that stands under another intent is not taken twice, and what is refused is
named. What was taken is a change to be read like any other.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from core.errors import DataError
from core.language.script import Writing, letters
from core.settings import ROOT
from gateway.sentence_lint import Corpus, same_sounds, same_words

LONGEST = 300
HEADER = '# {label}: "{example}"\nversion: "3.1"\nlanguage: {form}\nnlu:\n- intent: {label}\n  examples: |\n'


@dataclass
class Applied:
    """What became of a file of decisions."""

    written: dict[Path, list[str]] = field(default_factory=dict)
    refused: list[tuple[str, str]] = field(default_factory=list)


def add_commands(commands: Any) -> None:
    """Add `review` to the command line."""
    review = commands.add_parser("review", help="bring the desk's decisions on misunderstood sentences into nlu_data/")
    review.add_argument("what", choices=["apply"])
    review.add_argument("file", type=Path)
    review.set_defaults(call=_apply)


def _apply(arguments: argparse.Namespace) -> int:
    done = apply(ROOT, arguments.file)
    for path, sentences in done.written.items():
        print(f"{path.relative_to(ROOT)}: {len(sentences)} added")
    for text, why in done.refused:
        print(f"left out: {text!r}: {why}")
    print("Read the change, run `sathi lint-data`, then train." if done.written else "Nothing was added.")
    return 0


def apply(root: Path, file: Path) -> Applied:
    """Add each sentence of a file to its intent's, unless the data already speak against it."""
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    if not isinstance(document, dict) or not isinstance(document.get("sentences"), list):
        raise DataError(f"{file}: this is no file of the review")
    corpus = Corpus.read(root)
    trained = {same_words(one.text): one for one in corpus.training}
    heard = {(one.form, same_sounds(one.text)): one for one in corpus.training if same_sounds(one.text)}
    tested = {same_words(one.text) for one in corpus.held_out}
    tested_sounds = {(one.form, same_sounds(one.text)) for one in corpus.held_out if same_sounds(one.text)}
    labels = set(corpus.intents) | {f"faq/{topic}" for topic in corpus.topics}
    done = Applied()
    for row in document["sentences"]:
        text = " ".join(str(row.get("text", "")).split())
        form, label = str(row.get("language", "")), str(row.get("intent", ""))
        sounds = same_sounds(text)
        known = trained.get(same_words(text))
        alike = heard.get((form, sounds)) if sounds else None
        why = ""
        if form not in corpus.forms or label not in labels:
            why = f"{form} {label} is not known"
        elif not text or len(text) > LONGEST or text.startswith(("-", "/", "#")):
            why = "it cannot stand in a file of sentences"
        elif same_words(text) in tested or (form, sounds) in tested_sounds:
            why = "it is held out for tests"
        elif known is not None:
            why = f"it stands under {known.label} already"
        elif alike is not None and alike.label != label:
            why = f"it sounds like {alike.text!r} of {alike.label}"
        elif not _in_script(corpus, form, text):
            why = "it is written in other letters than its form"
        if why:
            done.refused.append((text, why))
            continue
        path = root / "nlu_data" / form / f"{label}.yml"
        done.written.setdefault(path, []).append(text)
        sentence = type(corpus.training[0])(form, label, text, path)
        trained[same_words(text)] = sentence
        if sounds:
            heard[form, sounds] = sentence
    for path, sentences in done.written.items():
        _append(path, sentences, root)
    return done


def _in_script(corpus: Corpus, form: str, text: str) -> bool:
    counts = letters(text)
    own = next((writing for writing in Writing if writing.value == corpus.forms[form]["script"]), None)
    return own is not None and counts[own] > 0 and counts[own] >= max(counts.values())


def _append(path: Path, sentences: list[str], root: Path) -> None:
    lines = "".join(f"    - {text}\n" for text in sentences)
    if path.exists():
        before = path.read_text(encoding="utf-8")
        path.write_text(before.rstrip("\n") + "\n" + lines, encoding="utf-8")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    form = path.relative_to(root / "nlu_data").parts[0]
    label = path.relative_to(root / "nlu_data" / form).with_suffix("").as_posix()
    path.write_text(HEADER.format(label=label, example=sentences[0], form=form) + lines, encoding="utf-8")
