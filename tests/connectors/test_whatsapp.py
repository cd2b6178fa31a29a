"""WhatsApp, what comes: every inbound kind and status of channels.md §2.2 and §2.3, signatures, receipts, files."""

from __future__ import annotations

import json

import pytest

from connectors.base import Webhook
from core.errors import (
    NotGenuine,
    Refused,
)
from core.messages import (
    Actor,
    Delivery,
    Kind,
    Location,
    MediaRef,
)
from tests.connectors.doubles import Reply
from tests.connectors.harness import Incoming, build, incoming_cases
from tests.connectors.kinds import SECRETS, meta_signature

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
