"""Gives back an answer's name and its facts instead of a sentence: words are chosen outside Rasa, in the service."""

from __future__ import annotations

from typing import Any

from rasa.core.nlg.generator import NaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

# What rasa-sdk's dispatcher adds to every message; none of it is a fact.
DISPATCHER_KEYS = frozenset({"text", "buttons", "elements", "custom", "template", "response", "image", "attachment"})


class AnswerNames(NaturalLanguageGenerator):
    """`utter_bill_amount` with its keyword facts becomes `{"answer": "utter_bill_amount", "answer_facts": {…}}`."""

    def __init__(self, endpoint_config: EndpointConfig, domain: Domain) -> None:
        """Rasa hands over the endpoint's entry and the domain; neither is needed."""

    async def generate(
        self, utter_action: str, tracker: DialogueStateTracker, output_channel: str, **kwargs: Any
    ) -> dict[str, Any]:
        """Name and facts of an answer."""
        facts = {key: value for key, value in kwargs.items() if key not in DISPATCHER_KEYS}
        return {"text": "", "answer": utter_action, "answer_facts": facts}
