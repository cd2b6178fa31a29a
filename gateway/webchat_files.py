"""Files to and from the browser: upload by reference, download by a signed address of short life."""

from __future__ import annotations

import asyncio
import re
from typing import Any
from urllib.parse import quote

import structlog
from aiohttp import BodyPartReader, web

from core.messages import Attachment
from core.tables import Message
from gateway.services import Services
from gateway.webchat_intake import Intake
from gateway.webchat_sessions import Origins, Rate, Sessions
from gateway.webchat_uploads import MAX_PDF, BadUpload, Uploads, kind_of, limit_of

log = structlog.get_logger(__name__)
UPLOADS, UPLOAD_SECONDS = 10, 60.0  # of one session
BODY_SECONDS = 300.0  # 25 MB over a slow line
AT_ONCE = 8
FORM_ROOM = 64 << 10
PRIVATE = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class FileRoutes:
    """Serves /chat/upload and /chat/file."""

    def __init__(
        self, services: Services, sessions: Sessions, origins: Origins, intake: Intake, uploads: Uploads
    ) -> None:
        self._services = services
        self._sessions = sessions
        self._origins = origins
        self._intake = intake
        self._uploads = uploads
        self._rate = Rate(UPLOADS, UPLOAD_SECONDS)
        self._room = asyncio.Semaphore(AT_ONCE)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/chat/upload", self.upload),
            web.get("/chat/file/{signed}", self.download),
        ]

    async def upload(self, request: web.Request) -> web.Response:
        """Take one file of a form; the answer's `id` goes into a `msg` frame."""
        if not self._origins.permits(request):
            raise web.HTTPForbidden(text="", headers=PRIVATE)
        session = self._sessions.of_request(request)
        if not session:
            raise web.HTTPUnauthorized(text="", headers=PRIVATE)
        if request.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise web.HTTPUnsupportedMediaType(text="", headers=PRIVATE)
        wait = self._rate.wait(session)
        if wait:
            raise web.HTTPTooManyRequests(text="", headers={"Retry-After": str(round(wait) + 1), **PRIVATE})
        try:
            if (request.content_length or 0) > MAX_PDF + FORM_ROOM:
                raise BadUpload("too_large", 413)
            async with self._room:
                content, name = await asyncio.wait_for(_file_of(request), BODY_SECONDS)
                file, media = await self._uploads.keep(session, content, name)
        except BadUpload as error:
            return web.json_response({"code": error.code}, status=error.status, headers=PRIVATE)
        except TimeoutError:
            return web.json_response({"code": "too_slow"}, status=408, headers=PRIVATE)
        return web.json_response(
            {"id": file, "mime": media.mime, "name": media.name, "size": media.size}, status=201, headers=PRIVATE
        )

    async def download(self, request: web.Request) -> web.Response:
        """A file of this session's transcript. Expired, altered or somebody else's: the same 404."""
        found = self._sessions.of_link(request.match_info["signed"])
        session = self._sessions.of_request(request)
        if found is None or not session or found[0] != session:
            raise web.HTTPNotFound(text="", headers=PRIVATE)
        row = await self._intake.row(session, found[1])
        answer = await self._content(row, found[2]) if row is not None else None
        if answer is None:
            raise web.HTTPNotFound(text="", headers=PRIVATE)
        name, mime, content = answer
        plain = re.sub(r"[^A-Za-z0-9._-]", "_", name)
        return web.Response(
            body=content,
            headers={
                **PRIVATE,
                "Content-Type": mime,
                "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}",
            },
        )

    async def _content(self, row: Message, index: int) -> tuple[str, str, bytes] | None:
        if row.direction == "outgoing":
            document: dict[str, Any] | None = row.payload.get("attachment")
            if not document or index != 0:
                return None
            attachment = Attachment(**document)
            try:
                upload = await self._services.load_file(attachment)
            except Exception as error:
                log.error("A file could not be made.", action="file", error=type(error).__name__)
                raise web.HTTPServiceUnavailable(text="", headers={"Retry-After": "5", **PRIVATE}) from None
            return attachment.name, attachment.mime, upload.content
        media = list(row.payload.get("media") or ())
        if not 0 <= index < len(media):
            return None
        content = await self._uploads.read(media[index]["ref"])
        return None if content is None else (media[index]["name"], media[index]["mime"], content)


async def _file_of(request: web.Request) -> tuple[bytes, str]:
    """The first file of a form, read no further than its kind may be long."""
    if not request.content_type.startswith("multipart/form-data"):
        raise BadUpload("form", 415)
    try:
        reader = await request.multipart()
        part = await reader.next()
        while part is not None and not (isinstance(part, BodyPartReader) and part.filename):
            part = await reader.next()
        if not isinstance(part, BodyPartReader) or part.headers.get("Content-Transfer-Encoding") is not None:
            raise BadUpload("form", 400)
        content = bytearray()
        while chunk := await part.read_chunk(64 << 10):
            content += chunk
            kind = kind_of(bytes(content[:16]))
            if not kind:
                raise BadUpload("type", 415)
            if len(content) > limit_of(kind):
                raise BadUpload("too_large", 413)
    except (ValueError, AssertionError, RuntimeError, LookupError):
        raise BadUpload("form", 400) from None
    if not content:
        raise BadUpload("empty", 400)
    return bytes(content), part.filename or ""
