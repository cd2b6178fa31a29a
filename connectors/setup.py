"""What `sathi channel setup` and `check` speak of: what should be set at a platform, and what was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.errors import SendError


@dataclass(frozen=True, kw_only=True)
class Item:
    """An entry of a menu: `name` in letters, digits and underscores, `title` in the customer's language."""

    name: str
    title: str


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a platform should know of us. `menus` is by two-letter language; "" is for everybody else.

    `people` is the name under which staff write, where a platform shows one, with its picture.
    """

    webhook_url: str
    greeting: str = ""
    people: str = ""
    picture_url: str = ""
    menus: Mapping[str, tuple[Item, ...]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at. `fault` says what is wrong and what to do; it is empty when all is well."""

    what: str
    fault: str = ""


UNKNOWN = "the platform knows no such account, or this token may not see it: compare the id with the platform's page"
ADVICE = {
    "190": "the access token is not valid or has expired: make a new one and set it",
    "0": "the access token is not valid or has expired: make a new one and set it",
    "10": "the token lacks a permission: see the channel's page in docs/channels/",
    "3": "the token lacks a permission: see the channel's page in docs/channels/",
    "200": "the token lacks a permission: see the channel's page in docs/channels/",
    "100": UNKNOWN,
    "100-33": UNKNOWN,
    "368": "the account is blocked for a breach of policy: look into the platform's account quality page",
    "401": "the bot's token is not valid: ask @BotFather for it and set it",
    "409": "another program reads this bot's updates: stop it",
}


def failed(what: str, error: SendError) -> Finding:
    """A call that did not work, in plain words."""
    fault = ADVICE.get(error.code)
    if fault is None:
        fault = f"the platform could not be asked: {error.words}" if error.retryable else f"refused: {error.words}"
    return Finding(what=what, fault=f"{fault} (code {error.code or 'none'})")


def webhook_finding(url: str) -> Finding:
    """Whether platforms will call this address at all."""
    fault = (
        "" if url.startswith("https://") else "platforms call https only: set SATHI_PUBLIC_URL to the public address"
    )
    return Finding(what=f"webhook address {url}", fault=fault)
