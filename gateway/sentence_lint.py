"""Faults in the training sentences and the held-out ones: each with its path."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from core import yaml_text
from core.language.normalise import fold
from core.language.script import Writing, letters
from core.language.skeleton import skeleton_word, words

FEWEST = 60  # sentences of an intent in each written form
FEWEST_OUT_OF_SCOPE = 300  # in each script
FEWEST_NEAR = 150  # of these, with words like ours (`near: true`): the hard ones
FEWEST_TOPIC = 8
FEWEST_HELD_OUT = 12
LONG = 4  # words from which two sentences of the same sounds are the same sentence
OUT_OF_SCOPE = "out_of_scope"
HELD_OUT_COLUMNS = ("lang", "intent", "text")


@dataclass
class Sentence:
    """One sentence, where it stands and what it is labelled."""

    form: str
    label: str
    text: str
    path: Path
    near: bool = False


@dataclass
class Corpus:
    """Every sentence, and the faults met on the way."""

    root: Path
    forms: Mapping[str, Mapping[str, Any]]
    intents: Mapping[str, Any]
    topics: Mapping[str, str]
    training: list[Sentence] = field(default_factory=list)
    held_out: list[Sentence] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, root: Path) -> Corpus:
        """All sentence files under a root."""
        registry = _yaml(root / "nlu_data" / "intents.yml")
        corpus = cls(root, _yaml(root / "nlu_data" / "languages.yml"), registry["intents"], registry["faq"])
        for form in corpus.forms:
            for path in sorted((root / "nlu_data" / form).rglob("*.yml")):
                if path.relative_to(root / "nlu_data" / form).parts[0] != "answers":
                    corpus._read_training(form, path)
        for path in sorted((root / "tests" / "nlu").glob("*.tsv")):
            corpus._read_held_out(path)
        return corpus

    def fault(self, path: Path, words_of_it: str) -> None:
        """Note a fault."""
        self.faults.append(f"{path.relative_to(self.root)}: {words_of_it}")

    def _read_training(self, form: str, path: Path) -> None:
        try:
            document = _yaml(path)
        except yaml.YAMLError as error:
            self.fault(path, str(error).splitlines()[0])
            return
        label = path.relative_to(self.root / "nlu_data" / form).with_suffix("").as_posix()
        if not path.read_text(encoding="utf-8").startswith(f"# {label}:"):
            self.fault(path, f"the first line is not a comment that begins with `# {label}:`")
        if document.get("language") != form:
            self.fault(path, f"language is {document.get('language')!r}, the folder says {form!r}")
        for key in document.keys() - {"version", "language", "nlu"}:
            self.fault(path, f"{key} does not belong into a file of sentences")
        if not self._known(label):
            self.fault(path, f"{label} is not in nlu_data/intents.yml")
        for item in document.get("nlu") or []:
            if item.get("intent") != label:
                self.fault(path, f"holds the intent {item.get('intent')!r}")
            for line in str(item.get("examples", "")).splitlines():
                if line.strip().startswith("- "):
                    text = line.strip()[2:].strip()
                    self.training.append(Sentence(form, label, text, path, item.get("near") is True))
                elif line.strip():
                    self.fault(path, f"a line does not begin with a dash: {line.strip()!r}")

    def _read_held_out(self, path: Path) -> None:
        lines = path.read_text(encoding="utf-8").splitlines()
        if tuple(lines[0].split("\t")) != HELD_OUT_COLUMNS:
            self.fault(path, f"the columns are not {', '.join(HELD_OUT_COLUMNS)}")
            return
        for number, line in enumerate(lines[1:], start=2):
            cells = line.split("\t")
            if len(cells) != len(HELD_OUT_COLUMNS):
                self.fault(path, f"line {number} has {len(cells)} columns")
                continue
            form, intent, text = cells
            if form not in self.forms:
                self.fault(path, f"line {number}: {form!r} is no written form")
            if intent != "faq" and not self._known(intent):
                self.fault(path, f"line {number}: {intent!r} is not in nlu_data/intents.yml")
            self.held_out.append(Sentence(form, intent, text, path))

    def _known(self, label: str) -> bool:
        intent, _, topic = label.partition("/")
        return topic in self.topics if intent == "faq" else intent in self.intents and not topic


def sentence_faults(root: Path) -> list[str]:
    """Every fault of the sentences under a root."""
    corpus = Corpus.read(root)
    _counts(corpus)
    _repeats(corpus)
    _scripts(corpus)
    return corpus.faults


def same_words(text: str) -> str:
    """What two sentences share when they differ in case, digits' script, punctuation or blanks only."""
    return "".join(word for word in words(fold(text)) if word not in "?!") or fold(text).strip()


def same_sounds(text: str) -> str:
    """What longer sentences share when they differ in spelling only; empty for short ones."""
    heard = [skeleton_word(word) for word in words(fold(text)) if word not in "?!"]
    return " ".join(heard) if len(heard) >= LONG else ""


def _counts(corpus: Corpus) -> None:
    counts = Counter((sentence.form, sentence.label) for sentence in corpus.training)
    tested = Counter((sentence.form, sentence.label) for sentence in corpus.held_out)
    near = Counter(corpus.forms[sentence.form]["script"] for sentence in corpus.training if sentence.near)
    for form, facts in corpus.forms.items():
        folder = corpus.root / "nlu_data" / form
        for intent, meaning in corpus.intents.items():
            path, number = folder / f"{intent}.yml", counts[form, intent]
            fewest = FEWEST_OUT_OF_SCOPE if intent == OUT_OF_SCOPE and facts["script"] != "Latin" else FEWEST
            if number or meaning.get("importance") == "required":
                if number < fewest:
                    corpus.fault(path, f"{number} sentences, {fewest} are needed")
                if tested[form, intent] < FEWEST_HELD_OUT:
                    held_out = corpus.root / "tests" / "nlu" / f"{form}.tsv"
                    corpus.fault(
                        held_out, f"{tested[form, intent]} sentences of {intent}, {FEWEST_HELD_OUT} are needed"
                    )
        if counts[form, OUT_OF_SCOPE] and near[facts["script"]] < FEWEST_NEAR:
            number = near[facts["script"]]
            corpus.fault(
                folder / f"{OUT_OF_SCOPE}.yml", f"{number} of {facts['script']} are near, {FEWEST_NEAR} are needed"
            )
        for topic in corpus.topics:
            if counts[form, f"faq/{topic}"] < FEWEST_TOPIC:
                number = counts[form, f"faq/{topic}"]
                corpus.fault(folder / "faq" / f"{topic}.yml", f"{number} sentences, {FEWEST_TOPIC} are needed")


def _repeats(corpus: Corpus) -> None:
    seen: dict[str, Sentence] = {}
    heard: dict[str, Sentence] = {}
    for sentence in corpus.training:
        before = seen.setdefault(same_words(sentence.text), sentence)
        if before is not sentence and (before.form == sentence.form or before.label != sentence.label):
            what = "stands twice" if before.label == sentence.label else f"stands under {before.label} too"
            corpus.fault(sentence.path, f"{sentence.text!r} {what} ({before.path.relative_to(corpus.root)})")
            continue
        sounds = same_sounds(sentence.text)
        before = heard.setdefault(sounds, sentence)
        if sounds and before is not sentence and before.form == sentence.form and before.label != sentence.label:
            corpus.fault(sentence.path, f"{sentence.text!r} sounds like {before.text!r} of {before.label}")
    tested: dict[str, Sentence] = {}
    for sentence in corpus.held_out:
        trained = seen.get(same_words(sentence.text)) or heard.get(same_sounds(sentence.text) or "-")
        if trained and (trained.form == sentence.form or trained.text == sentence.text):
            corpus.fault(sentence.path, f"{sentence.text!r} is trained on ({trained.path.relative_to(corpus.root)})")
        before = tested.setdefault(same_words(sentence.text), sentence)
        if before is not sentence and before.form == sentence.form:
            corpus.fault(sentence.path, f"{sentence.text!r} stands twice")


def _scripts(corpus: Corpus) -> None:
    for sentence in [*corpus.training, *corpus.held_out]:
        counts = letters(sentence.text)
        own = next((writing for writing in Writing if writing.value == corpus.forms[sentence.form]["script"]), None)
        others = [writing for writing in Writing if writing is not own and counts[writing]]
        if own is None or not others:
            continue
        wrong = not counts[own] if own is not Writing.LATIN else sum(counts[other] for other in others) > counts[own]
        foreign = own is not Writing.LATIN and any(
            other is not Writing.LATIN and counts[other] > counts[own] for other in others
        )
        if wrong or foreign:
            corpus.fault(sentence.path, f"{sentence.text!r} is not written in {own.value} letters")


def _yaml(path: Path) -> dict[str, Any]:
    return yaml_text.load(path.read_text(encoding="utf-8")) or {}
