"""The web chat's frames: what a browser sends, checked, and what it is told.

Nothing has to be set up: the channel is on for the tenant of `SATHI_TENANT`, its page is `/`, and the server side
(sessions, sockets, files) is gateway/webchat.py. The protocol stands in docs/web-chat.md. A session's address is
`web:<session>`; the session is made and signed by the server, so its address is as good as the browser that holds it
and no proof of a telephone number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from connectors._clean import clean, degrees, quarantined
from connectors._split import size, split
from connectors.base import Channel, Connector, Outgoing, Tools, Webhook
from core.errors import Malformed, NotGenuine
from core.messages import (
    Event,
    Ignored,
    IncomingMessage,
    Kind,
    Location,
    MediaRef,
    OutgoingMessage,
    SendResult,
)

VERSION = 1
MAX_TEXT = 8000
MAX_FRAME = 64 << 10  # bytes
MAX_MEDIA = 5
CID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
TOKEN = re.compile(r"[\x21-\x7e]{1,256}")
FILE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
SESSION = re.compile(r"[0-9a-f]{32}")


class BadFrame(Malformed):
    """A frame that is not taken. `code` goes back to the browser, with the `cid` when there was one."""

    def __init__(self, code: str, cid: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.cid = cid


@dataclass(frozen=True, kw_only=True)
class Hello:
    """The first frame of a connection. `last_seq` is the newest message that the browser has."""

    token: str
    session: str
    last_seq: int


@dataclass(frozen=True, kw_only=True)
class Said:
    """A frame to keep: words, a tapped choice or a place. `cid` is the browser's own id, the same on every retry."""

    kind: Kind
    cid: str
    text: str = ""
    token: str = ""
    location: Location | None = None
    files: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Read:
    """Everything up to `seq` was on the screen."""

    seq: int


@dataclass(frozen=True, kw_only=True)
class Typing:
    """The customer is writing."""


@dataclass(frozen=True, kw_only=True)
class Ping:
    """Asks for a pong: browsers cannot see the protocol's own."""


Frame = Hello | Said | Read | Typing | Ping


class Hub(Protocol):
    """Whoever holds the open connections of this process."""

    async def push(self, address: str, sequence: int) -> None: ...

    async def typing(self, address: str, on: bool) -> None: ...


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 53:
        raise BadFrame("bad_frame")
    return value


def _matching(pattern: re.Pattern[str], value: Any, code: str, cid: str = "") -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise BadFrame(code, cid)
    return value


def decode(data: str) -> dict[str, Any]:
    """A text frame as an object."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise BadFrame("bad_frame") from None
    if not isinstance(document, dict):
        raise BadFrame("bad_frame")
    return document


def read_frame(document: Mapping[str, Any]) -> Frame:
    """Check one frame; raises `BadFrame`. Unknown fields are passed over so that newer pages can talk to us."""
    match document.get("t"):
        case "hello":
            if document.get("v") != VERSION or isinstance(document["v"], bool):
                raise BadFrame("bad_version")
            token, session = document.get("token", ""), document.get("session", "")
            if not isinstance(token, str) or not isinstance(session, str):
                raise BadFrame("bad_frame")
            return Hello(token=token, session=session, last_seq=_whole(document.get("last_seq", 0)))
        case "msg":
            return _words(document)
        case "choice":
            cid = _matching(CID, document.get("cid"), "bad_cid")
            _whole(document.get("msg_seq", 0))
            return Said(kind=Kind.CHOICE, cid=cid, token=_matching(TOKEN, document.get("id"), "bad_choice", cid))
        case "location":
            cid = _matching(CID, document.get("cid"), "bad_cid")
            place = degrees(document.get("lat"), document.get("lon"))
            if place is None:
                raise BadFrame("bad_location", cid)
            return Said(kind=Kind.LOCATION, cid=cid, location=Location(latitude=place[0], longitude=place[1]))
        case "read":
            return Read(seq=_whole(document.get("seq")))
        case "typing":
            return Typing()
        case "ping":
            return Ping()
    raise BadFrame("unknown_frame")


def _words(document: Mapping[str, Any]) -> Said:
    cid = _matching(CID, document.get("cid"), "bad_cid")
    text, media = document.get("text", ""), document.get("media") or []
    if not isinstance(text, str) or not isinstance(media, list) or len(media) > MAX_MEDIA:
        raise BadFrame("bad_frame", cid)
    files = tuple(
        _matching(FILE_ID, item.get("id") if isinstance(item, dict) else None, "bad_file", cid) for item in media
    )
    if len(text) > MAX_TEXT:
        raise BadFrame("too_long", cid)
    text = clean(text)
    if not text.strip() and not files:
        raise BadFrame("empty", cid)
    return Said(kind=Kind.MEDIA if files else Kind.TEXT, cid=cid, text=text, files=files)


def message_of(said: Said, session: str, at: datetime, media: tuple[MediaRef, ...] = ()) -> IncomingMessage:
    """A kept frame in the channel-neutral form."""
    return IncomingMessage(
        external_id=f"{session}:{said.cid}",
        addresses=(f"web:{session}",),
        kind=said.kind,
        occurred_at=at,
        text=said.text,
        token=said.token,
        media=media,
        location=said.location,
    )


class WebchatConnector(Connector):
    """Parses frames for the server side and wakes its connections; the transcript itself is the message store."""

    channel_type = "webchat"
    max_text = MAX_TEXT
    secret_fields = ()

    def __init__(self, tools: Tools, hub: Hub | None = None) -> None:
        super().__init__(tools)
        self._hub = hub

    def verify(self, request: Webhook, channel: Channel) -> None:
        """The web chat takes no webhooks; its sessions are checked where its connections are."""
        raise NotGenuine("the web chat has no webhook", status=403)

    def parse(self, payload: Any, channel: Channel) -> list[Event]:
        """Events of `{"session": …, "at": …, "frames": […]}`."""
        try:
            session = _matching(SESSION, payload["session"], "bad_session")
            at, frames = datetime.fromisoformat(payload["at"]), payload["frames"]
            if at.tzinfo is None or not isinstance(frames, list):
                raise Malformed("a frame list and an aware time are needed")
        except (TypeError, KeyError, ValueError):
            raise Malformed("the payload is not a list of frames of one session") from None
        return [self._event(item, session, at) for item in frames]

    def _event(self, item: Any, session: str, at: datetime) -> Event:
        try:
            if not isinstance(item, dict):
                raise BadFrame("bad_frame")
            frame = read_frame(item)
        except BadFrame as error:
            return quarantined(error.code, item)
        if isinstance(frame, Said):
            media = tuple(MediaRef(kind="file", ref=f"upload:{session}:{file}") for file in frame.files)
            return message_of(frame, session, at, media)
        return Ignored(reason=type(frame).__name__.lower())

    def fit(self, message: OutgoingMessage, channel: Channel) -> list[OutgoingMessage]:
        """One message as it is: the page shows any number of choices; only a text beyond the limit is divided."""
        if message.template is not None:
            message = replace(message, template=None, notes=(*message.notes, "template left out"))
        if size(message.text) <= self.max_text:
            return [message]
        pieces = split(message.text, self.max_text)
        notes = (*message.notes, f"split in {len(pieces)}")
        plain = OutgoingMessage(
            author=message.author,
            priority=message.priority,
            purpose=message.purpose,
            answer=message.answer,
            persona=message.persona,
            notes=notes,
        )
        first = [replace(plain, text=piece) for piece in pieces[:-1]]
        return [*first, replace(message, text=pieces[-1], notes=notes)]

    async def send(self, outgoing: Outgoing, channel: Channel) -> SendResult:
        """Wake the session's connections: they read the transcript, where the message stands already."""
        if self._hub is not None:
            await self._hub.push(outgoing.address, outgoing.sequence)
        session = outgoing.address.partition(":")[2]
        return SendResult(external_id=f"{session}:{outgoing.sequence}", address=outgoing.address)

    async def acknowledge(self, address: str, external_id: str, channel: Channel) -> None:
        """Show that an answer is being written."""
        if self._hub is not None:
            await self._hub.typing(address, True)
