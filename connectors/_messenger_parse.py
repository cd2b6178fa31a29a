"""Payloads of Messenger's webhooks, to messages and statuses (channels.md §3.1, §3.5). No I/O."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from connectors._clean import degrees, identifier, items, moment, quarantined, table, whole, words
from connectors.base import Channel
from core.errors import Malformed
from core.messages import (
    Actor,
    Delivery,
    Event,
    Ignored,
    IncomingMessage,
    Kind,
    Location,
    MediaRef,
    StatusUpdate,
)

GET_STARTED = "GET_STARTED"
PHONE = re.compile(r"\+[1-9][0-9]{7,14}")
OWN = "sathi-"  # how our own `metadata` begins; the outbox row's key
THUMBS = (369239263222822, 369239343222814, 369239383222810)
MEDIA = {"image": "image", "audio": "audio", "video": "video", "file": "document"}
HANDOVERS = ("pass_thread_control", "take_thread_control", "request_thread_control", "release_thread_control")
# A watermark is the platform's time of a message, which lies a little before our own note of having sent it.
SLACK = timedelta(seconds=2)
Fields = dict[str, Any]


def parse(payload: Any, channel: Channel) -> list[Event]:
    """All events of a delivery that are for this page."""
    if not isinstance(payload, dict):
        raise Malformed("a delivery is an object")
    if payload.get("object") != "page":
        return [Ignored(reason=f"object {words(payload.get('object'))[:40] or 'missing'}")]
    events: list[Event] = []
    for entry in items(payload.get("entry")):
        if not isinstance(entry, dict):
            events.append(quarantined("an entry that is no object", entry))
            continue
        page = identifier(entry.get("id"))
        if page and page != channel.account_id:
            events.append(Ignored(reason="another page"))
            continue
        events += [Ignored(reason=f"change {words(table(c).get('field'))[:40]}") for c in items(entry.get("changes"))]
        for standby in (False, True):
            for item in items(entry.get("standby" if standby else "messaging")):
                events += _guarded(item, channel, standby)
    return events or [Ignored(reason="nothing in it")]


def _guarded(item: Any, channel: Channel, standby: bool) -> list[Event]:
    if not isinstance(item, dict):
        return [quarantined("an element that is no object", item)]
    try:
        return list(_event(item, channel, standby))
    except Exception as error:
        return [quarantined(f"could not be read: {type(error).__name__}", item)]


def _event(item: Fields, channel: Channel, standby: bool) -> Iterator[Event]:
    message = table(item.get("message"))
    sender, recipient = (identifier(table(item.get(side)).get("id")) for side in ("sender", "recipient"))
    is_echo = message.get("is_echo") is True
    page, person = (sender, recipient) if is_echo else (recipient, sender)
    if page != channel.account_id:
        yield Ignored(reason="another page") if page else quarantined("no page", item)
        return
    if not person:
        plugin = bool(table(item.get("sender")).get("user_ref")) or "optin" in item
        yield Ignored(reason="a plugin's visitor without an id") if plugin else quarantined("no person", item)
        return
    for name in ("delivery", "read"):
        if isinstance(item.get(name), dict):
            yield from _receipt(name, item[name], item, person)
            return
    at = moment(item.get("timestamp"))
    if at is None:
        yield quarantined("an event without time", item)
        return
    if is_echo:
        yield _echo(message, at, person, channel)
        return
    found = _content(item, at, person)
    if isinstance(found, dict):
        if standby and found["kind"] is not Kind.HANDOVER:
            # Another app owns the thread: we listen and never answer (channels.md §3.5).
            kept = {name: found[name] for name in ("external_id", "text", "media", "location") if name in found}
            found = kept | {"kind": Kind.HANDOVER, "actor": Actor.SYSTEM, "detail": {"standby": True}}
        yield IncomingMessage(addresses=(f"messenger:{person}",), occurred_at=at, **found)
    else:
        yield found


def _made_up_id(kind: str, *parts: object) -> str:
    """A dedupe key for events that have none: the same event delivered again gives the same key."""
    return f"{kind}:{hashlib.sha256(repr(parts).encode('utf-8', 'replace')).hexdigest()[:32]}"


def _content(item: Fields, at: datetime, person: str) -> Fields | Event:
    """What an event says, as fields of our message; or what it is when it is no message."""
    if isinstance(item.get("message"), dict):
        return _message(item["message"], item)
    if isinstance(item.get("postback"), dict):
        return _postback(item["postback"], at, person)
    if isinstance(item.get("reaction"), dict):
        body = item["reaction"]
        removed = body.get("action") == "unreact"
        mid = identifier(body.get("mid"))
        return {
            "external_id": _made_up_id("reaction", person, mid, words(body.get("action")), at.timestamp()),
            "kind": Kind.REACTION,
            "text": "" if removed else words(body.get("emoji")),
            "reply_to": mid,
            "detail": {"removed": removed},
        }
    if isinstance(item.get("referral"), dict):
        said = _referral(item["referral"])
        detail = {"referral": said}
        return {
            "external_id": _made_up_id("referral", person, at.timestamp(), said.get("ref")),
            "kind": Kind.REFERRAL,
            "detail": detail,
        }
    if isinstance(item.get("optin"), dict):
        return _optin(item["optin"], at, person)
    if isinstance(item.get("message_edit"), dict):
        body = item["message_edit"]
        mid, number = identifier(body.get("mid")), whole(body.get("num_edit"))
        return {
            "external_id": f"edit:{mid}:{number}",
            "kind": Kind.EDIT,
            "text": words(body.get("text")),
            "reply_to": mid,
        }
    for name in HANDOVERS:
        if isinstance(item.get(name), dict):
            return _handover(name, item[name], at, person)
    names = [name for name in item if name not in ("sender", "recipient", "timestamp")]
    return Ignored(reason=f"event {words(names[0])[:40] if names else 'missing'}")


def _message(body: Fields, item: Fields) -> Fields | Event:
    mid = identifier(body.get("mid"))
    if not mid:
        return quarantined("a message without id", item)
    if body.get("is_deleted") is True:
        return {"external_id": f"delete:{mid}", "kind": Kind.DELETE, "reply_to": mid}
    found: Fields = {"external_id": mid, "reply_to": identifier(table(body.get("reply_to")).get("mid"))}
    text = words(body.get("text"))
    token = identifier(table(body.get("quick_reply")).get("payload"))
    detail: Fields = {}
    if isinstance(body.get("referral"), dict):
        detail["referral"] = _referral(body["referral"])
    if PHONE.fullmatch(token):
        # The number of the person's profile, or what a changed page sent in its place: nobody vouches for it.
        return found | {"kind": Kind.CONTACT, "detail": detail | {"shared_phones": [token]}}
    if token:
        return found | {"kind": Kind.CHOICE, "token": token, "text": text, "detail": detail}
    attachments = [entry for entry in items(body.get("attachments")) if isinstance(entry, dict)]
    if not attachments:
        if text:
            return found | {"kind": Kind.TEXT, "text": text, "detail": detail}
        return found | {"kind": Kind.UNSUPPORTED, "detail": detail | {"type": "empty"}}
    return found | _attachments(attachments, text, detail)


def _attachments(attachments: list[Fields], text: str, detail: Fields) -> Fields:
    media: list[MediaRef] = []
    extra: list[str] = []
    kinds: list[str] = []
    for entry in attachments[:30]:
        kind, payload = words(entry.get("type")), table(entry.get("payload"))
        kinds.append(kind[:40])
        url = words(payload.get("url"))[:2048]
        sticker = payload.get("sticker_id")
        spot = table(payload.get("coordinates"))
        place = degrees(spot.get("lat"), spot.get("long"))
        if kind == "location" and place:
            where = Location(latitude=place[0], longitude=place[1], label=words(entry.get("title"))[:200])
            return {"kind": Kind.LOCATION, "location": where, "text": text, "detail": detail}
        if kind == "sticker" or sticker:
            # The thumb under the text field is how many people say yes.
            if sticker in THUMBS:
                extra.append("👍")
            media.append(MediaRef(kind="sticker", ref=url))
        elif kind in MEDIA and url:
            media.append(MediaRef(kind=MEDIA[kind], ref=url))
        elif kind in ("fallback", "share", "template"):
            extra += [part for part in (words(payload.get("title")) or words(entry.get("title")), url) if part]
    said = "\n".join(part for part in (text, *extra) if part)
    if media:
        return {"kind": Kind.MEDIA, "media": tuple(media), "text": said, "detail": detail}
    if said:
        return {"kind": Kind.TEXT, "text": said, "detail": detail}
    return {"kind": Kind.UNSUPPORTED, "detail": detail | {"type": next(filter(None, kinds), "unknown")}}


def _postback(body: Fields, at: datetime, person: str) -> Fields:
    payload, title = identifier(body.get("payload")), words(body.get("title"))
    detail = {"referral": _referral(body["referral"])} if isinstance(body.get("referral"), dict) else {}
    external_id = identifier(body.get("mid")) or _made_up_id("postback", person, at.timestamp(), payload or title)
    if payload == GET_STARTED:
        return {"external_id": external_id, "kind": Kind.START, "detail": detail}
    return {"external_id": external_id, "kind": Kind.CHOICE, "token": payload, "text": title, "detail": detail}


def _optin(body: Fields, at: datetime, person: str) -> Fields:
    external_id = _made_up_id("optin", person, at.timestamp(), words(body.get("type")), words(body.get("ref")))
    if words(body.get("type")) == "notification_messages":
        names = ("payload", "notification_messages_token", "notification_messages_frequency", "title")
        detail: Fields = {name: words(body.get(name))[:500] for name in names if words(body.get(name))}
        detail |= {
            "category": "notification_messages",
            "value": words(body.get("notification_messages_status")) or "in",
        }
        return {"external_id": external_id, "kind": Kind.PREFERENCE, "actor": Actor.SYSTEM, "detail": detail}
    return {
        "external_id": external_id,
        "kind": Kind.START,
        "detail": {"referral": {"ref": words(body.get("ref"))[:500]}},
    }


def _referral(body: Fields) -> Fields:
    names = ("ref", "source", "type", "ad_id", "referer_uri")
    return {name: words(body.get(name))[:500] for name in names if words(body.get(name))}


def _handover(name: str, body: Fields, at: datetime, person: str) -> Fields:
    detail = {"event": name}
    for field in ("previous_owner_app_id", "new_owner_app_id", "requested_owner_app_id"):
        # Seen both as number and as text (channels.md §3.5).
        if identifier(body.get(field)):
            detail[field] = identifier(body[field])
    return {
        "external_id": _made_up_id("handover", person, name, at.timestamp(), tuple(detail.items())),
        "kind": Kind.HANDOVER,
        "actor": Actor.SYSTEM,
        "detail": detail,
    }


def _echo(body: Fields, at: datetime, person: str, channel: Channel) -> Event:
    """What the page said. Ours settles a doubtful send; another's means that a person has the conversation."""
    mid, app = identifier(body.get("mid")), identifier(body.get("app_id"))
    metadata = words(body.get("metadata"))[:200]
    if not mid:
        return quarantined("an echo without id", body)
    ours = str(channel.options.get("app_id") or "")
    if (app and app == ours) or metadata.startswith(OWN):
        callback = metadata if metadata.startswith(OWN) else ""
        return StatusUpdate(
            external_id=mid, status=Delivery.SENT, occurred_at=at, address=f"messenger:{person}", callback=callback
        )
    content = _message({name: value for name, value in body.items() if name != "quick_reply"}, body)
    kept = (
        {name: content[name] for name in ("text", "media", "location") if name in content}
        if isinstance(content, dict)
        else {}
    )
    return IncomingMessage(
        external_id=mid,
        addresses=(f"messenger:{person}",),
        kind=Kind.ECHO,
        actor=Actor.OPERATOR,
        occurred_at=at,
        detail={"app_id": app} if app else {},
        **kept,
    )


def _receipt(name: str, body: Fields, item: Fields, person: str) -> Iterator[Event]:
    """Deliveries by id where ids are given; else, and for reads, everything up to a watermark."""
    status = Delivery.DELIVERED if name == "delivery" else Delivery.READ
    watermark = moment(body.get("watermark"))
    mids = [mid for mid in (identifier(value) for value in items(body.get("mids"))) if mid]
    at = watermark or moment(item.get("timestamp"))
    if at is None:
        yield quarantined("a receipt without watermark", item)
        return
    for mid in mids[:1000]:
        yield StatusUpdate(external_id=mid, status=status, occurred_at=at, address=f"messenger:{person}")
    if not mids:
        yield StatusUpdate(
            external_id="", status=status, occurred_at=at + SLACK, address=f"messenger:{person}", watermark=True
        )
