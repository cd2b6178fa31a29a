"""Greetings, the menu, the language, and words that answer nothing."""

from __future__ import annotations

from actions.complaint_status import withdraw
from actions.turn import Turn, act


@act("action_start", "start")
async def start(turn: Turn) -> None:
    """The first contact: who this is, what it can do, what happens with data."""
    if turn.loop:
        turn.close(all_forms=True)
    turn.set("misses", None)
    turn.set("greeted", True)
    turn.say("utter_start")


@act("action_greet", "greet")
async def greet(turn: Turn) -> None:
    """A greeting; within a form only a short one, then its question again."""
    if turn.loop:
        turn.say("utter_greet_short")
        return
    if not turn.get("greeted"):
        await start(turn)
        return
    turn.set("misses", None)
    turn.say("utter_greet")


@act("action_goodbye", "goodbye")
async def goodbye(turn: Turn) -> None:
    """The end of a conversation also ends a form."""
    if turn.loop:
        turn.close(all_forms=True)
    turn.say("utter_goodbye")


@act("action_thanks", "thanks")
async def thanks(turn: Turn) -> None:
    """Thanks."""
    turn.say("utter_thanks")


@act("action_help_menu", "help_menu")
async def help_menu(turn: Turn) -> None:
    """The menu. In the middle of a form it is a wish to do something else."""
    if turn.loop:
        turn.close(all_forms=True)
    turn.set("misses", None)
    turn.say("utter_help_menu")


@act("action_cancel", "cancel")
async def cancel(turn: Turn) -> None:
    """Leave whatever is going on, or take back the complaint that was named."""
    was_in = bool(turn.loop)
    if turn.value("withdraw") and not was_in:
        await withdraw(turn)
        return
    if was_in:
        turn.close(all_forms=True)
    turn.say("utter_cancelled" if was_in else "utter_nothing_to_cancel")


@act("action_change_language", "change_language")
async def change_language(turn: Turn) -> None:
    """Set the form that was named, or offer the tenant's."""
    form = str(turn.value("form", "language") or "")
    if form in turn.tenant.forms:
        turn.set("language_choice", form)
        turn.say("utter_language_set")
        return
    choices = [
        {"title": {"$word": f"label_form_{item}"}, "intent": "change_language", "entities": {"form": item}}
        for item in turn.tenant.forms
    ]
    turn.say("utter_ask_language", choices=choices)
    turn.asked_again = True


@act("action_answer_alone", "affirm", "deny", "skip", "inform", "code_result")
async def answer_alone(turn: Turn) -> None:
    """A yes, no or tap that answers nothing that is open now."""
    if turn.intent == "code_result":
        turn.say("utter_code_alone")
    elif turn.intent == "inform":
        turn.say("utter_old_choice")
    elif turn.intent == "deny":
        turn.say("utter_deny_alone")
    else:
        turn.say("utter_affirm_alone")


@act("action_old_choice", "old_choice")
async def old_choice(turn: Turn) -> None:
    """A button of a menu that is too old."""
    turn.say("utter_old_choice")
