"""python-telegram-bot's Bot over our own transport, and its errors as ours (channels.md §4.4)."""

from __future__ import annotations

import logging
import warnings
from datetime import timedelta
from typing import Any

from telegram import Bot
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.request import BaseRequest, RequestData

from connectors import _graph
from connectors._clean import table, whole
from connectors.base import Channel, Reply, Tools, Upload
from core.errors import Ambiguous, ChannelDown, Refused, SendError, Throttled, Unavailable, Unreachable

SECONDS, FILE_SECONDS = 20.0, 60.0
# Texts of a 400 that speak of the person, not of the message.
GONE = ("chat not found", "user not found", "user is deactivated", "peer_id_invalid", "have no rights to send")


# The library logs its addresses, which hold the token, and the messages' text at debug: never.
logging.getLogger("telegram").setLevel(logging.INFO)


class NoTelegramAnswer(Exception):
    """An HTTP answer that the library would not read as we need it: a proxy's, a 5xx, a 429."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(f"HTTP {reply.status}")
        self.reply = reply


class TransportRequest(BaseRequest):
    """Sends the library's requests through our transport: same session, same hosts, same honesty about doubt."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    @property
    def read_timeout(self) -> float:
        return SECONDS

    async def initialize(self) -> None:
        return None

    async def shutdown(self) -> None:
        return None

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *_: Any, **__: Any
    ) -> tuple[int, bytes]:
        if request_data is not None and request_data.contains_files:
            form: dict[str, str | Upload] = dict(request_data.json_parameters)
            for name, (file, content, mime) in (request_data.multipart_data or {}).items():
                form[name] = Upload(
                    name=file, mime=mime, content=content if isinstance(content, bytes) else content.read()
                )
            reply = await self._tools.transport.request(method, url, form=form, timeout=FILE_SECONDS)
        else:
            parameters = request_data.parameters if request_data is not None else {}
            reply = await self._tools.transport.request(method, url, json=parameters, timeout=SECONDS)
        document = _graph.read(reply)
        if not 200 <= reply.status < 300 and (reply.status >= 500 or "ok" not in document):
            raise NoTelegramAnswer(reply)
        if reply.status == 429:
            raise NoTelegramAnswer(reply)
        return reply.status, reply.body


def bot(channel: Channel, tools: Tools) -> Bot:
    """A bot for sending. Making it calls nobody."""
    request = TransportRequest(tools)
    base = channel.base_url.rstrip("/")
    return Bot(
        channel.secret("bot_token"),
        base_url=f"{base}/bot",
        base_file_url=f"{base}/file/bot",
        request=request,
        get_updates_request=request,
    )


def seconds_of(error: RetryAfter) -> float:
    """How long to wait: the library gives a number or a timedelta, by a setting, and warns about the first."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        value: int | timedelta = error.retry_after
    return value.total_seconds() if isinstance(value, timedelta) else float(value)


def _by_status(reply: Reply, *, once: bool) -> SendError:
    wait = whole(table(_graph.read(reply).get("parameters")).get("retry_after"))
    if reply.status == 429 and wait > 0:
        return Throttled("too many requests", code="429", retry_after=float(wait))
    return _graph.by_status(reply, once=once)


def error_of(error: Exception, *, once: bool = False) -> SendError:
    """An error of the library as ours. `BadRequest` and `TimedOut` are kinds of `NetworkError` there: order matters."""
    cause = error.__cause__
    if isinstance(cause, SendError):
        return cause
    if isinstance(cause, NoTelegramAnswer):
        return _by_status(cause.reply, once=once)
    words = str(error)[:200]
    if isinstance(error, RetryAfter):
        return Throttled("too many requests", code="429", retry_after=seconds_of(error))
    if isinstance(error, Forbidden):
        return Unreachable(words, code="403")
    if isinstance(error, BadRequest):
        if any(text in words.lower() for text in GONE):
            return Unreachable(words, code="400")
        return Refused(words, code="400")
    if isinstance(error, ChatMigrated):
        return Unreachable("the chat became a group", code="migrated")
    if isinstance(error, InvalidToken):
        return ChannelDown("the bot's token is not valid", code="401")
    if isinstance(error, Conflict):
        return ChannelDown("somebody else reads this bot's updates", code="409")
    if isinstance(error, TimedOut):
        return Ambiguous("no answer in time", code="timeout")
    if isinstance(error, NetworkError):
        return Unavailable(words, code="network")
    if isinstance(error, TelegramError | KeyError | TypeError | AttributeError | ValueError):
        return Ambiguous("the answer could not be read", code="unreadable")
    raise error
