"""Serves Rasa's action calls with rasa-sdk's executor, on a private address, behind a token.

The executor's errors become the statuses Rasa understands: unknown action 404, rejected execution 400, missing
domain 449. An answer never repeats the request: it would carry the customer's slots.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from aiohttp import web
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection, ActionMissingDomainException, ActionNotFoundException

import actions
from actions.context import TurnContext, enter
from core.errors import LeaseLost
from gateway import metrics
from gateway.context import ON_TRIAL

log = structlog.get_logger(__name__)
MAX_BODY = 1 << 20
TOKEN_HEADER = "X-Sathi-Token"  # noqa: S105 - a header's name
# What an action says on trial instead of what it would have done.
NOT_DONE = "utter_canary"
ContextOf = Callable[[dict[str, Any]], Awaitable[TurnContext]]


class ActionEndpoint:
    """`POST /actions` and `GET /actions/health`."""

    def __init__(self, token: str, context_of: ContextOf, timeout: float) -> None:
        self._token = token.encode()
        self._context_of = context_of
        self._timeout = timeout
        # The version warning of the SDK would be logged with each call (libraries.md §2).
        logging.getLogger("rasa_sdk").setLevel(logging.ERROR)
        self._executor = ActionExecutor()
        self._executor.register_package(actions)

    def app(self) -> web.Application:
        """The application to serve on the private address."""
        app = web.Application(client_max_size=MAX_BODY)
        app.router.add_post("/actions", self._run)
        app.router.add_get("/actions/health", self._health)
        return app

    @property
    def names(self) -> list[str]:
        return sorted(self._executor.actions)

    async def _health(self, request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _run(self, request: web.Request) -> web.Response:
        if not hmac.compare_digest(request.headers.get(TOKEN_HEADER, "").encode(), self._token):
            return web.json_response({"error": "token"}, status=401)
        call = await request.json()
        name = str(call.get("next_action", ""))
        began = time.perf_counter()
        status = 500
        try:
            # A task of its own: the context of one action must not leak into another.
            result = await asyncio.wait_for(asyncio.create_task(self._execute(call)), self._timeout)
            status = 200
            return web.json_response(result)
        except ActionExecutionRejection as error:
            status = 400
            return web.json_response({"error": "rejected", "action_name": error.action_name}, status=status)
        except ActionNotFoundException as error:
            status = 404
            return web.json_response({"error": "unknown action", "action_name": error.action_name}, status=status)
        except ActionMissingDomainException as error:
            status = 449
            return web.json_response({"error": "domain needed", "action_name": error.action_name}, status=status)
        except LeaseLost:
            if _metadata(call).get(ON_TRIAL):
                status = 200
                return web.json_response({"events": [], "responses": [{"response": NOT_DONE}]})
            status = 409
            return web.json_response({"error": "the turn is over", "action_name": name}, status=status)
        except TimeoutError:
            status = 504
            return web.json_response({"error": "too slow", "action_name": name}, status=status)
        except Exception as error:
            log.error("An action failed.", action=name, error=type(error).__name__, exc_info=True)
            return web.json_response({"error": "failed", "action_name": name}, status=status)
        finally:
            metrics.ACTION_SECONDS.labels(name if name in self._executor.actions else "unknown", str(status)).observe(
                time.perf_counter() - began
            )

    async def _execute(self, call: dict[str, Any]) -> dict[str, Any]:
        enter(await self._context_of(_metadata(call)))
        # Our actions do not read the domain and our Rasa leaves it out; who sends a digest alone is asked for the rest.
        if not call.get("domain_digest"):
            call.setdefault("domain", {})
        result = await self._executor.run(call)
        if result is None:
            raise ActionNotFoundException(str(call.get("next_action", "")))
        document: dict[str, Any] = result.model_dump(by_alias=True)
        return document


def _metadata(call: dict[str, Any]) -> dict[str, Any]:
    return ((call.get("tracker") or {}).get("latest_message") or {}).get("metadata") or {}
