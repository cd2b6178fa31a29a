"""One missing detail: ask for it, then do what was asked with it."""

from __future__ import annotations

from typing import Any

from actions.forms import NUMBER, like_a_name, other_matter, typed_numbers, unclear
from actions.hazard import hazard_answer
from actions.turn import HANDLERS, Turn, make_form
from complaints.numbers import parse_number
from core.tenant_model import plain_number

FREE_TEXT = {"place": 80, "feedback": 1000}
# Which entities answer a question; the first is the one the task reads.
EXPECTED = {
    "units": ("units", "amount"),
    "complaint_number": ("complaint_number",),
    "tracking_number": ("tracking_number", "complaint_number"),
    "place": ("place", "utility"),
    "phone": ("phone",),
    "feedback": (),
}


def read(turn: Turn, question: str) -> Any:
    """The answer in a message, or nothing."""
    value = turn.value(*EXPECTED[question])
    if question == "units":
        found = turn.value("units") or next(iter(typed_plain_number(turn)), None)
        return found if found and str(found).isdigit() and 0 < int(found) <= 100_000 else None
    if question == "complaint_number":
        return next((number for word in [str(value or ""), turn.text] if (number := parse_number(word))), None)
    if question == "tracking_number":
        return value or next(iter(typed_numbers(turn)), None)
    if question == "phone":
        return next(
            (
                phone
                for number in [str(value or ""), *typed_numbers(turn)]
                if (phone := turn.tenant.mobile.canonical(number))
            ),
            None,
        )
    if value is not None:
        return value
    words = turn.text.strip()
    answer_word = turn.intent in ("affirm", "deny", "skip")
    if question in FREE_TEXT and not turn.chosen and not answer_word and 2 <= len(words) <= FREE_TEXT[question]:
        return words
    return None


def typed_plain_number(turn: Turn) -> list[str]:
    """A short number alone in a message, in any of the three scripts."""
    number = plain_number(turn.text)
    return [number] if number.isascii() and number.isdigit() and not NUMBER.fullmatch(turn.text.strip()) else []


async def answer(turn: Turn) -> bool:
    """Take the detail and do the task; False when the message is about something else."""
    question, task = str(turn.get("question") or ""), str(turn.get("task") or "")
    if question == "hazard_place":
        return await hazard_answer(turn)
    if question == "feedback" and not turn.chosen and turn.intent == "give_feedback":
        value: Any = turn.text.strip()
    else:
        value = None if _elsewhere(turn, question, task) else read(turn, question)
        if value is None and _elsewhere(turn, question, task):
            return False
    if turn.intent == "skip" or (turn.intent == "deny" and value is None):
        turn.close()
        turn.say("utter_cancelled")
        return True
    if value is None:
        await unclear(turn, f"utter_ask_{question}", f"utter_ask_{question}_again")
        return True
    entities = dict(turn.get("task_entities") or {})
    turn.close()
    turn.entities = {name: [item] for name, item in entities.items()}
    turn.entities[EXPECTED[question][0] if EXPECTED[question] else question] = [value]
    turn.intent = task
    await HANDLERS[task](turn)
    return True


def _elsewhere(turn: Turn, question: str, task: str) -> bool:
    if turn.intent == task:
        return read(turn, question) is None
    return other_matter(turn, *EXPECTED[question], words=question in FREE_TEXT and like_a_name(turn))


async def ask(turn: Turn) -> None:
    """Ask for the detail."""
    question = str(turn.get("question") or "")
    turn.ask("question", f"utter_ask_{question}")


make_form("question_form", answer, ask)
