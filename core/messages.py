"""The channel-neutral model: what came in, what goes out, what became of it.

Connectors turn platform payloads into these and back; nothing past `parse` sees a platform's dictionary.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What an incoming message is."""

    TEXT = "text"
    CHOICE = "choice"
    MEDIA = "media"
    LOCATION = "location"
    CONTACT = "contact"
    REACTION = "reaction"
    EDIT = "edit"
    DELETE = "delete"
    START = "start"
    REFERRAL = "referral"
    PREFERENCE = "preference"
    IDENTITY = "identity"
    HANDOVER = "handover"
    ECHO = "echo"
    UNSUPPORTED = "unsupported"


class Actor(StrEnum):
    """Who wrote it."""

    CUSTOMER = "customer"
    BOT = "bot"
    OPERATOR = "operator"
    SYSTEM = "system"


class Delivery(StrEnum):
    """How far an outgoing message got."""

    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


class Priority(StrEnum):
    """Order of leaving when a limit bites."""

    DANGER = "danger"
    REPLY = "reply"
    NOTICE = "notice"

    @property
    def rank(self) -> int:
        return {"danger": 0, "reply": 1, "notice": 2}[self.value]


@dataclass(frozen=True, kw_only=True)
class MediaRef:
    """A file the customer sent; `ref` is the platform's id or address, `stored` its row in the table `medium`."""

    kind: str
    ref: str
    mime: str = ""
    name: str = ""
    size: int = 0
    caption: str = ""
    stored: int = 0


@dataclass(frozen=True, kw_only=True)
class Location:
    """Degrees, WGS 84."""

    latitude: float
    longitude: float
    label: str = ""


@dataclass(frozen=True, kw_only=True)
class IncomingMessage:
    """One thing a person (or the platform in their name) sent.

    `external_id` is the dedupe key within the channel. `addresses` are all the ways the platform names this person,
    the one to answer first, each `scheme:path`, e.g. `whatsapp:+8801700000002`, `web:3f2a…`. `phone` is a shared number
    that the platform itself says is the sender's own; any other stands in `detail["shared_phones"]` and proves nothing.
    """

    external_id: str
    addresses: tuple[str, ...]
    kind: Kind
    occurred_at: datetime
    actor: Actor = Actor.CUSTOMER
    text: str = ""
    token: str = ""
    media: tuple[MediaRef, ...] = ()
    location: Location | None = None
    phone: str = ""
    name: str = ""
    reply_to: str = ""
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def lane(self) -> str:
        """Messages of one lane are handled one after the other."""
        return self.addresses[0]


@dataclass(frozen=True, kw_only=True)
class StatusUpdate:
    """The platform's word on one of our messages.

    `callback` is the outbox row's own key where the platform echoes it; `watermark` means everything to that moment.
    """

    external_id: str
    status: Delivery
    occurred_at: datetime
    address: str = ""
    callback: str = ""
    code: str = ""
    words: str = ""
    watermark: bool = False


@dataclass(frozen=True, kw_only=True)
class Ignored:
    """An event that asks nothing of us; kept in the log with its reason."""

    reason: str
    external_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Quarantined:
    """An element that could not be read; stored so that nothing is lost."""

    reason: str
    body: str


Event = IncomingMessage | StatusUpdate | Ignored | Quarantined


@dataclass(frozen=True, kw_only=True)
class QuickReply:
    """A choice under a message. `token` is opaque and bound to the conversation."""

    token: str
    title: str
    description: str = ""


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A file of ours. `ref` names what to make or load, e.g. `bill:WZPDCL:104231245:2026-10:bn`."""

    ref: str
    name: str
    mime: str
    caption: str = ""


@dataclass(frozen=True, kw_only=True)
class Link:
    """A web address with a label."""

    label: str
    url: str


@dataclass(frozen=True, kw_only=True)
class Call:
    """A telephone number with a label; `number` as dialled (short codes allowed)."""

    label: str
    number: str


@dataclass(frozen=True, kw_only=True)
class Template:
    """A message form approved by the platform, for use outside the conversation window."""

    name: str
    language: str
    parameters: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class OutgoingMessage:
    """One thing to say, before a channel's limits are applied. `answer` and `facts` name where the words came from.

    `labels` are short words a channel may need around it: `options` (opens a list), `share_location`, `share_phone`;
    a sign stands in for a missing one. `persona` is the name of the person who wrote. `thread` hands a conversation over
    at the platform, where one knows of that: `pass` to its own inbox for people, `take` back from there.
    """

    text: str = ""
    choices: tuple[QuickReply, ...] = ()
    link: Link | None = None
    call: Call | None = None
    attachment: Attachment | None = None
    ask: str = ""
    template: Template | None = None
    location: Location | None = None
    reply_to: str = ""
    persona: str = ""
    thread: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    author: Actor = Actor.BOT
    priority: Priority = Priority.REPLY
    purpose: str = "reply"
    answer: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SendResult:
    """The platform took it. `external_id` may be empty where the platform gives none, `address` is what it calls the person.

    `load` is how much of the account's calls is used up, in percent; `pause` the seconds it wants to be left alone.
    """

    external_id: str
    address: str = ""
    load: float = 0.0
    pause: float = 0.0


def to_json(value: Any) -> dict[str, Any]:
    """A message as plain JSON for a queue row."""
    document = asdict(value)
    for key, item in document.items():
        if isinstance(item, datetime):
            document[key] = item.isoformat()
    return document


def incoming_from_json(document: dict[str, Any]) -> IncomingMessage:
    """Read back what `to_json` wrote."""
    data = dict(document)
    data["kind"] = Kind(data["kind"])
    data["actor"] = Actor(data["actor"])
    data["addresses"] = tuple(data["addresses"])
    data["occurred_at"] = datetime.fromisoformat(data["occurred_at"])
    data["media"] = tuple(MediaRef(**item) for item in data["media"])
    data["location"] = Location(**data["location"]) if data["location"] else None
    return IncomingMessage(**data)


def outgoing_from_json(document: dict[str, Any]) -> OutgoingMessage:
    """Read back what `to_json` wrote."""
    data = dict(document)
    data["choices"] = tuple(QuickReply(**item) for item in data["choices"])
    for key, kind in (
        ("link", Link),
        ("call", Call),
        ("attachment", Attachment),
        ("location", Location),
    ):
        data[key] = kind(**data[key]) if data[key] else None
    if data["template"]:
        data["template"] = Template(**{**data["template"], "parameters": tuple(data["template"]["parameters"])})
    data["author"] = Actor(data["author"])
    data["priority"] = Priority(data["priority"])
    data["notes"] = tuple(data["notes"])
    return OutgoingMessage(**data)


def status_from_json(document: dict[str, Any]) -> StatusUpdate:
    """Read back what `to_json` wrote."""
    data = dict(document)
    data["status"] = Delivery(data["status"])
    data["occurred_at"] = datetime.fromisoformat(data["occurred_at"])
    return StatusUpdate(**data)
