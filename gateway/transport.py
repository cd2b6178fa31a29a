"""HTTP to the platforms: one client session, named hosts only, no redirects, and honest about what may have arrived."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from connectors.base import Reply, Upload
from core.errors import Ambiguous, Refused, Unavailable

CONNECT_SECONDS = 5.0
KEEP_SECONDS = 15.0  # shorter than any platform keeps an idle line, so that a send rarely meets a closed one
CONNECTIONS = 200
PER_HOST = 64
CHUNK = 1 << 16
# Where platforms keep customers' files. Only public addresses are accepted for these names (reliability.md T23).
PUBLIC_SUFFIXES = (".facebook.com", ".fbsbx.com", ".fbcdn.net", ".whatsapp.net", ".telegram.org")


def is_public(address: str) -> bool:
    """Whether an IP address is on the open internet."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    found = mapped or found
    return found.is_global and not found.is_multicast


class GuardedResolver(AbstractResolver):
    """Resolves once; the answer is what is connected to. A name nobody configured never leads to a private network."""

    def __init__(self, configured: frozenset[str]) -> None:
        self._configured = configured
        self._inner = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        if host.lower() in self._configured:
            return found
        public = [entry for entry in found if is_public(entry["host"])]
        if not public:
            raise OSError(f"{host} does not lead to the open internet")
        return public

    async def close(self) -> None:
        await self._inner.close()


class HttpTransport:
    """Implements `connectors.base.Transport`. `base_urls` are the API addresses of the configuration."""

    def __init__(self, base_urls: Iterable[str] = ()) -> None:
        self._session: aiohttp.ClientSession | None = None
        self._places: frozenset[tuple[str, int]] = frozenset()
        self.allow(base_urls)

    def allow(self, base_urls: Iterable[str]) -> None:
        """Name further API addresses, before the first call."""
        if self._session is not None:
            raise RuntimeError("hosts are named before the first call")
        self._places |= {_place(url) for url in base_urls if url}

    def is_allowed(self, url: str) -> bool:
        """Whether a call to this address may be made at all."""
        try:
            where = urlsplit(url)
            host, port = _place(url)
        except ValueError:
            return False
        if where.scheme not in ("http", "https") or where.username or where.password or not host:
            return False
        if (host, port) in self._places:
            return True
        return where.scheme == "https" and port == 443 and host.endswith(PUBLIC_SUFFIXES)

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
    ) -> Reply:
        """Make one call. The errors' words never carry the address: it may hold a token."""
        if not self.is_allowed(url):
            raise Refused("a call to a host that nobody configured", code="host")
        limits = aiohttp.ClientTimeout(
            total=timeout, connect=min(CONNECT_SECONDS, timeout), sock_connect=CONNECT_SECONDS
        )
        arrived = False
        try:
            async with self._open().request(
                method,
                url,
                headers=headers,
                json=json,
                data=_form(form) if form is not None else None,
                params=params,
                timeout=limits,
                allow_redirects=False,
            ) as response:
                arrived = True
                if (response.content_length or 0) > max_bytes:
                    raise Refused("the answer is too big", code="too_big")
                body = await _read(response, max_bytes)
                return Reply(status=response.status, body=body, headers=dict(response.headers))
        except aiohttp.InvalidURL:
            raise Refused("the address cannot be called", code="url") from None
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise Unavailable("no connection", code=type(error).__name__) from None
        except TimeoutError:
            raise Ambiguous("no answer in time", code="timeout") from None
        except (aiohttp.ClientError, OSError) as error:
            words = "the answer broke off" if arrived else "the connection broke"
            raise Ambiguous(words, code=type(error).__name__) from None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                limit=CONNECTIONS,
                limit_per_host=PER_HOST,
                keepalive_timeout=KEEP_SECONDS,
                resolver=GuardedResolver(frozenset(host for host, _ in self._places)),
            )
            self._session = aiohttp.ClientSession(
                connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=True, trust_env=False
            )
        return self._session

    async def close(self) -> None:
        """Close the session and its connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None
            await asyncio.sleep(0)


async def _read(response: aiohttp.ClientResponse, max_bytes: int) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_chunked(CHUNK):
        body += chunk
        if len(body) > max_bytes:
            response.close()
            raise Refused("the answer is too big", code="too_big")
    return bytes(body)


def _form(form: Mapping[str, str | Upload]) -> aiohttp.FormData:
    data = aiohttp.FormData(quote_fields=False)
    for name, value in form.items():
        if isinstance(value, Upload):
            safe = value.name.replace('"', "'").replace("\r", " ").replace("\n", " ")
            data.add_field(name, value.content, filename=safe, content_type=value.mime)
        else:
            data.add_field(name, value)
    return data


def _place(url: str) -> tuple[str, int]:
    """Host and port of an address; ValueError when it has no sensible port."""
    where = urlsplit(url)
    return (where.hostname or "").lower(), where.port or (443 if where.scheme == "https" else 80)
