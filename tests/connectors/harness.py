"""One harness for all connectors: each brings two tables, the harness adds what must hold for every channel.

`incoming_cases` and `outgoing_cases` make a test from a table. Added unasked: wrong signatures in ten ways, a body
that is no object, the same event twice, a batch of many with bad ones between, unknown kinds, 429, 5xx and timeouts,
answers that cannot be read; and on every case: no unused answer, no call elsewhere, no secret in a log or an error.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
import structlog

from connectors import registry
from connectors.base import Connector, Outgoing, Tools, Webhook
from core.errors import Ambiguous, Malformed, NotGenuine, Refused, SendError, Throttled, Unavailable
from core.messages import (
    Delivery,
    Event,
    Ignored,
    IncomingMessage,
    Kind,
    OutgoingMessage,
    Quarantined,
    StatusUpdate,
    incoming_from_json,
    status_from_json,
    to_json,
)
from tests.connectors.doubles import Reply, ScriptedTransport, load_file, read_payload
from tests.connectors.kinds import KINDS, ChannelKind, meta_signature, telegram_signature

TABLES: dict[str, set[str]] = {}
NOW = datetime(2026, 11, 22, 5, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Incoming:
    """A delivery and what it must become. `fields` are further attributes of the first event."""

    label: str
    file: str
    contact: str = ""
    kind: Kind | None = None
    text: str | None = None
    status: Delivery | None = None
    ignored: str | None = None
    quarantined: str | None = None
    refused: int = 0
    headers: dict[str, str] | None = None
    count: int = 1
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class OutgoingCase:
    """A message, the platform's answers, and the calls that must be made (JSON bodies, in order)."""

    label: str
    message: OutgoingMessage
    replies: list[Reply] | None = None
    bodies: list[dict[str, Any]] | None = None
    parts: int = 1
    notes: tuple[str, ...] = ()
    raises: type[SendError] | None = None
    code: str | None = None
    scope: str = ""
    retry_after: float | None = None
    address: str = ""
    window_open: bool = True
    last_incoming_id: str = ""
    result: str | None = None
    check: Callable[[ScriptedTransport], None] | None = None


def build(channel_type: str, replies: list[Reply] | None = None) -> tuple[Connector, ScriptedTransport, ChannelKind]:
    """A connector with a scripted platform."""
    kind = KINDS[channel_type]
    transport = ScriptedTransport(channel_type, kind.channel.base_url, replies or [])
    connector = registry.classes()[channel_type](Tools(transport=transport, load=load_file))
    if hasattr(connector, "now"):
        connector.now = lambda: NOW
    return connector, transport, kind


def survives_storage(event: Event) -> None:
    """An event must come back from a queue row as it was, on every database."""
    if isinstance(event, IncomingMessage | StatusUpdate):
        document = json.dumps(to_json(event), ensure_ascii=False, allow_nan=False)
        assert "\x00" not in document and "\\u0000" not in document
        document.encode()
        back = incoming_from_json if isinstance(event, IncomingMessage) else status_from_json
        assert back(json.loads(document)) == event
        assert len(event.external_id) <= 600
    if isinstance(event, Quarantined):
        assert "\x00" not in event.body
        event.body.encode()


def secrets_of(kind: ChannelKind) -> list[str]:
    return [value.get_secret_value() for value in kind.channel.secrets.values()]


# What comes in


def incoming_cases(channel_type: str, table: list[Incoming]) -> Callable[..., None]:
    """The test of a channel's incoming table, with the harness's own cases."""
    TABLES.setdefault(channel_type, set()).add("incoming")
    sample = KINDS[channel_type].sample
    cases = [pytest.param(lambda case=case: _check_incoming(channel_type, case), id=case.label) for case in table]
    cases += [
        pytest.param(lambda name=name, forge=forge: _check_forgery(channel_type, forge), id=f"harness: {name}")
        for name, forge in FORGERIES.items()
    ]
    cases += [
        pytest.param(lambda bad=bad: _check_malformed(channel_type, bad), id=f"harness: {bad!r} is malformed")
        for bad in ([], "text", 7, None, True)
    ]
    cases.append(pytest.param(lambda: _check_twice(channel_type, sample), id="harness: same event twice, same id"))
    cases.append(pytest.param(lambda: _check_batch(channel_type, table), id="harness: batch of many with bad ones"))
    cases.append(pytest.param(lambda: _check_unique(channel_type, table), id="harness: kinds do not share ids"))

    @pytest.mark.parametrize("check", cases)
    def test_incoming(check: Callable[[], None], caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.DEBUG), structlog.testing.capture_logs() as logs:
            check()
        written = f"{logs} {caplog.text}"
        leaked = [secret for secret in secrets_of(KINDS[channel_type]) if secret in written]
        assert not leaked, written

    return test_incoming


def _check_incoming(channel_type: str, case: Incoming) -> None:
    connector, _, kind = build(channel_type)
    payload = read_payload(channel_type, case.file)
    body = json.dumps(payload).encode()
    headers = case.headers if case.headers is not None else kind.sign(body)
    webhook = Webhook(headers=headers, body=body)
    if case.refused:
        with pytest.raises(NotGenuine) as refusal:
            connector.verify(webhook, kind.channel)
        assert refusal.value.status == case.refused
        return
    connector.verify(webhook, kind.channel)
    events = connector.parse(payload, kind.channel)
    assert len(events) == case.count, events
    for item in events:
        survives_storage(item)
    event = events[0]
    if case.ignored is not None:
        assert isinstance(event, Ignored) and case.ignored in event.reason, event
        return
    if case.quarantined is not None:
        assert isinstance(event, Quarantined) and case.quarantined in event.reason, event
        return
    if case.status is not None:
        assert isinstance(event, StatusUpdate) and event.status is case.status, event
    else:
        assert isinstance(event, IncomingMessage), event
        assert event.addresses[0] == case.contact
        assert case.kind is None or event.kind is case.kind
        assert case.text is None or event.text == case.text
    for name, value in case.fields.items():
        assert getattr(event, name) == value, f"{name}: {getattr(event, name)!r}"


def _forge_value(change: Callable[[str], str]) -> Callable[[ChannelKind, bytes], Webhook]:
    def forge(kind: ChannelKind, body: bytes) -> Webhook:
        return Webhook(headers={kind.header: change(kind.sign(body)[kind.header])}, body=body)

    return forge


def _other_secret(kind: ChannelKind, body: bytes) -> Webhook:
    sign = telegram_signature if kind.channel.type == "telegram" else meta_signature
    return Webhook(headers=sign(body, "another-secret-altogether-01"), body=body)


def _other_header(kind: ChannelKind, body: bytes) -> Webhook:
    value = kind.sign(body)[kind.header]
    return Webhook(
        headers={"x-hub-signature": value, "x-signature-algorithm": "sha1", "authorization": value}, body=body
    )


def _twice_in_the_header(kind: ChannelKind, body: bytes) -> Webhook:
    return Webhook(headers=kind.sign(body), body=body, duplicate_headers=frozenset({kind.header}))


FORGERIES: dict[str, Callable[[ChannelKind, bytes], Webhook]] = {
    "no signature": lambda kind, body: Webhook(headers={}, body=body),
    "empty signature": _forge_value(lambda value: ""),
    "signature of another secret": _other_secret,
    "first letter wrong": _forge_value(
        lambda value: ("0" if value[-64:-63] != "0" else "1").join([value[:-64], value[-63:]])
    ),
    "last letter wrong": _forge_value(lambda value: value[:-1] + ("0" if value[-1] != "0" else "1")),
    "too short": _forge_value(lambda value: value[:-1]),
    "too long": _forge_value(lambda value: value + "0"),
    "other algorithm named": _forge_value(lambda value: "sha1=" + value.rpartition("=")[2]),
    "in another header": _other_header,
    "header given twice": _twice_in_the_header,
    "not ASCII": _forge_value(lambda value: value[:-1] + "é"),
    "upper case": _forge_value(lambda value: value.swapcase()),
}


def _check_forgery(channel_type: str, forge: Callable[[ChannelKind, bytes], Webhook]) -> None:
    connector, _, kind = build(channel_type)
    body = json.dumps(read_payload(channel_type, kind.sample)).encode()
    with pytest.raises(NotGenuine) as refusal:
        connector.verify(forge(kind, body), kind.channel)
    # The true signature must not be given away by the refusal (T2).
    assert kind.sign(body)[kind.header].rpartition("=")[2] not in str(refusal.value)
    assert refusal.value.status in (401, 403)


def _check_malformed(channel_type: str, payload: Any) -> None:
    connector, _, kind = build(channel_type)
    with pytest.raises(Malformed):
        connector.parse(payload, kind.channel)


def _check_twice(channel_type: str, file: str) -> None:
    connector, _, kind = build(channel_type)
    payload = read_payload(channel_type, file)
    assert connector.parse(payload, kind.channel) == connector.parse(json.loads(json.dumps(payload)), kind.channel)
    if kind.batch:
        ids = {event.external_id for event in connector.parse(kind.batch([payload, payload]), kind.channel)}
        assert len(ids) == 1, "one delivery that holds an event twice must give one id"


def _check_batch(channel_type: str, table: list[Incoming]) -> None:
    """All payload files in one delivery, with rubbish between: each good event comes out as it does alone."""
    connector, _, kind = build(channel_type)
    if kind.batch is None:
        return
    good = [read_payload(channel_type, case.file) for case in table if not case.refused]
    good = [payload for payload in good if isinstance(payload, dict) and isinstance(payload.get("entry"), list)]
    good = [payload for payload in good if payload.get("object") == read_payload(channel_type, kind.sample)["object"]]
    alone = [event for payload in good for event in connector.parse(payload, kind.channel)]
    rubbish = {
        "object": "x",
        "entry": [None, 5, {"changes": [{"field": "messages", "value": []}], "messaging": [7, None]}],
    }
    mixed = connector.parse(kind.batch([item for payload in good for item in (payload, rubbish)]), kind.channel)
    assert [event for event in alone if isinstance(event, IncomingMessage | StatusUpdate)] == [
        event for event in mixed if isinstance(event, IncomingMessage | StatusUpdate)
    ]
    assert any(isinstance(event, Quarantined) for event in mixed)


def _check_unique(channel_type: str, table: list[Incoming]) -> None:
    """Two different payload files must not be taken for one event."""
    connector, _, kind = build(channel_type)
    seen: dict[str, str] = {}
    for file in dict.fromkeys(case.file for case in table):
        payload = read_payload(channel_type, file)
        if not isinstance(payload, dict):
            continue
        for event in connector.parse(payload, kind.channel):
            if isinstance(event, IncomingMessage):
                other = seen.setdefault(event.external_id, file)
                assert other == file, f"{file} and {other} both have {event.external_id}"


# What goes out


def outgoing_cases(channel_type: str, table: list[OutgoingCase]) -> Callable[..., Any]:
    """The test of a channel's outgoing table, with the harness's own cases."""
    TABLES.setdefault(channel_type, set()).add("outgoing")
    words = OutgoingMessage(text="x")
    own = [
        OutgoingCase("harness: 429", words, [Reply(429)], raises=Throttled),
        OutgoingCase(
            "harness: 429 with Retry-After", words, [Reply(429, headers={"Retry-After": "9"})], raises=Throttled
        ),
        OutgoingCase("harness: 500", words, [Reply(500)], raises=Unavailable),
        OutgoingCase("harness: 503 of a proxy", words, [Reply(503, b"<html>")], raises=Unavailable),
        OutgoingCase("harness: no connection", words, [Reply(error=Unavailable("no connection"))], raises=Unavailable),
        OutgoingCase("harness: no answer in time", words, [Reply(error=Ambiguous("late"))], raises=Ambiguous),
        OutgoingCase("harness: 200 without JSON", words, [Reply(200, b"<html>")], raises=Ambiguous),
        OutgoingCase("harness: 200 without an id", words, [Reply(200, {})], raises=Ambiguous),
        OutgoingCase("harness: address of another channel", words, [], raises=Refused, address="carrier-pigeon:7"),
    ]

    @pytest.mark.parametrize("case", [pytest.param(case, id=case.label) for case in [*table, *own]])
    async def test_outgoing(case: OutgoingCase, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.DEBUG), structlog.testing.capture_logs() as logs:
            await _check_outgoing(channel_type, case)
        written = f"{logs} {caplog.text}"
        leaked = [secret for secret in secrets_of(KINDS[channel_type]) if secret in written]
        assert not leaked, written

    return test_outgoing


async def _check_outgoing(channel_type: str, case: OutgoingCase) -> None:
    kind = KINDS[channel_type]
    replies = case.replies if case.replies is not None else [Reply(200, kind.send_reply)] * case.parts
    connector, transport, kind = build(channel_type, replies)
    parts = connector.fit(case.message, kind.channel)
    assert len(parts) == case.parts, [part.text for part in parts]
    for part in parts:
        again = connector.fit(part, kind.channel)
        assert [(item.text, item.choices, item.attachment, item.link) for item in again] == [
            (part.text, part.choices, part.attachment, part.link)
        ], "a fitted part must fit as it is"
    for note in case.notes:
        assert any(note in words for words in parts[0].notes), parts[0].notes
    if not case.notes:
        assert parts[0].notes == case.message.notes, parts[0].notes
    error: SendError | None = None
    result = None
    for part in parts:
        outgoing = Outgoing(
            address=case.address or kind.address,
            message=part,
            callback="sathi-7",
            reply_window_open=case.window_open,
            last_incoming_id=case.last_incoming_id,
        )
        try:
            result = await connector.send(outgoing, kind.channel)
        except SendError as caught:
            error = caught
            break
    if case.raises is None:
        assert error is None, repr(error)
        assert result is not None and (case.result is None or result.external_id == case.result), result
    else:
        assert type(error) is case.raises, repr(error)
        assert case.code is None or error.code == case.code, error.code
        assert case.retry_after is None or error.retry_after == case.retry_after, error.retry_after
        assert not case.scope or error.scope == case.scope
        assert not [secret for secret in secrets_of(kind) if secret in f"{error!r} {error.words} {error.code}"]
    transport.finish()
    if case.bodies is not None:
        assert [sent.json for sent in transport.sent if sent.json is not None] == case.bodies
    if case.check:
        case.check(transport)
