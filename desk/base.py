"""What the desk needs from the service, who is signed in, and the rule that every route must name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from aiohttp import web
from sqlmodel.ext.asyncio.session import AsyncSession

from complaints.service import Complaints
from core import yaml_text
from core.answers import Answers
from core.database import Database
from core.errors import ConfigurationError
from core.inbox import Inbox
from core.message_forms import MessageForm
from core.messages import Attachment, MediaRef, OutgoingMessage
from core.outbox import Outbox
from core.settings import Settings
from core.tables import Conversation, Quarantine
from core.tenants import Tenants
from handoff.bridge import Bridge
from handoff.brief import Suggestion
from handoff.service import Handoff
from handoff.voice import Voice
from utility.base import UtilityGateway
from utility.ownership import Ownership

ROLES_FILE = Path(__file__).parent / "roles.yml"
PUBLIC = "public"


class ReadAgain(Protocol):
    """Reads a payload that could not be read, as it came or mended; says what is wrong with it, or nothing."""

    async def __call__(self, session: AsyncSession, row: Quarantine, body: str, who: str) -> str: ...


class Post(Protocol):
    """Queues an operator's message like the bot's; the same `dedupe` again writes nothing."""

    async def __call__(
        self, session: AsyncSession, conversation: Conversation, message: OutgoingMessage, dedupe: str
    ) -> bool: ...


@dataclass(frozen=True, kw_only=True)
class File:
    """A file of a customer or of ours, in memory."""

    name: str
    mime: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The parts of the service that the desk uses.

    `wake` tells workers and senders that there is something to do; `refresh` lets what was published count at once;
    `open_channels` says which accounts can send now; `message_forms` are the approved ones of a tenant's channel, or of all;
    `keep` stores a file of an operator.
    """

    settings: Settings
    key: bytes = field(repr=False)
    db: Database
    inbox: Inbox
    outbox: Outbox
    tenants: Tenants
    answers: Answers
    complaints: Complaints
    utility: UtilityGateway
    ownership: Ownership
    handoff: Handoff
    bridge: Bridge
    suggest: Callable[[str, int], Awaitable[Suggestion | None]]
    voice: Voice
    post: Post
    read_again: ReadAgain
    put_aside: Callable[[AsyncSession, Quarantine, str], str]
    refresh: Callable[[], Awaitable[None]]
    typing: Callable[[Conversation, bool], Awaitable[None]]
    keep: Callable[[str, bytes], Awaitable[MediaRef]]
    open_channels: Callable[[], Mapping[str, bool]]
    channel_tenants: Mapping[str, str]
    wake: Callable[[], None]
    channel_types: Mapping[str, str]
    message_forms: Callable[[str, str], list[MessageForm]]
    fetch: Callable[[str, MediaRef], Awaitable[File]]
    load: Callable[[Attachment], Awaitable[File]]


@dataclass(frozen=True, kw_only=True)
class Me:
    """Who is signed in, for one request."""

    id: int
    login: str
    name: str
    role: str
    tenant: str
    csrf: str
    may: frozenset[str]
    session_key: str
    form: str = ""


ME: web.RequestKey[Me] = web.RequestKey("me", Me)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A route with the permission it asks for. There is no other way to add a route to the desk."""

    method: str
    path: str
    handler: Handler
    permission: str


def load_roles(path: Path = ROLES_FILE) -> dict[str, frozenset[str]]:
    """Role to permissions."""
    document: dict[str, Any] = yaml_text.load(path.read_text("utf-8"))
    roles = {str(role): frozenset(map(str, words)) for role, words in document.items()}
    if any(PUBLIC in words for words in roles.values()):
        raise ConfigurationError(f"{path}: {PUBLIC!r} is no permission to give")
    return roles


def whole(value: object) -> int:
    """A whole number that came from outside; 0 when it is none or beyond any row's."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0
