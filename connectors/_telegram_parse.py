"""Updates of Telegram, to messages (channels.md §4.1, §4.2). No I/O."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from connectors._clean import degrees, identifier, items, moment, phone, quarantined, table, whole, words
from core.errors import Malformed
from core.messages import Actor, Event, Ignored, IncomingMessage, Kind, Location, MediaRef

COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@[A-Za-z0-9_]{1,64})?(?:\s+(.*))?", re.DOTALL)
FILES = {
    "document": "document",
    "voice": "voice",
    "audio": "audio",
    "video": "video",
    "video_note": "video",
    "animation": "video",
    "sticker": "sticker",
}
CONTENT = ("poll", "dice", "game", "story", "invoice", "paid_media", "checklist", "giveaway")
SECOND_HAND = ("forward_origin", "forward_from", "forward_date", "via_bot")
Fields = dict[str, Any]


def parse(payload: Any, now: datetime) -> list[Event]:
    """The one event of an update. Taps carry no time of their own: they count as made `now`."""
    if not isinstance(payload, dict):
        raise Malformed("an update is an object")
    update_id = payload.get("update_id")
    if isinstance(update_id, bool) or not isinstance(update_id, int) or not 0 <= update_id < 10**18:
        return [quarantined("an update without id", payload)]
    try:
        return [_update(payload, str(update_id), now)]
    except Exception as error:
        return [quarantined(f"could not be read: {type(error).__name__}", payload)]


def _update(payload: Fields, update_id: str, now: datetime) -> Event:
    for name in ("message", "edited_message"):
        if isinstance(payload.get(name), dict):
            return _message(payload[name], update_id, edited=name == "edited_message")
    if isinstance(payload.get("callback_query"), dict):
        return _tap(payload["callback_query"], update_id, now)
    if isinstance(payload.get("my_chat_member"), dict):
        return _membership(payload["my_chat_member"], update_id, now)
    if isinstance(payload.get("message_reaction"), dict):
        return _reaction(payload["message_reaction"], update_id, now)
    names = [words(name)[:40] for name in payload if name != "update_id"]
    return Ignored(reason=f"update {names[0] if names else 'empty'}", external_id=update_id)


def _private_chat(body: Fields) -> str:
    """The chat's id when it is a person's own chat with the bot; taps may come without the chat's type."""
    chat = table(body.get("chat"))
    kind = words(chat.get("type"))
    number = chat.get("id")
    if isinstance(number, bool) or not isinstance(number, int) or not 0 < number < 10**18:
        return ""
    return str(number) if kind in ("private", "") else ""


def _name(person: Fields) -> str:
    full = " ".join(filter(None, (words(person.get("first_name")), words(person.get("last_name")))))
    return full[:120]


def _message(body: Fields, update_id: str, *, edited: bool) -> Event:
    chat, at = _private_chat(body), moment(body.get("date"))
    if not chat:
        where = words(table(body.get("chat")).get("type"))[:20]
        return Ignored(reason=f"a {where} chat", external_id=update_id) if where else quarantined("no chat", body)
    if at is None:
        return quarantined("a message without time", body)
    person = table(body.get("from"))
    if person.get("is_bot") is True:
        return Ignored(reason="written by a bot", external_id=update_id)
    content = _content(body, person)
    if isinstance(content, str):
        return Ignored(reason=content, external_id=update_id)
    if edited:
        text = content.get("text", "")
        content = {"kind": Kind.EDIT, "text": text, "reply_to": f"{chat}:{whole(body.get('message_id'))}"}
    detail: Fields = content.pop("detail", {})
    album = identifier(body.get("media_group_id"))
    if album:
        detail["album"] = album
    if words(person.get("language_code")):
        detail["language_code"] = words(person["language_code"])[:20]
    quoted = whole(table(body.get("reply_to_message")).get("message_id"))
    values: Fields = {"reply_to": f"{chat}:{quoted}" if quoted else ""} | content
    return IncomingMessage(
        external_id=update_id,
        addresses=(f"telegram:{chat}",),
        occurred_at=at,
        name=_name(person),
        detail=detail,
        **values,
    )


def _content(body: Fields, person: Fields) -> Fields | str:
    """What a message says, as fields of our message; or why it is ignored."""
    caption = words(body.get("caption"))
    if isinstance(body.get("text"), str):
        return _text(words(body["text"]))
    if isinstance(body.get("location"), dict):
        spot = body["location"]
        place = degrees(spot.get("latitude"), spot.get("longitude"))
        venue = table(body.get("venue"))
        label = ", ".join(filter(None, (words(venue.get("title")), words(venue.get("address")))))[:200]
        if place:
            return {"kind": Kind.LOCATION, "location": Location(latitude=place[0], longitude=place[1], label=label)}
    if isinstance(body.get("contact"), dict):
        return _contact(body, person)
    photos = [size for size in items(body.get("photo")) if isinstance(size, dict) and identifier(size.get("file_id"))]
    if photos:
        best = max(
            photos,
            key=lambda size: (whole(size.get("width")) * whole(size.get("height")), whole(size.get("file_size"))),
        )
        photo = MediaRef(
            kind="image",
            ref=identifier(best["file_id"]),
            mime="image/jpeg",
            size=max(0, whole(best.get("file_size"))),
            caption=caption,
        )
        return {"kind": Kind.MEDIA, "text": caption, "media": (photo,)}
    for name, kind in FILES.items():
        file = table(body.get(name))
        if identifier(file.get("file_id")):
            media = MediaRef(
                kind=kind,
                ref=identifier(file["file_id"]),
                mime=words(file.get("mime_type"))[:100],
                name=words(file.get("file_name"))[:200],
                size=max(0, whole(file.get("file_size"))),
                caption=caption,
            )
            emoji = words(file.get("emoji"))[:16] if name == "sticker" else ""
            return {"kind": Kind.MEDIA, "text": caption, "media": (media,), "detail": {"emoji": emoji} if emoji else {}}
    for name in (*CONTENT, *FILES, "photo", "location"):
        if name in body:
            return {"kind": Kind.UNSUPPORTED, "text": caption, "detail": {"type": name}}
    known = ("message_id", "date", "chat", "from", "message_thread_id", "sender_chat", "reply_to_message")
    extra = [words(name)[:40] for name in body if name not in known]
    return f"service message {extra[0] if extra else 'without content'}"


def _text(text: str) -> Fields:
    """Words; a command is its words without the slash, and /start begins the conversation. Nothing else is special."""
    command = COMMAND.fullmatch(text)
    if command and command.group(1).lower() == "start":
        detail = {"referral": {"ref": command.group(2)[:64]}} if command.group(2) else {}
        return {"kind": Kind.START, "detail": detail}
    if command and not command.group(2):
        return {"kind": Kind.TEXT, "text": command.group(1).replace("_", " "), "detail": {"command": command.group(1)}}
    return {"kind": Kind.TEXT, "text": text}


def _contact(body: Fields, person: Fields) -> Fields:
    """A shared contact. Telegram says whose it is; only the sender's own is taken as theirs (channels.md §4.2), and not
    one that was passed on or made by another bot: what stands in those is somebody else's word.
    """
    card = body["contact"]
    number = phone(words(card.get("phone_number"))) or phone(f"+{words(card.get('phone_number'))}")
    mine, sender = card.get("user_id"), person.get("id")
    second_hand = any(name in body for name in SECOND_HAND)
    own = isinstance(mine, int) and not isinstance(mine, bool) and mine == sender and not second_hand
    detail = {} if own or not number else {"shared_phones": [number]}
    return {"kind": Kind.CONTACT, "phone": number if own else "", "detail": detail}


def _tap(body: Fields, update_id: str, now: datetime) -> Event:
    """A tapped button. The query's id goes along in ours, since the tap must be answered (see `acknowledge`)."""
    message = table(body.get("message"))
    person = table(body.get("from"))
    chat = _private_chat(message)
    query, data = identifier(body.get("id")), identifier(body.get("data"))
    if not message:
        return Ignored(reason="a tap under a message that is not ours", external_id=update_id)
    if not chat:
        return Ignored(reason="a tap in a group", external_id=update_id)
    if str(whole(person.get("id"))) != chat:
        return quarantined("a tap by somebody else", body)
    title = next(
        (
            words(key.get("text"))
            for row in items(table(message.get("reply_markup")).get("inline_keyboard"))
            for key in items(row)
            if isinstance(key, dict) and data and key.get("callback_data") == data
        ),
        "",
    )
    return IncomingMessage(
        external_id=f"{update_id}.{query}" if query.isalnum() and query.isascii() else update_id,
        addresses=(f"telegram:{chat}",),
        kind=Kind.CHOICE,
        occurred_at=now,
        token=data,
        text=title[:200],
        name=_name(person),
        reply_to=f"{chat}:{whole(message.get('message_id'))}",
    )


def _membership(body: Fields, update_id: str, now: datetime) -> Event:
    """The person blocked the bot, or took it back."""
    chat = _private_chat(body)
    status = words(table(body.get("new_chat_member")).get("status"))
    if not chat:
        return Ignored(reason="membership of a group", external_id=update_id)
    blocked = status in ("kicked", "left")
    return IncomingMessage(
        external_id=update_id,
        addresses=(f"telegram:{chat}",),
        kind=Kind.PREFERENCE,
        actor=Actor.SYSTEM,
        occurred_at=moment(body.get("date")) or now,
        detail={"category": "blocked", "value": "stop" if blocked else "resume"},
    )


def _reaction(body: Fields, update_id: str, now: datetime) -> Event:
    chat = _private_chat(body)
    if not chat:
        return Ignored(reason="a reaction in a group", external_id=update_id)
    emoji = [words(table(item).get("emoji")) for item in items(body.get("new_reaction"))]
    return IncomingMessage(
        external_id=update_id,
        addresses=(f"telegram:{chat}",),
        kind=Kind.REACTION,
        occurred_at=moment(body.get("date")) or now,
        text="".join(emoji)[:32],
        reply_to=f"{chat}:{whole(body.get('message_id'))}",
        detail={"removed": not items(body.get("new_reaction"))},
    )
