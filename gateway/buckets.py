"""Token buckets and circuit breakers: how fast one account or person may be written to, on any clock of seconds.

Danger may use what is kept back for it; notices leave some for replies. A message that must wait is told for how
long, spread out so that a backlog does not ask again all at once.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from core.messages import Priority

FAILURES, FAILURE_SECONDS, PROBE_SECONDS = 20, 30.0, 15.0  # reliability.md R12
LET_PROBE_SECONDS = 8.0  # two beats of siblings: what came of their probe is known by then
LONGEST_WAIT = {Priority.DANGER: 1.0, Priority.REPLY: 5.0, Priority.NOTICE: 30.0}
SHORTEST_WAIT = 0.001
USED = 0.96  # of what a platform allows: our seconds and its own do not begin at the same moment


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


def account_rate(per_second: float, sharers: int = 1) -> Rate:
    """One sharer's part of a limit of so many in any one second: average, burst and reserve of all together stay below.

    Nobody's burst is less than one message, so with very many sharers the average gives way.
    """
    burst, reserve = (max(1.0, part * per_second / sharers) for part in (0.09, 0.05))
    average = (USED * per_second - sharers * (burst + reserve)) / sharers
    return Rate(per_second=max(average, 0.02 * per_second / sharers), burst=burst, reserve=reserve)


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

    def change(self, rate: Rate, now: float) -> None:
        """Go on at another rate."""
        self.fill(now)
        self.rate = rate
        self.tokens = min(self.tokens, rate.burst)

    @property
    def debt(self) -> float:
        """Seconds until the bucket is full again: all there is to know of it, wherever it is kept."""
        return (self.rate.burst - self.tokens) / self.rate.per_second

    def owe(self, seconds: float) -> None:
        """Be no fuller than one that will be full in so many seconds."""
        most = (self.rate.burst + self.rate.reserve) / self.rate.per_second  # a clock that leapt says no more than that
        self.tokens = min(self.tokens, self.rate.burst - min(seconds, most) * self.rate.per_second)

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
        # Never nothing, whatever is lost in the last digit: nothing would mean that a token was taken.
        return max(place - now, SHORTEST_WAIT)


@dataclass
class Breaker:
    """Closed while all is well; open after many failures; one probe at a time lets it close again.

    `told_by` is the sibling on whose word it is open; that one probes, and this one only when nothing more is heard of it.
    """

    failures: deque[float] = field(default_factory=deque)
    opened_at: float | None = None
    probe_at: float = 0.0
    told_by: str = ""

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
            self.told_by = ""

    def told(self, now: float, probe_at: float, name: str) -> None:
        """A sibling's is open, and it probes at a time."""
        self.opened_at = self.opened_at if self.opened_at is not None else now
        self.probe_at, self.told_by = probe_at + LET_PROBE_SECONDS, name

    def succeeded(self) -> None:
        self.failures.clear()
        self.opened_at = None
        self.told_by = ""
