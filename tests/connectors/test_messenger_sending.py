"""Messenger, what leaves and what is refused: every outgoing form and error of channels.md §3.3 and §3.7."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connectors.base import Outgoing
from connectors.messenger import ERRORS
from core.errors import (
    Ambiguous,
    ChannelDown,
    Refused,
    SendError,
    Throttled,
    Unavailable,
    Unreachable,
    WindowClosed,
)
from core.messages import (
    Actor,
    Attachment,
    Call,
    Link,
    Location,
    OutgoingMessage,
    QuickReply,
    Template,
)
from tests.connectors.doubles import Reply, ScriptedTransport
from tests.connectors.harness import OutgoingCase, build, outgoing_cases
from tests.connectors.kinds import KINDS

PERSON = "messenger:PSID"
OK = Reply(200, KINDS["messenger"].send_reply)
UPLOADED = Reply(200, {"attachment_id": "ATT9"})
BILL = Attachment(ref="bill:x", name="bill.pdf", mime="application/pdf")
CHART = Attachment(ref="chart:x", name="chart.png", mime="image/png")
PAY = Link(label="Pay", url="https://pay.example/1")
CALL = Call(label="Hotline", number="+8809666016999")


def body(message: dict[str, object], **more: object) -> dict[str, object]:
    head = {"recipient": {"id": "PSID"}, "messaging_type": "RESPONSE"}
    return head | {"message": message | {"metadata": "sathi-7"}} | more


def choices(count: int, title: str = "Choice {}", description: str = "") -> tuple[QuickReply, ...]:
    return tuple(
        QuickReply(token=f"t{number}", title=title.format(number), description=description)
        for number in range(1, count + 1)
    )


def utility(name: str, *values: str) -> dict[str, object]:
    components = (
        [{"type": "body", "parameters": [{"type": "text", "text": value} for value in values]}] if values else []
    )
    inner = {"name": name, "language": {"code": "bn"}, "components": components}
    return body({"template": inner}) | {"messaging_type": "UTILITY"}


def quick(text: str, items: tuple[QuickReply, ...]) -> dict[str, object]:
    replies = [{"content_type": "text", "title": item.title, "payload": item.token} for item in items]
    return body({"text": text, "quick_replies": replies})


def template(text: str, *buttons: dict[str, str]) -> dict[str, object]:
    inner = {"template_type": "button", "text": text, "buttons": list(buttons)}
    return body({"attachment": {"type": "template", "payload": inner}})


URL_BUTTON = {"type": "web_url", "title": "Pay", "url": "https://pay.example/1"}
CALL_BUTTON = {"type": "phone_number", "title": "Hotline", "payload": "+8809666016999"}


def postback(number: int) -> dict[str, str]:
    return {"type": "postback", "title": f"Choice {number}", "payload": f"t{number}"}


def cards(button: str, subtitle: str, count: int) -> dict[str, Any]:
    titles = "A title of thirty letters, {}" if "thirty" in button else "Choice {}"
    elements = [
        {
            "title": titles.format(number),
            "subtitle": subtitle,
            "buttons": [{"type": "postback", "title": button.format(number), "payload": f"t{number}"}],
        }
        for number in range(1, count + 1)
    ]
    return body({"attachment": {"type": "template", "payload": {"template_type": "generic", "elements": elements}}})


def uploaded(transport: ScriptedTransport) -> None:
    form = transport.sent[0].form
    assert form is not None and json.loads(str(form["message"]))["attachment"]["type"] == "file"
    assert transport.sent[0].url.endswith("/PAGE/message_attachments")


SEND = [
    OutgoingCase("text", OutgoingMessage(text="নমস্কার"), [OK], [body({"text": "নমস্কার"})], result="m_X"),
    OutgoingCase(
        "notice",
        OutgoingMessage(text="x", purpose="notice"),
        [OK],
        [body({"text": "x"}) | {"messaging_type": "UPDATE"}],
    ),
    OutgoingCase(
        "quoting", OutgoingMessage(text="x", reply_to="m_1"), [OK], [body({"text": "x"}, reply_to={"mid": "m_1"})]
    ),
    OutgoingCase(
        "a person's words with a persona",
        OutgoingMessage(text="x", author=Actor.OPERATOR, persona="PERS"),
        [Reply(200, {"data": [{"id": "P1", "name": "Everybody"}, {"id": "P2", "name": "PERS"}]}), OK],
        [body({"text": "x"}, persona_id="P2")],
    ),
    OutgoingCase(
        "a person without a persona of their own",
        OutgoingMessage(text="x", author=Actor.OPERATOR, persona="Rahima"),
        [Reply(200, {"data": [{"id": "P1", "name": "Everybody"}]}), OK],
        [body({"text": "x"}, persona_id="P1")],
    ),
    OutgoingCase(
        "personas are not to be had",
        OutgoingMessage(text="x", author=Actor.OPERATOR, persona="Rahima"),
        [Reply(500), OK],
        [body({"text": "x"})],
    ),
    OutgoingCase(
        "words that pass the thread on",
        OutgoingMessage(text="x", thread="pass"),
        [OK],
        [body({"text": "x"}, thread_control={"control_type": "pass", "app_id": "263902037430900"})],
    ),
    OutgoingCase("the bot has no persona", OutgoingMessage(text="x", persona="PERS"), [OK], [body({"text": "x"})]),
    *(
        OutgoingCase(
            f"{count} choices", OutgoingMessage(text="?", choices=choices(count)), [OK], [quick("?", choices(count))]
        )
        for count in (1, 3, 4, 10, 11, 13)
    ),
    OutgoingCase(
        "14 choices are numbered",
        OutgoingMessage(text="?", choices=choices(14)),
        [OK],
        [body({"text": "?\n" + "\n".join(f"{number}. Choice {number}" for number in range(1, 15))})],
        notes=("14 choices",),
    ),
    OutgoingCase(
        "title of 21 letters",
        OutgoingMessage(text="?", choices=choices(1, "x" * 21)),
        [OK],
        [quick("?", choices(1, "x" * 19 + "…"))],
        notes=("title was cut",),
    ),
    OutgoingCase(
        "choices with descriptions are cards after the words",
        OutgoingMessage(text="?", choices=choices(2, "A title of thirty letters, {}", "d" * 81)),
        [OK, OK],
        [body({"text": "?"}), cards("A title of thirty l…", "d" * 79 + "…", 2)],
        parts=2,
        notes=("cards", "description was cut to 80", "split into 2"),
    ),
    OutgoingCase(
        "ten cards",
        OutgoingMessage(choices=choices(10, description="d")),
        [OK],
        [cards("Choice {}", "d", 10)],
        notes=("cards",),
    ),
    OutgoingCase(
        "descriptions of eleven go into the text",
        OutgoingMessage(text="?", choices=choices(11, description="d")),
        [OK],
        [quick("?\n" + "\n".join(f"Choice {number}: d" for number in range(1, 12)), choices(11))],
        notes=("descriptions",),
    ),
    OutgoingCase(
        "a description beside a link goes into the text",
        OutgoingMessage(text="?", choices=choices(2, description="d"), link=PAY),
        [OK],
        [template("?\nChoice 1: d\nChoice 2: d", postback(1), postback(2), URL_BUTTON)],
        notes=("descriptions",),
    ),
    OutgoingCase("link", OutgoingMessage(text="Pay", link=PAY), [OK], [template("Pay", URL_BUTTON)]),
    OutgoingCase("call", OutgoingMessage(text="Help", call=CALL), [OK], [template("Help", CALL_BUTTON)]),
    OutgoingCase(
        "short code cannot be a button",
        OutgoingMessage(text="Help", call=Call(label="Hotline", number="16999")),
        [OK],
        [body({"text": "Help\nHotline: 16999"})],
        notes=("number was written",),
    ),
    OutgoingCase(
        "choice, link and call",
        OutgoingMessage(text="?", choices=choices(1), link=PAY, call=CALL),
        [OK],
        [template("?", postback(1), URL_BUTTON, CALL_BUTTON)],
    ),
    OutgoingCase(
        "two choices, link and call are too many for a template",
        OutgoingMessage(text="?", choices=choices(2), link=PAY, call=CALL),
        [OK],
        [quick("?\nHotline: +8809666016999\nPay: https://pay.example/1", choices(2))],
        notes=("number was written", "link was written"),
    ),
    OutgoingCase(
        "template body of 641 letters",
        OutgoingMessage(text="x" * 641, link=PAY),
        parts=2,
        notes=("split into 2",),
    ),
    OutgoingCase(
        "template body of 640 letters",
        OutgoingMessage(text="x" * 640, link=PAY),
        [OK],
        [template("x" * 640, URL_BUTTON)],
    ),
    OutgoingCase("text of 1,999 letters", OutgoingMessage(text="x" * 1999), [OK], [body({"text": "x" * 1999})]),
    OutgoingCase("text of 2,000 letters", OutgoingMessage(text="x" * 2000), parts=2, notes=("split into 2",)),
    OutgoingCase(
        "location is asked for in words",
        OutgoingMessage(text="Where?", ask="location"),
        [OK],
        [body({"text": "Where?"})],
    ),
    OutgoingCase(
        "phone is asked for",
        OutgoingMessage(text="Number?", ask="phone"),
        [OK],
        [body({"text": "Number?", "quick_replies": [{"content_type": "user_phone_number"}]})],
    ),
    OutgoingCase(
        "place",
        OutgoingMessage(text="Office", location=Location(latitude=23.8, longitude=90.4, label="Mirpur")),
        [OK],
        [body({"text": "Office\nMirpur (23.80000, 90.40000)"})],
        notes=("place",),
    ),
    OutgoingCase(
        "document with words",
        OutgoingMessage(text="Bill", attachment=BILL),
        [OK, UPLOADED, OK],
        [body({"text": "Bill"}), body({"attachment": {"type": "file", "payload": {"attachment_id": "ATT9"}}})],
        parts=2,
        notes=("split into 2",),
    ),
    OutgoingCase(
        "document, then words with choices",
        OutgoingMessage(text="Bill", attachment=BILL, choices=choices(2)),
        [UPLOADED, OK, OK],
        [body({"attachment": {"type": "file", "payload": {"attachment_id": "ATT9"}}}), quick("Bill", choices(2))],
        parts=2,
        notes=("split into 2",),
        check=uploaded,
    ),
    OutgoingCase(
        "picture",
        OutgoingMessage(attachment=CHART),
        [UPLOADED, OK],
        [body({"attachment": {"type": "image", "payload": {"attachment_id": "ATT9"}}})],
    ),
    OutgoingCase(
        "upload fails: nothing was sent",
        OutgoingMessage(attachment=BILL, purpose="document"),
        [Reply(error=Ambiguous("late"))],
        raises=Unavailable,
    ),
    OutgoingCase("upload without id", OutgoingMessage(attachment=BILL), [Reply(200, {})], raises=Refused),
    OutgoingCase(
        "words with a template, window open",
        OutgoingMessage(text="x", template=Template(name="n", language="bn")),
        [OK],
        [body({"text": "x"})],
    ),
    OutgoingCase(
        "words with a template, window closed",
        OutgoingMessage(text="x", template=Template(name="outage_over", language="bn", parameters=("মিরপুর", "5"))),
        [OK],
        [utility("outage_over", "মিরপুর", "5")],
        window_open=False,
    ),
    OutgoingCase("template alone", OutgoingMessage(template=Template(name="n", language="bn")), [OK], [utility("n")]),
    OutgoingCase("window closed for the bot", OutgoingMessage(text="x"), [], raises=WindowClosed, window_open=False),
    OutgoingCase(
        "window closed, a person writes",
        OutgoingMessage(text="x", author=Actor.OPERATOR),
        [OK],
        [body({"text": "x"}) | {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}],
        window_open=False,
    ),
]
# Every row of channels.md §3.7: code, subcode, HTTP status, error.
ROWS: list[tuple[int, int, int, type[SendError]]] = [
    (1, 0, 500, Unavailable),
    (1, 1357046, 500, Ambiguous),
    (1, 99, 400, ChannelDown),
    (2, 0, 500, Unavailable),
    *((code, 0, 400, Throttled) for code in (4, 17, 32, 613)),
    (10, 0, 403, ChannelDown),
    (10, 2018278, 400, WindowClosed),
    (10, 2534022, 400, WindowClosed),
    (10, 1893063, 400, ChannelDown),
    (10, 2018108, 400, Unreachable),
    (100, 0, 400, Refused),
    (100, 2018001, 400, Unreachable),
    (190, 0, 401, ChannelDown),
    (200, 0, 403, ChannelDown),
    (200, 1545041, 403, WindowClosed),
    (1545041, 0, 400, WindowClosed),
    (368, 0, 400, ChannelDown),
    (551, 0, 400, Unreachable),
    (98765, 0, 400, Refused),
    (98765, 0, 500, Unavailable),
]
SEND += [
    OutgoingCase(
        f"error {code}-{subcode} with {status}",
        OutgoingMessage(text="x"),
        [
            Reply(
                status, {"error": {"message": "words", "code": code} | ({"error_subcode": subcode} if subcode else {})}
            )
        ],
        raises=kind,
        code=f"{code}-{subcode}" if subcode else str(code),
    )
    for code, subcode, status, kind in ROWS
]
test_outgoing = outgoing_cases("messenger", SEND)


def test_every_rule_of_the_error_table_is_tested() -> None:
    tested = {(code, subcode) if subcode else code for code, subcode, *_ in ROWS}
    assert set(ERRORS) <= tested


@pytest.mark.parametrize("thread", ["pass", "take"])
async def test_a_thread_changes_hands_without_a_word(thread: str) -> None:
    connector, transport, kind = build("messenger", [Reply(200, {"success": True})])
    message = OutgoingMessage(thread=thread)
    sent = await connector.send(
        Outgoing(address=PERSON, message=message, callback="sathi-1", reply_window_open=False), kind.channel
    )
    assert sent.external_id == ""
    [call] = transport.sent
    assert call.url.endswith(f"/PAGE/{thread}_thread_control") and call.json["recipient"] == {"id": "PSID"}
    assert call.json.get("target_app_id") == (263902037430900 if thread == "pass" else None)


LOADS: list[tuple[dict[str, str], float, float]] = [
    ({}, 0, 0),
    ({"X-App-Usage": '{"call_count":28,"total_time":81,"total_cputime":3}'}, 81, 0),
    ({"X-Page-Usage": '{"call_count":97}'}, 97, 0),
    (
        {
            "X-Business-Use-Case-Usage": '{"1":[{"type":"messenger","call_count":100,"estimated_time_to_regain_access":3}]}'
        },
        100,
        180,
    ),
    ({"X-App-Usage": "not json"}, 0, 0),
    ({"X-App-Usage": '[1,{"call_count":"99"}]'}, 0, 0),
    ({"x-app-usage": '{"call_count":1e999}'}, 0, 0),
]


@pytest.mark.parametrize(("headers", "percent", "pause"), LOADS)
async def test_the_usage_headers_are_read(headers: dict[str, str], percent: float, pause: float) -> None:
    connector, _, kind = build("messenger", [Reply(200, kind_reply(), headers)])
    result = await connector.send(
        Outgoing(address=PERSON, message=OutgoingMessage(text="x"), callback="sathi-1"), kind.channel
    )
    assert (result.load, result.pause) == (percent, pause)


def kind_reply() -> dict[str, str]:
    return {"recipient_id": "PSID", "message_id": "m_X"}
