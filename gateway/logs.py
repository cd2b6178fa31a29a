"""Structured logs: a constant sentence and fields, one event a line, never a message's text."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog

# Fields that could carry a person's words or secrets; dropped wherever they turn up.
FORBIDDEN = frozenset({"text", "body", "payload", "token", "code_text", "phone", "address", "name", "facts", "secret"})


def _drop_personal(_logger: Any, _method: str, event: Any) -> Any:
    for key in FORBIDDEN & event.keys():
        event[key] = "[left out]"
    return event


def configure(level: str, style: str) -> None:
    """Set up structlog and the standard library's logging. `style` is console or json."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if style == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _drop_personal,
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s", force=True
    )
    # httpx writes request addresses, and Telegram's carry the bot's token.
    for name in ("httpx", "httpcore", "telegram", "aiohttp.access"):
        logging.getLogger(name).setLevel(logging.ERROR)
