"""How fast messages may leave: what each kind of channel allows an account and a person, and when an account must rest."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

from connectors.base import Channel
from core.errors import Ambiguous, ChannelDown, SendError, Throttled, Unavailable
from core.messages import Priority
from core.siblings import Rest
from gateway.buckets import Breaker, Bucket, Limit, Rate, account_rate

MAX_BLOCK = 300.0
# A call that hung has kept a sender from others for as long as several quick failures.
HUNG = {"timeout": 4, "ConnectionTimeoutError": 2}
BUSY_LOAD, FULL_LOAD, FULL_PAUSE = 80.0, 95.0, 60.0  # percent of an account's calls (channels.md §3.7)
PAIR_BLOCK = 6.0
MAX_PEOPLE = 20_000
SLOWEST = 0.1  # of an account's speed, after the platform's word
NEWS = 0.5  # seconds by which a time must be later to be another one: clocks are read twice on the way
SURGE_SECONDS = 10.0
K = TypeVar("K")

# channels.md §2.6, §3.6, §4.4; last checked 2026-11-22. An account's option `per_second` overrides the first.
LIMITS = {
    "whatsapp": (80.0, Rate(per_second=1 / 6, burst=40, reserve=5)),
    "messenger": (300.0, Rate(per_second=2, burst=20, reserve=5)),
    "telegram": (30.0, Rate(per_second=1, burst=5, reserve=2)),
    "sms": (10.0, Rate(per_second=1 / 10, burst=3, reserve=2)),
}
# Files have a lower limit of their own: 10 a second is what Messenger says of sound and film, and taken to hold for all.
FILES = {"messenger": 10.0}


@functools.cache
def _files(channel_type: str, sharers: int) -> Rate:
    return account_rate(FILES[channel_type], sharers)


@functools.cache
def _limit(channel_type: str, per_second: str | float | None, sharers: int) -> Limit:
    account, person = LIMITS[channel_type]
    return Limit(account=account_rate(float(per_second or account), sharers), person=person)


def is_limited(channel: Channel) -> bool:
    """Whether a platform counts what leaves here."""
    return channel.type in LIMITS


class Limits:
    """All buckets and breakers of this process.

    Several processes may send for the same accounts: each takes its part of what an account allows (`sharers`), and
    what a person has had lately stands in their lane, from where it is handed to `wait` and back from `debt`. What a
    platform said to one of them, and that its circuit is open, the others hear (`tell`, `heed`; core/siblings.py);
    `announce` is called when there is something new to tell.
    """

    def __init__(
        self,
        now: Callable[[], float] = time.monotonic,
        sharers: Callable[[], int] = lambda: 1,
        announce: Callable[[], None] = lambda: None,
    ) -> None:
        self._now = now
        self._sharers = sharers
        self._announce = announce
        self._said: dict[str, float] = {}  # until when platforms told this process to leave an account alone
        self._heard: dict[tuple[str, str], float] = {}  # what a sibling told of an account, as the time until which
        self._resting: dict[str, float] = {}  # until when siblings were told to leave an account alone
        self._accounts: dict[str, Bucket] = {}
        self._files: dict[str, Bucket] = {}
        self._people: dict[tuple[str, str], Bucket] = {}
        self._breakers: dict[str, Breaker] = {}
        self._forget_at = 0.0

    def wait(
        self, channel: Channel, address: str, priority: Priority, debt: float = 0.0, *, file: bool = False
    ) -> float:
        """Take a token of the account and one of the person and return 0; or say in how many seconds to ask again.

        A `file` takes one of the account's for files too. `debt` is what is known of the person from elsewhere: the
        seconds until they may have a whole burst again.
        """
        limit = self._limit_of(channel)
        if limit is None:
            return 0.0
        now = self._now()
        resting = self._resting.get(channel.key, 0.0) - now
        if resting > 0:
            return resting
        account = self._bucket(self._accounts, channel.key, limit.account, now)
        person = self._bucket(self._people, (channel.key, address), limit.person, now)
        person.fill(now)
        person.owe(debt)
        for_person = person.missing(now, priority)
        if for_person > 0:
            person.denied_at = now
            return for_person
        for_account = account.missing(now, priority)
        if for_account > 0:
            return account.queue(now, for_account, priority)
        files = None
        if file and channel.type in FILES:
            files = self._bucket(self._files, channel.key, _files(channel.type, self._sharers()), now)
            for_files = files.missing(now, priority)
            if for_files > 0:
                return files.queue(now, for_files, priority)
        breaker = self._breaker(channel)
        broken = breaker.wait(now)
        if broken > 0:
            return broken
        if breaker.opened_at is not None:
            self._announce()  # this is the probe: the others let it
        for bucket in (account, person, files):
            if bucket is not None:
                bucket.tokens -= 1
        return 0.0

    def debt(self, channel: Channel, address: str) -> float:
        """Seconds until a person may have a whole burst again."""
        bucket = self._people.get((channel.key, address))
        if bucket is None:
            return 0.0
        bucket.fill(self._now())
        return bucket.debt

    def throttled(self, channel: Channel, address: str, error: Throttled) -> None:
        """The platform said: too fast. Wait as long as it says, and go slower for a while."""
        limit = self._limit_of(channel)
        if limit is None:
            return
        now = self._now()
        if error.scope == "person":
            bucket = self._bucket(self._people, (channel.key, address), limit.person, now)
            bucket.tokens = min(bucket.tokens, 0.0)
            bucket.blocked_until = now + min(error.retry_after or PAIR_BLOCK, MAX_BLOCK)
            return
        bucket = self._bucket(self._accounts, channel.key, limit.account, now)
        self._block(channel.key, bucket, now + min(error.retry_after or 1.0, MAX_BLOCK))
        bucket.factor = max(SLOWEST, bucket.factor / 2)

    def failed(self, channel: Channel, error: SendError) -> None:
        """Count a failure of their side; faults of one message or person say nothing about the account."""
        if isinstance(error, Unavailable | Ambiguous | ChannelDown) and error.code != "internal":
            weight = HUNG.get(error.code, 1)
            breaker = self._breaker(channel)
            breaker.failed(self._now(), at_once=isinstance(error, ChannelDown), weight=weight)
            if breaker.opened_at is not None:
                self._announce()

    def succeeded(self, channel: Channel) -> None:
        """A message was taken: close the circuit, and speed up again."""
        breaker = self._breaker(channel)
        if breaker.opened_at is not None:
            self._announce()
        breaker.succeeded()
        bucket = self._accounts.get(channel.key)
        if bucket is not None:
            bucket.factor = min(1.0, bucket.factor + 0.01)

    def loaded(self, channel: Channel, load: float, pause: float) -> None:
        """The platform said how much of the account's calls is used up: go slower in time, stop before it stops us."""
        limit = self._limit_of(channel)
        if limit is None or (load < BUSY_LOAD and pause <= 0):
            return
        now = self._now()
        bucket = self._bucket(self._accounts, channel.key, limit.account, now)
        if load >= FULL_LOAD or pause > 0:
            self._block(channel.key, bucket, now + min(pause or FULL_PAUSE, MAX_BLOCK))
        bucket.factor = min(bucket.factor, 0.5 if load < FULL_LOAD else SLOWEST)

    def tell(self) -> dict[str, Rest]:
        """What this process has seen itself: accounts that it was told to leave alone, circuits that it opened."""
        now = self._now()
        self._said = {key: until for key, until in self._said.items() if until > now}
        word = {key: Rest(seconds=until - now) for key, until in self._said.items()}
        for key, breaker in self._breakers.items():
            if breaker.opened_at is not None and not breaker.told_by:
                resting = max(breaker.probe_at, self._said.get(key, 0.0))
                word[key] = Rest(seconds=resting - now, broken=True)
        return word

    def heed(self, name: str, word: Mapping[str, Rest], *, leads: bool) -> None:
        """Keep from accounts as a sibling tells. What was heard before changes nothing again."""
        now = self._now()
        for key, rest in word.items():
            until = now + min(rest.seconds, MAX_BLOCK)
            if until <= max(now, self._heard.get((name, key), 0.0) + NEWS):
                continue
            self._heard[name, key] = until
            if rest.broken:
                breaker = self._breakers.setdefault(key, Breaker())
                if breaker.opened_at is None or breaker.told_by or leads:
                    breaker.told(now, until, name)
            else:
                self._resting[key] = max(until, self._resting.get(key, 0.0))
                if key in self._accounts:
                    self._accounts[key].factor = max(SLOWEST, self._accounts[key].factor / 2)
        for key, breaker in self._breakers.items():
            if breaker.told_by == name and not (key in word and word[key].broken):
                breaker.succeeded()
        self._heard = {heard: until for heard, until in self._heard.items() if until > now}
        self._resting = {key: until for key, until in self._resting.items() if until > now}

    def _block(self, key: str, bucket: Bucket, until: float) -> None:
        bucket.blocked_until = max(bucket.blocked_until, until)
        if until > self._said.get(key, 0.0) + NEWS:
            self._said[key] = until
            self._announce()

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
        for key, until in self._resting.items():
            if until > now:
                found[key] = (Priority.DANGER.rank, until - now)
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
        elif bucket.rate != rate:
            bucket.change(rate, now)
        return bucket

    def _limit_of(self, channel: Channel) -> Limit | None:
        if channel.type not in LIMITS:
            return None
        return _limit(channel.type, channel.options.get("per_second"), self._sharers())

    def _forget(self, buckets: dict[K, Bucket], now: float) -> None:
        """Drop the buckets that say nothing: full, and not blocked."""
        for key, bucket in list(buckets.items()):
            bucket.fill(now)
            if bucket.tokens >= bucket.rate.burst and bucket.blocked_until <= now:
                del buckets[key]
