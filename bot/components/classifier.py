"""The intent of a message: a linear model over words, letters and sounds, with a gate for what it does not know."""

from __future__ import annotations

import json
import logging
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.components.features import Features
from bot.components.gate import OUT_OF_SCOPE, Gate, choose, group, grouped
from bot.components.importer import FALLBACK, FAQ, TOPIC, sentences
from bot.components.linear import Linear, softmax, train
from bot.components.noise import misspelt
from bot.components.subjects import Subjects
from core.language import danger

logger = logging.getLogger(__name__)
HAZARD = "report_hazard"
RANKED = 8


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class SathiClassifier(GraphComponent, IntentClassifier):
    """One model for all written forms; danger goes before it."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Weights of the feature blocks (word, letters, sound, sound word, bones) and the model's cost, found by folds."""
        return {"blocks": [0.7, 1.5, 2.0, 0.7, 1.2], "cost": 0.35, "minimum": 2, "noise": 1.0, "rejected": 0.04}

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        model: Linear | None = None,
        gate: Gate | None = None,
        subjects: Subjects | None = None,
    ) -> None:
        self._config = config
        self._storage = model_storage
        self._resource = resource
        self._subjects = subjects or Subjects()
        self._use(model or Linear(), gate or Gate())

    def _use(self, model: Linear, gate: Gate) -> None:
        self._model, self._gate = model, gate
        self._intents, self._places = group(model.labels)

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SathiClassifier:
        """A classifier that knows nothing yet."""
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from every sentence of nlu_data (see SathiImporter for why not from `training_data`)."""
        rows = list(sentences())
        texts, labels = [row.text for row in rows], [row.label for row in rows]
        features = Features(weights=tuple(self._config["blocks"]))
        extra = misspelt(texts, self._config["noise"])
        model, unseen, scores = train(texts, labels, features, self._config["cost"], self._config["minimum"], extra)
        intents, places = group(model.labels)
        chances = grouped(softmax(scores * model.temperature), places, len(intents))
        meant = [labels[row] for row in unseen]
        gate = choose(chances, intents, meant, self._config["rejected"])
        self._use(model, gate)
        with self._storage.write_to(self._resource) as folder:
            model.save(folder, "intents")
            (folder / "gate.json").write_text(json.dumps(gate.as_dict()), encoding="utf-8")
        right = np.asarray([intents[place] for place in chances.argmax(axis=1)]) == [
            label.partition("/")[0] for label in meant
        ]
        logger.info(
            "%d sentences, %d features; an unseen fold: %.3f right, gate at score %.2f and margin %.2f",
            *(len(rows), len(features.idf), right.mean(), gate.score, gate.margin),
        )
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> SathiClassifier:
        """The classifier as it was trained."""
        with model_storage.read_from(resource) as folder:
            model = Linear.load(folder, "intents")
            gate = Gate(**json.loads((folder / "gate.json").read_text(encoding="utf-8")))
        return cls(config, model_storage, resource, model, gate, Subjects.read())

    def process(self, messages: list[Message]) -> list[Message]:
        """Set intent, ranking, topic and the danger found in each message."""
        for message in messages:
            self._read(message)
        return messages

    def _read(self, message: Message) -> None:
        text = message.get(TEXT) or ""
        ranking = self.ranking(text)
        first = ranking[0]
        second = ranking[1]["confidence"] if len(ranking) > 1 else 0.0
        intent, topic = {"name": first["name"], "confidence": first["confidence"]}, first.get("topic", "")
        found = danger.detect(text)
        bare = self._subjects.likeliest(text)
        if found:
            intent, topic = {"name": HAZARD, "confidence": 1.0}, ""
        elif bare:
            # Nothing tells one of them from the others: each has its share.
            ranking = [{"name": name, "confidence": 1.0 / len(bare)} for name in bare]
            intent, topic = {"name": FALLBACK, "confidence": 1.0 - 1.0 / len(bare)}, ""
        elif first["name"] != OUT_OF_SCOPE and not self._gate.passes(first["confidence"], second):
            intent, topic = {"name": FALLBACK, "confidence": 1.0 - first["confidence"]}, ""
        message.set(INTENT, intent, add_to_output=True)
        message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        message.set(TOPIC, topic, add_to_output=True)
        message.set("danger", found.kind if found else "", add_to_output=True)

    def ranking(self, text: str) -> list[dict[str, Any]]:
        """The likeliest intents, best first; `faq` with its likeliest topic."""
        chances = self._model.probabilities(text)
        intents = np.bincount(self._places, weights=chances, minlength=len(self._intents))
        ranking: list[dict[str, Any]] = []
        for place in np.argsort(-intents)[:RANKED]:
            name = self._intents[place]
            item = {"name": name, "confidence": float(intents[place])}
            if name == FAQ:
                topics = np.flatnonzero(self._places == place)
                item["topic"] = self._model.labels[topics[chances[topics].argmax()]].partition("/")[2]
            ranking.append(item)
        return ranking
