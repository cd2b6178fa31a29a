"""The written form of a message: script by range, Latin letters by a small model, doubt by memory.

Answers follow the customer's script. Code-mix is decided by the majority; one English word ("ok", "bill") changes nothing.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy import sparse

from bot.components.features import Features
from bot.components.importer import DATA, read_yaml, sentences
from bot.components.linear import Linear, fit, folds, softmax
from core.language.data.latin import LATIN_WORDS
from core.language.normalise import fold
from core.language.script import by_script, without_codes
from core.language.skeleton import words

LANGUAGE = "language"
# How much likelier the remembered form is before the message is read.
MEMORY = 4.0
# So few English words are everybody's words, and so few unknown ones may be a name.
FEW = 2
SHARPNESS = 3.0
ENGLISH = "en"
HALVES = 2
# A small word of a form (core/language/data/latin.py) counts so much, and so many of them are counted.
HINT, HINTS = 0.5, 4


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=True)
class SathiLanguage(GraphComponent):
    """Decides `parse["language"]`; the metadata carries what is remembered and whether it is fixed."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Feature blocks (see features.py), cost, and what folds of the sentences showed to help.

        `stray` is the margin from which a row is taken for another form; `borrowed` is held against English, whose words
        everybody borrows.
        """
        return {"blocks": [0.5, 1.0, 0.0, 0.0, 0.0], "cost": 0.5, "minimum": 2, "stray": 0.5, "borrowed": 0.4}

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        model: Linear | None = None,
        forms: dict[str, dict[str, Any]] | None = None,
    ) -> None:
        self._config = config
        self._storage = model_storage
        self._resource = resource
        self._model = model or Linear()
        self._forms = forms or {}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SathiLanguage:
        """A component that knows nothing yet."""
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn to tell the forms in Latin letters apart."""
        self._forms = read_yaml(DATA / "languages.yml")
        latin = {form for form, facts in self._forms.items() if facts["script"] == "Latin"}
        rows = [row for row in sentences() if row.form in latin]
        features = Features(weights=tuple(self._config["blocks"]))
        matrix = features.fit([row.text for row in rows], self._config["minimum"])
        known = np.asarray([row.form for row in rows])
        kept = belongs(matrix, known, self._config["cost"], self._config["stray"])
        labels, weights, bias = fit(matrix[kept], known[kept], self._config["cost"])
        if ENGLISH in labels:
            bias[labels.index(ENGLISH)] -= self._config["borrowed"]
        self._model = Linear(labels, features, weights, bias, SHARPNESS)
        with self._storage.write_to(self._resource) as folder:
            self._model.save(folder, "forms")
            (folder / "languages.json").write_text(json.dumps(self._forms, ensure_ascii=False), encoding="utf-8")
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> SathiLanguage:
        """The component as it was trained."""
        with model_storage.read_from(resource) as folder:
            model = Linear.load(folder, "forms")
            forms = json.loads((folder / "languages.json").read_text(encoding="utf-8"))
        return cls(config, model_storage, resource, model, forms)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Nothing to add: other components read the text itself."""
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Set the language of each message."""
        for message in messages:
            metadata = message.get("metadata") or {}
            remembered = str(metadata.get("language") or "")
            fixed = bool(metadata.get("language_fixed"))
            found = remembered if fixed and remembered else self.decide(message.get(TEXT) or "", remembered)
            message.set(LANGUAGE, found, add_to_output=True)
        return messages

    def decide(self, text: str, remembered: str = "") -> str:
        """The form of a text; the remembered one where the text does not say."""
        text = without_codes(text)
        seen = [word for word in words(fold(text)) if word[0].isalpha() and not _of_a_number(word)]
        own = by_script(seen, self._forms)
        if own:
            return own
        if not any(word.isascii() for word in seen):
            return remembered
        chances = self._chances(text, seen)
        sibling = self._sibling(remembered)
        likeliest = max(chances, key=lambda form: chances[form])
        if remembered and len(seen) <= FEW and (likeliest == ENGLISH or not _tells(seen, likeliest)):
            return remembered
        if sibling:
            plain = max(chances, key=lambda form: chances[form])
            chances[sibling] *= MEMORY
            best = max(chances, key=lambda form: chances[form])
            # A Bangla or Hindi writer who types an unclear Latin word stays in the script of before.
            return remembered if best == sibling and (plain != sibling or chances[sibling] < MEMORY * 0.6) else best
        return max(chances, key=lambda form: chances[form])

    def _chances(self, text: str, seen: list[str]) -> dict[str, float]:
        hints = [min(HINTS, sum(word in LATIN_WORDS.get(form, ()) for word in seen)) for form in self._model.labels]
        scores = self._model.scores(text) + HINT * np.asarray(hints, dtype=np.float32)
        return dict(zip(self._model.labels, softmax(scores * self._model.temperature), strict=False))

    def _sibling(self, form: str) -> str:
        """The form in Latin letters of the same language."""
        base = self._forms.get(form, {}).get("base")
        for name in self._model.labels:
            if base and self._forms[name]["base"] == base:
                return name
        return ""


def _of_a_number(word: str) -> bool:
    """A lone Latin letter that is no word ("N2345678901")."""
    return len(word) == 1 and word.isascii() and not any(word in listed for listed in LATIN_WORDS.values())


def _tells(seen: list[str], form: str) -> bool:
    """Whether a few words give a form away; names of places and people do not."""
    return any(word in LATIN_WORDS.get(form, ()) for word in seen)


def belongs(matrix: sparse.csr_matrix, known: np.ndarray, cost: float, stray: float) -> np.ndarray:
    """The rows that are written in the form of their folder.

    People mix, and so do the folders: a row that a model of the other rows reads clearly as another form is left out.
    """
    part = folds(list(known), HALVES)
    kept = np.ones(len(known), dtype=bool)
    for number in range(HALVES):
        seen, unseen = np.flatnonzero(part != number), np.flatnonzero(part == number)
        labels, weights, bias = fit(matrix[seen], known[seen], cost)
        scores = matrix[unseen] @ weights + bias
        own = scores[np.arange(len(unseen)), [labels.index(label) for label in known[unseen]]]
        kept[unseen] = scores.max(axis=1) - own < stray
    return np.flatnonzero(kept)
