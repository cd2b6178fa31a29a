"""Finds the connectors beside it and the channels that are configured. No list to edit."""

from __future__ import annotations

import importlib
import os
import pkgutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, Protocol

from dotenv import dotenv_values
from pydantic import SecretStr

import connectors as package
from connectors import sms
from connectors.base import Channel, Connector, Tools
from core.database import Database
from core.errors import ConfigurationError
from core.settings import MIN_SECRET, Settings

# Secrets that prove where a delivery comes from; a short one could be guessed (reliability.md T3).
SIGNING = ("app_secret", "secret_token")


# Settings of a channel that name the account, and those that are no secrets, by the names channels.yml uses.
ACCOUNT = ("account_id", "phone_number_id", "page_id", "bot_id")
OPEN = ("app_id", "business_id")
SAME = {"page_token": "access_token"}


class Entry(Protocol):
    """A channel of a tenant's channels.yml. `settings` names environment variables, never values."""

    @property
    def type(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def settings(self) -> Mapping[str, str]: ...
    @property
    def options(self) -> Mapping[str, str]: ...


class HasChannels(Protocol):
    """A tenant, as far as it matters here."""

    @property
    def slug(self) -> str: ...
    @property
    def channels(self) -> Sequence[Entry]: ...


class TenantList(Protocol):
    """The tenants of `core.tenants`, as far as they matter here."""

    def all(self) -> Sequence[HasChannels]: ...


@cache
def classes() -> dict[str, type[Connector]]:
    """Every connector by its channel type."""
    found: dict[str, type[Connector]] = {}
    for module in pkgutil.iter_modules(package.__path__):
        if module.name.startswith("_"):
            continue
        for value in vars(importlib.import_module(f"connectors.{module.name}")).values():
            if isinstance(value, type) and issubclass(value, Connector) and "channel_type" in vars(value):
                found[value.channel_type] = value
    return dict(sorted(found.items()))


def connectors(tools: Tools, parts: Mapping[str, Any] | None = None) -> dict[str, Connector]:
    """One connector of each type; `parts` are what single types need, e.g. the web chat's hub."""
    return {name: kind(tools, (parts or {}).get(name)) for name, kind in classes().items()}


def channels(settings: Settings, tenants: TenantList, environment: Mapping[str, str] | None = None) -> list[Channel]:
    """The channels of the single-channel settings, then those of each tenant's channels.yml; every fault at once."""
    values = _environment() if environment is None else environment
    problems: list[str] = []
    found = _single(settings)
    for tenant in tenants.all():
        for entry in tenant.channels:
            channel = _entry(entry, tenant.slug, settings, values, problems)
            if channel:
                found.append(channel)
    unique: dict[str, Channel] = {}
    for channel in found:
        # The settings' own channel may stand in the tenant's file too; two tenants on one account may not.
        known = unique.setdefault(channel.key, channel)
        if known.tenant != channel.tenant:
            problems.append(f"{channel.key} is configured for {known.tenant} and for {channel.tenant}")
        elif known is not channel:
            unique[channel.key] = replace(known, options={**known.options, **channel.options})
    if problems:
        raise ConfigurationError("; ".join(problems))
    return list(unique.values())


def sms_queue(db: Database) -> sms.SmsQueue:
    """How the rest of the service has a text message sent."""
    return sms.SmsQueue(db)


def base_urls(found: Iterable[Channel]) -> list[str]:
    """The API addresses that may be called."""
    return sorted({channel.base_url for channel in found if channel.base_url})


def _environment() -> dict[str, str]:
    """The environment, over what a .env file says."""
    return {key: value or "" for key, value in dotenv_values(".env").items()} | dict(os.environ)


def _meta_secrets(settings: Settings, access_token: SecretStr) -> dict[str, SecretStr]:
    return {
        "access_token": access_token,
        "app_secret": settings.meta_app_secret,
        "app_secret_previous": settings.meta_app_secret_previous,
        "verify_token": settings.meta_verify_token,
    }


def _single(settings: Settings) -> list[Channel]:
    tenant = settings.tenant
    found = [
        Channel(key=f"web:{tenant}", type="webchat", tenant=tenant, account_id=tenant),
        Channel(key=sms.KEY, type="sms", tenant=tenant, account_id="main", base_url=settings.sms_url),
    ]
    if settings.whatsapp_phone_number_id:
        found.append(
            Channel(
                key=f"whatsapp:{settings.whatsapp_phone_number_id}",
                type="whatsapp",
                tenant=tenant,
                account_id=settings.whatsapp_phone_number_id,
                base_url=settings.meta_graph_url,
                secrets=_meta_secrets(settings, settings.whatsapp_access_token),
                options={"business_id": settings.whatsapp_business_id, "app_id": settings.messenger_app_id},
            )
        )
    if settings.messenger_page_id:
        found.append(
            Channel(
                key=f"messenger:{settings.messenger_page_id}",
                type="messenger",
                tenant=tenant,
                account_id=settings.messenger_page_id,
                base_url=settings.meta_graph_url,
                secrets=_meta_secrets(settings, settings.messenger_page_token),
                options={"app_id": settings.messenger_app_id},
            )
        )
    token = settings.telegram_bot_token.get_secret_value()
    if token:
        account = token.partition(":")[0]
        found.append(
            Channel(
                key=f"telegram:{account}",
                type="telegram",
                tenant=tenant,
                account_id=account,
                base_url=settings.telegram_api_url,
                secrets={"bot_token": settings.telegram_bot_token, "secret_token": settings.telegram_secret_token},
            )
        )
    return found


def _entry(
    entry: Entry, tenant: str, settings: Settings, environment: Mapping[str, str], problems: list[str]
) -> Channel | None:
    """One channel of a file; None when none of its variables is set, for then it is switched off."""
    where, kind = f"tenants/{tenant}/channels.yml {entry.name}", entry.type
    if kind == "webchat":
        return Channel(key=f"web:{tenant}", type=kind, tenant=tenant, account_id=tenant)
    if kind not in classes() or kind == "sms":
        problems.append(f"{where}: type must be one of {', '.join(name for name in classes() if name != 'sms')}")
        return None
    values = {name: environment.get(variable, "") for name, variable in entry.settings.items()}
    if not any(values.values()):
        return None
    account = next((values[name] for name in ACCOUNT if values.get(name)), "")
    if kind == "telegram":
        account = account or values.get("bot_token", "").partition(":")[0]
    secrets = _meta_secrets(settings, SecretStr("")) if kind in ("whatsapp", "messenger") else {}
    secrets |= {
        SAME.get(name, name): SecretStr(value)
        for name, value in values.items()
        if name not in (*ACCOUNT, *OPEN, "base_url") and value
    }
    variables = {SAME.get(name, name): variable for name, variable in entry.settings.items()}
    if not account:
        named = next((variables[name] for name in ACCOUNT if name in variables), "the account's id")
        problems.append(f"{where}: {named} is not set, but other settings of this channel are")
        return None
    for name in classes()[kind].secret_fields:
        value = secrets.get(name, SecretStr("")).get_secret_value()
        label = variables.get(name) or f"SATHI_META_{name.upper()}"
        if not value:
            problems.append(f"{where}: {label} is not set, but {kind} {account} is switched on")
        elif name in SIGNING and len(value.encode()) < MIN_SECRET:
            problems.append(f"{where}: {label} is shorter than {MIN_SECRET} bytes")
    default = settings.telegram_api_url if kind == "telegram" else settings.meta_graph_url
    return Channel(
        key=f"{kind}:{account}",
        type=kind,
        tenant=tenant,
        account_id=account,
        base_url=values.get("base_url") or default,
        secrets=secrets,
        options={**entry.options, **{name: values[name] for name in OPEN if values.get(name)}},
    )
