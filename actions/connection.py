"""Connections: new ones, their status, load, name, moving the meter. Fees come from the tenant's data."""

from __future__ import annotations

from typing import Any

from actions.accounts import named_utility, utility_name
from actions.tariff import company_for
from actions.turn import Turn, act
from core.tenant_model import Utility

PHASES = ("single", "three")
DEPOSITS = ("deposit_home_to_2_kw", "deposit_home_above_2_kw")


def fees(utility: Utility, *services: str) -> dict[str, Any] | None:
    """The confirmed fees of services as lines."""
    lines = [
        {
            "$word": f"label_fee_{fee.service}_{fee.phase}",
            "facts": {"amount": {"$money": str(fee.amount)}},
        }
        for service in services
        for fee in utility.fees
        if fee.service == service and fee.confirmed and (fee.phase in PHASES or fee.phase == "per_kw")
    ]
    return {"$lines": lines} if lines else None


@act("action_new_connection_info", "new_connection_info")
async def new_connection_info(turn: Turn) -> None:
    """Papers, steps and fees of a new connection."""
    if _asked_on(turn):
        return
    utility, _ = await company_for(turn)
    turn.say(
        "utter_new_connection_info",
        fees=fees(utility, "new_connection", *DEPOSITS),
        website=_website(turn, utility),
    )


def _asked_on(turn: Turn) -> bool:
    """Whether more is wanted of what was just answered (how long, how much): the same again would help nobody."""
    again = bool(turn.value("more")) and turn.get("last_task") == turn.intent
    turn.set("last_task", turn.intent)
    if again:
        turn.say("utter_asked_on")
    return again


def _website(turn: Turn, utility: Utility) -> str:
    """A company's site, only when it is clear which company is meant."""
    clear = named_utility(turn) or len(turn.tenant.utilities) == 1 or turn.get("current")
    return utility.website if clear else ""


@act("action_new_connection_status", "new_connection_status")
async def new_connection_status(turn: Turn) -> None:
    """Where an application stands; by its number alone nothing personal is told."""
    tracking = str(turn.value("tracking_number", "complaint_number") or "")
    if not tracking:
        turn.open("question_form", question="tracking_number", task="new_connection_status", task_entities={})
        return
    found = await turn.ctx.utility.application(turn.tenant.slug, tracking.strip())
    if found is None:
        turn.say("utter_application_unknown", number=tracking[:30])
        return
    turn.say(
        "utter_new_connection_status",
        number=found.tracking,
        company=utility_name(turn, found.utility),
        stage={"$word": f"label_stage_{found.stage}"},
        applied={"$date": found.applied_on.isoformat()},
        next_step={"$date": found.next_step_on.isoformat()} if found.next_step_on else None,
    )


@act("action_load_change", "load_change")
async def load_change(turn: Turn) -> None:
    """How to raise or lower the load."""
    if _asked_on(turn):
        return
    utility, _ = await company_for(turn)
    turn.say("utter_load_change", fees=fees(utility, "load_change", *DEPOSITS))


@act("action_name_transfer", "name_transfer")
async def name_transfer(turn: Turn) -> None:
    """How to change the name on a connection."""
    if not _asked_on(turn):
        turn.say("utter_name_transfer")


@act("action_meter_shift", "meter_shift")
async def meter_shift(turn: Turn) -> None:
    """How to have the meter moved."""
    if not _asked_on(turn):
        turn.say("utter_meter_shift")
