"""Who a browser is, where it may come from, and how much it may ask for.

A session is 128 random bits made here and signed, so nobody can choose or guess another's (reliability.md T17). The
cookie lasts and is read by no script; the token that opens a socket lives for minutes. Both die with the service's key.
"""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
import time
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

from aiohttp import web
from itsdangerous import BadData, Signer, TimestampSigner, URLSafeTimedSerializer

from core.settings import Settings

COOKIE = "sathi_chat"
COOKIE_SECONDS = 30 * 86_400
TOKEN_SECONDS = 600
LINK_SECONDS = 900  # reliability.md T13


class _Stamped(TimestampSigner):
    """A signer that reads the service's clock."""

    now: Callable[[], datetime]

    def get_timestamp(self) -> int:
        return int(self.now().timestamp())


class Sessions:
    """Makes sessions, tokens and file links, and tells the genuine ones."""

    def __init__(self, key: bytes, now: Callable[[], datetime]) -> None:
        stamped = type("Stamped", (_Stamped,), {"now": staticmethod(now)})
        self._cookies = Signer(key, salt="webchat-session", digest_method=hashlib.sha256)
        self._tokens = stamped(key, salt="webchat-token", digest_method=hashlib.sha256)
        self._links = URLSafeTimedSerializer(
            key, salt="webchat-file", signer=stamped, signer_kwargs={"digest_method": hashlib.sha256}
        )

    def new(self) -> str:
        return secrets.token_hex(16)

    def sealed(self, session: str) -> str:
        """The cookie's value."""
        return self._cookies.sign(session).decode()

    def of_cookie(self, value: str) -> str:
        """The session of a cookie, or nothing."""
        try:
            return self._cookies.unsign(value).decode()
        except (BadData, UnicodeError):
            return ""

    def token(self, session: str) -> str:
        return str(self._tokens.sign(session).decode())

    def of_token(self, value: str) -> str:
        """The session of a token that is not too old, or nothing."""
        try:
            return str(self._tokens.unsign(value, max_age=TOKEN_SECONDS).decode())
        except (BadData, UnicodeError):
            return ""

    def link(self, session: str, seq: int, index: int) -> str:
        """The signed part of a file's address."""
        return str(self._links.dumps([session, seq, index]))

    def of_link(self, value: str) -> tuple[str, int, int] | None:
        try:
            session, seq, index = self._links.loads(value, max_age=LINK_SECONDS)
        except (BadData, UnicodeError, ValueError, TypeError):
            return None
        return str(session), int(seq), int(index)

    def of_request(self, request: web.Request) -> str:
        """The session of a request: the browser's cookie, or a bearer token where there are no cookies."""
        session = self.of_cookie(request.cookies.get(COOKIE, ""))
        if session:
            return session
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        return self.of_token(value.strip()) if scheme.lower() == "bearer" else ""


class Origins:
    """Which pages may talk to the chat: ours. Without SATHI_PUBLIC_URL that is whatever host the page came from."""

    def __init__(self, settings: Settings) -> None:
        self._allowed = _origin(settings.public_url) if settings.public_url else ""

    def permits(self, request: web.Request) -> bool:
        """Whether a request may come in. Browsers name the origin on each socket and POST; other clients do not."""
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            return False
        given = request.headers.getall("Origin", [])
        if not given:
            return True
        if len(given) > 1:
            return False
        if self._allowed:
            return given[0].lower() == self._allowed
        origin = urlsplit(given[0].lower())
        return origin.scheme in ("http", "https") and origin.netloc == request.host.lower()


def _origin(url: str) -> str:
    parts = urlsplit(url.lower())
    netloc = parts.netloc
    default = {"http": ":80", "https": ":443"}.get(parts.scheme, "")
    return f"{parts.scheme}://{netloc.removesuffix(default) if default else netloc}"


def caller(request: web.Request, proxies: int) -> str:
    """The address a request comes from, behind so many proxies of ours; an IPv6 customer is their /64."""
    address = request.remote or ""
    if proxies:
        chain = [item.strip() for item in ",".join(request.headers.getall("X-Forwarded-For", [])).split(",")]
        if len(chain) >= proxies and chain[-proxies]:
            address = chain[-proxies]
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    return str(ipaddress.ip_network(f"{parsed}/64", strict=False)) if parsed.version == 6 else str(parsed)


class Rate:
    """So many in so many seconds for each key, refilled evenly."""

    def __init__(self, count: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._count = float(count)
        self._pace = count / seconds
        self._clock = clock
        self._level: dict[str, tuple[float, float]] = {}
        self._sweep_at = clock() + seconds

    def wait(self, key: str) -> float:
        """0 when it may happen (and is counted), else the seconds until it may."""
        now = self._clock()
        if now >= self._sweep_at:
            self._forget(now)
        level, since = self._level.get(key, (self._count, now))
        level = min(self._count, level + (now - since) * self._pace)
        if level < 1.0:
            self._level[key] = (level, now)
            return (1.0 - level) / self._pace
        self._level[key] = (level - 1.0, now)
        return 0.0

    def _forget(self, now: float) -> None:
        """Drop who is back at the full count; once in the time that takes, so it stays cheap."""
        full = self._count / self._pace
        self._sweep_at = now + full
        self._level = {key: value for key, value in self._level.items() if now - value[1] < full}
