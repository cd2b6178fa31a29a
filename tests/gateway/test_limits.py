"""Limits and circuit breaker on a clock of the test."""

from __future__ import annotations

import heapq
from dataclasses import replace
from itertools import pairwise

import pytest

from connectors.base import Channel
from core.errors import Ambiguous, ChannelDown, Refused, SendError, Throttled, Unavailable, Unreachable, WindowClosed
from core.messages import Attachment, OutgoingMessage, Priority, QuickReply
from gateway.bubbles import merge
from gateway.limits import LIMITS, Limits
from tests.fakes.ledger import most_in_a_second

NUMBER = Channel(key="whatsapp:1", type="whatsapp", tenant="t", account_id="1")
BOT = Channel(key="telegram:1", type="telegram", tenant="t", account_id="1")


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limits(clock: Clock) -> Limits:
    return Limits(clock)


def run(
    limits: Limits, clock: Clock, line: list[tuple[float, int, Priority, str]], channel: Channel = NUMBER
) -> dict[int, float]:
    """Play senders: each message asks when it is due and waits as told; returns when each left."""
    queue = [(at, priority.rank, number, priority, person) for at, number, priority, person in line]
    heapq.heapify(queue)
    left: dict[int, float] = {}
    while queue:
        at, rank, number, priority, person = heapq.heappop(queue)
        clock.now = max(clock.now, at)
        wait = limits.wait(channel, person, priority)
        if wait <= 0:
            left[number] = clock.now
        else:
            heapq.heappush(queue, (clock.now + wait, rank, number, priority, person))
    return left


def test_never_above_80_in_any_second_and_danger_first(limits: Limits, clock: Clock) -> None:
    start = clock.now
    line = [(start, number, Priority.NOTICE, f"p{number}") for number in range(10_000)]
    line += [(start + 1 + number, 20_000 + number, Priority.DANGER, f"d{number}") for number in range(100)]
    line += [(start + 1 + number, 30_000 + number, Priority.REPLY, f"r{number}") for number in range(100)]
    left = run(limits, clock, line)
    assert len(left) == 10_200
    assert most_in_a_second(list(left.values())) <= 80
    danger = sorted(left[20_000 + number] - (start + 1 + number) for number in range(100))
    replies = sorted(left[30_000 + number] - (start + 1 + number) for number in range(100))
    assert danger[95] < 1 and replies[95] < 5
    assert max(left.values()) - start < 10_200 / 80 * 1.6, "most of the speed is used"


def test_one_person_gets_a_burst_then_one_in_six_seconds(limits: Limits, clock: Clock) -> None:
    start = clock.now
    left = run(limits, clock, [(start, number, Priority.REPLY, "p") for number in range(60)])
    times = sorted(left.values())
    assert sum(moment < start + 2 for moment in times) == LIMITS["whatsapp"][1].burst == 40
    assert min(later - earlier for earlier, later in pairwise(times[40:])) >= 5.99


@pytest.mark.parametrize("sharers", [2, 3, 5])
@pytest.mark.parametrize(("channel", "most"), [(NUMBER, 80), (BOT, 30)])
def test_several_processes_together_stay_within_it(clock: Clock, sharers: int, channel: Channel, most: int) -> None:
    all_of_them = [Limits(clock, lambda: sharers) for _ in range(sharers)]
    start, line = clock.now, 1500
    queue = [(start, number % sharers, number) for number in range(line)]
    heapq.heapify(queue)
    left: list[float] = []
    while queue:
        at, which, number = heapq.heappop(queue)
        clock.now = max(clock.now, at)
        wait = all_of_them[which].wait(channel, f"p{number}", Priority.DANGER if number % 9 == 0 else Priority.REPLY)
        if wait <= 0:
            left.append(clock.now)
        else:
            heapq.heappush(queue, (clock.now + wait, which, number))
    assert len(left) == line and most_in_a_second(left) <= most
    assert line / (left[-1] - start) > 0.45 * most, "and much of the speed is still used"


def test_a_process_that_comes_or_goes_changes_the_parts_at_once(clock: Clock) -> None:
    here = 1
    limits = Limits(clock, lambda: here)
    alone = run(limits, clock, [(clock.now, number, Priority.REPLY, f"a{number}") for number in range(300)])
    here = 2
    shared = run(limits, clock, [(clock.now, number, Priority.REPLY, f"b{number}") for number in range(300)])
    assert 45 < most_in_a_second(alone.values()) <= 80 and most_in_a_second(shared.values()) <= 40


def test_a_person_is_paced_whoever_sends(clock: Clock) -> None:
    """Two processes take turns; what one has sent is known to the other by the debt that stands in the lane."""
    both = [Limits(clock), Limits(clock)]
    full_at, left = 0.0, []
    for number in range(3000):
        limits = both[number % 2]
        if limits.wait(NUMBER, "p", Priority.REPLY, max(0.0, full_at - clock.now)) == 0:
            left.append(clock.now)
            full_at = clock.now + limits.debt(NUMBER, "p")
        clock.now += 0.1
    assert sum(moment < left[0] + 5 for moment in left) <= 41
    assert min(later - earlier for earlier, later in pairwise(left[41:])) > 5.9
    # A clock that leapt forwards far must not silence anybody for ever.
    assert both[0].wait(NUMBER, "q", Priority.REPLY, debt=1e9) < 300


def test_one_person_does_not_hold_up_another(limits: Limits, clock: Clock) -> None:
    for _ in range(40):
        clock.now += 0.1
        assert limits.wait(NUMBER, "p", Priority.REPLY) == 0
    assert limits.wait(NUMBER, "p", Priority.REPLY) > 0
    assert limits.wait(NUMBER, "q", Priority.REPLY) == 0
    assert limits.wait(NUMBER, "p", Priority.DANGER) == 0, "danger goes on where words must wait"


def test_telegram_has_its_own_limits(limits: Limits, clock: Clock) -> None:
    left = run(limits, clock, [(clock.now, number, Priority.REPLY, f"p{number}") for number in range(200)], BOT)
    assert most_in_a_second(list(left.values())) <= 30


def test_an_upgraded_number_may_send_more(limits: Limits, clock: Clock) -> None:
    fast = replace(NUMBER, key="whatsapp:2", options={"per_second": 1000})
    left = run(limits, clock, [(clock.now, number, Priority.REPLY, f"p{number}") for number in range(3000)], fast)
    assert 80 < most_in_a_second(list(left.values())) <= 1000


def test_files_on_messenger_are_slower_than_words(limits: Limits, clock: Clock) -> None:
    page = Channel(key="messenger:1", type="messenger", tenant="t", account_id="1")
    files, words = [], 0
    for number in range(2000):
        if limits.wait(page, f"p{number}", Priority.REPLY, file=True) == 0:
            files.append(clock.now)
        words += limits.wait(page, f"q{number}", Priority.REPLY) == 0
        clock.now += 0.01
    assert words > 1900, "words do not wait behind files"
    assert most_in_a_second(files) <= 10 and len(files) > 100
    assert all(limits.wait(BOT, f"p{number}", Priority.REPLY, file=True) == 0 for number in range(2))


def test_the_web_chat_has_none(limits: Limits) -> None:
    web = Channel(key="web:t", type="webchat", tenant="t", account_id="t")
    assert all(limits.wait(web, "p", Priority.NOTICE) == 0 for _ in range(1000))


def test_retry_after_is_obeyed_for_the_account(limits: Limits, clock: Clock) -> None:
    limits.throttled(NUMBER, "p", Throttled("x", retry_after=20))
    assert limits.wait(NUMBER, "q", Priority.DANGER) == pytest.approx(20, abs=0.5)
    assert limits.wait(BOT, "q", Priority.REPLY) == 0
    clock.now += 20.1
    assert limits.wait(NUMBER, "q", Priority.REPLY) == 0


def test_a_throttled_person_waits_alone(limits: Limits, clock: Clock) -> None:
    limits.throttled(NUMBER, "p", Throttled("x", scope="person", retry_after=16))
    assert limits.wait(NUMBER, "p", Priority.REPLY) >= 16
    assert limits.wait(NUMBER, "q", Priority.REPLY) == 0


def test_after_a_throttle_the_account_goes_slower_for_a_while(limits: Limits, clock: Clock) -> None:
    limits.throttled(NUMBER, "p", Throttled("x"))
    clock.now += 2
    left = run(limits, clock, [(clock.now, number, Priority.REPLY, f"p{number}") for number in range(200)])
    assert most_in_a_second(list(left.values())) <= 45
    for _ in range(50):
        limits.succeeded(NUMBER)
    left = run(limits, clock, [(clock.now, number, Priority.REPLY, f"q{number}") for number in range(200)])
    assert most_in_a_second(list(left.values())) > 60


def test_twenty_failures_open_the_circuit_and_a_probe_closes_it(limits: Limits, clock: Clock) -> None:
    for number in range(20):
        assert limits.is_open(NUMBER), number
        limits.failed(NUMBER, Unavailable("x"))
        clock.now += 1
    assert not limits.is_open(NUMBER)
    assert limits.wait(NUMBER, "p", Priority.DANGER) > 0
    assert limits.is_open(BOT) and limits.wait(BOT, "p", Priority.REPLY) == 0
    clock.now += 15
    assert limits.wait(NUMBER, "p", Priority.REPLY) == 0, "one probe"
    assert limits.wait(NUMBER, "q", Priority.REPLY) == pytest.approx(15)
    limits.failed(NUMBER, Ambiguous("x"))
    clock.now += 14
    assert limits.wait(NUMBER, "p", Priority.REPLY) > 0
    clock.now += 2
    assert limits.wait(NUMBER, "p", Priority.REPLY) == 0
    limits.succeeded(NUMBER)
    assert limits.is_open(NUMBER) and limits.wait(NUMBER, "q", Priority.REPLY) == 0


def test_slow_failures_do_not_open_it(limits: Limits, clock: Clock) -> None:
    for _ in range(100):
        limits.failed(NUMBER, Unavailable("x"))
        clock.now += 2
    assert limits.is_open(NUMBER)


def test_a_broken_account_opens_it_at_once(limits: Limits) -> None:
    limits.failed(NUMBER, ChannelDown("token"))
    assert not limits.is_open(NUMBER)


@pytest.mark.parametrize(
    "error", [Refused("x"), Unreachable("x"), WindowClosed("x"), Unavailable("unexpected", code="internal")]
)
def test_a_persons_or_our_own_faults_never_open_it(limits: Limits, error: SendError) -> None:
    for _ in range(100):
        limits.failed(NUMBER, error)
    assert limits.is_open(NUMBER)


def test_people_who_are_at_rest_are_forgotten(limits: Limits, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.limits.MAX_PEOPLE", 100)
    for number in range(1000):
        clock.now += 1
        limits.wait(NUMBER, f"p{number}", Priority.REPLY)
    assert len(limits._people) <= 101


def test_surge_is_noticed(limits: Limits, clock: Clock) -> None:
    assert not limits.is_surging(NUMBER, "p")
    for _ in range(41):
        clock.now += 0.02
        limits.wait(NUMBER, "p", Priority.REPLY)
    assert limits.is_surging(NUMBER, "p") and not limits.is_surging(NUMBER, "q")
    clock.now += 11
    assert not limits.is_surging(NUMBER, "p")


def test_bubbles_become_one() -> None:
    words = [OutgoingMessage(text="one"), OutgoingMessage(text="two", choices=(QuickReply(token="t", title="x"),))]
    [merged] = merge([*words], 4096)
    assert merged.text == "one\n\ntwo" and merged.choices and merged.notes == ("merged",)


def test_bubbles_that_must_stay_apart() -> None:
    file = Attachment(ref="r", name="n", mime="application/pdf")
    for second in (
        OutgoingMessage(text="x", attachment=file),
        OutgoingMessage(text="x", priority=Priority.DANGER),
        OutgoingMessage(text="x", purpose="code"),
        OutgoingMessage(text="x" * 4096),
    ):
        assert len(merge([OutgoingMessage(text="one"), second], 4096)) == 2
    choice = OutgoingMessage(text="?", choices=(QuickReply(token="t", title="x"),))
    assert len(merge([choice, OutgoingMessage(text="after")], 4096)) == 2


class Pair:
    """Two processes; `talk` is a beat of each: what one has seen the other hears. The first leads."""

    def __init__(self, clock: Clock) -> None:
        self.news = 0
        self.first, self.second = (Limits(clock, lambda: 2, self._note) for _ in range(2))

    def _note(self) -> None:
        self.news += 1

    def talk(self) -> None:
        told, answered = self.first.tell(), self.second.tell()
        self.second.heed("first", told, leads=True)
        self.first.heed("second", answered, leads=False)


def test_a_platforms_word_to_one_process_is_heeded_by_the_other(clock: Clock) -> None:
    pair = Pair(clock)
    pair.first.throttled(NUMBER, "p", Throttled("slow down", retry_after=30))
    assert pair.news == 1 and pair.second.wait(NUMBER, "q", Priority.REPLY) == 0, "not heard of yet"
    for _ in range(10):
        pair.talk()
        clock.now += 2.0
        assert pair.second.wait(NUMBER, "q", Priority.DANGER) > 0 and NUMBER.key in pair.second.blocked()
    clock.now += 10.1
    pair.talk()
    assert pair.second.wait(NUMBER, "q", Priority.REPLY) == 0, "telling it back and forth makes it no longer"
    assert pair.first.wait(NUMBER, "q", Priority.REPLY) == 0
    left = run(pair.second, clock, [(clock.now, number, Priority.REPLY, f"p{number}") for number in range(100)])
    assert most_in_a_second(left.values()) <= 25, "and the other goes slower for a while as well"


def test_of_two_processes_one_probes_a_broken_account(clock: Clock) -> None:
    pair = Pair(clock)
    for limits in (pair.first, pair.second):
        for _ in range(20):
            limits.failed(NUMBER, Unavailable("down"))
    probes = {"first": 0, "second": 0}
    for _ in range(1200):
        pair.talk()
        for name, limits in (("first", pair.first), ("second", pair.second)):
            if limits.wait(NUMBER, "p", Priority.DANGER) == 0:
                probes[name] += 1
                limits.failed(NUMBER, Unavailable("down"))
        clock.now += 0.1
    assert probes["second"] == 0 and 7 <= probes["first"] <= 8, probes
    pair.first.succeeded(NUMBER)
    assert not pair.second.is_open(NUMBER)
    pair.talk()
    assert pair.second.is_open(NUMBER) and pair.second.wait(NUMBER, "q", Priority.REPLY) == 0


def test_who_hears_nothing_more_probes_itself(clock: Clock) -> None:
    pair = Pair(clock)
    pair.first.failed(NUMBER, ChannelDown("no token"))
    pair.talk()
    assert not pair.second.is_open(NUMBER) and pair.second.tell() == {}, "only what one has seen is told"
    began = clock.now
    while pair.second.wait(NUMBER, "q", Priority.DANGER) > 0:
        clock.now += 0.5
    assert 15 < clock.now - began < 25
    pair.second.succeeded(NUMBER)
    pair.talk()
    assert pair.second.is_open(NUMBER), "an old word opens nothing again"
