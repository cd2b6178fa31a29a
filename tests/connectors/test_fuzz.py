"""Every parser, fed with rubbish and with real payloads that were bent: no exception, nothing that cannot be stored."""

from __future__ import annotations

import copy
import json
import os
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import Malformed, Rejected
from core.messages import Ignored, IncomingMessage, Quarantined, StatusUpdate
from tests.connectors.doubles import PAYLOADS
from tests.connectors.harness import build, survives_storage

WORDS = """object entry changes field value metadata phone_number_id messages statuses contacts id from type text body
timestamp interactive image location latitude longitude errors code messaging sender recipient message mid attachments
payload url postback delivery mids watermark read is_echo update_id chat date callback_query data photo file_id contact
user_id title reply_to standby reaction referral optin"""
KEYS = st.sampled_from(WORDS.split())
NASTY = st.sampled_from(
    [
        "",
        "\x00",
        "\ud800",
        "\udfff\x00x",
        "9" * 5000,
        "x" * 3000,
        "8801700000002",
        "US.1",
        "messages",
        "page",
        10**30,
        -(10**30),
        1e308,
        float("nan"),
        float("inf"),
        -1,
        0,
        True,
        None,
        [],
        {},
        [[[[[]]]]],
        {"id": {"id": {}}},
        "1795323600",
        "/restart",
    ]
)
SCALARS = st.one_of(NASTY, st.text(max_size=20), st.integers(), st.floats(), st.booleans(), st.none())
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(max_size=8), inner, max_size=5)
)
SAMPLES = {
    name: [json.loads(path.read_text()) for path in sorted((PAYLOADS / name).glob("*.json"))]
    for name in ("whatsapp", "messenger", "telegram")
}


def check(channel_type: str, payload: Any) -> None:
    """Parse and look at what came out."""
    connector, _, kind = build(channel_type)
    try:
        events = connector.parse(payload, kind.channel)
    except Malformed:
        assert not isinstance(payload, dict), "an object with a fault inside is quarantined, not refused"
        return
    for event in events:
        assert isinstance(event, IncomingMessage | StatusUpdate | Ignored | Quarantined)
        survives_storage(event)
        if isinstance(event, IncomingMessage):
            assert event.external_id and event.addresses and all(event.addresses)
            assert event.occurred_at.tzinfo is not None
        if isinstance(event, Ignored):
            assert event.reason and "\x00" not in event.reason
            event.reason.encode()


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every node of a payload."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in inner for place in places(item, (*path, key)))]


def bend(payload: Any, way: random.Random, values: list[Any]) -> Any:
    """A copy with one to three nodes changed, removed, doubled or wrapped."""
    payload = copy.deepcopy(payload)
    for value in values:
        # A copy of each: the same object twice could come to lie in itself.
        value = copy.deepcopy(value)
        path = way.choice(places(payload))
        if not path:
            continue
        parent = payload
        for key in path[:-1]:
            parent = parent[key]
        key = path[-1]
        match way.randrange(5):
            case 0:
                parent[key] = value
            case 1:
                del parent[key]
            case 2:
                parent[key] = [parent[key], value]
            case 3:
                parent[key] = {"value": parent[key]}
            case _:
                if isinstance(parent, list):
                    parent.append(value)
                else:
                    parent[str(value)[:20]] = value
    return payload


# `make soak` raises this to 100,000 payloads in all. What hypothesis makes up costs far more than looking at it, so each of
# its examples, a few values and a seed, bends many samples in its long form.
SOAK = os.environ.get("SATHI_SOAK") == "1"
PER_EXAMPLE = 20 if SOAK else 1
RUBBISH, BENT = (3_000, 1_520) if SOAK else (150, 150)
QUIET: dict[str, Any] = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}


@pytest.mark.timeout(900 if SOAK else 300)
@pytest.mark.parametrize("channel_type", sorted(SAMPLES))
@settings(max_examples=RUBBISH, **QUIET)
@given(payload=JSON)
def test_rubbish(channel_type: str, payload: Any) -> None:
    check(channel_type, payload)


@pytest.mark.timeout(900 if SOAK else 300)
@pytest.mark.parametrize("channel_type", sorted(SAMPLES))
@settings(max_examples=BENT, **QUIET)
@given(seed=st.integers(0, 2**32), values=st.lists(JSON, min_size=1, max_size=6))
def test_bent_payloads(channel_type: str, seed: int, values: list[Any]) -> None:
    way = random.Random(seed)
    for _ in range(PER_EXAMPLE):
        some = way.sample(values, way.randint(1, min(3, len(values))))
        check(channel_type, bend(way.choice(SAMPLES[channel_type]), way, some))


@pytest.mark.parametrize("channel_type", sorted(SAMPLES))
def test_every_node_replaced_by_nasty_values(channel_type: str) -> None:
    """Not by chance: each node of every payload file, replaced by several kinds of value in turn."""
    values: list[Any] = [None, True, 0, -1, 10**30, 1.5, "", "\ud800\x00", "x" * 3000, [], {}, [None], {"id": 1}]
    turn = 0
    for sample in SAMPLES[channel_type]:
        for path in places(sample)[1:]:
            turn += 5
            for value in (values[turn % 13], values[(turn + 1) % 13], values[(turn + 7) % 13]):
                bent = copy.deepcopy(sample)
                parent = bent
                for key in path[:-1]:
                    parent = parent[key]
                parent[path[-1]] = value
                check(channel_type, bent)


@pytest.mark.parametrize("channel_type", sorted(SAMPLES))
def test_deep_nesting(channel_type: str) -> None:
    deep: Any = {}
    for _ in range(900):
        deep = {"message": deep, "value": deep} if len(str(deep)) < 100 else {"message": deep}
    for payload in ({"object": "page", "entry": [deep]}, {"update_id": 1, "message": deep}, deep):
        check(channel_type, payload)


@settings(max_examples=300, deadline=None)
@given(header=st.text(max_size=120), body=st.binary(max_size=200))
def test_no_made_up_signature_is_taken(header: str, body: bytes) -> None:
    from connectors.base import Webhook

    for channel_type in ("whatsapp", "messenger", "telegram"):
        connector, _, kind = build(channel_type)
        for value in (header, f"sha256={header}", f"sha256={'0' * 64}"):
            with pytest.raises(Rejected):
                connector.verify(Webhook(headers={kind.header: value}, body=body), kind.channel)
