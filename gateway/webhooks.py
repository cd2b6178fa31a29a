"""Webhooks of the platforms: raw bytes, signature, parse, store, answer. The work happens later.

2xx is given only after the commit; when the database is away the answer is 503 and the platform delivers again.
"""

from __future__ import annotations

import asyncio
import json
import time
import zlib
from collections import Counter as Tally
from typing import Any

import structlog
from aiohttp import web

from connectors.base import Channel, Webhook
from core.errors import Malformed, Rejected
from core.inbox import Bad, NewRow
from core.language import danger
from core.messages import Event, IncomingMessage, Priority, Quarantined, StatusUpdate, to_json
from gateway import metrics
from gateway.services import Services

log = structlog.get_logger(__name__)
MAX_BODY = 4 << 20  # bytes; WhatsApp sends up to 3 MB (channels.md §1.3)
BODY_SECONDS = 10.0
STATUS_LANES = 64
HORIZON_SECONDS = 8 * 86_400  # a user message older than this is a late redelivery (reliability.md R3)


def routes(services: Services) -> list[web.RouteDef]:
    """The routes of every channel type that is switched on, and a 404 for the others."""
    hooks = Webhooks(services)
    return [
        web.get("/webhooks/{type}", hooks.handshake),
        web.post("/webhooks/{type}", hooks.receive),
        web.post("/webhooks/{type}/{account}", hooks.receive),
    ]


class Webhooks:
    """The two handlers."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def _channels(self, request: web.Request) -> list[Channel]:
        kind, account = request.match_info["type"], request.match_info.get("account")
        found = [
            channel
            for channel in self._services.channels.values()
            if channel.type == kind and channel.type != "webchat" and (account is None or channel.account_id == account)
        ]
        if not found:
            raise web.HTTPNotFound(text="this channel is not switched on")
        return found

    async def handshake(self, request: web.Request) -> web.Response:
        """Meta's verification of the address (channels.md §1.1)."""
        channels = self._channels(request)
        connector = self._services.connector(channels[0])
        challenge = getattr(connector, "handshake", None)
        if challenge is None:
            raise web.HTTPMethodNotAllowed("GET", ["POST"])
        for channel in channels:
            answer = challenge(dict(request.query), channel)
            if answer is not None:
                return web.Response(text=answer)
        metrics.REFUSED.labels(channels[0].type, "handshake").inc()
        raise web.HTTPForbidden(text="")

    async def receive(self, request: web.Request) -> web.Response:
        """Take a delivery."""
        began = time.perf_counter()
        kind = request.match_info["type"]
        label = kind if any(channel.type == kind for channel in self._services.channels.values()) else "unknown"
        status = 500
        try:
            response = await self._receive(request)
            status = response.status
            return response
        except web.HTTPException as error:
            status = error.status
            raise
        finally:
            metrics.WEBHOOK_SECONDS.labels(label, str(status)).observe(time.perf_counter() - began)

    async def _receive(self, request: web.Request) -> web.Response:
        channels = self._channels(request)
        kind = channels[0].type
        if request.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
            metrics.REFUSED.labels(kind, "encoding").inc()
            raise web.HTTPUnsupportedMediaType(text="")
        if request.content_length is not None and request.content_length > MAX_BODY:
            metrics.REFUSED.labels(kind, "size").inc()
            raise web.HTTPRequestEntityTooLarge(max_size=MAX_BODY, actual_size=request.content_length, text="")
        try:
            body = await asyncio.wait_for(request.read(), BODY_SECONDS)
        except TimeoutError:
            metrics.REFUSED.labels(kind, "slow").inc()
            raise web.HTTPRequestTimeout(text="") from None
        genuine = self._verified(request, channels, body)
        payload = self._decoded(kind, body)
        rows, bad = self._events(genuine, payload)
        try:
            stored = await self._services.inbox.put(rows, bad)
        except Exception as error:
            log.error("A delivery could not be stored.", action="webhook", channel=kind, error=type(error).__name__)
            raise web.HTTPServiceUnavailable(text="", headers={"Retry-After": "5"}) from None
        log.debug("A delivery was stored.", action="webhook", channel=kind, rows=len(rows), new=stored, bad=len(bad))
        return web.Response(text="")

    def _verified(self, request: web.Request, channels: list[Channel], body: bytes) -> list[Channel]:
        names = Tally(name.lower() for name in request.headers)
        webhook = Webhook(
            headers={name.lower(): value for name, value in request.headers.items()},
            body=body,
            query=dict(request.query),
            duplicate_headers=frozenset(name for name, count in names.items() if count > 1),
        )
        connector = self._services.connector(channels[0])
        genuine, refusal = [], None
        for channel in channels:
            try:
                connector.verify(webhook, channel)
                genuine.append(channel)
            except Rejected as error:
                refusal = error
        if not genuine:
            status = refusal.status if refusal else 401
            metrics.REFUSED.labels(channels[0].type, "signature").inc()
            log.warning("A delivery was not genuine.", action="webhook", channel=channels[0].type, status=status)
            raise web.HTTPForbidden(text="") if status == 403 else web.HTTPUnauthorized(text="")
        return genuine

    def _decoded(self, kind: str, body: bytes) -> Any:
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            metrics.REFUSED.labels(kind, "json").inc()
            raise web.HTTPBadRequest(text="the body is not JSON") from None

    def _events(self, channels: list[Channel], payload: Any) -> tuple[list[NewRow], list[Bad]]:
        rows: list[NewRow] = []
        bad: list[Bad] = []
        for channel in channels:
            connector = self._services.connector(channel)
            try:
                events = connector.parse(payload, channel)
            except Malformed as error:
                raise web.HTTPBadRequest(text=str(error)) from None
            except Exception as error:
                # A parser of ours must not make the platform deliver the same for a week.
                log.error(
                    "A payload could not be parsed.", action="parse", channel=channel.key, error=type(error).__name__
                )
                bad.append(Bad(channel=channel.key, reason=type(error).__name__, body=json.dumps(payload)[:MAX_BODY]))
                continue
            for event in events:
                metrics.EVENTS.labels(channel.key, type(event).__name__).inc()
                self._sort(event, channel, rows, bad)
        return rows, bad

    def _sort(self, event: Event, channel: Channel, rows: list[NewRow], bad: list[Bad]) -> None:
        if isinstance(event, IncomingMessage):
            age = (self._services.db.now() - event.occurred_at).total_seconds()
            if age > HORIZON_SECONDS:
                log.warning(
                    "A message older than the horizon was dropped.",
                    action="webhook",
                    channel=channel.key,
                    days=round(age / 86_400),
                )
                return
            rows.append(message_row(channel.key, event))
        elif isinstance(event, StatusUpdate):
            rows.append(status_row(channel.key, event))
        elif isinstance(event, Quarantined):
            bad.append(Bad(channel=channel.key, reason=event.reason, body=event.body))
        else:
            log.info("An event was ignored.", action="webhook", channel=channel.key, reason=event.reason)


def message_row(channel: str, message: IncomingMessage) -> NewRow:
    """The inbox row of a message; somebody in danger is handled before everybody else."""
    urgent = bool(message.text) and danger.detect(message.text) is not None
    return NewRow(
        channel=channel,
        external_id=message.external_id,
        lane=f"{channel}|{message.lane}",
        kind="message",
        payload=to_json(message),
        priority=Priority.DANGER.rank if urgent else Priority.REPLY.rank,
    )


def status_row(channel: str, update: StatusUpdate) -> NewRow:
    """The inbox row of a receipt."""
    # One lane for each of a few dozen buckets: statuses neither wait for turns nor for each other.
    bucket = zlib.crc32(f"{update.external_id}{update.address}".encode()) % STATUS_LANES
    moment = f":{update.occurred_at.timestamp()}" if update.watermark else ""
    return NewRow(
        channel=channel,
        external_id=f"status:{update.external_id or update.callback or update.address}:{update.status.value}{moment}",
        lane=f"{channel}|status:{bucket}",
        kind="status",
        payload=to_json(update),
    )
