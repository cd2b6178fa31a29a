"""Turns handled one by one, with real tables, words and handoff, and a dialogue core that says what the test wants."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sqlmodel import col, select

from connectors import registry
from connectors.base import Channel, Tools
from core import inbox
from core.database import Database
from core.errors import TurnFailed
from core.inbox import Inbox
from core.messages import Actor, IncomingMessage, Kind
from core.outbox import Outbox
from core.settings import ROOT, Settings
from core.tables import Conversation, Message, OutboxRow
from gateway.limits import Limits
from gateway.people import People
from gateway.rasa_client import Answer, TurnResult
from gateway.services import Services
from gateway.speaking import Speaker
from gateway.turns import Turns
from gateway.webhooks import message_row
from handoff.desk_tables import DeskEvent, HandoffEvent, Operator, Takeover
from tests import readings

_numbers = itertools.count(1)


class Core:
    """The dialogue core: one answer as told, or none at all."""

    def __init__(self) -> None:
        self.next: TurnResult | None = None
        self.asked: list[dict[str, Any]] = []
        self.ready = True

    async def turn(self, request: dict[str, Any]) -> TurnResult:
        self.asked.append(request)
        if self.next is None:
            raise TurnFailed("no dialogue server is ready")
        return self.next


def result(*names: str, intent: str = "greet", topic: str = "", facts: dict[str, Any] | None = None) -> TurnResult:
    """What the dialogue core decided."""
    return TurnResult(
        intent=intent,
        confidence=0.9,
        topic=topic,
        language="en",
        entities=[],
        ranking=[],
        answers=[Answer(name=name, facts=facts or {}) for name in names],
        actions=[],
        state={"slots": {}, "active_loop": None},
    )


@dataclass
class Counter:
    """One service's turns and one customer. `db` has a clock that stands still."""

    db: Database
    core: Core = field(default_factory=Core)

    def __post_init__(self) -> None:
        self.tenants = readings.tenants(ROOT)
        self.tenant = self.tenants.all()[0].slug
        self.channel = Channel(key="web:t", type="webchat", tenant=self.tenant, account_id=self.tenant)
        connectors = registry.connectors(Tools(transport=None, load=None))  # type: ignore[arg-type]
        quiet: Any = SimpleNamespace(looks_like_code=lambda text: False)
        self.services = Services(
            settings=Settings(_env_file=None, data_dir=Path("/nonexistent")),
            key=b"k" * 32,
            db=self.db,
            inbox=Inbox(self.db),
            outbox=Outbox(self.db),
            tenants=self.tenants,
            answers=readings.words(ROOT),
            channels={self.channel.key: self.channel},
            connectors=connectors,
            utility=quiet,
            ownership=quiet,
            rasa=self.core,  # type: ignore[arg-type]
            load_file=None,  # type: ignore[arg-type]
            library=None,  # type: ignore[arg-type]
            limits=Limits(),
        )
        speaker = Speaker(self.services)
        self.people = People(self.services, speaker)
        self.turns = Turns(self.services, speaker, self.people)
        self.session = f"{next(_numbers):032x}"

    async def operator(self, id: int = 1, **fields: Any) -> Operator:
        """Somebody on duty."""
        values = {"tenant": self.tenant, "name": f"Operator {id}", "on_duty": True, "seen_at": self.db.now(), **fields}
        async with self.db.transaction() as session:
            return await session.merge(Operator(id=id, **values))

    async def say(self, text: str, decided: TurnResult | None = None, **fields: Any) -> list[str]:
        """Write a message; the names of the answers to it, or the text where it has none."""
        self.core.next = decided
        before = await self._last()
        values: dict[str, Any] = {"kind": Kind.TEXT, "text": text, "occurred_at": self.db.now(), **fields}
        message = IncomingMessage(
            external_id=f"{self.session}:{next(_numbers)}", addresses=(f"web:{self.session}",), **values
        )
        async with self.db.transaction() as session:
            await inbox.insert(session, self.db, [message_row(self.channel.key, message)])
        await self.work()
        return [row.answer or row.text for row in await self.rows(Message) if row.seq > before and _ours(row)]

    async def tap(self, title: str) -> list[str]:
        """Tap a choice under the last message that had it."""
        for row in reversed(await self.rows(Message)):
            for choice in row.payload.get("choices") or ():
                if choice["title"] == title:
                    return await self.say(title, kind=Kind.CHOICE, token=choice["token"])
        raise AssertionError(f"no choice {title!r}")

    async def work(self) -> list[str]:
        """Handle what is due, clocks of the handoff too."""
        done = []
        while (claimed := await self.services.inbox.claim_next("worker", 30)) is not None:
            done.append(await self.turns.handle(claimed))
        return done

    async def rows(self, table: Any) -> list[Any]:
        async with self.db.reading() as session:
            return list((await session.exec(select(table).order_by(col(table.id)))).all())

    async def conversation(self) -> Conversation:
        [found] = await self.rows(Conversation)
        return found

    async def status(self) -> str:
        return (await self.conversation()).status

    async def takeovers(self) -> list[Takeover]:
        return await self.rows(Takeover)

    async def moves(self) -> list[str]:
        return [row.move for row in await self.rows(HandoffEvent)]

    async def desk(self) -> list[str]:
        return [row.kind for row in await self.rows(DeskEvent)]

    async def texts(self) -> list[OutboxRow]:
        """Text messages to telephones."""
        return [row for row in await self.rows(OutboxRow) if row.channel.startswith("sms:")]

    async def _last(self) -> int:
        return max((row.seq for row in await self.rows(Message)), default=0)


def _ours(row: Message) -> bool:
    return row.direction == "outgoing" and row.author == Actor.BOT.value
