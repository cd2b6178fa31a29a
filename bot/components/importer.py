"""Training data and domain from our own folders.

A sentence's written form is its folder's name, an intent is what nlu_data/intents.yml names: a new intent, FAQ topic
or language touches nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from rasa.shared.core.domain import Domain
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "nlu_data"
FAQ = "faq"
FALLBACK = "nlu_fallback"
TOPIC = "topic"


def read_yaml(path: Path) -> Any:
    """A YAML file, by the fast reader."""
    with path.open(encoding="utf-8") as source:
        return yaml.load(source, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe


def sentence_files(data: Path = DATA) -> Iterator[tuple[str, Path]]:
    """Each file of sentences with its written form."""
    for form in sorted(read_yaml(data / "languages.yml")):
        for path in sorted((data / form).rglob("*.yml")):
            if "answers" not in path.relative_to(data / form).parts[:1]:
                yield form, path


class Sentence(NamedTuple):
    """A training sentence; its label is an intent or `faq/<topic>`."""

    form: str
    label: str
    text: str


def sentences(data: Path = DATA) -> Iterator[Sentence]:
    """Each training sentence."""
    for form, path in sentence_files(data):
        for item in read_yaml(path).get("nlu") or []:
            for line in item["examples"].splitlines():
                if line.strip().startswith("- "):
                    yield Sentence(form, item["intent"], line.strip()[2:].strip())


def intents(data: Path = DATA) -> list[str]:
    """The intents a customer can have, `faq` among them."""
    return [*read_yaml(data / "intents.yml")["intents"], FAQ, FALLBACK]


class SathiImporter(RasaFileImporter):
    """Domain and rules by Rasa's own reader, intents and sentences from nlu_data."""

    def __init__(
        self,
        config_file: str | None = None,
        domain_path: str | None = None,
        training_data_paths: list[str] | str | None = None,
    ) -> None:
        super().__init__(config_file, domain_path, training_data_paths)
        self._nlu_files = []

    def get_domain(self) -> Domain:
        """The domain of bot/domain with the intents of nlu_data."""
        named: dict[str, Any] = {"intents": intents()}
        return super().get_domain().merge(Domain.from_dict(named))

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        """One sentence for each intent, for Rasa to know them by.

        Our components read `sentences()` themselves: Rasa copies and hashes each message a dozen times, which for
        twenty thousand of them takes longer than learning from them.
        """
        first: dict[str, Message] = {}
        for _, label, text in sentences():
            intent = label.partition("/")[0]
            if intent not in first:
                first[intent] = Message(data={TEXT: text, INTENT: intent})
        return TrainingData(training_examples=list(first.values()))
