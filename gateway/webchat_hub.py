"""The open connections of this process, and what each of them has seen.

A connection does not get messages handed over: it is woken and reads the transcript after what it has. So nothing is
lost when a wake-up is, nothing comes twice, and several processes need no word between them but the table
(a look each second stands under the wake-ups).
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from typing import Protocol

import structlog
from aiohttp import WSCloseCode, web

from core import store
from core.database import Database

log = structlog.get_logger(__name__)
LOOK_SECONDS = 1.0
LOOK_BATCH = 500
QUEUE_FRAMES = 64  # acks, errors and pongs that wait for a slow browser
SEND_SECONDS = 20.0
GOING_AWAY = WSCloseCode.GOING_AWAY


class Line(Protocol):
    """One browser tab that waits for messages. `cursor` is the newest number it has."""

    @property
    def address(self) -> str: ...

    @property
    def cursor(self) -> int: ...

    def wake(self) -> None: ...

    def typing(self, on: bool) -> None: ...

    async def close(self, code: int, reason: str) -> None: ...


class WebchatHub:
    """Finds the connections of a session, and looks after what no wake-up told."""

    def __init__(self) -> None:
        self._lines: dict[str, set[Line]] = {}
        self._callers: Counter[str] = Counter()
        self._looking: asyncio.Task[None] | None = None
        self._db: Database | None = None
        self._tenant = self._channel = ""
        self.closing = False

    def serve(self, db: Database, tenant: str, channel: str) -> None:
        """Say whose transcripts these are."""
        self._db, self._tenant, self._channel = db, tenant, channel

    @property
    def connections(self) -> int:
        return sum(len(lines) for lines in self._lines.values())

    def open_from(self, caller: str) -> int:
        return self._callers[caller]

    def enter(self, caller: str) -> None:
        """Count a connection before it says who it is."""
        self._callers[caller] += 1

    def leave(self, caller: str) -> None:
        self._callers[caller] -= 1
        if self._callers[caller] <= 0:
            del self._callers[caller]

    def add(self, line: Line) -> None:
        self._lines.setdefault(line.address, set()).add(line)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look_forever(), name="webchat-look")

    def remove(self, line: Line) -> None:
        lines = self._lines.get(line.address, set())
        lines.discard(line)
        if not lines:
            self._lines.pop(line.address, None)

    async def push(self, address: str, sequence: int) -> None:
        """Something was written for a session, up to a number."""
        for line in list(self._lines.get(address, ())):
            line.wake()

    async def typing(self, address: str, on: bool) -> None:
        for line in list(self._lines.get(address, ())):
            line.typing(on)

    async def close(self, _app: web.Application | None = None) -> None:
        """Say to everybody that the service goes away; an `on_shutdown` handler, since nobody else closes sockets."""
        self.closing = True
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        lines = [line for group in self._lines.values() for line in group]
        await asyncio.gather(*(line.close(GOING_AWAY, "restart") for line in lines), return_exceptions=True)

    async def _look_forever(self) -> None:
        while self._lines:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.look()
            except Exception as error:
                log.error("The transcripts cannot be read.", action="look", error=type(error).__name__)

    async def look(self) -> None:
        """Wake every connection whose transcript is longer than it knows."""
        assert self._db is not None
        addresses = list(self._lines)
        for start in range(0, len(addresses), LOOK_BATCH):
            async with self._db.reading() as session:
                ends = await store.transcript_ends(
                    session, self._tenant, self._channel, addresses[start : start + LOOK_BATCH]
                )
            for address, (_, seq) in ends.items():
                for line in list(self._lines.get(address, ())):
                    if line.cursor < seq:
                        line.wake()


class Pipe:
    """Frames on their way to one socket: a short queue, and a socket that must take them in time."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request) -> None:
        self._socket = socket
        self._request = request
        self._queue: deque[str] = deque()
        self._closing: asyncio.Task[None] | None = None
        self.ready = asyncio.Event()

    def put(self, frame: str) -> None:
        """Queue a frame; a browser that does not read is sent away."""
        if len(self._queue) >= QUEUE_FRAMES:
            self.overflow()
            return
        self._queue.append(frame)
        self.ready.set()

    def overflow(self) -> None:
        if self._closing is None:
            self._closing = asyncio.create_task(self.close(WSCloseCode.TRY_AGAIN_LATER, "too slow"))

    async def flush(self) -> None:
        while self._queue:
            await self.send(self._queue.popleft())

    async def send(self, frame: str) -> None:
        try:
            await asyncio.wait_for(self._socket.send_str(frame), SEND_SECONDS)
        except TimeoutError:
            self.overflow()
            raise ConnectionResetError("the browser does not read") from None

    async def close(self, code: int, reason: str) -> None:
        """Close in order, and by force when the other side does not answer."""
        try:
            await asyncio.wait_for(self._socket.close(code=code, message=reason.encode()), 5.0)
        except (TimeoutError, ConnectionError, RuntimeError):
            if self._request.transport is not None:
                self._request.transport.abort()
