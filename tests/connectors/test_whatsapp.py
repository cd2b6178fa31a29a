"""WhatsApp: every inbound kind and status of channels.md §2.2 and §2.3, every outgoing form and error of §2.5–§2.7."""

from __future__ import annotations

import json

import pytest

from connectors.base import Webhook
from connectors.whatsapp import ERRORS
from core.errors import (
    Ambiguous,
    ChannelDown,
    NotGenuine,
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
    Delivery,
    Kind,
    Link,
    Location,
    MediaRef,
    OutgoingMessage,
    QuickReply,
    Template,
)
from tests.connectors.doubles import Reply, ScriptedTransport
from tests.connectors.harness import Incoming, OutgoingCase, build, incoming_cases, outgoing_cases
from tests.connectors.kinds import KINDS, SECRETS, meta_signature

ANN = "whatsapp-bsuid:US.13491208655302741918"
RAHIM = "whatsapp:+8801700000002"
RAHIM_ID = "whatsapp-bsuid:BD.13491208655302741918"


def media(kind: str, ref: str, mime: str, name: str = "", caption: str = "") -> dict[str, object]:
    return {"media": (MediaRef(kind=kind, ref=ref, mime=mime, name=name, caption=caption),)}


INCOMING = [
    Incoming(
        "text",
        "text.json",
        RAHIM,
        Kind.TEXT,
        "কারেন্ট নাই ২ ঘন্টা ধরে",
        fields={"addresses": (RAHIM, RAHIM_ID), "name": "রহিম উদ্দিন", "actor": Actor.CUSTOMER},
    ),
    Incoming("text with emoji and accent", "text_emoji_accent.json", RAHIM, Kind.TEXT, "é 😀 বিদ্যুৎ"),
    Incoming("quoting text", "text_quoting.json", RAHIM, Kind.TEXT, "হ্যাঁ", fields={"reply_to": "wamid.QUOTED"}),
    Incoming("forwarded text", "text_forwarded.json", RAHIM, Kind.TEXT, "fwd", fields={"detail": {"forwarded": True}}),
    Incoming("slash is text", "text_slash.json", RAHIM, Kind.TEXT, "/restart"),
    Incoming("NUL and half a surrogate", "text_nul_and_surrogate.json", RAHIM, Kind.TEXT, "ab\ufffdc"),
    Incoming("time in milliseconds", "text_milliseconds.json", RAHIM, Kind.TEXT, "ms"),
    Incoming(
        "button reply",
        "button_reply.json",
        RAHIM,
        Kind.CHOICE,
        "হ্যাঁ",
        fields={"token": "tok-1", "reply_to": "wamid.OURS"},
    ),
    Incoming("list reply", "list_reply.json", RAHIM, Kind.CHOICE, "বিল", fields={"token": "tok-2"}),
    Incoming(
        "flow reply",
        "flow_reply.json",
        RAHIM,
        Kind.CHOICE,
        "",
        fields={"token": "tok-3", "detail": {"flow": {"area": "Mirpur"}, "flow_name": "flow"}},
    ),
    Incoming("flow reply that is no JSON", "flow_reply_broken.json", RAHIM, Kind.CHOICE, "", fields={"token": ""}),
    Incoming(
        "interactive without interactive",
        "interactive_missing.json",
        RAHIM,
        Kind.UNSUPPORTED,
        count=2,
        fields={"detail": {"type": "interactive"}},
    ),
    Incoming("template button", "template_button.json", RAHIM, Kind.CHOICE, "Confirm", fields={"token": "tok-4"}),
    Incoming(
        "template button without context",
        "template_button_no_context.json",
        RAHIM,
        Kind.CHOICE,
        "Confirm",
        fields={"token": "tok-5", "reply_to": ""},
    ),
    Incoming(
        "location",
        "location.json",
        RAHIM,
        Kind.LOCATION,
        fields={"location": Location(latitude=23.8103, longitude=90.4125, label="Shop, Mirpur 10")},
    ),
    Incoming(
        "location as whole degrees",
        "location_bare.json",
        RAHIM,
        Kind.LOCATION,
        fields={"location": Location(latitude=-1.0, longitude=36.8)},
    ),
    Incoming("location off the earth", "location_impossible.json", RAHIM, Kind.UNSUPPORTED),
    Incoming(
        "image", "image.json", RAHIM, Kind.MEDIA, "খাম্বা", fields=media("image", "MEDIA1", "image/jpeg", caption="খাম্বা")
    ),
    Incoming(
        "document",
        "document.json",
        RAHIM,
        Kind.MEDIA,
        "bill",
        fields=media("document", "MEDIA2", "application/pdf", "bill.pdf", "bill"),
    ),
    Incoming(
        "voice note", "voice.json", RAHIM, Kind.MEDIA, "", fields=media("voice", "MEDIA3", "audio/ogg; codecs=opus")
    ),
    Incoming("audio file", "audio.json", RAHIM, Kind.MEDIA, "", fields=media("audio", "MEDIA4", "audio/mpeg")),
    Incoming("video", "video.json", RAHIM, Kind.MEDIA, "", fields=media("video", "MEDIA5", "video/mp4")),
    Incoming("sticker", "sticker.json", RAHIM, Kind.MEDIA, "", fields=media("sticker", "MEDIA6", "image/webp")),
    Incoming(
        "reaction",
        "reaction.json",
        RAHIM,
        Kind.REACTION,
        "👍",
        fields={"reply_to": "wamid.OURS", "detail": {"removed": False}},
    ),
    Incoming(
        "reaction removed, empty",
        "reaction_removed_empty.json",
        RAHIM,
        Kind.REACTION,
        "",
        fields={"detail": {"removed": True}},
    ),
    Incoming(
        "reaction removed, missing",
        "reaction_removed_missing.json",
        RAHIM,
        Kind.REACTION,
        "",
        fields={"detail": {"removed": True}},
    ),
    Incoming("own contact", "contact_own.json", RAHIM, Kind.CONTACT, fields={"phone": "+8801700000002", "detail": {}}),
    Incoming(
        "a neighbour's contact proves nothing",
        "contact_neighbour.json",
        RAHIM,
        Kind.CONTACT,
        fields={"phone": "", "detail": {"shared_phones": ["+8801700000001"]}},
    ),
    Incoming(
        "poll", "unsupported.json", RAHIM, Kind.UNSUPPORTED, fields={"detail": {"type": "poll", "code": "131051"}}
    ),
    Incoming(
        "unsupported without type",
        "unsupported_without_type.json",
        RAHIM,
        Kind.UNSUPPORTED,
        fields={"detail": {"type": "unsupported", "code": "131051"}},
    ),
    Incoming(
        "file of theirs too big",
        "inbound_media_too_big.json",
        RAHIM,
        Kind.UNSUPPORTED,
        fields={"detail": {"type": "unsupported", "code": "131052"}},
    ),
    Incoming("unknown type", "unknown_type.json", RAHIM, Kind.UNSUPPORTED, fields={"detail": {"type": "hologram"}}),
    Incoming(
        "number changed",
        "number_changed.json",
        RAHIM,
        Kind.IDENTITY,
        fields={
            "actor": Actor.SYSTEM,
            "detail": {
                "type": "user_changed_number",
                "old_addresses": [RAHIM, RAHIM_ID],
                "new_addresses": ["whatsapp:+8801700000009", "whatsapp-bsuid:BD.999"],
            },
        },
    ),
    Incoming("business-scoped id changed", "id_changed.json", RAHIM, Kind.IDENTITY, fields={"actor": Actor.SYSTEM}),
    Incoming("edit", "edit.json", RAHIM, Kind.EDIT, "new", fields={"reply_to": "wamid.O"}),
    Incoming("revoke", "revoke.json", RAHIM, Kind.DELETE, "", fields={"reply_to": "wamid.O"}),
    Incoming(
        "from an advertisement",
        "referral.json",
        RAHIM,
        Kind.TEXT,
        "info?",
        fields={
            "detail": {
                "referral": {
                    "source_type": "ad",
                    "source_id": "1",
                    "source_url": "https://fb.me/x",
                    "headline": "h",
                    "body": "b",
                    "ctwa_clid": "c",
                }
            }
        },
    ),
    Incoming("group message", "group.json", ignored="group"),
    Incoming(
        "business-scoped id only",
        "bsuid_only.json",
        ANN,
        Kind.TEXT,
        "hi",
        fields={"addresses": (ANN,), "detail": {"parent": "US.ENT.9"}},
    ),
    Incoming("business-scoped id in from", "bsuid_in_from.json", ANN, Kind.TEXT, "hi", fields={"addresses": (ANN,)}),
    Incoming(
        "payload from before the ids",
        "no_user_id.json",
        RAHIM,
        Kind.TEXT,
        "old payload",
        fields={"addresses": (RAHIM,)},
    ),
    Incoming("no contacts at all", "no_contacts.json", RAHIM, Kind.TEXT, "no contacts", fields={"name": ""}),
    Incoming(
        "phone in contacts only",
        "phone_only_in_contact.json",
        RAHIM,
        Kind.TEXT,
        "hi",
        fields={"addresses": (RAHIM, RAHIM_ID)},
    ),
    Incoming(
        "somebody else's contact entry",
        "foreign_contact.json",
        RAHIM,
        Kind.TEXT,
        "hi",
        fields={"addresses": (RAHIM,), "name": ""},
    ),
    Incoming("no sender", "no_sender.json", quarantined="sender"),
    Incoming("no id", "no_id.json", quarantined="id"),
    Incoming("no time", "no_timestamp.json", quarantined="time"),
    Incoming("impossible time", "bad_timestamp.json", quarantined="time"),
    Incoming("id too long for an index", "huge_id.json", quarantined="id"),
    Incoming("text without body", "text_without_body.json", RAHIM, Kind.UNSUPPORTED),
    Incoming("image without id", "image_without_id.json", RAHIM, Kind.UNSUPPORTED),
    Incoming("another number's message", "other_number.json", ignored="another phone number"),
    Incoming("nobody's message", "no_number.json", quarantined="phone number id"),
    Incoming("two numbers, unknown field, rubbish, repeat", "two_numbers.json", RAHIM, Kind.TEXT, "ours", count=6),
    Incoming("unknown field", "unknown_field.json", ignored="FLOW_STATUS_CHANGE"),
    Incoming("account update", "account_update.json", ignored="ACCOUNT_VIOLATION"),
    Incoming("quality update", "quality_update.json", ignored="DOWNGRADE"),
    Incoming("template update", "template_update.json", ignored="PAUSED"),
    Incoming("unknown object", "unknown_object.json", ignored="instagram"),
    Incoming("empty delivery", "empty.json", ignored="nothing"),
    Incoming("change without value", "change_without_value.json", quarantined="value"),
    Incoming("errors of the platform", "value_errors.json", ignored="130429"),
    Incoming(
        "staff wrote from the app",
        "echo.json",
        RAHIM,
        Kind.ECHO,
        "আমি অপারেটর",
        fields={"actor": Actor.OPERATOR, "addresses": (RAHIM, "whatsapp-bsuid:BD.1")},
    ),
    Incoming("echo to nobody", "echo_broken.json", quarantined="echo"),
    Incoming("standby", "standby.json", RAHIM, Kind.HANDOVER, "to another", fields={"actor": Actor.SYSTEM}),
    Incoming(
        "marketing stopped",
        "marketing_stop.json",
        RAHIM,
        Kind.PREFERENCE,
        fields={"detail": {"category": "marketing_messages", "value": "stop"}},
    ),
    Incoming("marketing resumed", "marketing_resume.json", RAHIM, Kind.PREFERENCE),
    Incoming("preference of nobody", "preference_broken.json", quarantined="preference"),
    Incoming(
        "sent",
        "status_sent.json",
        status=Delivery.SENT,
        fields={"external_id": "wamid.OURS", "callback": "sathi-7", "address": RAHIM},
    ),
    Incoming("delivered", "status_delivered.json", status=Delivery.DELIVERED),
    Incoming("read", "status_read.json", status=Delivery.READ),
    Incoming("played counts as read", "status_played.json", status=Delivery.READ),
    Incoming("deleted says nothing", "status_deleted.json", ignored="deleted"),
    Incoming(
        "failed", "status_failed.json", status=Delivery.FAILED, fields={"code": "131047", "words": "More than 24 hours"}
    ),
    Incoming(
        "failed without a reason", "status_failed_bare.json", status=Delivery.FAILED, fields={"code": "", "address": ""}
    ),
    Incoming("status without our key", "status_without_callback.json", status=Delivery.READ, fields={"callback": ""}),
    Incoming(
        "status for a business-scoped id",
        "status_bsuid.json",
        status=Delivery.DELIVERED,
        fields={"address": "whatsapp-bsuid:BD.1"},
    ),
    Incoming("status with our key only", "status_callback_only.json", status=Delivery.SENT, fields={"external_id": ""}),
    Incoming("status of nothing", "status_nothing.json", quarantined="status"),
    Incoming("status at no time", "status_bad_time.json", quarantined="status"),
    Incoming("four statuses at once", "statuses_many.json", status=Delivery.SENT, count=4),
    Incoming("wrong signature", "text.json", headers={"x-hub-signature-256": "sha256=" + "0" * 64}, refused=401),
    Incoming("no signature", "text.json", headers={}, refused=401),
]
test_incoming = incoming_cases("whatsapp", INCOMING)

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


def fault(code: int, **more: object) -> dict[str, object]:
    return {"error": {"message": "(#x) words", "type": "OAuthException", "code": code, "fbtrace_id": "A"} | more}


# Every row of channels.md §2.7: code, HTTP status, error, then scope or wait.
ROWS: list[tuple[int, int, type[SendError], str, float | None]] = [
    *((code, 401, ChannelDown, "", None) for code in (0, 190)),
    *((code, 403, ChannelDown, "", None) for code in (3, 10, 200, 230, 299)),
    *((code, 400, Throttled, "account", 60.0) for code in (4, 80007)),
    *((code, 400, Refused, "", None) for code in (100, 131008, 131009)),
    (130429, 429, Throttled, "account", None),
    (131056, 400, Throttled, "person", None),
    (131048, 400, Throttled, "account", 3600.0),
    (133016, 400, Throttled, "account", 3600.0),
    (131064, 400, Refused, "", None),
    *((code, 500, Unavailable, "", None) for code in (131000, 131016, 135000)),
    (131057, 500, Unavailable, "", 60.0),
    (131047, 400, WindowClosed, "", None),
    (131026, 400, Unreachable, "", None),
    (130497, 403, Unreachable, "", None),
    *((code, 400, Refused, "", None) for code in (131021, 131030, 131049, 131050, 130472, 131051, 131052, 131062)),
    (131053, 400, Unavailable, "", None),
    *((code, 403, ChannelDown, "", None) for code in (131031, 368, 131042)),
    *((code, 400, Refused, "", None) for code in (132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016)),
    (137000, 400, Refused, "", None),
    (999999, 400, Refused, "", None),
    (999998, 500, Unavailable, "", None),
]
SEND += [
    OutgoingCase(
        f"error {code}",
        OutgoingMessage(text="x"),
        [Reply(status, fault(code))],
        raises=kind,
        code=str(code),
        scope=scope,
        retry_after=wait,
    )
    for code, status, kind, scope, wait in ROWS
]
SEND += [
    OutgoingCase(
        "unknown error that says it is transient",
        OutgoingMessage(text="x"),
        [Reply(400, fault(777777, is_transient=True))],
        raises=Unavailable,
    ),
    OutgoingCase(
        "error with HTTP 200", OutgoingMessage(text="x"), [Reply(200, fault(131026))], raises=Unreachable, code="131026"
    ),
    OutgoingCase(
        "error with a subcode",
        OutgoingMessage(text="x"),
        [Reply(400, fault(100, error_subcode=33))],
        raises=Refused,
        code="100-33",
    ),
    *(
        OutgoingCase(
            f"a code is never sent twice: {label}",
            OutgoingMessage(text="123456", purpose="code"),
            [reply],
            raises=kind,
        )
        for label, reply, kind in (
            ("500", Reply(500), Ambiguous),
            ("502 of a proxy", Reply(502, b"<html>"), Ambiguous),
            ("131000", Reply(500, fault(131000)), Ambiguous),
            ("503 was not taken", Reply(503), Unavailable),
            ("131016 was not taken", Reply(500, fault(131016)), Unavailable),
            ("429 was not taken", Reply(429), Throttled),
        )
    ),
    OutgoingCase("redirect is a wrong address", OutgoingMessage(text="x"), [Reply(302)], raises=ChannelDown),
    OutgoingCase("404 without words of Meta", OutgoingMessage(text="x"), [Reply(404, b"nope")], raises=ChannelDown),
]
test_outgoing = outgoing_cases("whatsapp", SEND)


def test_every_rule_of_the_error_table_is_tested() -> None:
    assert {code for code in ERRORS if isinstance(code, int)} - {code for code, *_ in ROWS} == {1, 2}


@pytest.mark.parametrize("old", [False, True])
def test_both_secrets_are_taken_during_a_change(old: bool) -> None:
    connector, _, kind = build("whatsapp")
    body = json.dumps({"object": "x", "text": "é 😀"}).encode()
    secret = SECRETS["app_secret_previous"] if old else SECRETS["app_secret"]
    connector.verify(Webhook(headers=meta_signature(body, secret), body=body), kind.channel)


def test_signature_covers_the_bytes_as_they_came() -> None:
    connector, _, kind = build("whatsapp")
    escaped = json.dumps({"text": "é 😀"}).encode()
    plain = json.dumps({"text": "é 😀"}, ensure_ascii=False).encode()
    connector.verify(Webhook(headers=meta_signature(escaped), body=escaped), kind.channel)
    with pytest.raises(NotGenuine):
        connector.verify(Webhook(headers=meta_signature(escaped), body=plain), kind.channel)


def test_signature_of_a_large_body() -> None:
    connector, _, kind = build("whatsapp")
    body = json.dumps({"text": "বিদ্যুৎ" * 60_000}).encode()
    assert len(body) > 1_500_000
    connector.verify(Webhook(headers=meta_signature(body), body=body), kind.channel)


def test_an_empty_secret_opens_nothing() -> None:
    from dataclasses import replace

    connector, _, kind = build("whatsapp")
    channel = replace(kind.channel, secrets={})
    with pytest.raises(NotGenuine):
        connector.verify(Webhook(headers=meta_signature(b"{}", ""), body=b"{}"), channel)
    assert connector.handshake({"hub.mode": "subscribe", "hub.verify_token": "", "hub.challenge": "1"}, channel) is None


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        (
            {"hub.mode": "subscribe", "hub.verify_token": SECRETS["verify_token"], "hub.challenge": "1158201444"},
            "1158201444",
        ),
        ({"hub.mode": "subscribe", "hub.verify_token": "wrong", "hub.challenge": "1"}, None),
        ({"hub.mode": "unsubscribe", "hub.verify_token": SECRETS["verify_token"], "hub.challenge": "1"}, None),
        ({"hub.verify_token": SECRETS["verify_token"], "hub.challenge": "1"}, None),
        ({"hub.mode": "subscribe", "hub.verify_token": SECRETS["verify_token"], "hub.challenge": "<script>"}, None),
        ({"hub.mode": "subscribe", "hub.verify_token": "\udcff", "hub.challenge": "1"}, None),
        ({}, None),
    ],
)
def test_handshake(query: dict[str, str], answer: str | None) -> None:
    connector, _, kind = build("whatsapp")
    assert connector.handshake(query, kind.channel) == answer


async def test_receipt_with_typing() -> None:
    connector, transport, kind = build("whatsapp", [Reply(200, {"success": True})])
    await connector.acknowledge(RAHIM, "wamid.IN1", kind.channel)
    assert transport.sent[0].json == {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": "wamid.IN1",
        "typing_indicator": {"type": "text"},
    }
    await connector.acknowledge(RAHIM, "timer:7", kind.channel)
    transport.finish()


async def test_media_in_two_steps_with_the_token() -> None:
    found = {"url": "https://lookaside.fbsbx.com/f?x=1", "mime_type": "image/jpeg", "file_size": 7, "id": "M"}
    connector, transport, kind = build("whatsapp", [Reply(200, found), Reply(200, b"picture")])
    transport._base_url = "http"
    file = await connector.fetch(MediaRef(kind="image", ref="M"), kind.channel)
    assert (file.mime, file.content) == ("image/jpeg", b"picture")
    assert transport.sent[1].headers["Authorization"].startswith("Bearer ")


@pytest.mark.parametrize(
    "url",
    [
        "http://lookaside.fbsbx.com/x",
        "https://evil.example/x",
        "https://lookaside.fbsbx.com.evil.example/x",
        "https://fbsbx.com@evil.example/",
        "http://169.254.169.254/latest/meta-data",
        "http://127.0.0.1:9000/x",
        "file:///etc/passwd",
        "",
    ],
)
async def test_media_is_loaded_from_nowhere_else(url: str) -> None:
    connector, transport, kind = build("whatsapp", [Reply(200, {"url": url})])
    with pytest.raises(Refused):
        await connector.fetch(MediaRef(kind="image", ref="M"), kind.channel)
    assert len(transport.sent) == 1
