"""When to try again. Pure: an error and an attempt in, a delay (or None) out.

Source of the numbers: promises R10 and R11 in docs/promises.md.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from core.errors import Ambiguous, ChannelDown, SendError, Throttled

MAX_TURN_ATTEMPTS = 5
SEND_BASE_SECONDS = 1.0
SEND_CAP_SECONDS = 300.0
PAIR_BASE_SECONDS = 4.0  # 131056: 4^n seconds for that person alone (channels.md §2.6)
DOUBT_SECONDS = 60.0  # how long a doubtful send waits for a status (channels.md §7)
CHANNEL_DOWN_SECONDS = 60.0
# How long an unsent message is still worth sending, by purpose (reliability.md R11).
LIFETIME_SECONDS = {"code": 300.0, "reply": 3600.0, "danger": 3600.0, "notice": 86_400.0, "operator": 86_400.0}


def turn_delay(attempt: int) -> float | None:
    """Seconds until turn `attempt` + 1, or None when the message must go to the dead letters."""
    if attempt >= MAX_TURN_ATTEMPTS:
        return None
    return float(min(2 ** (attempt - 1), 30))


def send_delay(error: SendError, attempt: int, roll: Callable[[], float] = random.random) -> float | None:
    """Seconds until the next try of a send, or None when it is over. Full jitter, and never before Retry-After."""
    if not error.retryable:
        return None
    if isinstance(error, ChannelDown):
        return CHANNEL_DOWN_SECONDS
    if isinstance(error, Ambiguous):
        return DOUBT_SECONDS
    attempt = min(attempt, 16)  # every pause is at its cap by then
    if isinstance(error, Throttled) and error.scope == "person":
        return max(error.retry_after or 0.0, min(math.pow(PAIR_BASE_SECONDS, attempt), SEND_CAP_SECONDS))
    ceiling = min(math.ldexp(SEND_BASE_SECONDS, attempt - 1), SEND_CAP_SECONDS)
    delay = ceiling * (0.5 + roll() / 2)
    return max(error.retry_after or 0.0, delay)
