"""From transcript rows to the frames a browser gets."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from connectors.base import Upload
from connectors.webchat import MAX_TEXT
from core.messages import Attachment
from core.tables import Message
from gateway.webchat_sessions import Sessions

log = structlog.get_logger(__name__)
FROM = {"customer": "customer", "operator": "operator"}  # everybody else speaks for the bot
SIZES = 1024


class Frames:
    """Makes frames. File addresses are signed for the session at the moment of sending."""

    def __init__(self, sessions: Sessions, load_file: Callable[[Attachment], Awaitable[Upload]]) -> None:
        self._sessions = sessions
        self._load = load_file
        self._sizes: OrderedDict[str, int] = OrderedDict()

    async def of(self, session: str, row: Message) -> str:
        """One row as a `msg` frame."""
        frame: dict[str, Any] = {
            "t": "msg",
            "seq": row.seq,
            "from": FROM.get(row.author, "bot"),
            "text": row.text[:MAX_TEXT],
            "at": row.created_at.isoformat(timespec="seconds"),
        }
        payload = row.payload
        if row.direction == "incoming":
            frame["cid"] = cid_of(row, session)
            frame["media"] = [self._own(session, row.seq, index, item) for index, item in enumerate(_media(payload))]
            place = payload.get("location")
            if place:
                frame["location"] = {"lat": place["latitude"], "lon": place["longitude"]}
        else:
            frame["choices"] = [_choice(item) for item in payload.get("choices") or ()]
            attachment = payload.get("attachment")
            frame["media"] = [await self._ours(session, row.seq, attachment)] if attachment else []
            for key in ("link", "call", "ask"):
                if payload.get(key):
                    frame[key] = payload[key]
            place = payload.get("location")
            if place:
                frame["location"] = {"lat": place["latitude"], "lon": place["longitude"], "label": place["label"]}
        return json.dumps(frame, ensure_ascii=False, separators=(",", ":"))

    def _own(self, session: str, seq: int, index: int, item: dict[str, Any]) -> dict[str, Any]:
        return {
            "url": f"/chat/file/{self._sessions.link(session, seq, index)}",
            "mime": item.get("mime", ""),
            "name": item.get("name", ""),
            "size": item.get("size", 0),
        }

    async def _ours(self, session: str, seq: int, item: dict[str, Any]) -> dict[str, Any]:
        attachment = Attachment(**item)
        return {
            "url": f"/chat/file/{self._sessions.link(session, seq, 0)}",
            "mime": attachment.mime,
            "name": attachment.name,
            "size": await self._size(attachment),
        }

    async def _size(self, attachment: Attachment) -> int:
        """How large a file is (0 when it cannot be had); made now, it is ready when it is asked for."""
        known = self._sizes.get(attachment.ref)
        if known is None:
            try:
                known = len((await self._load(attachment)).content)
            except Exception as error:
                log.warning("A file could not be made.", action="file", error=type(error).__name__)
                return 0
            self._sizes[attachment.ref] = known
            if len(self._sizes) > SIZES:
                self._sizes.popitem(last=False)
        return known


def cid_of(row: Message, session: str) -> str:
    """The browser's own id of a message it wrote."""
    return row.external_id.removeprefix(f"{session}:")


def _media(payload: dict[str, Any]) -> list[dict[str, Any]]:
    return list(payload.get("media") or ())


def _choice(item: dict[str, Any]) -> dict[str, str]:
    choice = {"id": item["token"], "title": item["title"]}
    if item.get("description"):
        choice["description"] = item["description"]
    return choice


def control(kind: str, **fields: Any) -> str:
    """A frame that is not a message."""
    return json.dumps({"t": kind, **fields}, ensure_ascii=False, separators=(",", ":"))


def refusal(code: str, cid: str = "", retry: float = 0.0) -> str:
    """An `err` frame."""
    frame: dict[str, Any] = {"cid": cid} if cid else {}
    frame["code"] = code
    if retry:
        frame["retry_ms"] = max(1, round(retry * 1000))
    return control("err", **frame)
