"""An S3-compatible bucket that checks signatures by the letter of AWS Signature Version 4, written on its own."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, unquote

from aiohttp import web

SHAPE = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request, SignedHeaders=([a-z0-9;-]+), "
    r"Signature=([0-9a-f]{64})"
)


class FakeBucket:
    """One bucket in memory. `refused` says why calls were turned away."""

    def __init__(self, access: str = "AKIAFAKE", secret: str = "fake-secret-key", region: str = "ap-south-1") -> None:
        self.access, self.secret, self.region = access, secret, region
        self.objects: dict[str, tuple[bytes, str]] = {}
        self.refused: list[str] = []
        self.broken = 0
        self.url = ""

    def _fault(self, request: web.Request, body: bytes) -> str:
        found = SHAPE.fullmatch(request.headers.get("Authorization", ""))
        if not found:
            return "no signature"
        access, day, region, names, given = found.groups()
        if access != self.access or region != self.region:
            return "another key or region"
        signed = names.split(";")
        if signed != sorted(signed) or not {"host", "x-amz-date", "x-amz-content-sha256"} <= set(signed):
            return "headers that must be signed are not"
        moment = request.headers["X-Amz-Date"]
        sent = datetime.strptime(moment, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        if day != moment[:8] or abs(datetime.now(UTC) - sent) > timedelta(minutes=15):
            return "too old"
        if request.headers["X-Amz-Content-Sha256"] != hashlib.sha256(body).hexdigest():
            return "another body"
        path = quote(unquote(request.rel_url.raw_path), safe="/-_.~")
        lines = "".join(f"{name}:{' '.join(request.headers[name].split())}\n" for name in signed)
        canonical = f"{request.method}\n{path}\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
        scope = f"{day}/{region}/s3/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        key = b"AWS4" + self.secret.encode()
        for part in (day, region, "s3", "aws4_request"):
            key = hmac.digest(key, part.encode(), "sha256")
        right = hmac.compare_digest(hmac.new(key, text.encode(), "sha256").hexdigest(), given)
        return "" if right else "the signature does not fit"

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        fault = self._fault(request, body)
        if fault:
            self.refused.append(fault)
            return web.Response(status=403, text=fault)
        if self.broken:
            self.broken -= 1
            return web.Response(status=503)
        key = request.match_info["key"]
        if request.method == "PUT":
            self.objects[key] = (body, request.headers.get("Content-Type", ""))
            return web.Response()
        if request.method == "DELETE":
            self.objects.pop(key, None)
            return web.Response(status=204)
        if key not in self.objects:
            return web.Response(status=404)
        content, mime = self.objects[key]
        return web.Response(body=content, content_type=mime)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[FakeBucket]:
        app = web.Application(client_max_size=64 << 20)
        app.router.add_route("*", "/bucket/{key:.+}", self.handle)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/bucket"
        try:
            yield self
        finally:
            await runner.cleanup()
