"""The way to the action endpoint, with its connection kept open: Rasa's own opens a new session for each action."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
from rasa.core.actions.action import RemoteAction
from rasa.shared.exceptions import RasaException
from rasa.utils.endpoints import ClientResponseError, EndpointConfig

# Longer than the service's own limit for an action (8 s), shorter than a turn (15 s).
TIMEOUT_SECONDS = 10.0
TOKEN_HEADER = "X-Sathi-Token"  # noqa: S105 - a header's name


def check(result: Any) -> None:
    """Raise when an action's answer is not of the shape that Rasa takes: lists of events and of responses."""
    if not isinstance(result, dict):
        raise RasaException("an action answered something that is no object")
    for name, needed in (("events", "event"), ("responses", None)):
        items = result.get(name, [])
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise RasaException(f"an action's {name} are no list of objects")
        if needed and not all(isinstance(item.get(needed), str) for item in items):
            raise RasaException(f"an action's {name} lack `{needed}`")


def _check_quickly(self: RemoteAction, result: Any) -> bool:
    check(result)
    return True


# Rasa's own check reads the schema of all schemas anew at each action, which was nearly half of a turn's work:
# 60 ms where this takes 4 µs. Events that it would not know still fail when they are read.
RemoteAction._validate_action_result = _check_quickly


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
