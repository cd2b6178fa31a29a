"""Our channel inside Rasa: a turn comes in, an end-of-turn marker goes out. Any failure is a 5xx, never an empty 200."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.components.endpoint import KeptEndpoint
from bot.components.turn import CHANNEL, run_turn

logger = logging.getLogger(__name__)
RANKING = 5


class SathiInput(InputChannel):
    """`POST /webhooks/sathi/turn` and `GET /webhooks/sathi/ready`, for the gateway on a private address."""

    @classmethod
    def name(cls) -> str:
        return CHANNEL

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> InputChannel:
        return cls()

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """The routes. `on_new_message` is not used: it would hide failures."""
        routes = Blueprint("sathi_turns", CHANNEL)

        @routes.route("/ready", methods=["GET"])
        async def ready(request: Request) -> HTTPResponse:
            agent = getattr(request.app.ctx, "agent", None)
            return response.json(
                {"ready": bool(agent and agent.is_ready())}, status=200 if agent and agent.is_ready() else 503
            )

        @routes.route("/turn", methods=["POST"])
        async def turn(request: Request) -> HTTPResponse:
            agent = getattr(request.app.ctx, "agent", None)
            if agent is None or not agent.is_ready():
                return response.json({"error": "the model is not loaded"}, status=503)
            body = request.json
            if not isinstance(body, dict) or not body.get("turn") or not ("text" in body or "choice" in body):
                return response.json({"error": "turn and text or choice are needed"}, status=400)
            processor = agent.processor
            if processor.action_endpoint and not isinstance(processor.action_endpoint, KeptEndpoint):
                processor.action_endpoint = KeptEndpoint.of(processor.action_endpoint)
            try:
                result = await run_turn(processor, body)
            except Exception as error:
                # Neither the customer's words nor slot values belong in a log or in the answer.
                cause = error.__cause__
                logger.error(
                    "turn %s failed: %s (%s)",
                    body["turn"],
                    error if type(error).__name__ == "RasaException" else type(error).__name__,
                    cause,
                    exc_info=logger.isEnabledFor(logging.DEBUG),
                )
                return response.json({"error": type(error).__name__}, status=500)
            return response.json(
                {
                    "end": True,
                    "turn": body["turn"],
                    "parse": _parse(result.parse),
                    "answers": result.answers,
                    "actions": result.actions,
                    "state": result.state,
                }
            )

        return routes


def _parse(parse: dict[str, Any]) -> dict[str, Any]:
    intent = parse.get("intent") or {}
    return {
        "intent": intent.get("name") or "nlu_fallback",
        "confidence": float(intent.get("confidence") or 0.0),
        "topic": parse.get("topic") or "",
        "language": parse.get("language") or "",
        "ranking": [
            {
                "name": item.get("name"),
                "confidence": float(item.get("confidence") or 0.0),
                "topic": item.get("topic") or "",
            }
            for item in (parse.get("intent_ranking") or [])[:RANKING]
        ],
        "entities": [
            {key: entity.get(key) for key in ("entity", "value", "start", "end", "text") if entity.get(key) is not None}
            for entity in parse.get("entities") or []
        ],
    }
