"""Messenger, what comes: every event of channels.md §3.1 and §3.5, receipts, files."""

from __future__ import annotations

from core.messages import (
    Actor,
    Delivery,
    Kind,
    Location,
    MediaRef,
)
from tests.connectors.doubles import Reply
from tests.connectors.harness import Incoming, build, incoming_cases

PERSON = "messenger:PSID"
CDN = "https://scontent.xx.fbcdn.net"


def media(kind: str, ref: str) -> dict[str, object]:
    return {"media": (MediaRef(kind=kind, ref=ref),)}


INCOMING = [
    Incoming("text", "text.json", PERSON, Kind.TEXT, "হ্যালো, কারেন্ট নাই", fields={"addresses": (PERSON,)}),
    Incoming("NUL and half a surrogate", "text_nul.json", PERSON, Kind.TEXT, "ab\ufffdc"),
    Incoming("reply to a message", "text_reply.json", PERSON, Kind.TEXT, "re", fields={"reply_to": "m_0"}),
    Incoming("quick reply", "quick_reply.json", PERSON, Kind.CHOICE, "Green", fields={"token": "tok-1"}),
    Incoming(
        "the profile's number is a claim",
        "phone_shared.json",
        PERSON,
        Kind.CONTACT,
        fields={"phone": "", "token": "", "detail": {"shared_phones": ["+8801700000002"]}},
    ),
    Incoming("image", "image.json", PERSON, Kind.MEDIA, "", fields=media("image", f"{CDN}/a.jpg")),
    Incoming(
        "album with words",
        "album.json",
        PERSON,
        Kind.MEDIA,
        "দেখুন",
        fields={"media": (MediaRef(kind="image", ref=f"{CDN}/a.jpg"), MediaRef(kind="image", ref=f"{CDN}/b.jpg"))},
    ),
    Incoming("audio", "audio.json", PERSON, Kind.MEDIA, fields=media("audio", "https://cdn.fbsbx.com/audio")),
    Incoming("video", "video.json", PERSON, Kind.MEDIA, fields=media("video", "https://cdn.fbsbx.com/video")),
    Incoming("file", "file.json", PERSON, Kind.MEDIA, fields=media("document", "https://cdn.fbsbx.com/file")),
    Incoming("sticker", "sticker.json", PERSON, Kind.MEDIA, "", fields=media("sticker", f"{CDN}/s.png")),
    Incoming("thumb up", "thumb.json", PERSON, Kind.MEDIA, "👍"),
    Incoming("thumb up as it came before August 2026", "thumb_old_form.json", PERSON, Kind.MEDIA, "👍"),
    Incoming(
        "location",
        "location.json",
        PERSON,
        Kind.LOCATION,
        fields={"location": Location(latitude=23.8, longitude=90.4, label="Mirpur")},
    ),
    Incoming("shared page", "fallback.json", PERSON, Kind.TEXT, "see\nt\nhttps://example.org/x"),
    Incoming(
        "shared thing without payload",
        "fallback_without_payload.json",
        PERSON,
        Kind.UNSUPPORTED,
        fields={"detail": {"type": "fallback"}},
    ),
    Incoming("reel", "reel.json", PERSON, Kind.UNSUPPORTED, fields={"detail": {"type": "reel"}}),
    Incoming("message of nothing", "empty_message.json", PERSON, Kind.UNSUPPORTED),
    Incoming(
        "unsent", "deleted.json", PERSON, Kind.DELETE, fields={"reply_to": "m_gone", "external_id": "delete:m_gone"}
    ),
    Incoming("edit", "edit.json", PERSON, Kind.EDIT, "new", fields={"external_id": "edit:m_1:1", "reply_to": "m_1"}),
    Incoming(
        "get started",
        "get_started.json",
        PERSON,
        Kind.START,
        fields={"detail": {"referral": {"ref": "r", "source": "SHORTLINK", "type": "OPEN_THREAD"}}},
    ),
    Incoming("postback", "postback.json", PERSON, Kind.CHOICE, "বিল", fields={"token": "tok-2", "external_id": "m_p2"}),
    Incoming(
        "postback without mid", "postback_without_mid.json", PERSON, Kind.CHOICE, "বিল", fields={"token": "tok-3"}
    ),
    Incoming("referral", "referral.json", PERSON, Kind.REFERRAL),
    Incoming("referral in seconds", "referral_seconds.json", PERSON, Kind.REFERRAL),
    Incoming("opt-in", "optin.json", PERSON, Kind.START, fields={"detail": {"referral": {"ref": "r"}}}),
    Incoming("opt-in of a plugin", "optin_plugin.json", ignored="plugin"),
    Incoming("words of a plugin's visitor", "plugin_text.json", ignored="plugin"),
    Incoming(
        "opt-in for notifications",
        "optin_notifications.json",
        PERSON,
        Kind.PREFERENCE,
        fields={
            "detail": {
                "payload": "p",
                "notification_messages_token": "t",
                "notification_messages_frequency": "DAILY",
                "title": "News",
                "category": "notification_messages",
                "value": "in",
            }
        },
    ),
    Incoming("reaction", "reaction.json", PERSON, Kind.REACTION, "❤️", fields={"reply_to": "m_ours"}),
    Incoming("reaction removed", "unreact.json", PERSON, Kind.REACTION, "", fields={"detail": {"removed": True}}),
    Incoming("delivery", "delivery.json", status=Delivery.DELIVERED, count=2, fields={"external_id": "m_ours"}),
    Incoming(
        "delivery without mids",
        "delivery_without_mids.json",
        status=Delivery.DELIVERED,
        fields={"watermark": True, "address": PERSON},
    ),
    Incoming("read", "read.json", status=Delivery.READ, fields={"watermark": True, "external_id": ""}),
    Incoming("receipt without watermark", "receipt_without_watermark.json", quarantined="watermark"),
    Incoming(
        "own echo settles",
        "echo_own.json",
        status=Delivery.SENT,
        fields={"external_id": "m_ours", "callback": "sathi-7", "address": PERSON},
    ),
    Incoming(
        "own echo known by its key", "echo_own_by_metadata.json", status=Delivery.SENT, fields={"callback": "sathi-8"}
    ),
    Incoming("own echo without a key", "echo_own_other_tool.json", status=Delivery.SENT, fields={"callback": ""}),
    Incoming(
        "a person answered in the inbox",
        "echo_person.json",
        PERSON,
        Kind.ECHO,
        "আমি অপারেটর",
        fields={"actor": Actor.OPERATOR, "detail": {"app_id": "263902037430900"}},
    ),
    Incoming("echo without an app", "echo_no_app.json", PERSON, Kind.ECHO, "", fields={"actor": Actor.OPERATOR}),
    Incoming("echo without id", "echo_without_id.json", quarantined="echo"),
    Incoming("echo that is not swapped", "echo_not_swapped.json", ignored="another page"),
    Incoming("standby", "standby_text.json", PERSON, Kind.HANDOVER, "to another app", fields={"actor": Actor.SYSTEM}),
    Incoming(
        "standby postback without payload",
        "standby_postback.json",
        PERSON,
        Kind.HANDOVER,
        "Start",
        fields={"token": ""},
    ),
    Incoming("standby echo", "standby_echo.json", PERSON, Kind.ECHO, "from another app"),
    Incoming(
        "thread passed to us",
        "pass_thread.json",
        PERSON,
        Kind.HANDOVER,
        fields={
            "detail": {
                "event": "pass_thread_control",
                "previous_owner_app_id": "A",
                "new_owner_app_id": "4055",
            }
        },
    ),
    Incoming("thread taken from us", "take_thread.json", PERSON, Kind.HANDOVER, fields={"actor": Actor.SYSTEM}),
    Incoming("thread asked for", "request_thread.json", PERSON, Kind.HANDOVER),
    Incoming("another page", "other_page.json", ignored="another page"),
    Incoming("another recipient", "other_recipient.json", ignored="another page"),
    Incoming("nobody", "no_sender.json", quarantined="person"),
    Incoming("to nobody", "no_recipient.json", quarantined="page"),
    Incoming("no time", "no_timestamp.json", quarantined="time"),
    Incoming("no id", "no_mid.json", quarantined="id"),
    Incoming("unknown event", "unknown_event.json", ignored="account_linking"),
    Incoming("feed", "feed.json", ignored="feed"),
    Incoming("unknown object", "unknown_object.json", ignored="instagram"),
    Incoming("empty delivery", "empty.json", ignored="nothing"),
    Incoming("batch with rubbish, a repeat, another page", "batch.json", PERSON, Kind.TEXT, "one", count=5),
    Incoming("no signature", "text.json", headers={}, refused=401),
]
test_incoming = incoming_cases("messenger", INCOMING)


async def test_seen_and_typing() -> None:
    connector, transport, kind = build("messenger", [Reply(200, {"recipient_id": "PSID"})] * 2)
    await connector.acknowledge(PERSON, "m_1", kind.channel)
    assert [sent.json["sender_action"] for sent in transport.sent] == ["mark_seen", "typing_on"]
    assert all("message" not in sent.json for sent in transport.sent)


async def test_files_are_loaded_without_the_token() -> None:
    connector, transport, kind = build("messenger", [Reply(200, b"jpeg", {"Content-Type": "image/jpeg; charset=x"})])
    transport._base_url = "https://"
    file = await connector.fetch(MediaRef(kind="image", ref=f"{CDN}/a.jpg"), kind.channel)
    assert (file.mime, file.content) == ("image/jpeg", b"jpeg")
    assert "Authorization" not in transport.sent[0].headers


def test_delivery_watermark_reaches_a_message_noted_a_moment_later() -> None:
    connector, _, kind = build("messenger")
    event = {
        "sender": {"id": "PSID"},
        "recipient": {"id": "PAGE"},
        "timestamp": 1795323600000,
        "read": {"watermark": 1795323600000},
    }
    [update] = connector.parse({"object": "page", "entry": [{"id": "PAGE", "messaging": [event]}]}, kind.channel)
    assert update.occurred_at.timestamp() == 1795323602  # type: ignore[union-attr]
