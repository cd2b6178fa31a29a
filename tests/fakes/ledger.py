"""What the fake platforms saw and did: every call, every message they took, every fault they were told to make."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class File:
    """A file that was uploaded, or that a customer sent."""

    name: str
    mime: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Call:
    """One HTTP call that came in, whatever became of it."""

    number: int
    at: float
    platform: str
    method: str
    path: str
    body: dict[str, Any]
    status: int


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A message that a platform took: what the person would see. `choices` are (payload, title) pairs."""

    at: float
    platform: str
    to: str
    id: str
    kind: str
    text: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    file: File | None = None
    callback: str = ""
    body: dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass(kw_only=True)
class Fault:
    """What to do instead of the usual. `times` None means until cleared.

    `status` with `body` is answered; `delay` waits first; `drop` closes the line without an answer; with `accept` the
    message is taken all the same, so that the sender cannot know.
    """

    status: int = 500
    body: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    times: int | None = 1
    delay: float = 0.0
    drop: bool = False
    accept: bool = False
    path: str = "/messages"


class Ledger:
    """The books of one fake platform server."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self.now = now
        self.calls: list[Call] = []
        self.seen: list[Seen] = []
        self.acknowledged: list[str] = []
        self.faults: dict[str, list[Fault]] = defaultdict(list)

    def note(self, platform: str, method: str, path: str, body: dict[str, Any], status: int) -> None:
        self.calls.append(
            Call(
                number=len(self.calls) + 1,
                at=self.now(),
                platform=platform,
                method=method,
                path=path,
                body=body,
                status=status,
            )
        )

    def fault(self, platform: str, path: str) -> Fault | None:
        """The fault that hits this call, counted down."""
        for fault in list(self.faults[platform]):
            if fault.path in path:
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self.faults[platform].remove(fault)
                return fault
        return None


@dataclass
class Bucket:
    """The platform's own count of somebody's speed."""

    per_second: float
    burst: float
    tokens: float = -1.0
    at: float = 0.0

    def take(self, now: float) -> bool:
        if self.tokens < 0:
            self.tokens, self.at = self.burst, now
        self.tokens = min(self.burst, self.tokens + (now - self.at) * self.per_second)
        self.at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


@dataclass
class Window:
    """At most so many in any one second."""

    most: int
    times: list[float] = field(default_factory=list)

    def take(self, now: float) -> bool:
        self.times = [moment for moment in self.times if moment > now - 1.0]
        if len(self.times) >= self.most:
            return False
        self.times.append(now)
        return True


def most_at_once(times: Iterable[float], seconds_each: float) -> float:
    """The burst that one in so many seconds would have needed: how far somebody ever ran ahead of it."""
    ahead = most = 0.0
    before: float | None = None
    for moment in sorted(times):
        ahead = max(0.0, ahead - (moment - (before if before is not None else moment)) / seconds_each) + 1
        before, most = moment, max(most, ahead)
    return most


def most_in_a_second(times: Iterable[float]) -> int:
    """The most that fell into any one second, wherever it begins."""
    window: deque[float] = deque()
    most = 0
    for moment in sorted(times):
        window.append(moment)
        while window[0] <= moment - 1.0:
            window.popleft()
        most = max(most, len(window))
    return most
