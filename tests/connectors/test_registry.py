"""Finding connectors and channels: from the settings, and from each tenant's file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from connectors import registry
from core.errors import ConfigurationError
from core.settings import ROOT, Settings
from core.tenants import Tenants
from tests.fakes import FakePlatform

LONG = "a-secret-that-is-long-enough-for-anybody"


@dataclass(frozen=True)
class Entry:
    type: str
    name: str = "main"
    settings: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Tenant:
    slug: str
    channels: tuple[Entry, ...] = ()


class TenantList:
    def __init__(self, **tenants: tuple[Entry, ...]) -> None:
        self._tenants = [Tenant(slug, channels) for slug, channels in tenants.items()]

    def all(self) -> list[Tenant]:
        return self._tenants


def settings(**values: Any) -> Settings:
    return Settings(_env_file=None, tenant="one", **values)  # type: ignore[call-arg]


WHATSAPP = Entry(
    "whatsapp",
    settings={"phone_number_id": "SATHI_TWO_WHATSAPP_ID", "access_token": "SATHI_TWO_WHATSAPP_TOKEN"},
    options={"per_second": "20"},
)
ON = {"SATHI_TWO_WHATSAPP_ID": "777", "SATHI_TWO_WHATSAPP_TOKEN": "t"}


def test_connectors_are_found_beside_the_registry() -> None:
    assert list(registry.classes()) == ["messenger", "sms", "telegram", "webchat", "whatsapp"]


def test_the_web_chat_and_text_messages_are_always_there() -> None:
    assert [channel.key for channel in registry.channels(settings(), TenantList(), {})] == ["web:one", "sms:main"]


def test_every_channel_of_the_settings() -> None:
    platform = FakePlatform()
    channels = registry.channels(platform.settings(tenant="one"), TenantList(), {})
    found = {channel.key: channel for channel in channels}
    assert set(found) == {
        "web:one",
        "sms:main",
        f"whatsapp:{platform.meta.phone_number_id}",
        f"messenger:{platform.meta.page_id}",
        f"telegram:{platform.telegram.account}",
    }
    assert found[f"messenger:{platform.meta.page_id}"].secret("access_token") == platform.meta.page_token
    assert found[f"messenger:{platform.meta.page_id}"].options["app_id"] == platform.meta.app_id
    assert platform.meta.whatsapp_token not in repr(found) and platform.meta.app_secret not in repr(found)


def test_a_tenants_own_number() -> None:
    meta = settings(meta_app_secret=LONG, meta_verify_token=LONG)
    channels = registry.channels(meta, TenantList(two=(Entry("webchat"), WHATSAPP)), ON)
    found = {channel.key: channel for channel in channels}
    number = found["whatsapp:777"]
    assert (number.tenant, number.secret("access_token"), number.secret("app_secret")) == ("two", "t", LONG)
    assert number.options == {"per_second": "20"}
    assert found["web:two"].tenant == "two"


def test_a_channel_of_the_settings_takes_its_options_from_the_tenants_file() -> None:
    platform = FakePlatform()
    values = {"NUMBER": platform.meta.phone_number_id, "TOKEN": "t"}
    entry = Entry(
        "whatsapp", settings={"phone_number_id": "NUMBER", "access_token": "TOKEN"}, options={"per_second": "20"}
    )
    channels = registry.channels(platform.settings(tenant="one"), TenantList(one=(entry,)), values)
    [number] = [channel for channel in channels if channel.type == "whatsapp"]
    assert number.options["per_second"] == "20" and number.options["business_id"] == platform.meta.business_id
    assert number.secret("access_token") == platform.meta.whatsapp_token


def test_a_tenants_own_page_and_bot() -> None:
    page = Entry(
        "messenger",
        settings={"page_id": "P", "page_token": "PT", "app_secret": "AS", "verify_token": "VT", "app_id": "APP"},
    )
    bot = Entry("telegram", settings={"bot_token": "BT", "secret_token": "ST"})
    values = {"P": "9", "PT": "page-token", "AS": LONG, "VT": LONG, "APP": "4", "BT": "12:x", "ST": LONG}
    found = {channel.key: channel for channel in registry.channels(settings(), TenantList(two=(page, bot)), values)}
    assert found["messenger:9"].secret("access_token") == "page-token"
    assert found["messenger:9"].options == {"app_id": "4"}
    assert found["telegram:12"].secret("secret_token") == LONG


def test_a_channel_without_its_variables_is_off() -> None:
    found = registry.channels(settings(), TenantList(two=(WHATSAPP,)), {})
    assert [item.type for item in found] == ["webchat", "sms"]


@pytest.mark.parametrize(
    ("entry", "values", "words"),
    [
        (WHATSAPP, ON, "SATHI_META_APP_SECRET is not set, but whatsapp 777 is switched on"),
        (
            Entry("whatsapp", settings={**WHATSAPP.settings, "app_secret": "SHORT"}),
            ON | {"SHORT": "short"},
            "SHORT is shorter than 24 bytes",
        ),
        (WHATSAPP, {"SATHI_TWO_WHATSAPP_TOKEN": "t"}, "SATHI_TWO_WHATSAPP_ID is not set"),
        (
            Entry("telegram", settings={"bot_token": "T", "secret_token": "S"}),
            {"T": "12:x"},
            "S is not set, but telegram 12 is switched on",
        ),
        (Entry("pigeon"), {}, "type must be one of messenger, telegram, webchat, whatsapp"),
    ],
)
def test_faults_are_named(entry: Entry, values: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words) as error:
        registry.channels(settings(), TenantList(two=(entry,)), values)
    assert "channels.yml" in str(error.value)


def test_two_tenants_on_one_account_are_refused() -> None:
    meta = settings(meta_app_secret=LONG, meta_verify_token=LONG)
    with pytest.raises(ConfigurationError, match="whatsapp:777 is configured for two and for three"):
        registry.channels(meta, TenantList(two=(WHATSAPP,), three=(WHATSAPP,)), ON)


def test_the_real_tenants_files_can_be_read() -> None:
    tenants = Tenants.load(ROOT)
    found = registry.channels(settings(), tenants, {})
    assert {channel.type for channel in found} == {"webchat", "sms"}
    variables = {name for tenant in tenants.all() for entry in tenant.channels for name in entry.settings.values()}
    assert variables
    everything = dict.fromkeys(variables, LONG) | {
        name: f"{number}:{LONG}" for number, name in enumerate(sorted(variables))
    }
    meta = settings(meta_app_secret=LONG, meta_verify_token=LONG)
    kinds = {channel.type for channel in registry.channels(meta, tenants, everything)}
    assert kinds == {"webchat", "sms", "whatsapp", "messenger", "telegram"}
