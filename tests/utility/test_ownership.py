"""Whose account it is: proofs, one-time codes, limits, and that asking tells a stranger nothing."""

from __future__ import annotations

import asyncio
import logging
import re
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.clock import ManualClock
from core.database import Database
from core.errors import LeaseLost, UtilityUnavailable
from core.tables import Contact, Conversation
from core.tenants import Tenant, Tenants
from utility.challenge import ChallengeState
from utility.local import LocalUtility
from utility.ownership import TRIES, CodeChallenge, Ownership
from utility.tables import AccountLink, UtilityAccount

BD = "bangladesh-power-division"
OWN, FOREIGN, UNKNOWN = "12345678", "23456789", "87654321"
NUMBERS = {"desco": OWN, "dpdc": FOREIGN, "nesco": UNKNOWN}
KEY = b"a key of thirty-two bytes or so.."


@dataclass
class Sms:
    """Text messages that were queued."""

    sent: list[tuple[str, str, str]] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    async def __call__(self, to: str, text: str, dedupe: str, *, session: AsyncSession | None = None) -> None:
        if dedupe not in self.seen:
            self.seen.add(dedupe)
            self.sent.append((to, text, dedupe))

    @property
    def code(self) -> str:
        found = re.search(r"\d{6}", self.sent[-1][1])
        assert found
        return found.group()


@dataclass
class Turn:
    """What an action's context gives."""

    tenant: Tenant
    conversation_id: int
    contact_id: int
    inbox_id: int
    language: str = "bn"
    guard: Callable[[AsyncSession], Awaitable[None]] = field(default=lambda session: asyncio.sleep(0))

    def key(self, effect: str) -> str:
        return f"{self.inbox_id}:{effect}"


class World:
    """Conversations, their turns, and the ownership of a demo database."""

    def __init__(self, db: Database, tenants: Tenants, floor: float = 0.0) -> None:
        self.db, self.sms, self.count = db, Sms(), 0
        self.tenant = tenants.get(BD)
        self.ownership = Ownership(db, tenants, LocalUtility(db, tenants), KEY, self.sms, floor_seconds=floor)

    async def person(self) -> Turn:
        async with self.db.transaction() as session:
            contact = Contact(tenant=BD, created_at=self.db.now())
            session.add(contact)
            await session.flush()
            conversation = Conversation(
                tenant=BD, channel="web", contact_id=contact.id, address=f"web:{contact.id}", created_at=self.db.now()
            )
            session.add(conversation)
            await session.flush()
            assert contact.id and conversation.id
        return self.next(Turn(self.tenant, conversation.id, contact.id, 0))

    def next(self, turn: Turn) -> Turn:
        self.count += 1
        return Turn(turn.tenant, turn.conversation_id, turn.contact_id, self.count)

    async def ask(self, turn: Turn, utility: str = "desco", number: str = OWN, purpose: str = "link"):
        return await self.ownership.request_code(self.next(turn), utility, number, purpose)

    async def type(self, turn: Turn, text: str, key: str = ""):
        return await self.ownership.try_code(
            conversation_id=turn.conversation_id, contact_id=turn.contact_id, text=text, effect_key=key
        )

    async def owned(self, turn: Turn, phone: str = "") -> list[str]:
        return [account.number for account in await self.ownership.accounts_of(turn.contact_id, phone, BD)]


@pytest.fixture
async def world(demo: Database, tenants: Tenants) -> World:
    return World(demo, tenants)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


async def test_a_proven_number_owns_its_accounts_at_once(world: World) -> None:
    turn = await world.person()
    assert await world.owned(turn, "+8801700000002") == ["104231245"]
    assert await world.owned(turn) == []
    assert await world.ownership.is_owner(turn.contact_id, "+8801700000002", BD, "wzpdcl", "104231245")
    assert not await world.ownership.is_owner(turn.contact_id, "+8801700000002", BD, "desco", OWN)
    assert not await world.ownership.is_owner(turn.contact_id, "+8801700000002", "mp-central", "wzpdcl", "104231245")


async def test_a_right_code_links_the_account(world: World) -> None:
    turn = await world.person()
    assert (await world.ask(turn, number="১২৩৪-৫৬৭৮", purpose="bill_pdf")).asked
    ((to, _, _),) = world.sms.sent
    assert to == "+8801700000001"
    pending = await world.ownership.pending(turn.conversation_id)
    assert pending and (pending.account, pending.purpose, pending.state) == (OWN, "bill_pdf", ChallengeState.OPEN)
    result = await world.type(turn, f"কোড {world.sms.code}", "77:code")
    assert result.ok and (result.utility, result.account, result.purpose) == ("desco", OWN, "bill_pdf")
    assert await world.owned(turn) == [OWN]
    assert await world.ownership.pending(turn.conversation_id) is None
    async with world.db.reading() as session:
        link = (await session.exec(select(AccountLink))).one()
    assert (link.effect_key, link.way) == ("77:code", "code")


async def test_a_meter_number_stands_for_its_account(world: World) -> None:
    turn = await world.person()
    await world.ask(turn, "dpdc", "0123 4567 8901")
    assert world.sms.sent[0][0] == "+8801700000003"
    assert (await world.type(turn, world.sms.code)).account == FOREIGN
    assert await world.owned(turn) == [FOREIGN]


async def test_a_code_works_once(world: World) -> None:
    turn = await world.person()
    await world.ask(turn)
    assert (await world.type(turn, world.sms.code)).ok
    assert (await world.type(turn, world.sms.code)).reason == "none"


async def test_a_delivery_repeated_gets_the_same_answer(world: World) -> None:
    turn = await world.person()
    asked = world.next(turn)
    for _ in range(3):
        assert (await world.ownership.request_code(asked, "desco", OWN)).asked
    assert len(world.sms.sent) == 1
    for _ in range(3):
        assert (await world.type(turn, wrong(world.sms.code), "5:code")).tries_left == 4
    for _ in range(3):
        assert (await world.type(turn, world.sms.code, "6:code")).ok
    async with world.db.reading() as session:
        assert len((await session.exec(select(AccountLink))).all()) == 1


async def test_a_code_is_bound_to_its_conversation(world: World) -> None:
    turn, other = await world.person(), await world.person()
    await world.ask(turn)
    assert (await world.type(other, world.sms.code)).reason == "none"
    stolen = await world.ownership.try_code(
        conversation_id=turn.conversation_id, contact_id=other.contact_id, text=world.sms.code
    )
    assert stolen.reason == "none"
    await world.ask(other, "dpdc", FOREIGN)
    first = re.search(r"\d{6}", world.sms.sent[0][1])
    assert first and not (await world.type(other, first.group())).ok
    assert await world.owned(other) == []


async def test_a_code_lives_five_minutes(world: World, clock: ManualClock) -> None:
    turn = await world.person()
    await world.ask(turn)
    clock.advance(timedelta(minutes=5))
    pending = await world.ownership.pending(turn.conversation_id)
    assert pending and pending.state is ChallengeState.EXPIRED
    assert (await world.type(turn, world.sms.code)).reason == "expired"
    assert await world.owned(turn) == []
    clock.advance(timedelta(minutes=26))
    assert await world.ownership.pending(turn.conversation_id) is None


async def test_a_new_code_ends_the_old_one(world: World) -> None:
    turn = await world.person()
    await world.ask(turn)
    old = world.sms.code
    await world.ask(turn)
    new = world.sms.code
    if old != new:
        assert not (await world.type(turn, old)).ok
    assert (await world.type(turn, new)).ok


async def test_five_tries(world: World) -> None:
    turn = await world.person()
    await world.ask(turn)
    bad = wrong(world.sms.code)
    results = [await world.type(turn, bad, f"{place}:code") for place in range(7)]
    assert [result.reason for result in results] == ["wrong"] * 4 + ["locked"] * 3
    assert [result.tries_left for result in results] == [4, 3, 2, 1, 0, 0, 0]
    assert (await world.type(turn, world.sms.code, "99:code")).reason == "locked"
    assert await world.owned(turn) == []


class Counting(Ownership):
    """Counts how many codes were compared."""

    compared = 0

    def _matches(self, row: CodeChallenge, typed: str) -> bool:
        self.compared += 1
        return super()._matches(row, typed)


@pytest.mark.parametrize("right_among", [False, True])
async def test_100_guesses_at_once(demo: Database, tenants: Tenants, right_among: bool) -> None:
    world = World(demo, tenants)
    counting = Counting(demo, tenants, LocalUtility(demo, tenants), KEY, world.sms, floor_seconds=0)
    turn = await world.person()
    await counting.request_code(turn, "desco", OWN)
    code = world.sms.code
    guesses = [f"{(int(code) + step) % 10**6:06d}" for step in range(0 if right_among else 1, 101)][:100]

    async def guess(place: int, text: str):
        return await counting.try_code(conversation_id=turn.conversation_id, text=text, effect_key=f"{place}:code")

    results = await asyncio.gather(*(guess(place, text) for place, text in enumerate(guesses)))
    assert counting.compared <= TRIES
    assert sum(result.ok for result in results) <= 1
    if not right_among:
        assert counting.compared == TRIES
        assert not any(result.ok for result in results)
        assert sum(result.reason == "locked" for result in results) == 96
    async with demo.reading() as session:
        row = (await session.exec(select(CodeChallenge))).one()
    assert row.tries == counting.compared


async def test_three_codes_an_hour_for_a_conversation(world: World, clock: ManualClock) -> None:
    turn = await world.person()
    for utility, number in NUMBERS.items():
        assert (await world.ask(turn, utility, number)).asked
    refused = await world.ask(turn, "bpdb", "11112222")
    assert not refused.asked and refused.retry_at == clock.now() + timedelta(hours=1)
    clock.advance(timedelta(hours=1))
    assert (await world.ask(turn, "bpdb", "11112222")).asked


@pytest.mark.parametrize(("utility", "number"), NUMBERS.items())
async def test_three_codes_an_hour_for_an_account(world: World, utility: str, number: str) -> None:
    """Also for one that does not exist: the limit tells nothing either."""
    for _ in range(3):
        assert (await world.ask(await world.person(), utility, number)).asked
    assert not (await world.ask(await world.person(), utility, number)).asked
    assert len(world.sms.sent) == (0 if number == UNKNOWN else 3)


async def test_ten_numbers_a_day(world: World, clock: ManualClock) -> None:
    turn = await world.person()
    for step in range(10):
        assert (await world.ask(turn, "desco", f"{50000000 + step}")).asked
        clock.advance(timedelta(minutes=30))
    clock.advance(timedelta(hours=2))
    assert not (await world.ask(turn, "desco", OWN)).asked
    assert (await world.ask(turn, "desco", "50000001")).asked  # one of the ten
    assert world.sms.sent == []


async def test_limits_hold_when_asked_at_once(world: World) -> None:
    turns = [await world.person() for _ in range(20)]
    results = await asyncio.gather(*(world.ask(turn) for turn in turns))
    assert sum(result.asked for result in results) == 3
    assert len(world.sms.sent) == 3


async def test_a_telephone_is_not_flooded_through_several_accounts(world: World) -> None:
    async with world.db.transaction() as session:
        rows = (await session.exec(select(UtilityAccount).where(UtilityAccount.utility == "nesco"))).all()
        for row in rows:
            row.mobile = "+8801711111111"
            session.add(row)
    numbers = [row.number for row in rows][:7]
    results = [await world.ask(await world.person(), "nesco", number) for number in numbers]
    assert all(result.asked for result in results)
    assert len(world.sms.sent) == 5


async def test_a_number_that_does_not_exist_is_answered_like_a_strangers(world: World) -> None:
    """The same words, rows and reasons at every step; only no text message leaves."""
    told = {}
    for utility, number in NUMBERS.items():
        turn = await world.person()
        asked = await world.ask(turn, utility, number)
        pending = await world.ownership.pending(turn.conversation_id)
        assert pending
        tries = [await world.type(turn, "000000", f"{number}{place}") for place in range(6)]
        told[number] = (
            asked,
            pending.state,
            pending.tries_left,
            pending.expires_at,
            [(result.ok, result.reason, result.tries_left) for result in tries],
        )
        assert await world.owned(turn) == []
    assert told[OWN] == told[FOREIGN] == told[UNKNOWN]
    assert [to for to, _, _ in world.sms.sent] == ["+8801700000001", "+8801700000003"]
    async with world.db.reading() as session:
        rows = (await session.exec(select(CodeChallenge).order_by(col(CodeChallenge.id)))).all()
    assert len(rows) == 3 and [row.real for row in rows] == [True, True, False]
    assert len({len(row.code_hash) for row in rows}) == 1


async def _answer_times(world: World, known: list[str]) -> dict[str, list[float]]:
    """Seconds of the answers for known and for unknown numbers, asked in turn by strangers."""
    times: dict[str, list[float]] = {"known": [], "unknown": []}
    for number in known:
        for kind, asked in (("known", number), ("unknown", f"{99 - int(number[:2]):02d}{number[2:][::-1]}")):
            turn = await world.person()
            began = time.perf_counter()
            await world.ask(turn, "desco", asked)
            times[kind].append(time.perf_counter() - began)
    return times


async def test_the_answer_takes_the_same_time(demo: Database, tenants: Tenants, clock: ManualClock) -> None:
    """Known, strangers' and unknown numbers in turn; neither the middle nor the spread tells them apart.

    A difference that is ours is there each time, one that the machine made is not: the quietest of three rounds counts.
    """
    floor = 0.12
    world = World(demo, tenants, floor)
    async with demo.reading() as session:
        rows = (await session.exec(select(UtilityAccount).where(col(UtilityAccount.utility) == "desco"))).all()
    known = [row.number for row in rows][:7]
    assert len(known) == 7
    # The first call of all pays for compiled statements.
    await world.ask(await world.person(), "dpdc", FOREIGN)
    seen: list[dict[str, float]] = []
    for _ in range(3):
        clock.advance(timedelta(hours=2))  # so many codes of one account are given in an hour
        times = await _answer_times(world, known * 2)
        assert min(times["known"] + times["unknown"]) >= floor
        seen.append({kind: statistics.median(values) for kind, values in times.items()})
        # A stranger who guesses by the time alone is right about as often as by tossing a coin.
        threshold = statistics.median(times["known"] + times["unknown"])
        slow = sum(value > threshold for value in times["known"])
        right = slow + sum(value <= threshold for value in times["unknown"])
        if abs(seen[-1]["known"] - seen[-1]["unknown"]) < 0.006 and 0.2 <= right / 28 <= 0.8:
            return
    raise AssertionError(f"the time tells them apart: {seen}")


async def test_the_wait_is_there_also_when_refused(demo: Database, tenants: Tenants) -> None:
    world = World(demo, tenants, 0.08)
    turn = await world.person()
    for utility, number in NUMBERS.items():
        await world.ask(turn, utility, number)
    began = time.perf_counter()
    assert not (await world.ask(turn, "bpdb", "11112222")).asked
    assert time.perf_counter() - began >= 0.08


async def test_no_code_in_any_table_or_log(world: World, caplog: pytest.LogCaptureFixture, capsys) -> None:
    caplog.set_level(logging.DEBUG)
    turn = await world.person()
    await world.ask(turn)
    code = world.sms.code
    await world.type(turn, wrong(code))
    await world.type(turn, code)
    for _ in range(4):
        await world.ask(turn)
    async with world.db.reading() as session:
        stored = [repr(row.model_dump()) for row in (await session.exec(select(CodeChallenge))).all()]
        stored += [repr(row.model_dump()) for row in (await session.exec(select(AccountLink))).all()]
    output = capsys.readouterr()
    assert code not in caplog.text + output.out + output.err
    # A hash of 64 letters may hold any six digits by chance; whole words may not.
    assert not any(re.search(rf"(?<![0-9a-f]){code}(?![0-9a-f])", line) for line in stored)


async def test_a_turn_that_is_over_sends_nothing(world: World) -> None:
    turn = await world.person()

    async def lost(session: AsyncSession) -> None:
        raise LeaseLost("the turn is over")

    with pytest.raises(LeaseLost):
        await world.ownership.request_code(
            Turn(turn.tenant, turn.conversation_id, turn.contact_id, 9, guard=lost), "desco", OWN
        )
    assert world.sms.sent == []
    assert await world.ownership.pending(turn.conversation_id) is None


async def test_a_link_ends_when_the_account_gets_another_mobile(world: World) -> None:
    turn = await world.person()
    await world.ask(turn)
    await world.type(turn, world.sms.code)
    assert await world.owned(turn) == [OWN]
    async with world.db.transaction() as session:
        row = (await session.exec(select(UtilityAccount).where(UtilityAccount.number == OWN))).one()
        row.mobile = "+8801722222222"
        session.add(row)
    assert await world.owned(turn) == []
    # The new mobile proves it anew.
    await world.ask(turn)
    assert world.sms.sent[-1][0] == "+8801722222222"
    assert (await world.type(turn, world.sms.code)).ok
    assert await world.owned(turn) == [OWN]


async def test_unlink(world: World) -> None:
    turn = await world.person()
    await world.ask(turn)
    await world.type(turn, world.sms.code)
    assert await world.ownership.unlink(turn, "desco", OWN)
    assert await world.owned(turn) == []
    assert not await world.ownership.unlink(turn, "desco", OWN)


async def test_a_company_of_another_tenant_is_not_asked(world: World) -> None:
    turn = await world.person()
    assert (await world.ask(turn, "mpcz", "N1234567890")).asked
    assert world.sms.sent == []


async def test_when_the_company_cannot_be_asked_nothing_is_written(demo: Database, tenants: Tenants) -> None:
    class Down(LocalUtility):
        async def account(self, tenant: str, utility: str, number: str):
            raise UtilityUnavailable("down")

    world = World(demo, tenants)
    ownership = Ownership(demo, tenants, Down(demo, tenants), KEY, world.sms, floor_seconds=0)
    turn = await world.person()
    with pytest.raises(UtilityUnavailable):
        await ownership.request_code(turn, "desco", OWN)
    assert await ownership.pending(turn.conversation_id) is None


async def test_a_number_shown_to_be_ones_own_links_its_accounts(world: World) -> None:
    turn, stranger = await world.person(), await world.person()
    for _ in range(2):
        await world.ownership.link_phone(turn.contact_id, BD, "+8801700000001", "7:contact")
    assert await world.owned(turn) == [OWN] and await world.owned(stranger) == []
    async with world.db.transaction() as session:
        await session.execute(update(UtilityAccount).where(col(UtilityAccount.number) == OWN).values(mobile="+8801711"))
    assert await world.owned(turn) == [], "a new number on the account may be a new customer"


async def test_a_code_to_a_number_opens_every_account_that_has_it(world: World) -> None:
    async with world.db.transaction() as session:
        change = update(UtilityAccount).where(col(UtilityAccount.number) == "104231245")
        await session.execute(change.values(mobile="+8801700000001"))
    turn = await world.person()
    asked = world.next(turn)
    for _ in range(2):
        assert (await world.ownership.request_phone_code(asked, "+8801700000001")).asked
    assert [to for to, _, _ in world.sms.sent] == ["+8801700000001"]
    assert not (await world.type(turn, wrong(world.sms.code))).ok and await world.owned(turn) == []
    assert (await world.type(turn, world.sms.code, "9:code")).ok
    assert sorted(await world.owned(turn)) == ["104231245", OWN]


async def test_a_number_nobody_has_is_sent_nothing_and_counts_all_the_same(world: World) -> None:
    turn = await world.person()
    for _ in range(3):
        assert (await world.ownership.request_phone_code(world.next(turn), "+8801799999999")).asked
    assert not world.sms.sent
    assert not (await world.ownership.request_phone_code(world.next(turn), "+8801799999999")).asked
    assert not (await world.type(turn, "123456")).ok
