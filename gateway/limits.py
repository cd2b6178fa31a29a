"""How fast messages may leave: token buckets for each account and person, a circuit breaker for each account.

Danger may use what is kept back for it; notices leave some for replies. A message that must wait is told for how
long, spread out so that a backlog does not ask again all at once.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from connectors.base import Channel
from core.errors import Ambiguous, ChannelDown, SendError, Throttled, Unavailable
from core.messages import OutgoingMessage, Priority

FAILURES, FAILURE_SECONDS, PROBE_SECONDS = 20, 30.0, 15.0  # reliability.md R12
LONGEST_WAIT = {Priority.DANGER: 1.0, Priority.REPLY: 5.0, Priority.NOTICE: 30.0}
MAX_BLOCK = 300.0
# A call that hung has kept a sender from others for as long as several quick failures.
HUNG = {"timeout": 4, "ConnectionTimeoutError": 2}
BUSY_LOAD, FULL_LOAD, FULL_PAUSE = 80.0, 95.0, 60.0  # percent of an account's calls (channels.md §3.7)
PAIR_BLOCK = 6.0
MAX_PEOPLE = 20_000
SURGE_SECONDS = 10.0
K = TypeVar("K")


@dataclass(frozen=True, kw_only=True)
class Rate:
    """So many a second on average, so many at once, and so many more at once for danger."""

    per_second: float
    burst: float
    reserve: float


@dataclass(frozen=True, kw_only=True)
class Limit:
    """What a kind of channel allows an account, and towards one person."""

    account: Rate
    person: Rate


def account_rate(per_second: float) -> Rate:
    """Under a limit of so many in any one second: average, burst and reserve together stay 4 % below it."""
    return Rate(per_second=0.82 * per_second, burst=max(1.0, 0.09 * per_second), reserve=max(1.0, 0.05 * per_second))


# channels.md §2.6, §3.6, §4.4; last checked 2026-11-22. An account's option `per_second` overrides the first.
LIMITS = {
    "whatsapp": (80.0, Rate(per_second=1 / 6, burst=40, reserve=5)),
    "messenger": (300.0, Rate(per_second=2, burst=20, reserve=5)),
    "telegram": (30.0, Rate(per_second=1, burst=5, reserve=2)),
    "sms": (10.0, Rate(per_second=1 / 10, burst=3, reserve=2)),
}


@dataclass
class Bucket:
    """A token bucket. `blocked_until` is the platform's own word to wait; `factor` slows down after such a word."""

    rate: Rate
    tokens: float
    filled_at: float
    blocked_until: float = 0.0
    factor: float = 1.0
    denied_at: float = -1e9
    lines: dict[Priority, float] = field(default_factory=dict)

    def fill(self, now: float) -> None:
        grown = (now - self.filled_at) * self.rate.per_second * self.factor
        self.tokens = min(self.rate.burst, self.tokens + max(0.0, grown))
        self.filled_at = max(now, self.filled_at)

    def missing(self, now: float, priority: Priority) -> float:
        """Seconds until a message of this priority may go; 0 means now."""
        self.fill(now)
        least = {
            Priority.DANGER: 1.0 - self.rate.reserve,
            Priority.REPLY: 1.0,
            Priority.NOTICE: min(self.rate.burst, 1.0 + 0.25 * self.rate.burst),
        }[priority]
        wait = max(0.0, least - self.tokens) / (self.rate.per_second * self.factor)
        return max(wait, self.blocked_until - now)

    def queue(self, now: float, wait: float, priority: Priority) -> float:
        """Spread those who wait one behind the other, each class in its own line."""
        self.denied_at = now
        gap = 1.0 / (self.rate.per_second * self.factor)
        longest = max(LONGEST_WAIT[priority], wait)
        place = max(self.lines.get(priority, 0.0), now + wait - gap) + gap
        if place > now + longest:
            # The line is longer than anybody should wait unasked: begin it anew.
            place = now + wait
        self.lines[priority] = place
        return place - now


@dataclass
class Breaker:
    """Closed while all is well; open after many failures; one probe at a time lets it close again."""

    failures: deque[float] = field(default_factory=deque)
    opened_at: float | None = None
    probe_at: float = 0.0
    probing_until: float = 0.0

    def wait(self, now: float) -> float:
        if self.opened_at is None:
            return 0.0
        if now < self.probe_at:
            return self.probe_at - now
        self.probe_at = now + PROBE_SECONDS
        return 0.0

    def failed(self, now: float, *, at_once: bool, weight: int = 1) -> None:
        self.failures.extend([now] * weight)
        while self.failures and self.failures[0] < now - FAILURE_SECONDS:
            self.failures.popleft()
        if at_once or self.opened_at is not None or len(self.failures) >= FAILURES:
            self.opened_at = self.opened_at if self.opened_at is not None else now
            self.probe_at = now + PROBE_SECONDS

    def succeeded(self) -> None:
        self.failures.clear()
        self.opened_at = None


class Limits:
    """All buckets and breakers of this process."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._accounts: dict[str, Bucket] = {}
        self._people: dict[tuple[str, str], Bucket] = {}
        self._breakers: dict[str, Breaker] = {}
        self._forget_at = 0.0

    def wait(self, channel: Channel, address: str, priority: Priority) -> float:
        """Take a token of the account and one of the person and return 0; or say in how many seconds to ask again."""
        limit = _limit_of(channel)
        if limit is None:
            return 0.0
        now = self._now()
        account = self._bucket(self._accounts, channel.key, limit.account, now)
        person = self._bucket(self._people, (channel.key, address), limit.person, now)
        for_person = person.missing(now, priority)
        if for_person > 0:
            person.denied_at = now
            return for_person
        for_account = account.missing(now, priority)
        if for_account > 0:
            return account.queue(now, for_account, priority)
        broken = self._breaker(channel).wait(now)
        if broken > 0:
            return broken
        account.tokens -= 1
        person.tokens -= 1
        return 0.0

    def throttled(self, channel: Channel, address: str, error: Throttled) -> None:
        """The platform said: too fast. Wait as long as it says, and go slower for a while."""
        limit = _limit_of(channel)
        if limit is None:
            return
        now = self._now()
        if error.scope == "person":
            bucket = self._bucket(self._people, (channel.key, address), limit.person, now)
            bucket.tokens = min(bucket.tokens, 0.0)
            bucket.blocked_until = now + min(error.retry_after or PAIR_BLOCK, MAX_BLOCK)
            return
        bucket = self._bucket(self._accounts, channel.key, limit.account, now)
        bucket.blocked_until = max(bucket.blocked_until, now + min(error.retry_after or 1.0, MAX_BLOCK))
        bucket.factor = max(0.1, bucket.factor / 2)

    def failed(self, channel: Channel, error: SendError) -> None:
        """Count a failure of their side; faults of one message or person say nothing about the account."""
        if isinstance(error, Unavailable | Ambiguous | ChannelDown) and error.code != "internal":
            weight = HUNG.get(error.code, 1)
            self._breaker(channel).failed(self._now(), at_once=isinstance(error, ChannelDown), weight=weight)

    def succeeded(self, channel: Channel) -> None:
        """A message was taken: close the circuit, and speed up again."""
        self._breaker(channel).succeeded()
        bucket = self._accounts.get(channel.key)
        if bucket is not None:
            bucket.factor = min(1.0, bucket.factor + 0.01)

    def loaded(self, channel: Channel, load: float, pause: float) -> None:
        """The platform said how much of the account's calls is used up: go slower in time, stop before it stops us."""
        limit = _limit_of(channel)
        if limit is None or (load < BUSY_LOAD and pause <= 0):
            return
        now = self._now()
        bucket = self._bucket(self._accounts, channel.key, limit.account, now)
        if load >= FULL_LOAD or pause > 0:
            bucket.blocked_until = max(bucket.blocked_until, now + min(pause or FULL_PAUSE, MAX_BLOCK))
        bucket.factor = min(bucket.factor, 0.5 if load < FULL_LOAD else 0.1)

    def blocked(self) -> dict[str, tuple[int, float]]:
        """Accounts that must wait: the rank of priority from which on, and for how many seconds."""
        now = self._now()
        found: dict[str, tuple[int, float]] = {}
        for key, bucket in self._accounts.items():
            for priority in Priority:
                wait = bucket.missing(now, priority)
                if wait > 0:
                    found[key] = (priority.rank, wait)
                    if priority is not Priority.NOTICE:
                        bucket.denied_at = now
                    break
        for key, breaker in self._breakers.items():
            if breaker.opened_at is not None and now < breaker.probe_at:
                found[key] = (Priority.DANGER.rank, breaker.probe_at - now)
        return found

    def is_open(self, channel: Channel) -> bool:
        """Whether messages leave: the circuit is closed."""
        return self._breaker(channel).opened_at is None

    def is_surging(self, channel: Channel, address: str) -> bool:
        """Whether a limit was hit a moment ago, so that bubbles had better be merged."""
        found = (self._accounts.get(channel.key), self._people.get((channel.key, address)))
        return any(bucket is not None and self._now() - bucket.denied_at < SURGE_SECONDS for bucket in found)

    def _breaker(self, channel: Channel) -> Breaker:
        return self._breakers.setdefault(channel.key, Breaker())

    def _bucket(self, buckets: dict[K, Bucket], key: K, rate: Rate, now: float) -> Bucket:
        bucket = buckets.get(key)
        if bucket is None:
            if len(buckets) >= MAX_PEOPLE and now >= self._forget_at:
                self._forget_at = now + 1.0
                self._forget(buckets, now)
            bucket = buckets[key] = Bucket(rate=rate, tokens=rate.burst, filled_at=now)
        return bucket

    def _forget(self, buckets: dict[K, Bucket], now: float) -> None:
        """Drop the buckets that say nothing: full, and not blocked."""
        for key, bucket in list(buckets.items()):
            bucket.fill(now)
            if bucket.tokens >= bucket.rate.burst and bucket.blocked_until <= now:
                del buckets[key]


def _limit_of(channel: Channel) -> Limit | None:
    known = LIMITS.get(channel.type)
    if known is None:
        return None
    per_second = channel.options.get("per_second", known[0])
    return Limit(account=account_rate(float(per_second)), person=known[1])


def merge(messages: list[OutgoingMessage], max_text: int) -> list[OutgoingMessage]:
    """Fewer bubbles: neighbours that are nothing but text become one, and text is put before a message with buttons.

    Call it before a connector's `fit`, on messages of one answer.
    """
    merged: list[OutgoingMessage] = []
    for message in messages:
        last = merged[-1] if merged else None
        if last is not None and is_bare(last) and _joins(last, message, max_text):
            text = f"{last.text}\n\n{message.text}".strip()
            merged[-1] = replace(
                message, text=text, reply_to=last.reply_to, notes=(*last.notes, *message.notes, "merged")
            )
        else:
            merged.append(message)
    return merged


def is_bare(message: OutgoingMessage) -> bool:
    """Whether a message is nothing but text."""
    parts = (
        message.choices,
        message.link,
        message.call,
        message.attachment,
        message.ask,
        message.template,
        message.location,
        message.thread,
    )
    return bool(message.text) and not any(parts)


def _joins(first: OutgoingMessage, second: OutgoingMessage, max_text: int) -> bool:
    same = (first.priority, first.purpose, first.author) == (second.priority, second.purpose, second.author)
    room = len(first.text) + len(second.text) + 2 <= (max_text if is_bare(second) else min(max_text, 640))
    return same and room and not second.attachment and not second.template and not second.reply_to
