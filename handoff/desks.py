"""The desk behind an interface: where people answer may be ours or another one (docs/desks.md).

A desk is told of conversations and of all that is said in them; it says who is there, and its own events come back as
`Heard`. Ours reads the same tables as everything else, so there is nothing to tell it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from core.errors import SathiError


class DeskDown(SathiError):
    """The desk could not be reached, or did not do what it was asked; it may be tried again."""


@dataclass(frozen=True, kw_only=True)
class Present:
    """Somebody at a desk. `id` is unique among all operators of the installation."""

    id: int
    name: str
    there: bool


@dataclass(frozen=True, kw_only=True)
class Case:
    """A conversation as a desk gets it first. `key` is our own name for it and for the person."""

    key: str
    person: str
    name: str
    phone: str
    channel: str
    language: str
    brief: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Reference:
    """How a desk names a conversation and its person."""

    person: str
    conversation: str


@dataclass(frozen=True, kw_only=True)
class Attached:
    """A file of a message."""

    name: str
    mime: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Said:
    """One message of the transcript. `mine` when it was said to the customer, by the bot or by a person."""

    seq: int
    text: str
    author: str
    mine: bool
    files: tuple[Attached, ...] = ()


class DeskStatus(StrEnum):
    """What a desk shows of a conversation."""

    OPEN = "open"
    SNOOZED = "snoozed"
    BOT = "bot"
    RESOLVED = "resolved"


class HeardKind(StrEnum):
    """What somebody at a desk did."""

    TAKEN = "taken"
    WROTE = "wrote"
    RETURNED = "returned"
    RESOLVED = "resolved"
    SNOOZED = "snoozed"


@dataclass(frozen=True, kw_only=True)
class Heard:
    """An event of a desk. `id` is the same however often it is delivered."""

    id: str
    kind: HeardKind
    conversation: str
    operator: Present | None = None
    text: str = ""


class Desk(Protocol):
    """Where people answer."""

    @property
    def name(self) -> str:
        """A short name, kept with what belongs to this desk."""
        ...

    @property
    def reads_tables(self) -> bool:
        """Whether it sees our tables itself and need not be told of anything."""
        ...

    async def people(self) -> Sequence[Present]:
        """Who is there now."""
        ...

    async def open(self, case: Case) -> Reference:
        """Show a conversation; a person who is known already is found by their key."""
        ...

    async def told(self, reference: Reference) -> int:
        """The last message of the transcript that it has, by its number; 0 for none."""
        ...

    async def tell(self, reference: Reference, said: Said) -> None:
        """Show one more message."""
        ...

    async def note(self, reference: Reference, text: str) -> None:
        """Show words that the customer never sees."""
        ...

    async def warn(self, reference: Reference, danger: str) -> None:
        """Show that somebody in this conversation is in danger, before everything else."""
        ...

    async def show(self, reference: Reference, status: DeskStatus) -> None:
        """Show what state a conversation is in."""
        ...

    def read(self, headers: Mapping[str, str], body: bytes) -> Sequence[Heard]:
        """What a signed delivery says; NotGenuine when it is not signed by the desk, Malformed when it is no event."""
        ...


class OurDesk:
    """The desk at /desk/: it reads the tables itself, and its people act on the bridge directly."""

    name = "sathi"
    reads_tables = True

    async def people(self) -> Sequence[Present]:
        return ()

    async def open(self, case: Case) -> Reference:
        return Reference(person=case.person, conversation=case.key)

    async def told(self, reference: Reference) -> int:
        return 0

    async def tell(self, reference: Reference, said: Said) -> None:
        return None

    async def note(self, reference: Reference, text: str) -> None:
        return None

    async def warn(self, reference: Reference, danger: str) -> None:
        return None

    async def show(self, reference: Reference, status: DeskStatus) -> None:
        return None

    def read(self, headers: Mapping[str, str], body: bytes) -> Sequence[Heard]:
        return ()
