"""Cuts: on one's own feeder, at a place, planned ones. Areas and times only, never who reported."""

from __future__ import annotations

from typing import Any

from actions.accounts import owned_if_possible, pick
from actions.turn import Turn, act
from utility.base import Outage

MAX_SHOWN = 3


def outage_facts(turn: Turn, outage: Outage) -> dict[str, Any]:
    """A cut as facts."""
    return {
        "area": {"$name": dict(outage.area)},
        "reason": {"$name": dict(outage.reason)} if outage.reason else None,
        "starts": {"$when": outage.starts_at.isoformat()},
        "restore": {"$when": outage.restore_at.isoformat()} if outage.restore_at else {"$word": "label_not_known_yet"},
    }


@act("action_outage_info", "outage_info")
async def outage_info(turn: Turn) -> None:
    """Known and planned cuts: at the place named, else on one's own feeder."""
    ctx = turn.ctx
    turn.set("last_task", "outage_info")
    place = str(turn.value("place") or "")[:80]
    if place:
        outages = await ctx.utility.outages_in(turn.tenant.slug, place, ctx.now())
        _tell(turn, outages, place)
        return
    accounts = await owned_if_possible(turn)
    current = turn.get("current") or {}
    account = pick(accounts, str(current.get("account") or ""), str(current.get("utility") or ""))
    account = account or (accounts[0] if accounts else None)
    if account is None:
        turn.open("question_form", question="place", task="outage_info", task_entities={})
        return
    outages = await ctx.utility.outages_on(turn.tenant.slug, account.feeder, ctx.now())
    _tell(turn, outages, {"$name": dict(account.area)} if account.area else account.number)


def _tell(turn: Turn, outages: list[Outage], place: Any) -> None:
    if not outages:
        turn.say("utter_outage_none", place=place)
        return
    for outage in outages[:MAX_SHOWN]:
        planned = outage.planned or outage.starts_at > turn.ctx.now()
        turn.say("utter_outage_planned" if planned else "utter_outage_now", **outage_facts(turn, outage))
