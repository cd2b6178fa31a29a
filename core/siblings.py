"""How many services share this database now, so that together they stay within what a platform allows one account.

Each writes a sign of life every few seconds and counts those of the others. Who comes into a company keeps still until
the others must have seen it; who has not been able to write for too long keeps still as well, for it may have been
counted out.

With the sign of life goes a word on the accounts that must rest: those that a platform told one of us to leave alone, and
those whose circuit is open. The others heed it at their next beat. Nothing is written for a message that is sent.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog
from sqlalchemy import delete, select
from sqlmodel import col

from core import lanes
from core.database import Database
from core.tables import Sibling

log = structlog.get_logger(__name__)
BEAT_SECONDS = 3.0
SEEN_SECONDS = BEAT_SECONDS + 2.0  # after this everybody has counted a new one
STALE_SECONDS = 8.0
NEWS_SECONDS = 0.25  # between two words that cannot wait for the next beat
GONE_SECONDS = 15.0  # later than stale: nobody takes a part whose owner still thinks it has one


@dataclass(frozen=True, kw_only=True)
class Rest:
    """An account must rest for so many seconds; `broken` when its circuit is open until then, at least."""

    seconds: float
    broken: bool = False


class Company(Protocol):
    """Whoever has something to tell the siblings, and heeds what they tell. Accounts are named by their channel's key."""

    def tell(self) -> Mapping[str, Rest]:
        """What this service has seen itself, nothing that it was told."""
        ...

    def heed(self, name: str, word: Mapping[str, Rest], *, leads: bool) -> None:
        """What the sibling of a name tells. Of two that try an account again, the one that `leads` does it for both."""
        ...


async def forget(db: Database) -> None:
    """Take all for dead: for a service that has just started and knows that it is alone."""
    async with db.transaction() as session:
        await session.execute(delete(Sibling))


class Siblings:
    """This service among its siblings."""

    def __init__(self, db: Database, now: Callable[[], float] = time.monotonic) -> None:
        self._db = db
        self._now = now
        self._name = uuid.uuid4().hex
        self._count = 1
        self._beat_at: float | None = None
        self._quiet_until = 0.0
        self._task: asyncio.Task[None] | None = None
        self._company: Company | None = None
        self._news = asyncio.Event()

    def join(self, company: Company) -> None:
        """Tell the others what somebody of this service has to say, and hand on what they tell."""
        self._company = company

    def announce(self) -> None:
        """There is news that the others should not have to wait for."""
        if self._count > 1:
            self._news.set()

    @property
    def count(self) -> int:
        """How many there are, this one included."""
        return self._count

    def quiet(self) -> float:
        """For how many seconds this service must still keep from sending what is limited."""
        now = self._now()
        if self._beat_at is None or now - self._beat_at > STALE_SECONDS:
            return BEAT_SECONDS
        return max(0.0, self._quiet_until - now)

    async def start(self) -> None:
        await self.beat()
        self._task = asyncio.create_task(self._forever(), name="siblings")

    async def stop(self) -> None:
        """Leave the company; the others take the part over at their next beat."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        with contextlib.suppress(Exception):
            async with self._db.transaction() as session:
                await session.execute(delete(Sibling).where(col(Sibling.name) == self._name))

    async def beat(self) -> None:
        """Say that we live and what others should know, forget who has not said so for long, count, listen."""
        began, now = self._now(), self._db.now()
        sign: dict[str, Any] = {"seen_at": now, "word": _written(self._company.tell(), now) if self._company else {}}
        async with self._db.transaction() as session:
            saying = lanes.insert_for(self._db, Sibling).values(name=self._name, **sign)
            await session.execute(saying.on_conflict_do_update(index_elements=["name"], set_=sign))
            await session.execute(delete(Sibling).where(col(Sibling.seen_at) < now - timedelta(seconds=GONE_SECONDS)))
            all_of_us = (await session.execute(select(col(Sibling.name), col(Sibling.word)))).all()
        self._count = len(all_of_us)
        is_new = self._beat_at is None or began - self._beat_at > STALE_SECONDS
        if is_new and self._count > 1:
            self._quiet_until = began + SEEN_SECONDS
        self._beat_at = began
        for name, word in all_of_us:
            if name != self._name:
                self._listen(name, word, now)

    def _listen(self, name: str, word: Mapping[str, Any], now: datetime) -> None:
        if self._company is None:
            return
        try:
            self._company.heed(name, _read(word, now), leads=name < self._name)
        except (KeyError, TypeError, ValueError):
            # Another version's, in the middle of an exchange of versions: no reason to stop sending.
            log.warning("A sibling's word could not be read.", action="beat", sibling=name)

    async def _forever(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(BEAT_SECONDS):
                    await asyncio.sleep(NEWS_SECONDS)
                    await self._news.wait()
            self._news.clear()
            try:
                await self.beat()
            except Exception as error:
                log.error("No sign of life could be written.", action="beat", error=type(error).__name__)


def _written(word: Mapping[str, Rest], now: datetime) -> dict[str, dict[str, Any]]:
    return {
        account: {"until": (now + timedelta(seconds=rest.seconds)).isoformat(), "broken": rest.broken}
        for account, rest in word.items()
    }


def _read(word: Mapping[str, Mapping[str, Any]], now: datetime) -> dict[str, Rest]:
    return {
        account: Rest(
            seconds=(datetime.fromisoformat(said["until"]) - now).total_seconds(), broken=bool(said["broken"])
        )
        for account, said in word.items()
    }
