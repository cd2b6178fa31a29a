"""Customers who come back after a long silence: an open question is recalled, after a day it is put aside.

When the dialogue last moved is kept in the conversation's state, beside what the dialogue core remembers.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

AT = "at"
SILENT = "silent"
RECALLED_AFTER = timedelta(hours=2)
ASIDE_AFTER = timedelta(hours=24)
# A question about a danger stays open: its answer completes a complaint that must be written.
PUT_ASIDE = frozenset({"complaint_form", "account_form"})
OF_THE_FORM = ("requested_slot", "paused", "waiting", "tries", "misses", "strays")


def stamped(state: dict[str, Any], now: datetime) -> dict[str, Any]:
    """The state with the time at which it was reached."""
    return {**state, AT: now.isoformat()}


def taken_up(state: dict[str, Any], now: datetime) -> tuple[dict[str, Any], str]:
    """The state to go on with, and what the silence did to an open question: "", "recalled" or "aside"."""
    left = {key: value for key, value in state.items() if key != AT}
    since = state.get(AT)
    if not since or not left.get("active_loop"):
        return left, ""
    silent = now - datetime.fromisoformat(str(since))
    if silent >= ASIDE_AFTER and left["active_loop"] in PUT_ASIDE:
        slots = {name: value for name, value in (left.get("slots") or {}).items() if name not in OF_THE_FORM}
        return {**left, "slots": slots, "active_loop": None}, "aside"
    return left, "recalled" if silent >= RECALLED_AFTER else ""
