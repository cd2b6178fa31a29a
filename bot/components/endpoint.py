"""The way to the action endpoint, with its connection kept open: Rasa's own opens a new session for each action."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
from rasa.utils.endpoints import ClientResponseError, EndpointConfig

# Longer than the service's own limit for an action (8 s), shorter than a turn (15 s).
TIMEOUT_SECONDS = 10.0
TOKEN_HEADER = "X-Sathi-Token"  # noqa: S105 - a header's name


class KeptEndpoint(EndpointConfig):
    """An action endpoint that reuses connections; the token travels in a header, not in the address."""

    _session: aiohttp.ClientSession | None = None

    @classmethod
    def of(cls, plain: EndpointConfig) -> KeptEndpoint:
        """The same address, kept open."""
        kept = cls(url=plain.url, headers={TOKEN_HEADER: plain.token or ""}, **plain.kwargs)
        return kept

    def session(self) -> aiohttp.ClientSession:
        """The one session of this process."""
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                headers=self.headers,
                timeout=aiohttp.ClientTimeout(total=TIMEOUT_SECONDS),
                connector=aiohttp.TCPConnector(limit=64, keepalive_timeout=30),
            )
        return self._session

    async def request(self, method: str = "post", subpath: str | None = None, **kwargs: Any) -> Any | None:
        """Call the action; a status of 400 or more raises what RemoteAction expects."""
        body = dict(kwargs["json"])
        # Our actions never ask for the domain; it would be most of the request.
        body.pop("domain", None)
        for last in (False, True):
            try:
                async with self.session().post(self.url, json=body) as answer:
                    if answer.status >= 400:
                        text = await answer.text()
                        raise ClientResponseError(answer.status, answer.reason or "", text)
                    return await answer.json()
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
                # A kept connection may have been closed by the other side just now; effects are keyed, so once more.
                if last:
                    raise
            except asyncio.TimeoutError as error:
                raise aiohttp.ClientError("the action endpoint did not answer in time") from error
        return None
