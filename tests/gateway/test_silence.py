"""Coming back after a long silence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.silence import AT, stamped, taken_up

NOW = datetime(2026, 10, 20, 6, tzinfo=UTC)


def left(loop: str | None, hours: float) -> dict[str, Any]:
    slots = {"kind": "OUT-HOME", "requested_slot": "area", "tries": 1, "current": {"account": "12345678"}}
    return stamped({"slots": slots, "active_loop": loop}, NOW - timedelta(hours=hours))


@pytest.mark.parametrize(
    ("loop", "hours", "silent", "goes_on"),
    [
        ("complaint_form", 0.5, "", "complaint_form"),
        ("complaint_form", 3, "recalled", "complaint_form"),
        ("complaint_form", 25, "aside", None),
        ("account_form", 25, "aside", None),
        # Where the danger is completes a complaint that must be written.
        ("question_form", 25, "recalled", "question_form"),
        (None, 25, "", None),
    ],
)
def test_an_open_question_is_recalled_then_put_aside(
    loop: str | None, hours: float, silent: str, goes_on: str | None
) -> None:
    state, said = taken_up(left(loop, hours), NOW)
    assert (said, state["active_loop"]) == (silent, goes_on)
    assert AT not in state
    assert state["slots"]["current"] == {"account": "12345678"}
    assert ("requested_slot" in state["slots"]) == (silent != "aside")


def test_a_state_from_before_has_no_time() -> None:
    assert taken_up({"slots": {}, "active_loop": "complaint_form"}, NOW)[1] == ""
    assert taken_up({}, NOW) == ({}, "")
