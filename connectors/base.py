"""The contract of a channel: verify, parse, fit, send. No web framework's type crosses it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from pydantic import SecretStr

from connectors.setup import Finding, Plan
from core.errors import Refused
from core.messages import Attachment, Event, MediaRef, OutgoingMessage, SendResult


@dataclass(frozen=True, kw_only=True)
class Channel:
    """One configured account: a page, a number, a bot, a web site. `key` is unique, e.g. `whatsapp:1055…`."""

    key: str
    type: str
    tenant: str
    account_id: str
    base_url: str = ""
    secrets: Mapping[str, SecretStr] = field(default_factory=dict, repr=False)
    options: Mapping[str, Any] = field(default_factory=dict)

    def secret(self, name: str) -> str:
        """A secret's value; empty when it is not set."""
        value = self.secrets.get(name)
        return value.get_secret_value() if value else ""


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """A request of a platform as it came: header names in lower case, the body's raw bytes."""

    headers: Mapping[str, str]
    body: bytes
    query: Mapping[str, str] = field(default_factory=dict)
    duplicate_headers: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """One message to one person, ready to be sent. `callback` is our key that some platforms echo."""

    address: str
    message: OutgoingMessage
    callback: str
    reply_window_open: bool = True
    last_incoming_id: str = ""
    sequence: int = 0


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file's bytes, ready to be uploaded."""

    name: str
    mime: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An HTTP answer."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Transport(Protocol):
    """Plain HTTP, out. Raises `core.errors.Ambiguous` when the request may have arrived, `Unavailable` when it did not.

    Only hosts that were named beforehand are called, redirects are not followed, and a body longer than `max_bytes`
    is `Refused`.
    """

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        form: Mapping[str, str | Upload] | None = None,
        params: Mapping[str, str] | None = None,
        timeout: float = 20.0,
        max_bytes: int = 4 << 20,
    ) -> Reply: ...


FileLoader = Callable[[Attachment], Awaitable[Upload]]


@dataclass(frozen=True, kw_only=True)
class Tools:
    """What a connector may use: HTTP out, and our own files by reference."""

    transport: Transport
    load: FileLoader


class Connector(ABC):
    """One kind of channel. Subclasses fill in the constants and the calls; `parse` and `fit` do no I/O.

    `part` is what only this kind needs, e.g. the hub of the web chat.
    """

    channel_type: ClassVar[str]
    max_text: ClassVar[int]
    secret_fields: ClassVar[tuple[str, ...]] = ()
    # Files sent together come as messages that nothing ties together; where a platform names the album, the parser
    # puts it into `detail["album"]`.
    loose_files: ClassVar[bool] = False
    # Whether a button can ask for the person's telephone number (channels.md §6).
    asks_phone: ClassVar[bool] = False
    # Seconds after which the sign that an answer is being written must be given again; 0: it lasts.
    typing_again: ClassVar[float] = 0.0
    # Codes of failed statuses that speak of the person, not of the message.
    unreachable_codes: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, tools: Tools, part: Any = None) -> None:
        self.tools = tools
        self.part = part

    @abstractmethod
    def verify(self, request: Webhook, channel: Channel) -> None:
        """Raise `NotGenuine` unless the platform itself sent this. Runs before anything is parsed."""

    def handshake(self, query: Mapping[str, str], channel: Channel) -> str | None:
        """The answer to the platform's check of our address; None when it is not genuine or there is no such check."""
        return None

    @abstractmethod
    def parse(self, payload: Any, channel: Channel) -> list[Event]:
        """Turn a decoded payload into events. Never raises for one bad element: that one becomes `Quarantined`."""

    @abstractmethod
    def fit(self, message: OutgoingMessage, channel: Channel) -> list[OutgoingMessage]:
        """Split and shape a message into parts that are one API call each; what was cut stands in `notes`."""

    @abstractmethod
    async def send(self, outgoing: Outgoing, channel: Channel) -> SendResult:
        """Make the one API call for a fitted part; raise a `SendError` of the right kind."""

    async def acknowledge(self, address: str, external_id: str, channel: Channel) -> None:
        """Show that a message was read and an answer is coming, where the platform can. Failures do not matter.

        Without an `external_id` only that an answer is still coming.
        """
        return None

    async def fetch(self, media: MediaRef, channel: Channel, max_bytes: int = 25 << 20) -> Upload:
        """Load a file the customer sent; `Refused` when it is too big or not ours to load."""
        raise Refused("this channel hands over no files", code="no_media")

    async def check(self, channel: Channel, plan: Plan) -> list[Finding]:
        """Compare what is set at the platform with what should be; faults come as findings, not as errors."""
        return []

    async def setup(self, channel: Channel, plan: Plan) -> list[Finding]:
        """Set at the platform what `check` looks for."""
        return []
