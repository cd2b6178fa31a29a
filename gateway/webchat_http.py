"""Session, and the same frames over plain HTTP for networks that let no WebSocket through."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import structlog
from aiohttp import web

from connectors.webchat import MAX_FRAME, BadFrame, Ping, Read, Said, Typing, decode, read_frame
from gateway.services import Services
from gateway.webchat_frames import Frames, control, refusal
from gateway.webchat_hub import WebchatHub
from gateway.webchat_intake import Intake, TooFast
from gateway.webchat_sessions import COOKIE, COOKIE_SECONDS, TOKEN_SECONDS, Origins, Rate, Sessions, caller

log = structlog.get_logger(__name__)
POLL_SECONDS = 25.0
BATCH = 100
HISTORY = 200
MAX_POLLS = 256  # of one network address
BODY_SECONDS = 10.0
REQUESTS, REQUEST_SECONDS = 60, 20.0  # of one session
NEW_SESSIONS, NEW_SECONDS = 300, 60.0  # of one network address
NO_STORE = {"Cache-Control": "no-store"}


@dataclass(eq=False)
class PollLine:
    """A request that waits for the next message."""

    address: str
    cursor: int
    conversation_id: int | None = None
    news: asyncio.Event = field(default_factory=asyncio.Event)
    extra: list[str] = field(default_factory=list)

    def wake(self) -> None:
        self.news.set()

    def typing(self, on: bool) -> None:
        self.extra = [control("typing", on=on)]
        self.news.set()

    async def close(self, code: int, reason: str) -> None:
        self.news.set()


class HttpRoutes:
    """Serves /chat/session, /chat/leave, /chat/poll and /chat/send."""

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
        self._new = Rate(NEW_SESSIONS, NEW_SECONDS)
        self._requests = Rate(REQUESTS, REQUEST_SECONDS)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/chat/session", self.begin),
            web.post("/chat/leave", self.leave),
            web.get("/chat/poll", self.poll),
            web.post("/chat/send", self.send),
        ]

    async def begin(self, request: web.Request) -> web.Response:
        """Give a browser its session again, or a new one, and a token for the next minutes."""
        self._check(request)
        session = self._sessions.of_request(request)
        if not session:
            wait = self._new.wait(caller(request, self._services.settings.trusted_proxies))
            if wait:
                raise web.HTTPTooManyRequests(text="", headers={"Retry-After": str(round(wait) + 1), **NO_STORE})
            session = self._sessions.new()
        response = web.json_response(
            {"session": session, "token": self._sessions.token(session), "expires_in": TOKEN_SECONDS},
            headers=NO_STORE,
        )
        response.set_cookie(
            COOKIE,
            self._sessions.sealed(session),
            max_age=COOKIE_SECONDS,
            httponly=True,
            samesite="Lax",
            secure=request.secure or self._services.settings.base_url.startswith("https:"),
            path="/",
        )
        return response

    async def leave(self, request: web.Request) -> web.Response:
        """Forget the session on this device: a shared phone, a cyber café."""
        self._check(request)
        response = web.json_response({}, headers=NO_STORE)
        response.del_cookie(COOKIE, path="/")
        return response

    async def poll(self, request: web.Request) -> web.Response:
        """Messages after a number; waits for the next one when there is none."""
        session = self._known(request)
        after, patience = _number(request, "after", 0), _number(request, "wait", POLL_SECONDS)
        seq = await self._intake.end(session)
        resume = 0 < after <= seq
        line = PollLine(address=f"web:{session}", cursor=after if resume else max(0, seq - HISTORY))
        who = caller(request, self._services.settings.trusted_proxies)
        if self._hub.open_from(who) >= MAX_POLLS:
            raise web.HTTPServiceUnavailable(text="", headers={"Retry-After": "5", **NO_STORE})
        self._hub.enter(who)
        self._hub.add(line)
        try:
            frames = await self._frames_after(line, session, min(float(patience), POLL_SECONDS))
        finally:
            self._hub.remove(line)
            self._hub.leave(who)
        return _frames([control("welcome", session=session, seq=seq, resume=resume), *frames])

    async def _frames_after(self, line: PollLine, session: str, patience: float) -> list[str]:
        ends = asyncio.get_running_loop().time() + patience
        while True:
            line.news.clear()
            line.conversation_id, rows = await self._intake.rows_after(session, line.cursor, BATCH)
            left = ends - asyncio.get_running_loop().time()
            if rows or line.extra or left <= 0 or self._hub.closing:
                return [*[await self._frames.of(session, row) for row in rows], *line.extra]
            try:
                await asyncio.wait_for(line.news.wait(), left)
            except TimeoutError:
                return []

    async def send(self, request: web.Request) -> web.Response:
        """One frame; the answer is what a socket would be told."""
        self._check(request)
        session = self._known(request)
        try:
            body = await asyncio.wait_for(request.read(), BODY_SECONDS)
        except TimeoutError:
            raise web.HTTPRequestTimeout(text="", headers=NO_STORE) from None
        if len(body) > MAX_FRAME:
            raise web.HTTPRequestEntityTooLarge(MAX_FRAME, len(body), text="", headers=NO_STORE)
        try:
            frame = read_frame(decode(body.decode()))
        except UnicodeDecodeError:
            return _frames([refusal("bad_frame")], 400)
        except BadFrame as error:
            return _frames([refusal(error.code, error.cid)], 400)
        if isinstance(frame, Said):
            return await self._said(session, frame)
        if isinstance(frame, Read):
            await self._intake.read(session, frame.seq)
            return _frames([])
        if isinstance(frame, Ping):
            return _frames([control("pong")])
        return _frames([] if isinstance(frame, Typing) else [refusal("unknown_frame")])

    async def _said(self, session: str, said: Said) -> web.Response:
        try:
            seq = await self._intake.take(session, said)
        except TooFast as error:
            return _frames([refusal("rate_limited", said.cid, error.retry)], 429)
        except BadFrame as error:
            return _frames([refusal(error.code, said.cid)], 400)
        except Exception as error:
            log.error("A message could not be stored.", action="take", error=type(error).__name__)
            return _frames([refusal("unavailable", said.cid, 3.0)], 503)
        await self._hub.push(f"web:{session}", seq)
        return _frames([control("ack", cid=said.cid, seq=seq)])

    def _check(self, request: web.Request) -> None:
        """Only our own pages write, and nobody sends compressed bodies."""
        if not self._origins.permits(request):
            raise web.HTTPForbidden(text="", headers=NO_STORE)
        if request.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise web.HTTPUnsupportedMediaType(text="", headers=NO_STORE)

    def _known(self, request: web.Request) -> str:
        session = self._sessions.of_request(request)
        if not session:
            raise web.HTTPUnauthorized(text="", headers=NO_STORE)
        wait = self._requests.wait(session)
        if wait:
            raise web.HTTPTooManyRequests(text="", headers={"Retry-After": str(round(wait) + 1), **NO_STORE})
        return session


def _number(request: web.Request, name: str, default: float) -> int:
    value = request.query.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 16 else int(default)


def _frames(frames: list[str], status: int = 200) -> web.Response:
    # The frames are JSON already.
    body = f'{{"frames":[{",".join(frames)}]}}'
    return web.Response(text=body, status=status, content_type="application/json", headers=NO_STORE)
