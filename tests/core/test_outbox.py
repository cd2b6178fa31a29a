"""The outbox: everything leaves, in order, at most as often as is safe."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.clock import ManualClock
from core.database import Database
from core.errors import Ambiguous, ChannelDown, LeaseLost, Refused, SendError, Throttled, Unavailable, WindowClosed
from core.messages import Attachment, Call, Delivery, Link, Location, OutgoingMessage, Priority, QuickReply, Template
from core.outbox import MAX_SENDS, Outbox, ToSend, enqueue
from core.retry import DOUBT_SECONDS, LIFETIME_SECONDS
from core.tables import OutboxRow, ParkedStatus
from tests.core.queues import CHANNEL, SECONDS, hear, lane_of, outbox_rows, say, status, together

A_LITTLE = timedelta(seconds=1)


@pytest.fixture
def outbox(database: Database) -> Outbox:
    return Outbox(database)


async def claim(outbox: Outbox, seconds: float = SECONDS) -> ToSend:
    sent = await outbox.claim_next("w", seconds)
    assert sent is not None, "nothing is ready to leave"
    return sent


async def send_all(outbox: Outbox) -> list[str]:
    texts = []
    while (sent := await outbox.claim_next("w", SECONDS)) is not None:
        texts.append(sent.message.text)
        await outbox.accept(sent, f"wamid.{sent.id}")
    return texts


async def only_row(database: Database) -> OutboxRow:
    (row,) = await outbox_rows(database)
    return row


# --- in, once and whole ----------------------------------------------------------------------------------------------


async def test_an_occasion_speaks_once(database: Database, outbox: Outbox) -> None:
    await say(database, "a", "b", dedupe="in:1")
    await say(database, "a", "b", dedupe="in:1")
    assert await send_all(outbox) == ["a", "b"]


async def test_a_message_comes_out_as_it_went_in(database: Database, outbox: Outbox) -> None:
    message = OutgoingMessage(
        text="বিল ৳ ১,৬১৮.০৫",
        choices=(QuickReply(token="t", title="PDF"),),
        link=Link(label="l", url="https://example.org"),
        call=Call(label="hotline", number="16999"),
        attachment=Attachment(ref="bill:x", name="x.pdf", mime="application/pdf"),
        template=Template(name="outage", language="bn", parameters=("১",)),
        location=Location(latitude=23.8, longitude=90.4),
        priority=Priority.NOTICE,
        facts={"amount": {"$money": "1618.05"}},
        notes=("cut",),
    )
    async with database.transaction() as session:
        await enqueue(session, database, channel=CHANNEL, address="a", dedupe="d", messages=[message])
    assert (await claim(outbox)).message == message


async def test_messages_go_with_their_transaction(database: Database, outbox: Outbox) -> None:
    with pytest.raises(RuntimeError):
        async with database.transaction() as session:
            await enqueue(
                session, database, channel=CHANNEL, address="a", dedupe="d", messages=[OutgoingMessage(text="no")]
            )
            raise RuntimeError
    assert await send_all(outbox) == []


# --- order -----------------------------------------------------------------------------------------------------------


async def test_messages_to_one_person_leave_one_after_the_other(database: Database, outbox: Outbox) -> None:
    await say(database, "1", "2")
    await say(database, "3")
    first = await claim(outbox)
    assert await outbox.claim_next("v", SECONDS) is None
    await outbox.accept(first, "x")
    assert await send_all(outbox) == ["2", "3"]


async def test_another_person_does_not_wait(database: Database, outbox: Outbox) -> None:
    await say(database, "1", "2")
    await say(database, "other", to="b")
    claims = await together(*(outbox.claim_next(f"w{n}", SECONDS) for n in range(4)))
    assert sorted(sent.message.text for sent in claims if sent) == ["1", "other"]


async def test_a_failed_try_keeps_the_next_message_waiting(
    database: Database, outbox: Outbox, clock: ManualClock
) -> None:
    await say(database, "1", "2")
    assert await outbox.fail(await claim(outbox), Unavailable("down", retry_after=5)) == "errored"
    assert await outbox.claim_next("w", SECONDS) is None
    clock.advance(timedelta(seconds=5))
    assert await send_all(outbox) == ["1", "2"]


async def test_a_hopeless_message_keeps_nobody_waiting(database: Database, outbox: Outbox) -> None:
    await say(database, "1", "2")
    assert await outbox.fail(await claim(outbox), Refused("no", code="131051")) == "failed"
    assert await send_all(outbox) == ["2"]


@pytest.mark.parametrize("first", [Priority.NOTICE, Priority.REPLY])
async def test_danger_overtakes(database: Database, outbox: Outbox, clock: ManualClock, first: Priority) -> None:
    for n in range(3):
        await say(database, f"bulk {n}", to=f"p{n}", priority=first)
    await say(database, "wait", to="p9", priority=first)
    clock.advance(A_LITTLE)
    await say(database, "danger", to="p9", priority=Priority.DANGER)
    assert (await send_all(outbox))[:2] == ["danger", "bulk 0"]


async def test_bulk_to_idle_people_does_not_overtake_replies(
    database: Database, outbox: Outbox, clock: ManualClock
) -> None:
    await say(database, "earlier", to="p1")
    await send_all(outbox)
    await say(database, "bulk", to="p1", priority=Priority.NOTICE)
    clock.advance(A_LITTLE)
    await say(database, "reply", to="p2")
    assert await send_all(outbox) == ["reply", "bulk"]


async def test_a_busy_account_is_passed_over(database: Database, outbox: Outbox) -> None:
    await say(database, "1", to="a")
    await say(database, "2", to="b")
    async with database.transaction() as session:
        words = [OutgoingMessage(text="3")]
        await enqueue(session, database, channel="telegram:1", address="c", dedupe="3", messages=words)
    sent = await outbox.claim_next("w", SECONDS, busy={CHANNEL: 0})
    assert sent is not None and sent.message.text == "3"
    assert await outbox.claim_next("w", SECONDS, busy={CHANNEL: 1}) is None
    await say(database, "fire", to="b", priority=Priority.DANGER)
    sent = await outbox.claim_next("w", SECONDS, busy={CHANNEL: 1})
    assert sent is not None and sent.message.text == "fire", "what is more urgent than the rank that waits may go"
    assert await outbox.next_due({CHANNEL: 0, "telegram:1": 0}) is None


# --- tries (R11) -----------------------------------------------------------------------------------------------------

FAILURES: list[tuple[SendError, str]] = [
    (Unavailable("503"), "errored"),
    (Throttled("slow down", retry_after=9), "errored"),
    (Throttled("slow down", scope="person"), "errored"),
    (ChannelDown("token"), "errored"),
    (Ambiguous("timeout"), "doubtful"),
    (WindowClosed("24 hours"), "held"),
    (Refused("bad", code="100"), "failed"),
]


@pytest.mark.parametrize(("error", "state"), FAILURES, ids=lambda value: type(value).__name__)
async def test_each_failure_has_its_state(database: Database, outbox: Outbox, error: SendError, state: str) -> None:
    await say(database, "a")
    assert await outbox.fail(await claim(outbox), error) == state
    row = await only_row(database)
    assert (row.state, row.error_words, row.error_code) == (state, error.words, error.code)
    assert await outbox.claim_next("w", SECONDS) is None


async def test_retry_after_is_kept(database: Database, outbox: Outbox, clock: ManualClock) -> None:
    await say(database, "a")
    await outbox.fail(await claim(outbox), Throttled("slow down", retry_after=120))
    clock.advance(timedelta(seconds=119))
    assert await outbox.claim_next("w", SECONDS) is None
    clock.advance(A_LITTLE)
    assert await send_all(outbox) == ["a"]


async def test_tries_end(database: Database, outbox: Outbox, clock: ManualClock) -> None:
    await say(database, "a", purpose="notice")
    for _ in range(MAX_SENDS - 1):
        assert await outbox.fail(await claim(outbox), Unavailable("503")) == "errored"
        clock.advance(timedelta(minutes=5))
    assert await outbox.fail(await claim(outbox), Unavailable("503")) == "failed"
    assert [row.id for row in await outbox.dead_letters()] == [1]


async def test_a_message_put_off_by_a_limit_costs_no_try(
    database: Database, outbox: Outbox, clock: ManualClock
) -> None:
    await say(database, "a", "b")
    await outbox.postpone(await claim(outbox), 6)
    row = (await outbox_rows(database))[0]
    assert (row.state, row.attempts) == ("queued", 0)
    assert await outbox.claim_next("w", SECONDS) is None
    clock.advance(timedelta(seconds=6))
    assert await send_all(outbox) == ["a", "b"]


@pytest.mark.parametrize("purpose", sorted(LIFETIME_SECONDS))
async def test_an_old_message_is_not_sent(database: Database, outbox: Outbox, clock: ManualClock, purpose: str) -> None:
    await say(database, "old", purpose=purpose)
    clock.advance(timedelta(seconds=LIFETIME_SECONDS[purpose] + 1))
    await say(database, "new")
    assert await send_all(outbox) == ["new"]
    assert (await outbox_rows(database))[0].state == "expired"


async def test_a_dead_letter_can_be_sent_after_all(database: Database, outbox: Outbox, clock: ManualClock) -> None:
    await say(database, "a")
    await outbox.fail(await claim(outbox), WindowClosed("24 hours"))
    clock.advance(timedelta(days=2))
    assert await outbox.replay(1)
    assert await send_all(outbox) == ["a"]
    assert not await outbox.replay(1), "it is no dead letter any more"
    assert not await outbox.replay(99)


# --- doubt (R6) ------------------------------------------------------------------------------------------------------


async def test_a_doubtful_message_is_sent_once_more(database: Database, outbox: Outbox, clock: ManualClock) -> None:
    await say(database, "a")
    await outbox.fail(await claim(outbox), Ambiguous("timeout"))
    clock.advance(timedelta(seconds=DOUBT_SECONDS - 1))
    assert await outbox.claim_next("w", SECONDS) is None
    clock.advance(A_LITTLE)
    await outbox.fail(await claim(outbox), Ambiguous("timeout"))
    clock.advance(timedelta(seconds=DOUBT_SECONDS))
    assert await outbox.claim_next("w", SECONDS) is None
    row = await only_row(database)
    assert (row.state, row.error_code, row.attempts) == ("failed", "doubtful", 2)


async def test_tries_that_surely_failed_do_not_use_up_the_one_repetition(
    database: Database, outbox: Outbox, clock: ManualClock
) -> None:
    await say(database, "a")
    for _ in range(2):
        await outbox.fail(await claim(outbox), Unavailable("503"))
        clock.advance(timedelta(minutes=1))
    await outbox.fail(await claim(outbox), Ambiguous("timeout"))
    clock.advance(timedelta(seconds=DOUBT_SECONDS))
    assert await send_all(outbox) == ["a"]


@pytest.mark.parametrize("purpose", ["code", "document"])
async def test_codes_and_documents_are_never_sent_twice(
    database: Database, outbox: Outbox, clock: ManualClock, purpose: str
) -> None:
    await say(database, "a", purpose=purpose)
    await outbox.fail(await claim(outbox), Ambiguous("timeout"))
    clock.advance(timedelta(seconds=DOUBT_SECONDS))
    assert await send_all(outbox) == []
    assert (await only_row(database)).state == "failed"


async def test_what_was_said_later_waits_for_a_doubt_but_danger_does_not(
    database: Database, outbox: Outbox, clock: ManualClock
) -> None:
    await say(database, "1", "2")
    await outbox.fail(await claim(outbox), Ambiguous("timeout"))
    assert await send_all(outbox) == []
    await say(database, "danger", priority=Priority.DANGER)
    assert await send_all(outbox) == ["danger"]
    await hear(database, status(Delivery.DELIVERED, callback="sathi-1"))
    assert await send_all(outbox) == ["2"]


async def test_a_status_ends_a_doubt(database: Database, outbox: Outbox, clock: ManualClock) -> None:
    await say(database, "a")
    await outbox.fail(await claim(outbox), Ambiguous("timeout"))
    assert await hear(database, status(Delivery.SENT, callback="sathi-1")) == 1
    clock.advance(timedelta(minutes=5))
    assert await send_all(outbox) == []
    row = await only_row(database)
    assert (row.state, row.external_id) == ("sent", "wamid.1")


async def test_a_late_status_corrects_a_guess(database: Database, outbox: Outbox, clock: ManualClock) -> None:
    await say(database, "a", purpose="code")
    await outbox.fail(await claim(outbox), Ambiguous("timeout"))
    clock.advance(timedelta(seconds=DOUBT_SECONDS))
    await send_all(outbox)
    await hear(database, status(Delivery.SENT, callback="sathi-1"))
    row = await only_row(database)
    assert (row.state, row.error_code) == ("sent", "")


async def test_a_frozen_sender_cannot_mark_a_message_of_others(
    database: Database, outbox: Outbox, clock: ManualClock
) -> None:
    await say(database, "a")
    frozen = await claim(outbox, 10)
    clock.advance(timedelta(seconds=11))
    assert await outbox.claim_next("v", SECONDS) is None  # now in doubt
    clock.advance(timedelta(seconds=DOUBT_SECONDS))
    again = await claim(outbox)
    for call in (outbox.accept(frozen, "old"), outbox.fail(frozen, Refused("x")), outbox.postpone(frozen, 1)):
        with pytest.raises(LeaseLost):
            await call
    assert (await only_row(database)).state == "sending"
    await outbox.accept(again, "new")
    assert (await only_row(database)).external_id == "new"


async def test_a_thawed_sender_ends_the_doubt_it_left(database: Database, outbox: Outbox, clock: ManualClock) -> None:
    await say(database, "a")
    frozen = await claim(outbox, 10)
    clock.advance(timedelta(seconds=11))
    assert await outbox.claim_next("v", SECONDS) is None
    with pytest.raises(LeaseLost):
        await outbox.accept(frozen, "wamid.9")
    clock.advance(timedelta(seconds=DOUBT_SECONDS))
    assert await outbox.claim_next("v", SECONDS) is None
    row = await only_row(database)
    assert (row.state, row.external_id) == ("sent", "wamid.9")


# --- statuses in any order (R20) -------------------------------------------------------------------------------------

ALL = list(Delivery)
ORDERS = [order for size in range(1, 5) for order in itertools.permutations(ALL, size)]


def furthest(order: tuple[Delivery, ...]) -> str:
    ranks = [Delivery.SENT, Delivery.FAILED, Delivery.DELIVERED, Delivery.READ]
    return max(order, key=ranks.index).value


@pytest.mark.parametrize("by", ["external id", "callback"])
async def test_statuses_in_any_order_and_at_any_time_end_the_same(database: Database, outbox: Outbox, by: str) -> None:
    """Every order of every subset, and every moment at which the answer to our call may come in between."""
    # All of them where it is quick; on PostgreSQL and by our own ids the pairs show the same.
    longest = 4 if database.is_sqlite and by == "callback" else 2
    cases = [(order, place) for order in ORDERS if len(order) <= longest for place in range(len(order) + 1)]
    for number in range(len(cases)):
        await say(database, f"m{number}", to=f"p{number}")
    ids = {row.address: row.id for row in await outbox_rows(database)}
    for _ in cases:
        sent = await claim(outbox)
        order, place = cases[int(sent.address[1:])]
        external_id = f"wamid.{sent.id}"
        for position, what in enumerate([*order, None]):
            if position == place:
                await outbox.accept(sent, external_id)
            if what is not None:
                callback = f"sathi-{ids[sent.address]}" if by == "callback" else ""
                await hear(database, status(what, external_id, callback=callback))
    rows = {row.address: row for row in await outbox_rows(database)}
    wrong = {
        (order, place): rows[f"p{number}"].state
        for number, (order, place) in enumerate(cases)
        if rows[f"p{number}"].state != furthest((Delivery.SENT, *order))
    }
    assert wrong == {}
    assert {row.external_id for row in rows.values()} == {f"wamid.{row.id}" for row in rows.values()}


async def test_a_status_heard_again_changes_nothing(database: Database, outbox: Outbox) -> None:
    await say(database, "a")
    await outbox.accept(await claim(outbox), "wamid.1")
    for what in (Delivery.READ, Delivery.READ, Delivery.DELIVERED, Delivery.SENT, Delivery.FAILED):
        await hear(database, status(what))
    row = await only_row(database)
    assert (row.state, row.error_code) == ("read", "")
    assert row.delivered_at is not None


async def test_a_failed_status_says_why(database: Database, outbox: Outbox) -> None:
    await say(database, "a")
    await outbox.accept(await claim(outbox), "wamid.1")
    await hear(database, status(Delivery.FAILED, code="131026", words="not on WhatsApp"))
    row = await only_row(database)
    assert (row.state, row.error_code, row.error_words) == ("failed", "131026", "not on WhatsApp")


async def test_a_status_of_nobody_is_parked_and_then_forgotten(
    database: Database, outbox: Outbox, clock: ManualClock
) -> None:
    assert await hear(database, status(Delivery.SENT, "unknown-1")) is None
    clock.advance(timedelta(minutes=11))
    assert await hear(database, status(Delivery.SENT, "unknown-2")) is None
    async with database.reading() as session:
        kept = (await session.execute(select(ParkedStatus.external_id))).scalars().all()
    assert kept == ["unknown-2"]


async def test_a_status_of_another_channel_is_not_ours(database: Database, outbox: Outbox) -> None:
    await say(database, "a")
    await outbox.accept(await claim(outbox), "wamid.1")
    async with database.transaction() as session:
        assert await outbox.apply_status(session, "whatsapp:2", status(Delivery.READ, callback="sathi-1")) is None
    assert (await only_row(database)).state == "sent"


async def test_a_watermark_reads_everything_before_it(database: Database, outbox: Outbox, clock: ManualClock) -> None:
    await say(database, "1", "2")
    await send_all(outbox)
    clock.advance(timedelta(minutes=2))
    await say(database, "3")
    await say(database, "theirs", to="b")
    await send_all(outbox)
    await hear(database, status(Delivery.READ, "", address="whatsapp:+8801700000001", watermark=True))
    assert [row.state for row in await outbox_rows(database)] == ["read", "read", "sent", "sent"]


async def test_a_late_status_on_the_old_try_does_not_touch_a_replayed_letter(
    database: Database, outbox: Outbox
) -> None:
    await say(database, "a")
    await outbox.accept(await claim(outbox), "wamid.1")
    await hear(database, status(Delivery.FAILED, code="1"))
    await outbox.replay(1)
    await hear(database, status(Delivery.FAILED, code="1"))
    assert await send_all(outbox) == ["a"]


# --- the account of it -----------------------------------------------------------------------------------------------


async def test_every_row_is_in_one_state(database: Database, outbox: Outbox, clock: ManualClock) -> None:
    for n in range(4):
        await say(database, f"m{n}", to=f"p{n}")
    await outbox.accept(await claim(outbox), "x")
    await outbox.fail(await claim(outbox), Refused("no"))
    await claim(outbox)
    assert await outbox.counts() == {"sent": 1, "failed": 1, "sending": 1, "queued": 1}


async def test_a_lane_with_nothing_left_rests(database: Database, outbox: Outbox) -> None:
    await say(database, "a")
    await send_all(outbox)
    lane = await lane_of(database, "out", f"{CHANNEL}|whatsapp:+8801700000001")
    assert (lane.ready_at, lane.owner, lane.lease_until) == (None, "", None)
