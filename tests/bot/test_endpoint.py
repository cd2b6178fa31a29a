"""What an action may answer."""

from __future__ import annotations

from typing import Any

import pytest
from rasa.core.actions.action import RemoteAction
from rasa.shared.exceptions import RasaException

from bot.components import endpoint

GOOD: dict[str, Any] = {
    "events": [{"event": "slot", "name": "kind", "value": {"any": ["thing"]}}],
    "responses": [{"response": "utter_menu", "facts": {}}],
}


@pytest.mark.parametrize("result", [GOOD, {}, {"events": [], "responses": []}, GOOD | {"more": 1}])
def test_what_rasa_takes_passes(result: dict[str, Any]) -> None:
    assert RemoteAction("action_x", None)._validate_action_result(result) is True


@pytest.mark.parametrize(
    "result",
    [
        None,
        [],
        "events",
        {"events": None},
        {"events": {}},
        {"events": [1]},
        {"events": [{}]},
        {"events": [{"event": 1}]},
        {"responses": "utter_menu"},
        {"responses": ["utter_menu"]},
    ],
)
def test_anything_else_fails_the_turn(result: Any) -> None:
    with pytest.raises(RasaException):
        endpoint.check(result)
    with pytest.raises(RasaException):
        RemoteAction("action_x", None)._validate_action_result(result)
