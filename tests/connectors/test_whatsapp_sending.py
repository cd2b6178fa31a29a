"""WhatsApp, what leaves: every outgoing form of channels.md §2.5 and §2.6."""

from __future__ import annotations

import pytest

from core.errors import (
    Ambiguous,
    Refused,
    Unavailable,
    WindowClosed,
)
from core.messages import (
    Attachment,
    Call,
    Link,
    Location,
    OutgoingMessage,
    QuickReply,
    Template,
)
from tests.connectors.doubles import Reply, ScriptedTransport
from tests.connectors.harness import OutgoingCase, outgoing_cases
from tests.connectors.kinds import KINDS, SECRETS

TO = {
    "messaging_product": "whatsapp",
    "recipient_type": "individual",
    "to": "+8801700000002",
    "biz_opaque_callback_data": "sathi-7",
}
OK = Reply(200, KINDS["whatsapp"].send_reply)
UPLOADED = Reply(200, {"id": "MEDIA9"})
BILL = Attachment(ref="bill:DESCO:12345678:2026-10:bn", name="bill.pdf", mime="application/pdf")
CHART = Attachment(ref="chart:DESCO:12345678:bn", name="chart.png", mime="image/png")


def text(body: str) -> dict[str, object]:
    return TO | {"type": "text", "text": {"body": body, "preview_url": False}}


def interactive(inner: dict[str, object]) -> dict[str, object]:
    return TO | {"type": "interactive", "interactive": inner}


def buttons(body: str, *titles: str) -> dict[str, object]:
    items = [{"type": "reply", "reply": {"id": f"t{number}", "title": title}} for number, title in enumerate(titles, 1)]
    return interactive({"type": "button", "body": {"text": body}, "action": {"buttons": items}})


def choices(count: int, title: str = "Choice {}", description: str = "") -> tuple[QuickReply, ...]:
    return tuple(
        QuickReply(token=f"t{number}", title=title.format(number), description=description)
        for number in range(1, count + 1)
    )


def rows(body: str, items: tuple[QuickReply, ...], label: str = "☰") -> dict[str, object]:
    shown = [
        {"id": item.token, "title": item.title} | ({"description": item.description} if item.description else {})
        for item in items
    ]
    action = {"button": label, "sections": [{"rows": shown}]}
    return interactive({"type": "list", "body": {"text": body}, "action": action})


def media_form(transport: ScriptedTransport) -> None:
    form = transport.sent[0].form
    assert form is not None and form["messaging_product"] == "whatsapp" and form["type"] == "application/pdf"
    assert transport.sent[0].headers["Authorization"] == f"Bearer {SECRETS['access_token']}"


def sizes(*limits: int) -> object:
    def check(transport: ScriptedTransport) -> None:
        shown = [
            sent.json["text"]["body"] if sent.json["type"] == "text" else sent.json["interactive"]["body"]["text"]
            for sent in transport.sent
        ]
        assert len(shown) == len(limits)
        for words, limit in zip(shown, limits, strict=True):
            assert 0 < len(words) <= limit

    return check


PARAGRAPH = "বিদ্যুৎ সরবরাহ বন্ধ থাকবে। " * 20
SEND = [
    OutgoingCase("text", OutgoingMessage(text="নমস্কার"), [OK], [text("নমস্কার")], result="wamid.X"),
    OutgoingCase(
        "quoting text",
        OutgoingMessage(text="yes", reply_to="wamid.THEIRS"),
        [OK],
        [text("yes") | {"context": {"message_id": "wamid.THEIRS"}}],
    ),
    OutgoingCase(
        "to a business-scoped id",
        OutgoingMessage(text="hi"),
        [OK],
        [{key: value for key, value in text("hi").items() if key != "to"} | {"recipient": "US.134"}],
        address="whatsapp-bsuid:US.134",
    ),
    OutgoingCase(
        "3 choices",
        OutgoingMessage(text="?", choices=choices(3)),
        [OK],
        [buttons("?", "Choice 1", "Choice 2", "Choice 3")],
    ),
    OutgoingCase("4 choices", OutgoingMessage(text="?", choices=choices(4)), [OK], [rows("?", choices(4))]),
    OutgoingCase(
        "10 choices with a label",
        OutgoingMessage(text="?", choices=choices(10), labels={"options": "বেছে নিন"}),
        [OK],
        [rows("?", choices(10), "বেছে নিন")],
    ),
    OutgoingCase(
        "11 choices are numbered",
        OutgoingMessage(text="?", choices=choices(11)),
        [OK],
        [text("?\n" + "\n".join(f"{number}. Choice {number}" for number in range(1, 12)))],
        notes=("11 choices were written as numbered lines",),
    ),
    OutgoingCase(
        "14 choices are numbered in their script",
        OutgoingMessage(text="?", choices=choices(14, "বিকল্প {}")),
        [OK],
        notes=("14 choices",),
        check=lambda transport: (
            pytest.fail(str(transport.sent[0].json))
            if "১৪. বিকল্প 14" not in transport.sent[0].json["text"]["body"]
            else None
        ),
    ),
    OutgoingCase(
        "2 choices with descriptions are a list",
        OutgoingMessage(text="?", choices=choices(2, description="d")),
        [OK],
        [rows("?", choices(2, description="d"))],
    ),
    OutgoingCase(
        "description of 73 letters",
        OutgoingMessage(text="?", choices=choices(1, description="d" * 73)),
        [OK],
        [rows("?", choices(1, description="d" * 71 + "…"))],
        notes=("description was cut",),
    ),
    OutgoingCase(
        "title of 21 letters",
        OutgoingMessage(text="?", choices=choices(1, "x" * 21)),
        [OK],
        [buttons("?", "x" * 19 + "…")],
        notes=("title was cut to 20",),
    ),
    OutgoingCase(
        "row title of 25 letters",
        OutgoingMessage(text="?", choices=(*choices(3), QuickReply(token="t4", title="y" * 25))),
        [OK],
        [rows("?", (*choices(3), QuickReply(token="t4", title="y" * 23 + "…")))],
        notes=("title was cut to 24",),
    ),
    OutgoingCase(
        "titles that buttons could not tell apart",
        OutgoingMessage(text="?", choices=choices(2, "abcdefghijklmnopqrstu {}")),
        [OK],
        [rows("?", choices(2, "abcdefghijklmnopqrstu {}"))],
    ),
    OutgoingCase(
        "choice without a title",
        OutgoingMessage(text="?", choices=(QuickReply(token="t0", title=" "), *choices(1))),
        [OK],
        [buttons("?", "Choice 1")],
        notes=("without a title",),
    ),
    OutgoingCase("choices without words", OutgoingMessage(choices=choices(1)), [OK], [buttons("•", "Choice 1")]),
    OutgoingCase("body of 1,024 letters beside buttons", OutgoingMessage(text="x" * 1024, choices=choices(2))),
    OutgoingCase(
        "body of 1,025 letters beside buttons",
        OutgoingMessage(text="x" * 1025, choices=choices(2)),
        parts=2,
        notes=("split into 2",),
        check=sizes(4096, 1024),  # type: ignore[arg-type]
    ),
    OutgoingCase(
        "body of 1,500 letters beside buttons",
        OutgoingMessage(text=("word. " * 250).strip(), choices=choices(2)),
        parts=2,
        notes=("split into 2",),
        check=sizes(4096, 1024),  # type: ignore[arg-type]
    ),
    OutgoingCase("text of 4,096 letters", OutgoingMessage(text="x" * 4096), [OK], [text("x" * 4096)]),
    OutgoingCase(
        "text of 9,000 letters",
        OutgoingMessage(text=(PARAGRAPH.strip() + "\n\n") * 17),
        parts=3,
        notes=("split into 3",),
        check=sizes(4096, 4096, 4096),  # type: ignore[arg-type]
    ),
    OutgoingCase(
        "link",
        OutgoingMessage(text="Pay", link=Link(label="Pay now", url="https://pay.example/1")),
        [OK],
        [
            interactive(
                {
                    "type": "cta_url",
                    "body": {"text": "Pay"},
                    "action": {
                        "name": "cta_url",
                        "parameters": {"display_text": "Pay now", "url": "https://pay.example/1"},
                    },
                }
            )
        ],
    ),
    OutgoingCase(
        "link beside choices",
        OutgoingMessage(text="Pay", link=Link(label="Pay now", url="https://pay.example/1"), choices=choices(1)),
        [OK],
        [buttons("Pay\nPay now: https://pay.example/1", "Choice 1")],
        notes=("link was written",),
    ),
    OutgoingCase(
        "link that is none",
        OutgoingMessage(text="Pay", link=Link(label="Pay", url="javascript:alert(1)")),
        [OK],
        [text("Pay\nPay: javascript:alert(1)")],
        notes=("link was written",),
    ),
    OutgoingCase(
        "call",
        OutgoingMessage(text="Help", call=Call(label="হটলাইন", number="16999")),
        [OK],
        [text("Help\nহটলাইন: 16999")],
        notes=("number was written",),
    ),
    OutgoingCase(
        "call whose number is in the text",
        OutgoingMessage(text="Dial 16999.", call=Call(label="হটলাইন", number="16999")),
        [OK],
        [text("Dial 16999.")],
    ),
    OutgoingCase(
        "location request",
        OutgoingMessage(text="Where?", ask="location"),
        [OK],
        [
            interactive(
                {"type": "location_request_message", "body": {"text": "Where?"}, "action": {"name": "send_location"}}
            )
        ],
    ),
    OutgoingCase(
        "phone request, choices in words",
        OutgoingMessage(text="Your number?", ask="phone", choices=choices(1, "Skip")),
        [OK],
        [
            interactive(
                {
                    "type": "contact_request",
                    "body": {"text": "Your number?\n1. Skip"},
                    "action": {"name": "request_contact_info"},
                }
            )
        ],
        notes=("numbered",),
    ),
    OutgoingCase(
        "location request with a way out",
        OutgoingMessage(text="Where?", ask="location", choices=choices(1, "Skip")),
        [OK],
        [
            interactive(
                {
                    "type": "location_request_message",
                    "body": {"text": "Where?\n1. Skip"},
                    "action": {"name": "send_location"},
                }
            )
        ],
        notes=("numbered",),
    ),
    OutgoingCase(
        "location",
        OutgoingMessage(location=Location(latitude=23.8, longitude=90.4, label="Office")),
        [OK],
        [TO | {"type": "location", "location": {"latitude": 23.8, "longitude": 90.4, "name": "Office"}}],
    ),
    OutgoingCase(
        "document with words",
        OutgoingMessage(text="আপনার বিল", attachment=BILL, purpose="document"),
        [UPLOADED, OK],
        [TO | {"type": "document", "document": {"id": "MEDIA9", "filename": "bill.pdf", "caption": "আপনার বিল"}}],
        check=media_form,
    ),
    OutgoingCase(
        "picture",
        OutgoingMessage(attachment=CHART),
        [UPLOADED, OK],
        [TO | {"type": "image", "image": {"id": "MEDIA9"}}],
    ),
    OutgoingCase(
        "document with two choices",
        OutgoingMessage(text="Bill", attachment=BILL, choices=choices(2)),
        [UPLOADED, OK],
        [
            interactive(
                {
                    "type": "button",
                    "header": {"type": "document", "document": {"id": "MEDIA9", "filename": "bill.pdf"}},
                    "body": {"text": "Bill"},
                    "action": {
                        "buttons": [
                            {"type": "reply", "reply": {"id": "t1", "title": "Choice 1"}},
                            {"type": "reply", "reply": {"id": "t2", "title": "Choice 2"}},
                        ]
                    },
                }
            )
        ],
    ),
    OutgoingCase(
        "document with five choices",
        OutgoingMessage(text="Bill", attachment=BILL, choices=choices(5)),
        [UPLOADED, OK, OK],
        [TO | {"type": "document", "document": {"id": "MEDIA9", "filename": "bill.pdf"}}, rows("Bill", choices(5))],
        parts=2,
        notes=("split into 2",),
    ),
    OutgoingCase(
        "document with long words",
        OutgoingMessage(text="x" * 1025, attachment=BILL),
        [OK, UPLOADED, OK],
        parts=2,
        notes=("split into 2",),
    ),
    OutgoingCase(
        "upload fails: nothing was sent, so it may be tried again",
        OutgoingMessage(attachment=BILL, purpose="document"),
        [Reply(error=Ambiguous("late"))],
        raises=Unavailable,
    ),
    OutgoingCase("upload without id", OutgoingMessage(attachment=BILL), [Reply(200, {})], raises=Refused),
    OutgoingCase(
        "template",
        OutgoingMessage(template=Template(name="outage_over", language="bn", parameters=("DES-1",))),
        [OK],
        [
            TO
            | {
                "type": "template",
                "template": {
                    "name": "outage_over",
                    "language": {"code": "bn"},
                    "components": [{"type": "body", "parameters": [{"type": "text", "text": "DES-1"}]}],
                },
            }
        ],
        window_open=False,
    ),
    OutgoingCase(
        "words with a template, window open",
        OutgoingMessage(text="Power is back", template=Template(name="outage_over", language="bn")),
        [OK],
        [text("Power is back")],
    ),
    OutgoingCase(
        "words with a template, window closed",
        OutgoingMessage(text="Power is back", template=Template(name="outage_over", language="bn")),
        [OK],
        [TO | {"type": "template", "template": {"name": "outage_over", "language": {"code": "bn"}}}],
        window_open=False,
    ),
    OutgoingCase(
        "template with a document",
        OutgoingMessage(template=Template(name="bill", language="bn"), attachment=BILL),
        [UPLOADED, OK],
        [
            TO
            | {
                "type": "template",
                "template": {
                    "name": "bill",
                    "language": {"code": "bn"},
                    "components": [
                        {
                            "type": "header",
                            "parameters": [{"type": "document", "document": {"id": "MEDIA9", "filename": "bill.pdf"}}],
                        }
                    ],
                },
            }
        ],
        window_open=False,
    ),
    OutgoingCase("window closed", OutgoingMessage(text="x"), [], raises=WindowClosed, window_open=False),
]
test_outgoing = outgoing_cases("whatsapp", SEND)
