"""A scripted platform for connector tests: each expected call has its answer, in order; nothing else is allowed."""

from __future__ import annotations

import json as json_module
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connectors.base import Reply as HttpReply
from connectors.base import Upload
from core.messages import Attachment

PAYLOADS = Path(__file__).parent / "payloads"
PDF = Upload(name="bill.pdf", mime="application/pdf", content=b"%PDF-1.7 demo")
PNG = Upload(name="chart.png", mime="image/png", content=b"\x89PNG demo")


@dataclass(frozen=True)
class Reply:
    """One answer of the platform: a status with a body (an object, bytes or a payload file), or an error to raise."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    error: Exception | None = None


@dataclass(frozen=True)
class Sent:
    """One call that a connector made."""

    method: str
    url: str
    headers: Mapping[str, str]
    json: Any
    form: Mapping[str, str | Upload] | None
    params: Mapping[str, str] | None


class ScriptedTransport:
    """Implements `Transport`. A call without an answer fails, and so does an answer without a call (see `finish`)."""

    def __init__(self, channel_type: str, base_url: str, replies: list[Reply]) -> None:
        self._folder = PAYLOADS / channel_type
        self._base_url = base_url
        self._replies = list(replies)
        self.sent: list[Sent] = []

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        form: Mapping[str, str | Upload] | None = None,
        params: Mapping[str, str] | None = None,
        timeout: float = 20.0,
        max_bytes: int = 4 << 20,
    ) -> HttpReply:
        assert url.startswith(self._base_url), f"a call to somewhere else: {url}"
        # Whatever goes out must be writable as JSON in UTF-8.
        json_module.dumps(json, ensure_ascii=False).encode()
        self.sent.append(Sent(method, url, dict(headers or {}), json, form, params))
        assert self._replies, f"an unexpected call: {method} {url} {json}"
        reply = self._replies.pop(0)
        if reply.error is not None:
            raise reply.error
        body = reply.body
        if isinstance(body, str):
            body = (self._folder / body).read_bytes()
        elif not isinstance(body, bytes):
            body = json_module.dumps(body if body is not None else {}).encode()
        return HttpReply(status=reply.status, body=body, headers=reply.headers)

    def finish(self) -> None:
        """Fail when the connector did not make all the calls that were expected."""
        assert not self._replies, f"answers nobody asked for: {self._replies}"


async def load_file(attachment: Attachment) -> Upload:
    """The files of the tests, by their kind."""
    sample = PNG if attachment.mime == "image/png" else PDF
    return Upload(name=attachment.name, mime=attachment.mime, content=sample.content)


def read_payload(channel_type: str, file: str) -> Any:
    """A payload file."""
    return json_module.loads((PAYLOADS / channel_type / file).read_text(encoding="utf-8"))
