"""What WhatsApp and Messenger share: signature, handshake, calls to the Graph API, and its errors as ours."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from connectors._clean import items, table, whole, words
from connectors.base import Channel, Reply, Tools, Upload, Webhook
from core.errors import (
    Ambiguous,
    ChannelDown,
    NotGenuine,
    Refused,
    SendError,
    Throttled,
    Unavailable,
)

SIGNATURE = "x-hub-signature-256"
SHAPE = re.compile(r"sha256=[0-9a-f]{64}")
CHALLENGE = re.compile(r"[0-9A-Za-z_.\-]{1,256}")
# Where Meta keeps customers' files; nothing else is loaded, and the token goes to no other host (channels.md §2.4).
MEDIA_HOSTS = (".fbsbx.com", ".fbcdn.net", ".whatsapp.net", ".facebook.com")
UPLOAD_SECONDS = 60.0


def verify(request: Webhook, channel: Channel) -> None:
    """Check the signature over the raw bytes, with the present secret and the one before it (T1, T3)."""
    given = request.headers.get(SIGNATURE, "")
    if SIGNATURE in request.duplicate_headers or not SHAPE.fullmatch(given):
        raise NotGenuine("the signature is missing or not in its form")
    genuine = False
    for name in ("app_secret", "app_secret_previous"):
        secret = channel.secret(name)
        if secret:
            digest = hmac.new(secret.encode(), request.body, hashlib.sha256).hexdigest()
            genuine |= hmac.compare_digest(f"sha256={digest}".encode(), given.encode())
    if not genuine:
        raise NotGenuine("the signature does not fit")


def handshake(query: Mapping[str, str], channel: Channel) -> str | None:
    """The challenge to send back, when the verify token is ours (channels.md §1.1)."""
    token, challenge = channel.secret("verify_token"), query.get("hub.challenge", "")
    fits = hmac.compare_digest(query.get("hub.verify_token", "").encode("utf-8", "replace"), token.encode())
    if token and fits and query.get("hub.mode") == "subscribe" and CHALLENGE.fullmatch(challenge):
        return challenge
    return None


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What an error code of the platform means for us."""

    error: type[SendError]
    retry_after: float | None = None
    scope: str = "account"
    doubtful: bool = False


def down() -> Rule:
    return Rule(error=ChannelDown)


def slow(seconds: float | None = None, scope: str = "account") -> Rule:
    return Rule(error=Throttled, retry_after=seconds, scope=scope)


def later(seconds: float | None = None, *, doubtful: bool = False) -> Rule:
    return Rule(error=Unavailable, retry_after=seconds, doubtful=doubtful)


def never(error: type[SendError] = Refused) -> Rule:
    return Rule(error=error)


@dataclass(frozen=True, kw_only=True)
class Load:
    """How much of an account's calls is used up, in percent, and how many seconds the platform wants silence."""

    percent: float = 0.0
    pause: float = 0.0


Table = Mapping[int | tuple[int, int], Rule]


class Graph:
    """Calls of one connector to the Graph API. `table` is the channel's error table."""

    def __init__(self, tools: Tools, table_: Table) -> None:
        self._tools = tools
        self._table = table_
        self._loads: dict[str, Load] = {}

    def load_of(self, channel: Channel) -> Load:
        """What the last answer said of the account's load."""
        return self._loads.get(channel.key, Load())

    async def call(
        self,
        channel: Channel,
        method: str,
        path: str,
        *,
        json: Any = None,
        form: Mapping[str, str | Upload] | None = None,
        params: Mapping[str, str] | None = None,
        once: bool = False,
        seconds: float = 20.0,
        token: str = "",
    ) -> dict[str, Any]:
        """One call, its JSON answer, or a `SendError`. `once`: what may have arrived must not be sent again.

        `token` is one to use in place of the channel's own.
        """
        reply = await self._tools.transport.request(
            method,
            f"{channel.base_url.rstrip('/')}/{path.lstrip('/')}",
            headers={"Authorization": f"Bearer {token or channel.secret('access_token')}"},
            json=json,
            form=form,
            params=params,
            timeout=seconds,
        )
        self._loads[channel.key] = load(reply)
        document = read(reply)
        if 200 <= reply.status < 300 and "error" not in document:
            return document
        raise error_of(reply, document, self._table, once=once)

    async def safely(self, channel: Channel, method: str, path: str, **arguments: Any) -> dict[str, Any]:
        """A call that shows nothing to the customer, so doubt about it is no reason not to repeat it."""
        try:
            return await self.call(channel, method, path, **arguments)
        except Ambiguous as error:
            raise Unavailable(error.words, code=error.code) from None

    async def load(self, channel: Channel, url: str, *, name: str, mime: str, bearer: bool, max_bytes: int) -> Upload:
        """Load a customer's file from Meta's hosts, and from nowhere else."""
        where = urlsplit(url)
        host = (where.hostname or "").lower()
        own = urlsplit(channel.base_url)
        is_own = (where.scheme, where.netloc) == (own.scheme, own.netloc)
        if not is_own and not (where.scheme == "https" and host.endswith(MEDIA_HOSTS)):
            raise Refused("the file's address is not one of Meta's", code="media_host")
        headers = {"Authorization": f"Bearer {channel.secret('access_token')}"} if bearer else {}
        try:
            reply = await self._tools.transport.request(
                "GET", url, headers=headers, timeout=UPLOAD_SECONDS, max_bytes=max_bytes
            )
        except Ambiguous as error:
            raise Unavailable(error.words, code=error.code) from None
        if reply.status != 200:
            raise by_status(reply)
        kind = mime or {key.lower(): value for key, value in reply.headers.items()}.get("content-type", "")
        return Upload(name=name, mime=kind.partition(";")[0].strip(), content=reply.body)


def read(reply: Reply) -> dict[str, Any]:
    """The JSON object of an answer; an empty one when it is none."""
    try:
        return table(json.loads(reply.body))
    except (ValueError, RecursionError):
        return {}


def error_of(reply: Reply, document: dict[str, Any], rules: Table, *, once: bool = False) -> SendError:
    """An answer that is no success, as an error of ours (channels.md §2.7, §3.7): by code and subcode, not by title."""
    fault = table(document.get("error"))
    if not fault:
        return by_status(reply, once=once)
    code, subcode = whole(fault.get("code")), whole(fault.get("error_subcode"))
    details = words(table(fault.get("error_data")).get("details")) or words(fault.get("message"))
    label = f"{code}-{subcode}" if subcode else str(code)
    rule = rules.get((code, subcode)) or rules.get(code)
    if rule is None and 200 <= code <= 299:
        rule = down()
    if rule is None and fault.get("is_transient") is True:
        rule = later(doubtful=True)
    if rule is None:
        found = by_status(reply, once=once)
        # A status alone says little about a fault that has a code: 4xx with an unknown one is this message's own.
        kind = Refused if isinstance(found, ChannelDown) and reply.status not in (401, 403) else type(found)
        return kind(details[:300] or "refused", code=label, retry_after=found.retry_after)
    return make(rule, details[:300] or "refused", label, after(reply), once=once)


def make(rule: Rule, text: str, code: str, retry_after: float | None = None, *, once: bool = False) -> SendError:
    """The error that a rule asks for."""
    wait = rule.retry_after if retry_after is None else max(retry_after, rule.retry_after or 0.0)
    if rule.doubtful and once:
        return Ambiguous(text, code=code)
    if rule.error is Throttled:
        return Throttled(text, code=code, retry_after=wait, scope=rule.scope)
    return rule.error(text, code=code, retry_after=wait)


def by_status(reply: Reply, *, once: bool = False) -> SendError:
    """An answer without an error code of the platform: a proxy's, or a wrong address."""
    text, code = f"HTTP {reply.status}", f"http_{reply.status}"
    if reply.status == 429:
        return Throttled(text, code=code, retry_after=after(reply))
    if reply.status == 503:
        return Unavailable(text, code=code, retry_after=after(reply))
    if reply.status >= 500 or reply.status == 408:
        return Ambiguous(text, code=code) if once else Unavailable(text, code=code, retry_after=after(reply))
    if reply.status in (400, 413, 415, 422):
        return Refused(text, code=code)
    if 200 <= reply.status < 300:
        return Ambiguous("the answer could not be read", code="unreadable")
    return ChannelDown(text, code=code)


def after(reply: Reply) -> float | None:
    """Seconds to wait: Retry-After where it is given as such, or until the platform gives access back."""
    value = {key.lower(): text for key, text in reply.headers.items()}.get("retry-after", "")
    seconds = float(value) if re.fullmatch(r"[0-9]{1,6}", value) else 0.0
    return max(seconds, load(reply).pause) or None


def load(reply: Reply) -> Load:
    """The usage headers: percents of the app's and the business's calls, minutes until access comes back (§3.7)."""
    headers = {key.lower(): text for key, text in reply.headers.items()}
    entries: list[Any] = []
    for name in ("x-app-usage", "x-page-usage", "x-business-use-case-usage"):
        try:
            found = json.loads(headers.get(name) or "{}")
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            entries += [found, *(item for value in found.values() for item in items(value))]
    percent = pause = 0.0
    for entry in entries:
        fields = table(entry)
        percents = [fields.get(name) for name in ("call_count", "total_time", "total_cputime")]
        numbers = [float(value) for value in percents if isinstance(value, int | float) and 0 <= value < 10_000]
        percent = max([percent, *numbers])
        minutes = fields.get("estimated_time_to_regain_access")
        if isinstance(minutes, int | float) and 0 < minutes < 10_000:
            pause = max(pause, float(minutes) * 60)
    return Load(percent=percent, pause=pause)


def first_id(document: dict[str, Any], name: str) -> str:
    """The id of the first object in a list of an answer."""
    for item in items(document.get(name)):
        found = words(table(item).get("id"))
        if found:
            return found
    return ""
