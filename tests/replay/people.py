"""The customer's side of a story, one class a channel: what they send, and what reaches them."""

from __future__ import annotations

import asyncio
import json
import uuid
from dataclasses import dataclass, field
from typing import Any, Protocol

import aiohttp

from gateway.app import Service
from tests.patience import SECONDS


@dataclass(kw_only=True)
class Seen:
    """A message as the customer sees it: its words, its choices by title, its file."""

    text: str
    choices: dict[str, Any] = field(default_factory=dict)
    file: str = ""


class Refused(Exception):
    """The chat did not take a message."""

    def __init__(self, frame: dict[str, Any]) -> None:
        super().__init__(str(frame))
        self.frame = frame


class Customer(Protocol):
    """Somebody who writes to the bot."""

    async def open(self) -> None: ...

    async def say(self, text: str) -> str:
        """Send text; returns the dedupe key of the message in the inbox."""
        ...

    async def tap(self, title: str) -> str: ...

    async def share(self, latitude: float, longitude: float) -> str: ...

    async def photo(self) -> str: ...

    async def close(self) -> None: ...


class WebVisitor:
    """Speaks the web chat's frames over a real WebSocket."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._http: aiohttp.ClientSession | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._session = ""
        self.seen: list[dict[str, Any]] = []
        self._acks: dict[str, asyncio.Future[int]] = {}
        self._reader: asyncio.Task[None] | None = None

    async def open(self) -> None:
        jar = aiohttp.CookieJar(unsafe=True)
        self._http = aiohttp.ClientSession(cookie_jar=jar)
        base = self._service.public_url
        async with self._http.post(f"{base}/chat/session", headers={"Origin": base}) as answer:
            given = await answer.json()
        self._socket = await self._http.ws_connect(f"{base}/chat/ws", headers={"Origin": base})
        await self._socket.send_json(
            {"t": "hello", "v": 1, "token": given["token"], "session": given["session"], "last_seq": 0}
        )
        welcome = await self._socket.receive_json(timeout=SECONDS)
        assert welcome["t"] == "welcome", welcome
        self._session = welcome["session"]
        self._reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self._socket is not None
        async for message in self._socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                continue
            frame = json.loads(message.data)
            if frame["t"] == "ack" and frame["cid"] in self._acks:
                self._acks[frame["cid"]].set_result(frame["seq"])
            elif frame["t"] == "msg" and frame.get("from") != "customer":
                self.seen.append(frame)
            elif frame["t"] == "err" and frame.get("cid") in self._acks:
                self._acks[frame["cid"]].set_exception(Refused(frame))

    async def _send(self, frame: dict[str, Any]) -> str:
        assert self._socket is not None
        cid = uuid.uuid4().hex
        async with asyncio.timeout(SECONDS):
            while True:
                self._acks[cid] = asyncio.get_running_loop().create_future()
                await self._socket.send_json({**frame, "cid": cid})
                try:
                    await self._acks[cid]
                except Refused as refused:
                    if refused.frame.get("code") != "rate_limited":
                        raise
                    # A story is told faster than anybody types: wait as the page does, and send it again.
                    await asyncio.sleep(refused.frame.get("retry_ms", 1000) / 1000)
                else:
                    return f"{self._session}:{cid}"

    async def say(self, text: str) -> str:
        return await self._send({"t": "msg", "text": text})

    async def tap(self, title: str) -> str:
        for frame in reversed(self.seen):
            for choice in frame.get("choices") or []:
                if choice["title"] == title:
                    return await self._send({"t": "choice", "id": choice["id"], "msg_seq": frame["seq"]})
        raise AssertionError(
            f"no choice {title!r} was offered: {[c['title'] for f in self.seen for c in f.get('choices') or []]}"
        )

    async def share(self, latitude: float, longitude: float) -> str:
        return await self._send({"t": "location", "lat": latitude, "lon": longitude})

    async def photo(self) -> str:
        raise AssertionError("a photo on the web is tested in the browser")

    async def close(self) -> None:
        if self._reader:
            self._reader.cancel()
        if self._socket:
            await self._socket.close()
        if self._http:
            await self._http.close()
