"""Not understood: the two likeliest as buttons, then a new wording, then the hotline with a case code. Never a loop."""

from __future__ import annotations

from typing import Any

from actions.people import to_a_person
from actions.turn import HANDLERS, Turn, act

OFFERED = 2
# Meant something only as an answer, or nothing to offer.
NOT_OFFERED = frozenset({"nlu_fallback", "out_of_scope", "affirm", "deny", "greet", "goodbye", "thanks", "inform"})
KEPT = ("account_number", "meter_number", "utility", "place", "month", "units", "load", "duration", "time", "date")


def likeliest(turn: Turn) -> list[dict[str, Any]]:
    """The intents to offer, each once, as choices."""
    choices: list[dict[str, Any]] = []
    seen: set[str] = set()
    entities = {name: turn.entities[name][0] for name in KEPT if turn.entities.get(name)}
    for item in turn.ranking:
        intent, topic = str(item.get("name") or ""), str(item.get("topic") or "")
        if intent in NOT_OFFERED or intent not in HANDLERS or (intent == "faq" and not topic):
            continue
        label = f"label_faq_{topic}" if intent == "faq" else f"label_intent_{intent}"
        if label in seen:
            continue
        seen.add(label)
        choices.append(
            {
                "title": {"$word": label},
                "intent": "clarified",
                "topic": topic,
                "entities": {**entities, "chosen_intent": intent},
            }
        )
        if len(choices) == OFFERED:
            break
    return choices


@act("action_nlu_fallback", "nlu_fallback")
async def nlu_fallback(turn: Turn) -> None:
    """Three steps, then the count starts again."""
    misses = int(turn.get("misses") or 0) + 1
    turn.set("misses", misses)
    choices = likeliest(turn)
    if misses == 1 and choices:
        turn.say("utter_clarify", choices=choices)
    elif misses <= 2:
        turn.set("misses", 2)
        turn.say("utter_rephrase")
    else:
        await to_a_person(turn, "not understood")


@act("action_clarified", "clarified")
async def clarified(turn: Turn) -> None:
    """What was chosen instead; "something else" asks for other words."""
    intent = str(turn.value("chosen_intent", "intent") or "")
    if intent not in HANDLERS or intent == "clarified":
        turn.set("misses", 2)
        turn.say("utter_rephrase")
        return
    turn.set("misses", None)
    turn.intent = intent
    for name in ("chosen_intent", "intent"):
        turn.entities.pop(name, None)
    await HANDLERS[intent](turn)


@act("action_out_of_scope", "out_of_scope")
async def out_of_scope(turn: Turn) -> None:
    """Polite and bounded: once with the menu, then shortly, then with the hotline."""
    strays = int(turn.get("strays") or 0) + 1
    turn.set("strays", None if strays >= 3 else strays)
    name = {1: "utter_out_of_scope", 2: "utter_out_of_scope_again"}.get(strays, "utter_out_of_scope_hotline")
    turn.say(name)
