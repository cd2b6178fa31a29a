"""Text messages: one call to the gateway, or the demo page; the words never reach the log."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest
import structlog

from connectors import registry, sms
from connectors.base import Channel, Outgoing, Tools, Webhook
from core.database import Database
from core.errors import Ambiguous, ChannelDown, NotGenuine, Refused, SendError, Throttled, Unavailable
from core.messages import Call, Link, OutgoingMessage, QuickReply
from tests.connectors.doubles import Reply, ScriptedTransport, load_file

CHANNEL = Channel(key=sms.KEY, type="sms", tenant="demo", account_id="main", base_url="http://127.0.0.1:1/sms")
CODE = OutgoingMessage(text="কোড 493201", purpose="code")


def outgoing(message: OutgoingMessage = CODE, address: str = "sms:+8801700000001") -> Outgoing:
    return Outgoing(address=address, message=message, callback="sathi-1")


def connector(*replies: Reply) -> tuple[sms.SmsConnector, ScriptedTransport]:
    transport = ScriptedTransport("sms", CHANNEL.base_url, list(replies))
    return sms.SmsConnector(Tools(transport=transport, load=load_file)), transport


async def test_one_call_with_to_and_text() -> None:
    sender, transport = connector(Reply(200, {"id": "s-1"}))
    result = await sender.send(outgoing(), CHANNEL)
    assert transport.sent[0].json == {"to": "+8801700000001", "text": "কোড 493201"}
    assert (transport.sent[0].method, result.external_id) == ("POST", "s-1")


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(500), Ambiguous),
        (Reply(503), Unavailable),
        (Reply(429), Throttled),
        (Reply(400), Refused),
        (Reply(401), ChannelDown),
        (Reply(302), ChannelDown),
        (Reply(error=Ambiguous("late")), Ambiguous),
        (Reply(error=Unavailable("no connection")), Unavailable),
    ],
)
async def test_a_code_is_never_sent_twice(reply: Reply, error: type[SendError]) -> None:
    sender, _ = connector(reply)
    with pytest.raises(SendError) as caught:
        await sender.send(outgoing(), CHANNEL)
    assert type(caught.value) is error


async def test_a_notice_may_be_tried_again_after_500() -> None:
    sender, _ = connector(Reply(500))
    with pytest.raises(Unavailable):
        await sender.send(outgoing(OutgoingMessage(text="x", purpose="notice")), CHANNEL)


async def test_an_answer_that_is_no_json_counts_as_taken() -> None:
    sender, _ = connector(Reply(200, b"OK"))
    assert (await sender.send(outgoing(), CHANNEL)).external_id == ""


async def test_without_a_gateway_one_event_is_logged_without_the_code(caplog: pytest.LogCaptureFixture) -> None:
    sender, transport = connector()
    with caplog.at_level(logging.DEBUG), structlog.testing.capture_logs() as logs:
        await sender.send(outgoing(), replace(CHANNEL, base_url=""))
    assert len(logs) == 1 and transport.sent == []
    assert "493201" not in f"{logs} {caplog.text}" and "8801700000001" not in f"{logs}"


@pytest.mark.parametrize("address", ["sms:", "sms:16999", "sms:+88017000000011111", "web:1", "sms:+880170000000a"])
async def test_only_telephone_numbers(address: str) -> None:
    sender, _ = connector()
    with pytest.raises(Refused):
        await sender.send(outgoing(address=address), CHANNEL)


def test_what_is_no_text_becomes_text() -> None:
    sender, _ = connector()
    message = OutgoingMessage(
        text="Bill",
        choices=(QuickReply(token="t", title="Pay"),),
        link=Link(label="Pay", url="https://a.example"),
        call=Call(label="Help", number="16999"),
    )
    [part] = sender.fit(message, CHANNEL)
    assert part.text == "Bill\n1. Pay\nPay: https://a.example\nHelp: 16999"
    assert sender.fit(part, CHANNEL)[0].text == part.text
    assert len(sender.fit(OutgoingMessage(text="x" * 2000), CHANNEL)[0].text) == sms.MAX_TEXT


def test_nothing_comes_in() -> None:
    sender, _ = connector()
    with pytest.raises(NotGenuine):
        sender.verify(Webhook(headers={}, body=b"{}"), CHANNEL)
    assert sender.parse({}, CHANNEL) == []


async def test_queued_once_whatever_is_repeated(database: Database) -> None:
    queue = registry.sms_queue(database)
    for _ in range(3):
        await queue("+8801700000001", "কোড 493201", "challenge-1")
    async with database.transaction() as session:
        await queue("+8801700000001", "কোড 493201", "challenge-1", session=session)
        await queue("+8801700000001", "কোড 111111", "challenge-2", session=session)
    from core.outbox import Outbox

    assert await Outbox(database).counts() == {"queued": 2}
    sent = await Outbox(database).claim_next("test", 30)
    assert sent is not None
    assert (sent.channel, sent.address, sent.message.purpose) == (sms.KEY, "sms:+8801700000001", "code")
