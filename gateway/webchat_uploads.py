"""Files that visitors of the web page send: checked and stored at once, by an id that only their session can use."""

from __future__ import annotations

import asyncio
import json
import secrets

from connectors.webchat import FILE_ID
from core.media import UPLOADS, Library
from core.messages import MediaRef
from gateway import media_check
from gateway.media_check import MB, OTHERS, PICTURES, BadFile, clean_name, rewrite

MAX_IMAGE = 5 * MB  # channels.md §6
MAX_PDF = 25 * MB
SCHEME = "upload"
BadUpload = BadFile


def kind_of(head: bytes) -> str:
    """`JPEG`, `PNG`, `WEBP` or `PDF` by the first bytes; nothing for all others."""
    found = media_check.kind_of(head)
    return found if found in PICTURES or found == "PDF" else ""


def limit_of(kind: str) -> int:
    return MAX_PDF if kind == "PDF" else MAX_IMAGE


def shelf_key(ref: str) -> str:
    """Where the file of a reference lies; empty when it is none of ours. Two letters spread files over folders."""
    scheme, _, file = ref.partition(":")
    return f"{UPLOADS}{file[:2]}/{file}" if scheme == SCHEME and FILE_ID.fullmatch(file) else ""


class Uploads:
    """Keeps files and what is known of them."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._shelf = library.shelf

    async def keep(self, session: str, content: bytes, name: str, *, to_be_sent: bool = True) -> tuple[str, MediaRef]:
        """Check and store a file; returns its id and its reference. What is `to_be_sent` and is not goes after a day."""
        kind = kind_of(content[:16])
        if not kind:
            raise BadUpload("type")
        if len(content) > limit_of(kind):
            raise BadUpload("too_large", 413)
        mime, ending = PICTURES.get(kind) or OTHERS[kind]
        if kind in PICTURES:
            content = (await asyncio.to_thread(rewrite, kind, content)).content
        file = secrets.token_urlsafe(16)
        media = MediaRef(
            kind="document" if kind == "PDF" else "image",
            ref=f"{SCHEME}:{file}",
            mime=mime,
            name=clean_name(name, ending),
            size=len(content),
        )
        about = {"session": session, "kind": media.kind, "mime": media.mime, "name": media.name, "size": media.size}
        key = shelf_key(media.ref)
        if to_be_sent:
            await self._library.note_upload(key)
        await self._shelf.put(key, content, mime)
        await self._shelf.put(f"{key}.json", json.dumps(about, ensure_ascii=False).encode(), "application/json")
        return file, media

    async def find(self, session: str, file: str) -> MediaRef | None:
        """The reference of a file that this very session sent."""
        key = shelf_key(f"{SCHEME}:{file}")
        document = await self._shelf.get(f"{key}.json") if key else None
        try:
            about = json.loads(document) if document is not None else {}
        except ValueError:
            return None
        if not about or about.pop("session", None) != session:
            return None
        return MediaRef(ref=f"{SCHEME}:{file}", **about)

    async def read(self, ref: str) -> bytes | None:
        """The content of a reference; for whoever has a right to it."""
        key = shelf_key(ref)
        return await self._shelf.get(key) if key else None
