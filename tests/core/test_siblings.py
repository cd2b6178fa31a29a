"""Services on one database know of each other, soon enough that together they never take more than there is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import insert

from core.clock import ManualClock
from core.database import Database
from core.siblings import BEAT_SECONDS, GONE_SECONDS, SEEN_SECONDS, STALE_SECONDS, Rest, Siblings, forget
from core.tables import Sibling


class Company:
    """Some services on a clock of the test."""

    def __init__(self, db: Database, clock: ManualClock) -> None:
        self._db = db
        self._clock = clock

    def one(self) -> Siblings:
        return Siblings(self._db, lambda: self._clock.now().timestamp())

    def later(self, seconds: float) -> None:
        self._clock.advance(timedelta(seconds=seconds))


async def test_who_comes_keeps_still_until_the_others_have_counted_it(database: Database, clock: ManualClock) -> None:
    company = Company(database, clock)
    first, second = company.one(), company.one()
    assert first.quiet() > 0, "nobody sends before the first sign of life"
    await first.beat()
    assert (first.count, first.quiet()) == (1, 0.0), "alone: no reason to wait"
    company.later(1)
    await second.beat()
    assert second.count == 2 and second.quiet() == SEEN_SECONDS > BEAT_SECONDS
    company.later(BEAT_SECONDS - 1)
    await first.beat()
    assert (first.count, first.quiet()) == (2, 0.0), "the first goes on with its part"
    company.later(SEEN_SECONDS - BEAT_SECONDS + 1)
    await second.beat()
    assert (second.count, second.quiet()) == (2, 0.0)


async def test_who_dies_is_forgotten_but_not_before_it_must_have_stopped(
    database: Database, clock: ManualClock
) -> None:
    company = Company(database, clock)
    first, frozen = company.one(), company.one()
    await first.beat()
    await frozen.beat()
    company.later(STALE_SECONDS + 0.1)
    await first.beat()
    assert frozen.quiet() > 0 and first.count == 2, "it keeps still before its part is taken"
    company.later(GONE_SECONDS - STALE_SECONDS)
    await first.beat()
    assert first.count == 1
    await frozen.beat()
    assert frozen.count == 2 and frozen.quiet() == SEEN_SECONDS, "back again, it is new"


async def test_who_leaves_is_gone_at_once_and_a_lone_start_forgets_the_dead(
    database: Database, clock: ManualClock
) -> None:
    company = Company(database, clock)
    first, second, dead = company.one(), company.one(), company.one()
    for one in (first, second, dead):
        await one.beat()
    await second.stop()
    await first.beat()
    assert first.count == 2
    await forget(database)
    await first.beat()
    assert (first.count, first.quiet()) == (1, 0.0)


class Talker:
    """Tells what a test gives it, and keeps what it hears."""

    def __init__(self) -> None:
        self.word: dict[str, Rest] = {}
        self.heard: list[dict[str, Rest]] = []
        self.leaders = 0

    def tell(self) -> Mapping[str, Rest]:
        return self.word

    def heed(self, name: str, word: Mapping[str, Rest], *, leads: bool) -> None:
        self.heard.append(dict(word))
        self.leaders += leads


async def test_what_one_tells_the_others_hear_and_nobody_hears_himself(database: Database, clock: ManualClock) -> None:
    company = Company(database, clock)
    both, words = [company.one(), company.one()], [Talker(), Talker()]
    for one, talker in zip(both, words, strict=True):
        one.join(talker)
    words[0].word = {"whatsapp:1": Rest(seconds=30), "telegram:1": Rest(seconds=15, broken=True)}
    await both[0].beat()
    company.later(2)
    await both[1].beat()
    assert words[1].heard == [{"whatsapp:1": Rest(seconds=28), "telegram:1": Rest(seconds=13, broken=True)}]
    async with database.transaction() as session:
        strange = insert(Sibling).values(
            name="strange", seen_at=database.now(), word={"whatsapp:1": "of a later version"}
        )
        await session.execute(strange)
    words[0].word = {}
    for one in both:
        await one.beat()
    assert words[0].heard == [{}] and words[1].heard[-1] == {}, "what is over is told no more"
    assert {words[0].leaders > 0, words[1].leaders > 0} == {True, False}, "of two, one leads"
