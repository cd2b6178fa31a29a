"""Messages survive being stored as JSON, whatever is in them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from core.messages import (
    Actor,
    Delivery,
    IncomingMessage,
    Kind,
    Location,
    MediaRef,
    OutgoingMessage,
    Priority,
    QuickReply,
    StatusUpdate,
    incoming_from_json,
    outgoing_from_json,
    status_from_json,
    to_json,
)

WORDS = st.text(max_size=40)
MOMENTS = st.datetimes(timezones=st.just(UTC))
INCOMING = st.builds(
    IncomingMessage,
    external_id=WORDS,
    addresses=st.lists(WORDS, min_size=1, max_size=3).map(tuple),
    kind=st.sampled_from(Kind),
    occurred_at=MOMENTS,
    actor=st.sampled_from(Actor),
    text=WORDS,
    media=st.lists(st.builds(MediaRef, kind=WORDS, ref=WORDS), max_size=2).map(tuple),
    location=st.none() | st.builds(Location, latitude=st.floats(-90, 90), longitude=st.floats(-180, 180)),
)
OUTGOING = st.builds(
    OutgoingMessage,
    text=WORDS,
    choices=st.lists(st.builds(QuickReply, token=WORDS, title=WORDS), max_size=3).map(tuple),
    priority=st.sampled_from(Priority),
    notes=st.lists(WORDS, max_size=2).map(tuple),
)
STATUS = st.builds(StatusUpdate, external_id=WORDS, status=st.sampled_from(Delivery), occurred_at=MOMENTS)
SAME = settings(derandomize=True, database=None, deadline=None)


@SAME
@given(INCOMING)
def test_incoming(message: IncomingMessage) -> None:
    assert incoming_from_json(json.loads(json.dumps(to_json(message)))) == message


@SAME
@given(OUTGOING)
def test_outgoing(message: OutgoingMessage) -> None:
    assert outgoing_from_json(json.loads(json.dumps(to_json(message)))) == message


@SAME
@given(STATUS)
def test_status(update: StatusUpdate) -> None:
    assert status_from_json(json.loads(json.dumps(to_json(update)))) == update


def test_a_lane_is_the_address_to_answer() -> None:
    message = IncomingMessage(
        external_id="x", addresses=("a", "b"), kind=Kind.TEXT, occurred_at=datetime(2026, 1, 1, tzinfo=UTC)
    )
    assert message.lane == "a"


def test_danger_leaves_first() -> None:
    assert sorted(Priority, key=lambda priority: priority.rank) == [Priority.DANGER, Priority.REPLY, Priority.NOTICE]
