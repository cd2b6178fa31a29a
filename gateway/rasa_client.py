"""Talk to the dialogue core. A turn is only believed when it comes back with its end marker and its own name."""

from __future__ import annotations

import asyncio
import itertools
import time
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import structlog

from core.errors import TurnFailed

log = structlog.get_logger(__name__)
FAILURES_TO_OPEN = 3  # reliability.md R16
PROBE_SECONDS = 2.0
CANARY_SECONDS = 10.0
CANARY = {
    "turn": "canary",
    "sender": "canary",
    "choice": {"intent": "canary"},
    "metadata": {"canary": True},
    "state": {},
}
CANARY_ANSWER = "utter_canary"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer's name and its facts."""

    name: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class TurnResult:
    """What the dialogue core decided for one message."""

    intent: str
    confidence: float
    topic: str
    language: str
    entities: list[dict[str, Any]]
    ranking: list[dict[str, Any]]
    answers: list[Answer]
    actions: list[str]
    state: dict[str, Any]


@dataclass
class _Server:
    url: str
    failures: int = 0
    checked_at: float = 0.0
    ready: bool = False


class RasaClient:
    """A few Rasa servers, any of which can handle any turn. One that fails thrice is left alone until its canary sings."""

    def __init__(self, urls: list[str], turn_timeout: float) -> None:
        self._servers = [_Server(url=url.rstrip("/")) for url in urls]
        self._timeout = turn_timeout
        self._next = itertools.count()
        self._session: aiohttp.ClientSession | None = None
        self._probe: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()

    async def start(self) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=256, keepalive_timeout=30), trust_env=False
        )
        if self._servers:
            self._probe = asyncio.create_task(self._probe_forever(), name="rasa-canary")

    async def stop(self) -> None:
        if self._probe:
            self._probe.cancel()
            await asyncio.gather(self._probe, return_exceptions=True)
        if self._session:
            await self._session.close()

    @property
    def ready(self) -> bool:
        """Whether a server answered its canary and has not failed since."""
        return any(server.ready for server in self._servers)

    async def wait_ready(self) -> None:
        """Return when a server has answered its canary for the first time."""
        await self._ready.wait()

    def states(self) -> dict[str, bool]:
        """Each server's health, by address."""
        return {server.url: server.ready for server in self._servers}

    async def turn(self, request: dict[str, Any]) -> TurnResult:
        """Run one turn within the time limit; raises TurnFailed when it cannot be trusted.

        A connection that is refused or breaks is tried on another server: nothing of a turn stays in a server, and its
        effects are keyed. An answer that is wrong or late is not asked for again.
        """
        usable = [server for server in self._servers if server.ready]
        if not usable:
            raise TurnFailed("no dialogue server is ready")
        start = next(self._next)
        for offset in range(len(usable)):
            server = usable[(start + offset) % len(usable)]
            try:
                body = await self._post(server.url + "/webhooks/sathi/turn", request, self._timeout)
                result = read_turn(body, request["turn"])
            except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError):
                self._failed(server, "refused")
                continue
            except (TimeoutError, aiohttp.ClientError, TurnFailed, ValueError) as error:
                self._failed(server, type(error).__name__)
                raise TurnFailed(f"the dialogue core failed: {type(error).__name__}") from None
            server.failures = 0
            return result
        raise TurnFailed("no dialogue server could be reached")

    async def _post(self, url: str, body: dict[str, Any], seconds: float) -> Any:
        assert self._session is not None
        async with self._session.post(url, json=body, timeout=aiohttp.ClientTimeout(total=seconds)) as answer:
            if answer.status != 200:
                raise TurnFailed(f"status {answer.status}")
            return await answer.json(content_type=None)

    def _failed(self, server: _Server, reason: str) -> None:
        server.failures += 1
        if reason == "refused" or server.failures >= FAILURES_TO_OPEN:
            server.ready = False
        log.warning(
            "A turn failed in the dialogue core.",
            action="turn",
            server=server.url,
            reason=reason,
            failures=server.failures,
        )

    async def _probe_forever(self) -> None:
        while True:
            await asyncio.gather(*(self._probe_one(server) for server in self._servers))
            await asyncio.sleep(PROBE_SECONDS)

    async def _probe_one(self, server: _Server) -> None:
        now = time.monotonic()
        if server.ready and now - server.checked_at < CANARY_SECONDS:
            return
        server.checked_at = now
        try:
            body = await self._post(server.url + "/webhooks/sathi/turn", CANARY, 5.0)
            result = read_turn(body, "canary")
            healthy = [answer.name for answer in result.answers] == [CANARY_ANSWER]
        except Exception:
            healthy = False
        if healthy != server.ready:
            log.info("The dialogue core's canary changed.", action="canary", server=server.url, ready=healthy)
        if healthy:
            server.failures = 0
        server.ready = healthy
        if healthy:
            self._ready.set()


def read_turn(body: Any, turn: str) -> TurnResult:
    """Check an answer of our channel; anything odd is a failure, never an empty success."""
    if not isinstance(body, dict) or body.get("end") is not True or body.get("turn") != turn:
        raise TurnFailed("no end-of-turn marker")
    try:
        parse = body["parse"]
        answers = [Answer(name=str(item["name"]), facts=dict(item["facts"])) for item in body["answers"]]
        result = TurnResult(
            intent=str(parse["intent"]),
            confidence=float(parse["confidence"]),
            topic=str(parse.get("topic") or ""),
            language=str(parse.get("language") or ""),
            entities=list(parse["entities"]),
            ranking=list(parse["ranking"]),
            answers=answers,
            actions=[str(name) for name in body["actions"]],
            state=dict(body["state"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise TurnFailed("the answer cannot be read") from None
    if not answers:
        raise TurnFailed("the turn said nothing")
    return result
