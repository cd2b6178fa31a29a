"""Payloads of WhatsApp's webhooks, to messages and statuses (channels.md §1.5, §2.1–§2.3). No I/O."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from connectors._clean import clean, degrees, identifier, items, moment, phone, quarantined, table, words
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

BSUID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")
STATUSES = {
    "sent": Delivery.SENT,
    "delivered": Delivery.DELIVERED,
    "read": Delivery.READ,
    "played": Delivery.READ,
    "failed": Delivery.FAILED,
}
MEDIA = ("image", "document", "audio", "video", "sticker")
Fields = dict[str, Any]


def parse(payload: Any, channel: Channel) -> list[Event]:
    """All events of a delivery that are for this number."""
    if not isinstance(payload, dict):
        raise Malformed("a delivery is an object")
    if payload.get("object") != "whatsapp_business_account":
        return [Ignored(reason=f"object {words(payload.get('object'))[:40] or 'missing'}")]
    events: list[Event] = []
    for entry in items(payload.get("entry")):
        for change in items(table(entry).get("changes")):
            events += _change(change, channel)
    return events or [Ignored(reason="nothing in it")]


def _change(change: Any, channel: Channel) -> Iterator[Event]:
    field, value = words(table(change).get("field")), table(change).get("value")
    if not isinstance(value, dict):
        yield quarantined("a change without a value", change)
        return
    number = identifier(table(value.get("metadata")).get("phone_number_id"))
    if number and number != channel.account_id:
        yield Ignored(reason="another phone number")
        return
    if field not in ("messages", "smb_message_echoes", "user_preferences", "standby"):
        what = words(value.get("event")) or words(value.get("decision"))
        yield Ignored(reason=f"field {field[:40] or 'missing'}{': ' + what[:60] if what else ''}")
        return
    if not number:
        # Without it nobody can say whose message this is: never guess between utilities (T5).
        yield quarantined("no phone number id", change)
        return
    contacts = [contact for contact in items(value.get("contacts")) if isinstance(contact, dict)]
    standby = field == "standby"
    for name, read in (
        ("messages", lambda item: _message(item, contacts, standby)),
        ("message_echoes", _echo),
        ("statuses", _status),
        ("user_preferences", _preference),
        ("errors", _error),
    ):
        for item in items(value.get(name)):
            yield _guarded(read, item)


def _guarded(read: Callable[[Fields], Event], item: Any) -> Event:
    if not isinstance(item, dict):
        return quarantined("an element that is no object", item)
    try:
        return read(item)
    except Exception as error:
        # A platform must not be able to stop a whole batch with one element we did not foresee.
        return quarantined(f"could not be read: {type(error).__name__}", item)


def address_of(value: Any) -> str:
    """An address by its look, whatever field it stood in: a BSUID was seen in `from` (channels.md §2.1)."""
    text = identifier(value)
    if BSUID.fullmatch(text):
        return f"whatsapp-bsuid:{text}"
    number = phone(text)
    return f"whatsapp:{number}" if number else ""


def _addresses(*values: Any) -> tuple[str, ...]:
    """Addresses without repeats, the phone first."""
    found = dict.fromkeys(address for address in map(address_of, values) if address)
    return tuple(sorted(found, key=lambda address: not address.startswith("whatsapp:")))


def _contact_of(item: Fields, contacts: list[Fields]) -> Fields:
    """The entry of `contacts` that speaks of this message's sender."""
    ids = {identifier(item.get("from")), identifier(item.get("from_user_id"))} - {""}
    for contact in contacts:
        if ids & {identifier(contact.get("wa_id")), identifier(contact.get("user_id"))}:
            return contact
    return contacts[0] if len(contacts) == 1 and not ids else {}


def _message(item: Fields, contacts: list[Fields], standby: bool = False) -> Event:
    external_id, occurred_at = identifier(item.get("id")), moment(item.get("timestamp"))
    if item.get("group_id"):
        return Ignored(reason="a group's message", external_id=external_id)
    contact = _contact_of(item, contacts)
    addresses = _addresses(
        item.get("from"),
        item.get("from_user_id"),
        contact.get("wa_id"),
        contact.get("user_id"),
    )
    if not external_id or occurred_at is None or not addresses:
        return quarantined("a message without id, time or sender", item)
    kind = words(item.get("type"))
    context = table(item.get("context"))
    content = _content(kind, item, addresses)
    detail: Fields = content.pop("detail", {})
    referral = table(item.get("referral"))
    if referral:
        names = ("source_type", "source_id", "source_url", "headline", "body", "ctwa_clid")
        detail["referral"] = {name: words(referral[name])[:500] for name in names if words(referral.get(name))}
    if context.get("forwarded") is True or context.get("frequently_forwarded") is True:
        detail["forwarded"] = True
    parent = identifier(item.get("from_parent_user_id")) or identifier(contact.get("parent_user_id"))
    if parent:
        detail["parent"] = parent
    if standby:
        # Another assistant has the thread; we only listen (channels.md §2.2).
        kept = {name: content[name] for name in ("text", "media", "location") if name in content}
        content, detail = kept | {"kind": Kind.HANDOVER, "actor": Actor.SYSTEM}, {"standby": True}
    values: Fields = {"reply_to": identifier(context.get("id"))}
    values |= content
    return IncomingMessage(
        external_id=external_id,
        addresses=values.pop("addresses", addresses),
        occurred_at=occurred_at,
        name=words(table(contact.get("profile")).get("name"))[:120],
        detail=detail,
        **values,
    )


def _content(kind: str, item: Fields, addresses: tuple[str, ...]) -> Fields:
    """What a message of a type says, as fields of our message."""
    body = table(item.get(kind)) if kind else {}
    if kind == "text" and isinstance(body.get("body"), str):
        return {"kind": Kind.TEXT, "text": clean(body["body"])}
    if kind == "interactive":
        return _interactive(body, item)
    if kind == "button":
        return {"kind": Kind.CHOICE, "token": identifier(body.get("payload")), "text": words(body.get("text"))}
    if kind == "location":
        place = degrees(body.get("latitude"), body.get("longitude"))
        if place:
            label = ", ".join(filter(None, (words(body.get("name")), words(body.get("address")))))
            return {"kind": Kind.LOCATION, "location": Location(latitude=place[0], longitude=place[1], label=label)}
    if kind in MEDIA and identifier(body.get("id")):
        return _media(kind, body)
    if kind == "reaction":
        emoji = words(body.get("emoji"))
        return {
            "kind": Kind.REACTION,
            "text": emoji,
            "reply_to": identifier(body.get("message_id")),
            "detail": {"removed": not emoji},
        }
    if kind == "contacts":
        return _shared_contact(items(item.get("contacts")), addresses)
    if kind == "system":
        return _system(body, addresses)
    if kind == "edit":
        inner = table(body.get("message"))
        text = words(table(inner.get("text")).get("body"))
        return {"kind": Kind.EDIT, "text": text, "reply_to": identifier(body.get("original_message_id"))}
    if kind == "revoke":
        return {"kind": Kind.DELETE, "reply_to": identifier(body.get("original_message_id"))}
    return _unsupported(kind, item)


def _interactive(body: Fields, item: Fields) -> Fields:
    kind = words(body.get("type"))
    reply = table(body.get(kind)) if kind else {}
    if kind in ("button_reply", "list_reply") and identifier(reply.get("id")):
        return {"kind": Kind.CHOICE, "token": identifier(reply["id"]), "text": words(reply.get("title"))}
    if kind == "nfm_reply":
        try:
            answers = table(json.loads(words(reply.get("response_json"))))
        except (ValueError, RecursionError):
            answers = {}
        flat = {clean(key)[:80]: words(value)[:2000] for key, value in answers.items() if isinstance(value, str)}
        token = identifier(flat.pop("flow_token", ""))
        detail = {"flow": flat, "flow_name": words(reply.get("name"))[:80]}
        return {"kind": Kind.CHOICE, "token": token, "detail": detail}
    return _unsupported("interactive", item)


def _media(kind: str, body: Fields) -> Fields:
    caption = words(body.get("caption"))
    what = "voice" if kind == "audio" and body.get("voice") is True else kind
    media = MediaRef(
        kind=what,
        ref=identifier(body.get("id")),
        mime=words(body.get("mime_type"))[:100],
        name=words(body.get("filename"))[:200],
        caption=caption,
    )
    return {"kind": Kind.MEDIA, "text": caption, "media": (media,)}


def _shared_contact(cards: list[Any], addresses: tuple[str, ...]) -> Fields:
    """A shared contact. Only the sender's own number is taken as theirs; a neighbour's is no proof of anything."""
    numbers = [
        phone(f"+{table(entry).get('wa_id')}") or phone(table(entry).get("phone"))
        for card in cards
        for entry in items(table(card).get("phones"))
    ]
    found = [number for number in numbers if number]
    own = next((number for number in found if f"whatsapp:{number}" in addresses), "")
    detail = {"shared_phones": found[:5]} if found and not own else {}
    return {"kind": Kind.CONTACT, "phone": own, "detail": detail}


def _system(body: Fields, addresses: tuple[str, ...]) -> Fields:
    """A number or id changed. Old numbers are given to new people, so nothing is linked here: it is reported."""
    detail: Fields = {"type": words(body.get("type"))[:60], "old_addresses": list(addresses)}
    detail["new_addresses"] = list(_addresses(body.get("wa_id") or body.get("new_wa_id"), body.get("user_id")))
    return {"kind": Kind.IDENTITY, "actor": Actor.SYSTEM, "detail": detail}


def _unsupported(kind: str, item: Fields) -> Fields:
    fault = table(next(iter(items(item.get("errors"))), {}))
    detail: Fields = {"type": words(table(item.get("unsupported")).get("type"))[:60] or kind[:60] or "unknown"}
    if isinstance(fault.get("code"), int) and abs(fault["code"]) < 10**9:
        detail["code"] = str(fault["code"])
    return {"kind": Kind.UNSUPPORTED, "detail": detail}


def _echo(item: Fields) -> Event:
    """Staff wrote from the WhatsApp Business app: a person has the conversation now."""
    external_id, occurred_at = identifier(item.get("id")), moment(item.get("timestamp"))
    addresses = _addresses(item.get("to"), item.get("to_user_id"))
    if not external_id or occurred_at is None or not addresses:
        return quarantined("an echo without id, time or receiver", item)
    kind = words(item.get("type"))
    content = _content(kind, item, addresses)
    return IncomingMessage(
        external_id=external_id,
        addresses=addresses,
        kind=Kind.ECHO,
        actor=Actor.OPERATOR,
        occurred_at=occurred_at,
        text=content.get("text", ""),
        media=content.get("media", ()),
        location=content.get("location"),
        detail={"type": kind[:60]},
    )


def _status(item: Fields) -> Event:
    external_id, occurred_at = identifier(item.get("id")), moment(item.get("timestamp"))
    said = words(item.get("status"))
    if said not in STATUSES:
        return Ignored(reason=f"status {said[:40] or 'missing'}", external_id=external_id)
    callback = words(item.get("biz_opaque_callback_data"))[:512]
    if occurred_at is None or not (external_id or callback):
        return quarantined("a status without id or time", item)
    fault = table(next(iter(items(item.get("errors"))), {}))
    code = fault.get("code")
    text = words(table(fault.get("error_data")).get("details")) or words(fault.get("title"))
    return StatusUpdate(
        external_id=external_id,
        status=STATUSES[said],
        occurred_at=occurred_at,
        address=next(iter(_addresses(item.get("recipient_id"), item.get("recipient_user_id"))), ""),
        callback=callback,
        code=str(code) if isinstance(code, int) and abs(code) < 10**9 else "",
        words=text[:500],
    )


def _preference(item: Fields) -> Event:
    """The person stopped or resumed marketing."""
    occurred_at = moment(item.get("timestamp"))
    addresses = _addresses(item.get("wa_id"), item.get("user_id"))
    category, value = words(item.get("category"))[:60], words(item.get("value"))[:20]
    if occurred_at is None or not addresses or not value:
        return quarantined("a preference without person, time or value", item)
    return IncomingMessage(
        external_id=f"preference:{addresses[0]}:{category}:{value}:{int(occurred_at.timestamp())}",
        addresses=addresses,
        kind=Kind.PREFERENCE,
        actor=Actor.SYSTEM,
        occurred_at=occurred_at,
        detail={"category": category, "value": value},
    )


def _error(item: Fields) -> Event:
    code = item.get("code")
    return Ignored(reason=f"error {code if isinstance(code, int) and abs(code) < 10**9 else 'unknown'} of the platform")
