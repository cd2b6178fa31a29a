"""A dialogue server that fails in every way the real one can: reliability.md R16."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

HONEST = "honest"
WAYS = ("empty list", "no marker", "other turn", "no answers", "status 500", "not json", "half an answer", "frozen")


class LyingRasa:
    """Answers canaries honestly unless told otherwise; `way` says how it treats everything else."""

    def __init__(self) -> None:
        self.way = HONEST
        self.canary_way = HONEST
        self.turns: list[dict[str, Any]] = []
        self.url = ""

    async def turn(self, request: web.Request) -> web.Response:
        body = await request.json()
        is_canary = body["turn"] == "canary"
        if not is_canary:
            self.turns.append(body)
        way = self.canary_way if is_canary else self.way
        if way == "frozen":
            await asyncio.sleep(60)
        if way == "status 500":
            return web.json_response({"error": "x"}, status=500)
        if way == "not json":
            return web.Response(text="<html>", content_type="text/html")
        if way == "empty list":
            return web.json_response([])
        answer = honest(body["turn"], "utter_canary" if is_canary else "utter_menu")
        if way == "no marker":
            del answer["end"]
        if way == "other turn":
            answer["turn"] = "somebody else's"
        if way == "no answers":
            answer["answers"] = []
        if way == "half an answer":
            answer["parse"] = {"intent": "greet"}
        return web.json_response(answer)

    @asynccontextmanager
    async def serving(self, port: int = 0) -> AsyncIterator[LyingRasa]:
        app = web.Application()
        app.router.add_post("/webhooks/sathi/turn", self.turn)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            await runner.cleanup()


def honest(turn: str, name: str) -> dict[str, Any]:
    """A good answer of our channel."""
    return {
        "end": True,
        "turn": turn,
        "parse": {"intent": "greet", "confidence": 0.9, "topic": "", "ranking": [], "entities": [], "language": "en"},
        "answers": [{"name": name, "facts": {}}],
        "actions": ["action_greet"],
        "state": {"slots": {}, "active_loop": None},
    }
