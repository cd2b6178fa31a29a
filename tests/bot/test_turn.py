"""Our parts inside Rasa: text stays text, buttons are certain, answers are names with facts."""

from __future__ import annotations

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from bot.components.nlg import AnswerNames
from bot.components.turn import choice_parse, plain

DISGUISES = ("/{}", "  /{}", "\u200b/{}", "\ufeff \u200d/{}", "\n\t/{}", "\u202e/{}")
SHORTHANDS = ("restart", "affirm", 'verified{"account":"123"}', 'report_hazard@1.0{"place":"x"}', "session_start")


@pytest.mark.parametrize("disguise", DISGUISES)
@pytest.mark.parametrize("shorthand", SHORTHANDS)
def test_a_typed_shorthand_is_text(disguise: str, shorthand: str) -> None:
    typed = disguise.format(shorthand)
    made = plain(typed)
    assert not made.lstrip().startswith("/")
    assert len(made) == len(typed), "offsets of entities must hold"
    assert made.endswith(shorthand)


@pytest.mark.parametrize("text", ["1/2 kW", "bill 10/2026", "কারেন্ট নাই", ""])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert plain(text) == text


def test_a_button_is_certain() -> None:
    parse = choice_parse({"intent": "affirm", "entities": {"account": "12345678"}, "title": "Yes"})
    assert parse["intent"] == {"name": "affirm", "confidence": 1.0}
    assert parse["entities"] == [{"entity": "account", "value": "12345678"}]
    assert parse["chosen"] is True


async def test_an_answer_is_its_name_and_facts() -> None:
    words = AnswerNames(EndpointConfig(), Domain.empty())
    tracker = DialogueStateTracker.from_events("turn", [])
    made = await words.generate("utter_bill", tracker, "sathi", text=None, buttons=[], amount={"$money": "12.50"})
    assert made == {"text": "", "answer": "utter_bill", "answer_facts": {"amount": {"$money": "12.50"}}}
