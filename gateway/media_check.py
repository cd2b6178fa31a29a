"""What a file really is: type by content, size and pixel caps, pictures written anew without what they hide.

A picture is decoded and encoded again, so that neither hidden data nor the place where it was taken is kept, and a
file that only pretends to be a picture is refused. Only where a place had been asked for is the picture's own position
read before that (reliability.md T24, T18). Nothing is unpacked; what is not known here is refused with its reason.
"""

from __future__ import annotations

import hashlib
import io
import re
import unicodedata
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageOps, UnidentifiedImageError

from core.media import Content

MB = 1 << 20
MAX_PIXELS = 40_000_000
LONGEST_SIDE = 2560
NAME = 100
GPS = 0x8825  # EXIF's part about the place
PICTURES = {"JPEG": ("image/jpeg", "jpg"), "PNG": ("image/png", "png"), "WEBP": ("image/webp", "webp")}
OTHERS = {
    "PDF": ("application/pdf", "pdf"),
    "OGG": ("audio/ogg", "ogg"),
    "MP3": ("audio/mpeg", "mp3"),
    "AAC": ("audio/aac", "aac"),
    "AMR": ("audio/amr", "amr"),
    "WAV": ("audio/wav", "wav"),
    "M4A": ("audio/mp4", "m4a"),
    "MP4": ("video/mp4", "mp4"),
    "3GP": ("video/3gpp", "3gp"),
    "WEBM": ("video/webm", "webm"),
}
# Bytes. The platforms' own limits are near these (channels.md §2.6, §3.6, §4.4, §6).
LIMITS = {"image": 10 * MB, "audio": 16 * MB, "video": 25 * MB, "application": 25 * MB}
LARGEST = max(LIMITS.values())


class BadFile(Exception):
    """A file that is not taken. `code` says why, `status` is the HTTP answer where there is one."""

    def __init__(self, code: str, status: int = 415) -> None:
        super().__init__(code)
        self.code = code
        self.status = status


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture written anew, and where it was taken if that was wanted and known."""

    content: bytes
    width: int
    height: int
    place: tuple[float, float] | None = None


def kind_of(head: bytes) -> str:
    """A name of `PICTURES` or `OTHERS` by the first bytes; nothing for all others."""
    for start, kind in (
        (b"\xff\xd8\xff", "JPEG"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"%PDF-", "PDF"),
        (b"OggS", "OGG"),
        (b"ID3", "MP3"),
        (b"#!AMR", "AMR"),
        (b"\x1aE\xdf\xa3", "WEBM"),
    ):
        if head.startswith(start):
            return kind
    if head[:4] == b"RIFF":
        return {b"WEBP": "WEBP", b"WAVE": "WAV"}.get(head[8:12], "")
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return "M4A" if brand.startswith((b"M4A", b"M4B")) else "3GP" if brand.startswith(b"3g") else "MP4"
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0:
        return "AAC"
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0 and head[1] & 0x06:
        return "MP3"
    return ""


def check(content: bytes, kind: str = "", name: str = "", *, place_wanted: bool = False) -> Content:
    """A customer's file as we keep it, or `BadFile`. `kind` is what the platform said: a recording may look like a film."""
    found = kind_of(content[:16])
    if not found:
        raise BadFile("type")
    if found == "MP4" and kind in ("audio", "voice"):
        found = "M4A"
    mime, ending = PICTURES.get(found) or OTHERS[found]
    if len(content) > LIMITS[mime.partition("/")[0]]:
        raise BadFile("too_large", 413)
    width = height = 0
    place: tuple[float, float] | None = None
    if found in PICTURES:
        picture = rewrite(found, content, place_wanted=place_wanted)
        content, width, height, place = picture.content, picture.width, picture.height, picture.place
    return Content(
        mime=mime,
        name=clean_name(name or kind, ending),
        content=content,
        digest=hashlib.sha256(content).hexdigest(),
        width=width,
        height=height,
        latitude=place[0] if place else None,
        longitude=place[1] if place else None,
    )


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


def rewrite(kind: str, content: bytes, *, place_wanted: bool = False) -> Picture:
    """Decode and encode a picture; only what is seen goes over."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=[kind]) as opened:
                if opened.width * opened.height > MAX_PIXELS:
                    raise BadFile("too_large", 413)
                place = position(opened.getexif().get_ifd(GPS)) if place_wanted else None
                # A big JPEG is decoded small at once.
                opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
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
                return Picture(content=out.getvalue(), width=bare.width, height=bare.height, place=place)
    except (
        UnidentifiedImageError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
        OSError,
        ValueError,
        SyntaxError,
        EOFError,
        OverflowError,
        KeyError,
        IndexError,
        TypeError,
    ):
        raise BadFile("unreadable") from None


def position(gps: Mapping[int, Any]) -> tuple[float, float] | None:
    """Degrees out of EXIF's part about the place; None when it has none or says nonsense."""
    try:
        values = []
        for sign, parts, negative in ((1, 2, "S"), (3, 4, "W")):
            degrees, minutes, seconds = (float(part) for part in gps[parts])
            value = degrees + minutes / 60 + seconds / 3600
            values.append(-value if str(gps[sign]).strip("\x00 ").upper() == negative else value)
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    latitude, longitude = values
    known = -90 <= latitude <= 90 and -180 <= longitude <= 180 and (latitude, longitude) != (0.0, 0.0)
    return (round(latitude, 6), round(longitude, 6)) if known else None
