"""Files that customers send: type by content, capped, pictures written anew, kept under the data folder.

A picture is decoded and encoded again, so that neither hidden data nor the place where it was taken is kept (a customer
who wants to give the place has a button for that), and a file that only pretends to be a picture is refused.
"""

from __future__ import annotations

import asyncio
import io
import json
import re
import secrets
import unicodedata
import warnings
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from connectors.webchat import FILE_ID
from core.messages import MediaRef

MAX_IMAGE = 5 << 20  # bytes; channels.md §6
MAX_PDF = 25 << 20
MAX_PIXELS = 40_000_000
LONGEST_SIDE = 2560
NAME = 100
PICTURES = {"JPEG": ("image/jpeg", "jpg"), "PNG": ("image/png", "png"), "WEBP": ("image/webp", "webp")}


class BadUpload(Exception):
    """A file that is not taken. `code` goes back to the browser."""

    def __init__(self, code: str, status: int) -> None:
        super().__init__(code)
        self.code = code
        self.status = status


def kind_of(head: bytes) -> str:
    """`JPEG`, `PNG`, `WEBP` or `PDF` by the first bytes; nothing for all others."""
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    return "PDF" if head.startswith(b"%PDF-") else ""


def limit_of(kind: str) -> int:
    return MAX_PDF if kind == "PDF" else MAX_IMAGE


def clean_name(name: str, ending: str) -> str:
    """A file's name without paths, controls and direction tricks; the ending says what the content is."""
    name = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    name = "".join(
        letter
        for letter in name
        if letter in "\u200c\u200d" or unicodedata.category(letter)[0] not in ("C", "Z") or letter == " "
    )
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", name).strip(" .")[:NAME]
    return f"{stem or 'file'}.{ending}"


def _rewrite(kind: str, content: bytes) -> bytes:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=[kind]) as opened:
                if opened.width * opened.height > MAX_PIXELS:
                    raise BadUpload("too_large", 413)
                picture: Image.Image = ImageOps.exif_transpose(opened)
                picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
                if kind == "JPEG" and picture.mode not in ("RGB", "L"):
                    picture = picture.convert("RGB")
                bare = Image.new(picture.mode, picture.size)
                bare.paste(picture)
                if picture.mode == "P" and (palette := picture.getpalette()):
                    bare.putpalette(palette)
                out = io.BytesIO()
                bare.save(out, kind, quality=88)
                return out.getvalue()
    except BadUpload:
        raise
    except (
        UnidentifiedImageError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
        OSError,
        ValueError,
        SyntaxError,
        EOFError,
    ):
        raise BadUpload("unreadable", 415) from None


class Uploads:
    """Keeps files by an id that only their session can use."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def keep(self, session: str, content: bytes, name: str) -> tuple[str, MediaRef]:
        """Check and store a file; returns its id and its reference."""
        kind = kind_of(content[:16])
        if not kind:
            raise BadUpload("type", 415)
        if len(content) > limit_of(kind):
            raise BadUpload("too_large", 413)
        mime, ending = PICTURES.get(kind, ("application/pdf", "pdf"))
        if kind != "PDF":
            content = await asyncio.to_thread(_rewrite, kind, content)
        file = secrets.token_urlsafe(16)
        media = MediaRef(
            kind="document" if kind == "PDF" else "image",
            ref=f"upload:{file}",
            mime=mime,
            name=clean_name(name, ending),
            size=len(content),
        )
        await asyncio.to_thread(self._write, session, file, content, media)
        return file, media

    def _path(self, file: str) -> Path:
        if not FILE_ID.fullmatch(file):
            raise ValueError("not a file id")
        # Ids may begin with a dash; two letters spread the files over folders.
        return self._folder / file[:2] / file

    def _write(self, session: str, file: str, content: bytes, media: MediaRef) -> None:
        path = self._path(file)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_bytes(content)
        about = {"session": session, "kind": media.kind, "mime": media.mime, "name": media.name, "size": media.size}
        path.with_suffix(".json").write_text(json.dumps(about, ensure_ascii=False), encoding="utf-8")

    async def find(self, session: str, file: str) -> MediaRef | None:
        """The reference of a file that this very session sent."""
        try:
            about = json.loads(await asyncio.to_thread(self._path(file).with_suffix(".json").read_text, "utf-8"))
        except (OSError, ValueError):
            return None
        if about.pop("session", None) != session:
            return None
        return MediaRef(ref=f"upload:{file}", **about)

    async def read(self, ref: str) -> bytes | None:
        """The content of a reference; for whoever has a right to it."""
        scheme, _, file = ref.partition(":")
        if scheme != "upload" or not FILE_ID.fullmatch(file):
            return None
        try:
            return await asyncio.to_thread(self._path(file).read_bytes)
        except OSError:
            return None
