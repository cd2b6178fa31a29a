"""The state machine of a conversation's owner, as one table. Nothing changes hands in a way that does not stand here.

pending (bot) → queued → open (assigned) → snoozed → returned | resolved
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from core.errors import SathiError


class State(StrEnum):
    """Who answers: the bot, nobody yet, a person, a person later; or how a takeover ended."""

    PENDING = "pending"
    QUEUED = "queued"
    OPEN = "open"
    SNOOZED = "snoozed"
    RETURNED = "returned"
    RESOLVED = "resolved"


ENDED = frozenset({State.RETURNED, State.RESOLVED})


class Move(StrEnum):
    """What happened."""

    ASK = "ask"
    REFUSE = "refuse"
    TAKE = "take"
    TAKE_OUTSIDE = "take_outside"
    URGE = "urge"
    CLAIM = "claim"
    TRANSFER = "transfer"
    REQUEUE = "requeue"
    SNOOZE = "snooze"
    WAKE = "wake"
    GIVE_BACK = "give_back"
    RESOLVE = "resolve"
    LEAVE = "leave"
    NOBODY = "nobody"
    CLOSE = "close"
    DESK_DOWN = "desk_down"
    OPERATOR_GONE = "operator_gone"
    CUSTOMER_GONE = "customer_gone"
    OUTSIDE_ENDED = "outside_ended"


class Who(StrEnum):
    """Who may make a change."""

    CUSTOMER = "customer"
    BOT = "bot"
    OPERATOR = "operator"
    SUPERVISOR = "supervisor"
    SYSTEM = "system"


@dataclass(frozen=True, kw_only=True)
class By:
    """Who makes a change. `id` is an operator's; `name` is what a customer may read."""

    who: Who
    id: int | None = None
    name: str = ""

    def __str__(self) -> str:
        return f"{self.who}:{self.id}" if self.id is not None else str(self.who)


SYSTEM = By(who=Who.SYSTEM)
BOT = By(who=Who.BOT)
CUSTOMER = By(who=Who.CUSTOMER)


@dataclass(frozen=True, kw_only=True)
class Change:
    """One row of the table: from these states, by these people, to that state, and what the customer is told."""

    move: Move
    sources: tuple[State, ...]
    target: State
    by: tuple[Who, ...]
    says: str = ""


PEOPLE = (Who.OPERATOR, Who.SUPERVISOR)
CHANGES: tuple[Change, ...] = (
    # In: asked for, not understood, a failed turn, or a person's own wish.
    Change(
        move=Move.ASK,
        sources=(State.PENDING,),
        target=State.QUEUED,
        by=(Who.CUSTOMER, Who.BOT, Who.SYSTEM),
        says="utter_handoff_queued",
    ),
    # Out of hours, nobody on duty or queue full: kept as a takeover that ended at once; the hotline is told instead.
    Change(move=Move.REFUSE, sources=(State.PENDING,), target=State.RETURNED, by=(Who.SYSTEM,)),
    Change(move=Move.TAKE, sources=(State.PENDING,), target=State.OPEN, by=PEOPLE, says="utter_handoff_joined"),
    # Somebody answered in the Page inbox or the WhatsApp app: the customer needs no word about it.
    Change(
        move=Move.TAKE_OUTSIDE,
        sources=(State.PENDING, State.QUEUED, State.SNOOZED),
        target=State.OPEN,
        by=(Who.OPERATOR,),
    ),
    # A second handoff while one is open joins it and may make it more urgent.
    Change(move=Move.URGE, sources=(State.QUEUED,), target=State.QUEUED, by=(Who.CUSTOMER, Who.BOT, Who.SYSTEM)),
    Change(move=Move.URGE, sources=(State.OPEN,), target=State.OPEN, by=(Who.CUSTOMER, Who.BOT, Who.SYSTEM)),
    Change(move=Move.URGE, sources=(State.SNOOZED,), target=State.OPEN, by=(Who.CUSTOMER, Who.BOT, Who.SYSTEM)),
    # From the queue.
    Change(
        move=Move.CLAIM,
        sources=(State.QUEUED,),
        target=State.OPEN,
        by=(*PEOPLE, Who.SYSTEM),
        says="utter_handoff_joined",
    ),
    Change(
        move=Move.LEAVE,
        sources=(State.QUEUED,),
        target=State.RETURNED,
        by=(Who.CUSTOMER,),
        says="utter_handoff_left",
    ),
    Change(
        move=Move.NOBODY,
        sources=(State.QUEUED,),
        target=State.RETURNED,
        by=(Who.SYSTEM,),
        says="utter_handoff_nobody",
    ),
    Change(
        move=Move.CLOSE,
        sources=(State.QUEUED,),
        target=State.RETURNED,
        by=(Who.SYSTEM,),
        says="utter_handoff_closed",
    ),
    # With a person.
    Change(
        move=Move.TRANSFER,
        sources=(State.OPEN, State.SNOOZED),
        target=State.OPEN,
        by=PEOPLE,
        says="utter_handoff_transferred",
    ),
    Change(
        move=Move.REQUEUE,
        sources=(State.OPEN, State.SNOOZED),
        target=State.QUEUED,
        by=PEOPLE,
        says="utter_handoff_requeued",
    ),
    Change(move=Move.SNOOZE, sources=(State.OPEN,), target=State.SNOOZED, by=PEOPLE),
    Change(
        move=Move.WAKE,
        sources=(State.SNOOZED,),
        target=State.OPEN,
        by=(Who.CUSTOMER, Who.SYSTEM, *PEOPLE),
    ),
    Change(
        move=Move.OPERATOR_GONE,
        sources=(State.OPEN, State.SNOOZED),
        target=State.QUEUED,
        by=(Who.SYSTEM, Who.SUPERVISOR),
        says="utter_handoff_requeued",
    ),
    # Out.
    Change(
        move=Move.GIVE_BACK,
        sources=(State.OPEN, State.SNOOZED),
        target=State.RETURNED,
        by=PEOPLE,
        says="utter_handoff_returned",
    ),
    Change(
        move=Move.RESOLVE,
        sources=(State.OPEN, State.SNOOZED),
        target=State.RESOLVED,
        by=PEOPLE,
        says="utter_handoff_resolved",
    ),
    Change(
        move=Move.CUSTOMER_GONE,
        sources=(State.OPEN,),
        target=State.RESOLVED,
        by=(Who.SYSTEM,),
        says="utter_handoff_customer_gone",
    ),
    # Who answered in the platform's own inbox writes no more: the bot is back without a word.
    Change(move=Move.OUTSIDE_ENDED, sources=(State.OPEN,), target=State.RETURNED, by=(Who.SYSTEM,)),
    Change(
        move=Move.DESK_DOWN,
        sources=(State.QUEUED, State.OPEN, State.SNOOZED),
        target=State.RETURNED,
        by=(Who.SYSTEM, Who.SUPERVISOR),
        says="utter_handoff_nobody",
    ),
)
TABLE = {(source, change.move): change for change in CHANGES for source in change.sources}


class HandoffRefused(SathiError):
    """A change of hands that may not be: `reason` is a word for the desk's message."""

    def __init__(self, reason: str, words: str) -> None:
        super().__init__(words)
        self.reason = reason


def rule(source: State, move: Move, who: Who) -> Change:
    """The row of the table for a change; HandoffRefused when there is none or it is not theirs to make."""
    change = TABLE.get((source, move))
    if change is None:
        raise HandoffRefused("state", f"{move} is not possible from {source}")
    if who not in change.by:
        raise HandoffRefused("who", f"{move} is not for {who} to do")
    return change


def exits(source: State) -> Iterator[Change]:
    """Every change that leads out of a state."""
    return (change for change in CHANGES if source in change.sources)
