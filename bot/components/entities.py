"""Entities of a message: what core/language reads, with the places that the tenants serve."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.components.importer import DATA, ROOT, read_yaml, sentences
from core.language.extract import extract
from core.language.normalise import fold
from core.language.places import Gazetteer
from core.language.skeleton import words

# A word of so many different sentences is an everyday word, whatever place sounds like it.
EVERYDAY = 3


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class SathiEntities(GraphComponent, EntityExtractorMixin):
    """Sets `entities`, each with its value and the text as it was typed."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Nothing to choose."""
        return {}

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        gazetteer: Gazetteer | None = None,
    ) -> None:
        self._config = config
        self._storage = model_storage
        self._resource = resource
        self._gazetteer = gazetteer or Gazetteer()

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SathiEntities:
        """A component that knows no place yet."""
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Collect the places, and the words that are not."""
        names = sorted(set(place_names()))
        everyday = sorted(everyday_words([row.text for row in sentences()], names))
        self._gazetteer = Gazetteer.of(names, everyday)
        with self._storage.write_to(self._resource) as folder:
            found = json.dumps({"names": names, "everyday": everyday}, ensure_ascii=False)
            (folder / "places.json").write_text(found, encoding="utf-8")
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> SathiEntities:
        """The component as it was trained."""
        with model_storage.read_from(resource) as folder:
            found = json.loads((folder / "places.json").read_text(encoding="utf-8"))
        return cls(config, model_storage, resource, Gazetteer.of(found["names"], found["everyday"]))

    def process(self, messages: list[Message]) -> list[Message]:
        """Set the entities of each message."""
        today = datetime.now().date()
        for message in messages:
            entities = [
                {
                    "entity": found.entity,
                    "value": found.value,
                    "text": found.text,
                    "start": found.start,
                    "end": found.end,
                }
                for found in extract(message.get(TEXT) or "", self._gazetteer, today)
            ]
            message.set(ENTITIES, entities, add_to_output=True)
        return messages


def place_names(tenants: Path = ROOT / "tenants", data: Path = DATA) -> Iterator[str]:
    """Every place a tenant names, in each of its spellings, and those of nlu_data/places.yml."""
    for path in sorted(tenants.glob("*/utilities/*.yml")):
        utility = read_yaml(path)
        for group in ("offices", "areas"):
            for item in (utility.get(group) or {}).get("list") or []:
                yield from (item.get("name") or {}).values()
                yield from item.get("spellings") or []
    for listed in read_yaml(data / "places.yml").values():
        yield from (name.strip() for name in listed.split(",") if name.strip())


def everyday_words(texts: list[str], names: list[str]) -> Iterator[str]:
    """Words of many sentences that no place is called."""
    called = {word for name in names for word in words(fold(name))}
    counts = Counter(word for text in texts for word in set(words(fold(text))))
    return (word for word, number in counts.items() if number >= EVERYDAY and word not in called)
