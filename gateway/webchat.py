"""The web chat's server side: one socket a browser tab, speaking the frames of connectors/webchat.py.

Who says hello with a genuine session gets what it missed, then everything new in the transcript's order. The ack of a
message takes its own place in that order, so a browser that has number n has all before n.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field

import structlog
from aiohttp import WSCloseCode, WSMsgType, web

from connectors.base import Channel
from connectors.webchat import (
    MAX_FRAME,
    BadFrame,
    Hello,
    Ping,
    Read,
    Said,
    Typing,
    decode,
    read_frame,
)
from core.tables import Conversation
from gateway.services import Services
from gateway.webchat_files import FileRoutes
from gateway.webchat_frames import Frames, cid_of, control, refusal
from gateway.webchat_http import HttpRoutes
from gateway.webchat_hub import Pipe, WebchatHub
from gateway.webchat_intake import Intake, TooFast
from gateway.webchat_pages import Pages
from gateway.webchat_sessions import Origins, Rate, Sessions, caller
from gateway.webchat_uploads import Uploads
from handoff import events
from handoff.moves import State

__all__ = ["WebchatHub", "routes"]

log = structlog.get_logger(__name__)
HELLO_SECONDS = 10.0
HEARTBEAT_SECONDS = 25.0
NO_HELLO = 4401
HISTORY = 200  # messages that a tab without any gets
BATCH = 100
MAX_PER_CALLER = 256  # whole neighbourhoods share one address at mobile operators
FRAMES, FRAME_SECONDS = 60, 20.0
MAX_BAD = 20
RETRY_SECONDS = 3.0
TYPING_SECONDS = 3.0


def routes(services: Services, hub: WebchatHub) -> list[web.RouteDef]:
    """Page, session, socket, its stand-in over plain HTTP, and files. `hub.close` belongs into `on_shutdown`."""
    channel = chat_channel(services)
    if channel is None:
        return []
    hub.serve(services.db, channel.tenant, channel.key)
    sessions = Sessions(services.key, services.db.now)
    origins = Origins(services.settings)
    uploads = Uploads(services.library)
    intake = Intake(services, channel, uploads)
    frames = Frames(sessions, services.load_file)
    sockets = Sockets(services, hub, sessions, origins, intake, frames)
    return [
        *Pages(services, channel.tenant).routes(),
        *HttpRoutes(services, hub, sessions, origins, intake, frames).routes(),
        *FileRoutes(services, sessions, origins, intake, uploads).routes(),
        web.get("/chat/ws", sockets.serve),
    ]


def chat_channel(services: Services) -> Channel | None:
    """The web chat of the service's tenant."""
    found = [channel for channel in services.channels.values() if channel.type == "webchat"]
    ours = [channel for channel in found if channel.tenant == services.settings.tenant]
    return ours[0] if ours else None


@dataclass(eq=False)
class SocketLine:
    """A tab's socket as the hub sees it. `own` counts the acks owed for each of this tab's messages."""

    pipe: Pipe
    session: str
    cursor: int
    conversation_id: int | None = None
    own: Counter[str] = field(default_factory=Counter)
    read_to: int = 0
    typed_at: float = -1e9
    bad: int = 0

    @property
    def address(self) -> str:
        return f"web:{self.session}"

    def wake(self) -> None:
        self.pipe.ready.set()

    def typing(self, on: bool) -> None:
        self.pipe.put(control("typing", on=on))

    async def close(self, code: int, reason: str) -> None:
        await self.pipe.close(code, reason)

    def acks(self, cid: str, seq: int) -> list[str]:
        """The acks owed for a message: one for each time it was sent."""
        return [control("ack", cid=cid, seq=seq)] * self.own.pop(cid, 0)

    def forgive(self, cid: str) -> None:
        """No ack for a message that was not taken."""
        self.own[cid] -= 1
        if self.own[cid] <= 0:
            del self.own[cid]


class Sockets:
    """Serves /chat/ws."""

    def __init__(
        self,
        services: Services,
        hub: WebchatHub,
        sessions: Sessions,
        origins: Origins,
        intake: Intake,
        frames: Frames,
    ) -> None:
        self._services = services
        self._hub = hub
        self._sessions = sessions
        self._origins = origins
        self._intake = intake
        self._frames = frames
        self._rate = Rate(FRAMES, FRAME_SECONDS)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        if not self._origins.permits(request):
            raise web.HTTPForbidden(text="")
        who = caller(request, self._services.settings.trusted_proxies)
        if self._hub.closing or self._hub.open_from(who) >= MAX_PER_CALLER:
            raise web.HTTPServiceUnavailable(text="", headers={"Retry-After": "10"})
        # Compression would let a browser choose how much memory each connection takes.
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT_SECONDS, max_msg_size=MAX_FRAME, timeout=5.0, compress=False)
        self._hub.enter(who)
        try:
            await socket.prepare(request)
            await self._talk(socket, request)
        finally:
            self._hub.leave(who)
        return socket

    async def _talk(self, socket: web.WebSocketResponse, request: web.Request) -> None:
        pipe = Pipe(socket, request)
        line = await self._greet(socket, pipe, request)
        if line is None:
            return
        self._hub.add(line)
        writing = asyncio.create_task(self._write_forever(line), name="webchat-writer")
        try:
            if self._hub.closing:
                await pipe.close(WSCloseCode.GOING_AWAY, "restart")
                return
            async for message in socket:
                if message.type is not WSMsgType.TEXT:
                    await self._bad(line, "bad_frame")
                    continue
                await self._handle(line, message.data)
        finally:
            self._hub.remove(line)
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)

    async def _greet(self, socket: web.WebSocketResponse, pipe: Pipe, request: web.Request) -> SocketLine | None:
        """Wait for a genuine hello, answer it with `welcome`; None when the connection was closed instead."""
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                first = await socket.receive()
        except TimeoutError:
            await pipe.close(NO_HELLO, "no hello")
            return None
        if first.type in (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR):
            return None
        try:
            frame = read_frame(decode(first.data)) if first.type is WSMsgType.TEXT else None
        except BadFrame as error:
            await self._refuse(pipe, error.code)
            return None
        session = self._session_of(frame, request) if isinstance(frame, Hello) else ""
        if not session or not isinstance(frame, Hello):
            await self._refuse(pipe, "unauthorized")
            return None
        seq = await self._intake.end(session)
        # A browser that knows more than we do (its data was erased here) starts anew.
        resume = 0 < frame.last_seq <= seq
        cursor = frame.last_seq if resume else max(0, seq - HISTORY)
        await pipe.send(control("welcome", session=session, seq=seq, resume=resume))
        line = SocketLine(pipe=pipe, session=session, cursor=cursor)
        line.wake()
        return line

    def _session_of(self, hello: Hello, request: web.Request) -> str:
        """The session that a hello proves: by its token, or by the browser's cookie sent from our own page."""
        session = self._sessions.of_token(hello.token) if hello.token else ""
        if not session and "Origin" in request.headers:
            session = self._sessions.of_request(request)
        return session if session and hello.session in ("", session) else ""

    async def _refuse(self, pipe: Pipe, code: str) -> None:
        try:
            await pipe.send(refusal(code))
        except ConnectionError:
            return
        await pipe.close(NO_HELLO, code)

    async def _bad(self, line: SocketLine, code: str, cid: str = "") -> None:
        line.bad += 1
        line.pipe.put(refusal(code, cid))
        if line.bad > MAX_BAD:
            await line.close(WSCloseCode.POLICY_VIOLATION, "bad frames")

    async def _handle(self, line: SocketLine, data: str) -> None:
        try:
            frame = read_frame(decode(data))
        except BadFrame as error:
            await self._bad(line, error.code, error.cid)
            return
        if isinstance(frame, Said):
            await self._take(line, frame)
            return
        wait = self._rate.wait(line.session)
        if wait:
            line.bad += 1
            line.pipe.put(refusal("rate_limited", retry=wait))
            if line.bad > MAX_BAD:
                await line.close(WSCloseCode.POLICY_VIOLATION, "too many frames")
        elif isinstance(frame, Ping):
            line.pipe.put(control("pong"))
        elif isinstance(frame, Read) and frame.seq > line.read_to:
            line.read_to = frame.seq
            await self._note_read(line, frame.seq)
        elif isinstance(frame, Typing):
            await self._note_typing(line)
        elif isinstance(frame, Hello):
            await self._bad(line, "unknown_frame")

    async def _note_typing(self, line: SocketLine) -> None:
        """Let whoever has the conversation at the desk see that the customer writes; nobody else needs to know."""
        now = asyncio.get_running_loop().time()
        if line.conversation_id is None or now - line.typed_at < TYPING_SECONDS:
            return
        line.typed_at = now
        db = self._services.db
        try:
            async with db.transaction() as session:
                conversation = await session.get(Conversation, line.conversation_id)
                if conversation is not None and conversation.status == State.OPEN:
                    await events.append(session, db, conversation.tenant, "typing", conversation.id, who="", on=True)
        except Exception as error:
            log.debug("A sign of writing was not passed on.", action="typing", error=type(error).__name__)

    async def _note_read(self, line: SocketLine, seq: int) -> None:
        try:
            await self._intake.read(line.session, seq)
        except Exception as error:
            log.warning("A read mark was not stored.", action="read", error=type(error).__name__)

    async def _take(self, line: SocketLine, said: Said) -> None:
        """Store a message. Its ack leaves when the writer comes to its row, or now when that was long ago."""
        line.own[said.cid] += 1
        try:
            seq = await self._intake.take(line.session, said)
        except TooFast as error:
            line.forgive(said.cid)
            line.pipe.put(refusal("rate_limited", said.cid, error.retry))
            return
        except BadFrame as error:
            line.forgive(said.cid)
            await self._bad(line, error.code, said.cid)
            return
        except Exception as error:
            line.forgive(said.cid)
            log.error("A message could not be stored.", action="take", error=type(error).__name__)
            line.pipe.put(refusal("unavailable", said.cid, RETRY_SECONDS))
            return
        if seq <= line.cursor:
            for frame in line.acks(said.cid, seq):
                line.pipe.put(frame)
        await self._hub.push(line.address, seq)

    async def _write_forever(self, line: SocketLine) -> None:
        """Send what waits and what is new, in order, until the connection ends."""
        while True:
            await line.pipe.ready.wait()
            line.pipe.ready.clear()
            try:
                await line.pipe.flush()
                await self._catch_up(line)
            except ConnectionError:
                return
            except Exception as error:
                # The next wake-up or the hub's look tries again.
                log.error("A transcript could not be sent.", action="write", error=type(error).__name__)

    async def _catch_up(self, line: SocketLine) -> None:
        while True:
            if line.conversation_id is None:
                line.conversation_id, rows = await self._intake.rows_after(line.session, line.cursor, BATCH)
            else:
                rows = await self._intake.more(line.conversation_id, line.cursor, BATCH)
            if not rows:
                return
            for row in rows:
                cid = cid_of(row, line.session) if row.direction == "incoming" else ""
                acks = line.acks(cid, row.seq) if cid else []
                for frame in acks or [await self._frames.of(line.session, row)]:
                    await line.pipe.send(frame)
                line.cursor = row.seq
