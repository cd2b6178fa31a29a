"""Common questions and advice: words alone, tenant by tenant."""

from __future__ import annotations

from actions.turn import Turn, act


@act("action_faq", "faq")
async def faq(turn: Turn) -> None:
    """One intent family: the topic names the answer, so a new question touches only data."""
    turn.set("last_task", None)
    topic = turn.topic or str(turn.value("topic") or "")
    turn.say(f"utter_faq_{topic}" if topic else "utter_help_menu")


@act("action_energy_saving_tips", "energy_saving_tips")
async def energy_saving_tips(turn: Turn) -> None:
    """How to use less."""
    turn.say("utter_energy_saving_tips")


@act("action_fraud_check", "fraud_check")
async def fraud_check(turn: Turn) -> None:
    """Genuine or not: the rules, and the addresses that belong to the company."""
    sites = [domain.name for domain in turn.tenant.domains if domain.confidence == "H"][:6]
    turn.say("utter_fraud_check", sites={"$list": sites} if sites else None)
