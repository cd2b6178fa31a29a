"""Finding connectors and channels: from the settings, and from each tenant's file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors import registry
from core.errors import ConfigurationError
from core.settings import Settings
from tests.fakes import FakePlatform

LONG = "a-secret-that-is-long-enough-for-anybody"


@dataclass(frozen=True)
class Tenant:
    slug: str


class TenantList:
    def __init__(self, *slugs: str) -> None:
        self._slugs = slugs

    def all(self) -> list[Tenant]:
        return [Tenant(slug) for slug in self._slugs]


def settings(**values: Any) -> Settings:
    return Settings(_env_file=None, tenant="one", **values)  # type: ignore[call-arg]


def write(root: Path, slug: str, document: Any) -> None:
    folder = root / "tenants" / slug
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "channels.yml").write_text(yaml.safe_dump(document))


WHATSAPP = {
    "type": "whatsapp",
    "account_id_env": "TWO_WHATSAPP_ID",
    "secrets": {"access_token": "TWO_WHATSAPP_TOKEN"},
    "options": {"per_second": 20},
}


def test_connectors_are_found_beside_the_registry() -> None:
    assert list(registry.classes()) == ["messenger", "sms", "telegram", "webchat", "whatsapp"]


def test_the_web_chat_and_text_messages_are_always_there(tmp_path: Path) -> None:
    found = registry.channels(settings(), TenantList(), {}, tmp_path)
    assert [channel.key for channel in found] == ["web:one", "sms:main"]


def test_every_channel_of_the_settings(tmp_path: Path) -> None:
    platform = FakePlatform()
    found = {
        channel.key: channel
        for channel in registry.channels(platform.settings(tenant="one"), TenantList(), {}, tmp_path)
    }
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


def test_a_tenants_own_number(tmp_path: Path) -> None:
    write(tmp_path, "two", {"channels": [{"type": "webchat"}, WHATSAPP]})
    values = {"TWO_WHATSAPP_ID": "777", "TWO_WHATSAPP_TOKEN": "t"}
    meta = settings(meta_app_secret=LONG, meta_verify_token=LONG)
    found = {channel.key: channel for channel in registry.channels(meta, TenantList("two"), values, tmp_path)}
    number = found["whatsapp:777"]
    assert (number.tenant, number.secret("access_token"), number.secret("app_secret")) == ("two", "t", LONG)
    assert number.options == {"per_second": 20}
    assert found["web:two"].tenant == "two"


def test_a_channel_without_its_variables_is_off(tmp_path: Path) -> None:
    write(tmp_path, "two", {"channels": [WHATSAPP]})
    assert [item.type for item in registry.channels(settings(), TenantList("two"), {}, tmp_path)] == ["webchat", "sms"]


@pytest.mark.parametrize(
    ("entry", "values", "words"),
    [
        (WHATSAPP, {"TWO_WHATSAPP_ID": "7", "TWO_WHATSAPP_TOKEN": "t"}, "app_secret is not set"),
        (
            WHATSAPP | {"secrets": {"access_token": "T", "app_secret": "SHORT"}},
            {"TWO_WHATSAPP_ID": "7", "T": "t", "SHORT": "short"},
            "SHORT is shorter than 24 bytes",
        ),
        (
            {"type": "telegram", "secrets": {"bot_token": "T", "secret_token": "S"}},
            {"T": "12:x"},
            "S is not set, but telegram 12 is switched on",
        ),
        ({"type": "pigeon"}, {}, "type must be one of messenger, sms, telegram, webchat, whatsapp"),
        ("pigeon", {}, "type must be one of"),
    ],
)
def test_faults_are_named(entry: Any, values: dict[str, str], words: str, tmp_path: Path) -> None:
    write(tmp_path, "two", {"channels": [entry]})
    with pytest.raises(ConfigurationError, match=words) as error:
        registry.channels(settings(), TenantList("two"), values, tmp_path)
    assert "channels.yml" in str(error.value)


def test_two_tenants_on_one_account_are_refused(tmp_path: Path) -> None:
    for slug in ("two", "three"):
        write(tmp_path, slug, {"channels": [WHATSAPP]})
    values = {"TWO_WHATSAPP_ID": "777", "TWO_WHATSAPP_TOKEN": "t"}
    meta = settings(meta_app_secret=LONG, meta_verify_token=LONG)
    with pytest.raises(ConfigurationError, match="whatsapp:777 is configured for two and for three"):
        registry.channels(meta, TenantList("two", "three"), values, tmp_path)


def test_a_file_without_a_list(tmp_path: Path) -> None:
    write(tmp_path, "two", ["x"])
    with pytest.raises(ConfigurationError, match="must hold a list"):
        registry.channels(settings(), TenantList("two"), {}, tmp_path)
