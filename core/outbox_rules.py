"""What is decided about a row of the outbox, without any database: what leaves next, what never again, which word counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core.messages import Delivery, Priority
from core.retry import DOUBT_SECONDS

NEVER_TWICE = ("code", "document")
DEAD_STATES = ("failed", "held", "expired")
DOUBTFUL = "doubtful"
# What a platform said last counts only when it says more; the order of arrival must not matter (R20).
RANK = {Delivery.SENT: 1, Delivery.FAILED: 2, Delivery.DELIVERED: 3, Delivery.READ: 4}


@dataclass
class Waiting:
    """What decides about a row that has not left for good."""

    id: int
    state: str
    purpose: str
    priority: int
    due_at: datetime
    expires_at: datetime | None
    doubts: int


def why_never_again(purpose: str, error_code: str) -> str:
    """Why a dead letter must stay one; nothing when it may be sent again."""
    if purpose == "code":
        return "a one-time code is never sent again: the customer asks for a new one"
    if purpose in NEVER_TWICE and error_code == DOUBTFUL:
        return "it may have arrived, and such a document is never sent twice: the customer asks for it anew"
    return ""


def put_away(row: Waiting, now: datetime) -> dict[str, Any]:
    """What becomes of a row without any API call: a send that a dead worker left, a doubt that ran out, old age.

    To be asked by whoever holds the lane: a row still `sending` then belongs to somebody who died in the middle.
    """
    if row.state == "sending":
        return {
            "state": DOUBTFUL,
            "due_at": now + timedelta(seconds=DOUBT_SECONDS),
            "doubts": row.doubts + 1,
            "error_words": "the sender stopped in the middle",
        }
    if row.state == DOUBTFUL:
        if row.due_at > now:
            return {}
        if row.purpose in NEVER_TWICE or row.doubts >= 2:
            words = "no word whether it arrived; not sent again"
            return {"state": "failed", "error_code": DOUBTFUL, "error_words": words}
    if row.expires_at is not None and row.expires_at < now:
        return {"state": "expired", "error_words": "too old to be sent"}
    return {"state": "errored"} if row.state == DOUBTFUL else {}


def next_to_leave(waiting: list[Waiting]) -> tuple[Waiting | None, datetime | None, int]:
    """What leaves next of a lane's rows (most urgent first), when, and how urgent it is.

    A doubtful message may be on its way, so what was said after it waits for its status (R7); danger does not.
    """
    head = next((row for row in waiting if row.state in ("queued", "errored")), None)
    doubts = [row for row in waiting if row.state == DOUBTFUL]
    settled_at = max((row.due_at for row in doubts), default=None)
    if head is None:
        return None, settled_at, doubts[0].priority if doubts else 1
    if settled_at is None or head.priority == Priority.DANGER.rank:
        return head, head.due_at, head.priority
    return head, max(head.due_at, settled_at), head.priority
