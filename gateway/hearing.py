"""Speech to text: an interface, and one implementation over HTTP.

The form is the one that the common servers of Whisper models take: `file`, `language`, answer `{"text": "…"}`.
"""

from __future__ import annotations

import json
from typing import Protocol

import structlog
from pydantic import SecretStr

from connectors.base import Transport, Upload
from core.errors import SendError
from core.media import Content

log = structlog.get_logger(__name__)
SECONDS = 20.0
MAX_WORDS = 4096


class Hearing(Protocol):
    """Listens to a recording; nothing when it was not understood. `language` is two letters, as a hint."""

    async def words_of(self, recording: Content, language: str) -> str: ...


class HttpHearing:
    """Asks a server. A server that does not answer is no reason to keep the customer waiting: nothing was understood."""

    def __init__(self, transport: Transport, url: str, token: SecretStr) -> None:
        self._transport = transport
        self._url = url
        self._token = token

    async def words_of(self, recording: Content, language: str) -> str:
        token = self._token.get_secret_value()
        form = {"file": Upload(name=recording.name, mime=recording.mime, content=recording.content)}
        try:
            reply = await self._transport.request(
                "POST",
                self._url,
                headers={"Authorization": f"Bearer {token}"} if token else None,
                form={**form, **({"language": language} if language else {})},
                timeout=SECONDS,
                max_bytes=1 << 20,
            )
        except SendError as error:
            log.warning("A recording was not listened to.", action="hear", code=error.code)
            return ""
        try:
            document = json.loads(reply.body) if reply.status == 200 else {}
        except ValueError:
            document = {}
        said = document.get("text") if isinstance(document, dict) else None
        if not isinstance(said, str):
            log.warning("A recording was not listened to.", action="hear", code=f"http_{reply.status}")
            return ""
        return " ".join(said.split())[:MAX_WORDS]
