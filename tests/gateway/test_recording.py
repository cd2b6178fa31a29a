"""What becomes of a message, as the figures and the review have it."""

from __future__ import annotations

import pytest

from gateway.rasa_client import TurnResult
from gateway.recording import intent_of, outcome_of


def turn(intent: str, confidence: float, *actions: str) -> TurnResult:
    return TurnResult(
        intent=intent,
        confidence=confidence,
        topic="",
        language="bn",
        entities=[],
        ranking=[],
        answers=[],
        actions=list(actions),
        state={},
    )


@pytest.mark.parametrize(
    ("result", "wanted"),
    [
        # Seen in real conversations: a place and a telephone number at a form's question.
        (turn("faq", 0.84, "question_form"), "inform"),
        (turn("out_of_scope", 0.47, "question_form"), "inform"),
        # A question beside it, and another kind of fault that the form understood.
        (turn("out_of_scope", 0.6, "complaint_form", "action_out_of_scope"), "out_of_scope"),
        (turn("report_meter_fault", 0.93, "complaint_form"), "report_meter_fault"),
        (turn("bill_amount", 0.6, "action_bill_amount"), "bill_amount"),
        (turn("nlu_fallback", 0.2), "nlu_fallback"),
        (None, ""),
    ],
)
def test_a_form_decides_what_an_answer_to_it_meant(result: TurnResult | None, wanted: str) -> None:
    assert intent_of(result) == wanted


@pytest.mark.parametrize(
    ("names", "person", "wanted"),
    [
        (["utter_bill_amount"], False, "answered"),
        (["utter_rephrase"], False, "unclear"),
        (["utter_unclear_here", "utter_ask_area"], False, "unclear"),
        (["utter_ask_account_again"], False, "unclear"),
        (["utter_out_of_scope_again"], False, "answered"),
        # Nobody could come to somebody who was not understood.
        (["utter_stuck"], False, "unclear"),
        (["utter_stuck"], True, "person"),
        ([], True, "person"),
    ],
)
def test_asked_again_is_not_understood(names: list[str], person: bool, wanted: str) -> None:
    assert outcome_of(names, person=person) == wanted
