"""When to try again: a table of errors and attempts."""

from __future__ import annotations

import pytest

from core.errors import Ambiguous, ChannelDown, Refused, SendError, Throttled, Unavailable, Unreachable, WindowClosed
from core.retry import LIFETIME_SECONDS, MAX_TURN_ATTEMPTS, SEND_CAP_SECONDS, send_delay, turn_delay

LOW, HIGH = (lambda: 0.0), (lambda: 1.0)


@pytest.mark.parametrize(
    ("attempt", "seconds"), [(1, 1.0), (2, 2.0), (3, 4.0), (4, 8.0), (MAX_TURN_ATTEMPTS, None), (99, None)]
)
def test_turns(attempt: int, seconds: float | None) -> None:
    assert turn_delay(attempt) == seconds


@pytest.mark.parametrize(
    ("error", "attempt", "least", "most"),
    [
        (Unavailable("503"), 1, 0.5, 1.0),
        (Unavailable("503"), 2, 1.0, 2.0),
        (Unavailable("503"), 5, 8.0, 16.0),
        (Unavailable("503"), 50, SEND_CAP_SECONDS / 2, SEND_CAP_SECONDS),
        (Unavailable("503", retry_after=30), 1, 30.0, 30.0),
        (Throttled("429"), 1, 0.5, 1.0),
        (Throttled("429", retry_after=7), 1, 7.0, 7.0),
        (Throttled("131056", scope="person"), 1, 4.0, 4.0),
        (Throttled("131056", scope="person"), 2, 16.0, 16.0),
        (Throttled("131056", scope="person"), 1000, SEND_CAP_SECONDS, SEND_CAP_SECONDS),
        (Throttled("131056", scope="person", retry_after=60), 1, 60.0, 60.0),
        (ChannelDown("token"), 3, 60.0, 60.0),
        (Ambiguous("timeout"), 1, 60.0, 60.0),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, SendError) else str(value),
)
def test_sends_that_are_tried_again(error: SendError, attempt: int, least: float, most: float) -> None:
    assert send_delay(error, attempt, LOW) == least
    assert send_delay(error, attempt, HIGH) == most


@pytest.mark.parametrize("kind", [Refused, Unreachable, WindowClosed, SendError])
def test_sends_that_are_not(kind: type[SendError]) -> None:
    assert send_delay(kind("no"), 1) is None


def test_chance_is_used() -> None:
    assert len({send_delay(Unavailable("503"), 4) for _ in range(20)}) > 1


def test_a_code_lives_as_long_as_it_is_valid_and_an_answer_an_hour() -> None:
    assert (LIFETIME_SECONDS["code"], LIFETIME_SECONDS["reply"]) == (300, 3600)
