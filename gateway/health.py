"""`/healthz`, `/readyz` and `/metrics`."""

from __future__ import annotations

import hmac
import ipaddress

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text

from gateway import metrics
from gateway.limits import Limits
from gateway.services import Services


class Health:
    """Says whether the process lives, and whether a customer can be served."""

    def __init__(self, services: Services, limits: Limits) -> None:
        self._services = services
        self._limits = limits

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/healthz", self.alive),
            web.get("/readyz", self.ready),
            web.get("/metrics", self.metrics),
        ]

    async def alive(self, request: web.Request) -> web.Response:
        """200 while the process lives."""
        return web.json_response({"status": "ok"})

    async def ready(self, request: web.Request) -> web.Response:
        """200 only when a customer can be served; the body says which part is not ready."""
        parts = {"database": await self._database(), "rasa": self._services.rasa.ready}
        channels = {key: self._limits.is_open(channel) for key, channel in self._services.channels.items()}
        ready = all(parts.values()) and all(channels.values())
        return web.json_response({"ready": ready, "parts": parts, "channels": channels}, status=200 if ready else 503)

    async def _database(self) -> bool:
        try:
            async with self._services.db.reading() as session:
                await session.execute(text("SELECT 1"))
        except Exception:
            return False
        return True

    async def metrics(self, request: web.Request) -> web.Response:
        """Prometheus text, for loopback or with the token."""
        wanted = self._services.settings.metrics_token.get_secret_value()
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not (_is_loopback(request.remote) or (wanted and hmac.compare_digest(given.encode(), wanted.encode()))):
            raise web.HTTPForbidden(text="")
        for server, ready in self._services.rasa.states().items():
            metrics.RASA_READY.labels(server).set(ready)
        for queue, counts in (
            ("in", await self._services.inbox.counts()),
            ("out", await self._services.outbox.counts()),
        ):
            for state, count in counts.items():
                metrics.QUEUE_ROWS.labels(queue, state).set(count)
        for key, channel in self._services.channels.items():
            metrics.CHANNEL_OPEN.labels(key).set(self._limits.is_open(channel))
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _is_loopback(address: str | None) -> bool:
    try:
        return address is not None and ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
