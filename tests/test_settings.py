"""Settings: read once, checked before anything starts, silent about secrets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core import settings as module
from core.errors import ConfigurationError
from core.settings import Settings, check, load

SECRET = "a-secret-that-is-long-enough"


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable and no .env of whoever runs the tests."""
    import os

    for name in [name for name in os.environ if name.startswith("SATHI_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_the_outside_contract() -> None:
    settings = load()
    assert (settings.host, settings.port, settings.tenant) == ("127.0.0.1", 8080, "bangladesh-power-division")
    assert settings.data_dir == Path("var")
    assert settings.resolved_database_url == f"sqlite+aiosqlite:///{Path('var/sathi.db').resolve()}"
    assert settings.base_url == "http://127.0.0.1:8080"


@pytest.mark.parametrize(
    "name",
    [
        *("host", "port", "data_dir", "database_url", "tenant", "meta_graph_url", "telegram_api_url"),
        *("meta_app_secret", "meta_verify_token", "whatsapp_phone_number_id", "whatsapp_access_token"),
        *("messenger_page_id", "messenger_page_token", "telegram_bot_token", "telegram_secret_token"),
        *("sms_url", "rasa_workers"),
    ],
)
def test_names_that_are_fixed(name: str) -> None:
    assert name in Settings.model_fields


def test_every_setting_has_a_line_of_help() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SATHI_PORT=9001\nSATHI_TENANT=mp-central\n", encoding="utf-8")
    monkeypatch.setenv("SATHI_PORT", "9002")
    settings = load()
    assert (settings.port, settings.tenant) == (9002, "mp-central")


WHATSAPP = {"whatsapp_phone_number_id": "1055", "whatsapp_access_token": "t"}
META = {"meta_app_secret": SECRET, "meta_verify_token": "verify-me"}


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (WHATSAPP, ["SATHI_META_APP_SECRET", "SATHI_META_VERIFY_TOKEN"]),
        ({"whatsapp_phone_number_id": "1055", **META}, ["SATHI_WHATSAPP_ACCESS_TOKEN"]),
        ({**WHATSAPP, **META, "meta_app_secret": "short"}, ["SATHI_META_APP_SECRET"]),
        ({"messenger_page_id": "9"}, ["SATHI_MESSENGER_PAGE_TOKEN", "SATHI_META_APP_SECRET"]),
        ({"telegram_bot_token": "1:x"}, ["SATHI_TELEGRAM_SECRET_TOKEN"]),
        ({"telegram_bot_token": "1:x", "telegram_secret_token": "weak"}, ["SATHI_TELEGRAM_SECRET_TOKEN"]),
        ({"secret_key": "weak"}, ["SATHI_SECRET_KEY"]),
        ({"database_url": "mysql://x"}, ["SATHI_DATABASE_URL"]),
        ({"database_url": "postgresql://x"}, ["SATHI_DATABASE_URL"]),
        ({"action_timeout": 20}, ["SATHI_ACTION_TIMEOUT", "SATHI_TURN_TIMEOUT"]),
        ({"turn_timeout": 100}, ["SATHI_LEASE_SECONDS"]),
    ],
    ids=str,
)
def test_what_would_be_unsafe_stops_the_start_by_name(given: dict[str, Any], named: list[str]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        check(Settings(**given))
    assert [name for name in named if name not in str(caught.value)] == []


@pytest.mark.parametrize(
    "given", [{**WHATSAPP, **META}, {"telegram_bot_token": "1:x", "telegram_secret_token": SECRET}]
)
def test_a_channel_with_all_its_secrets_may_start(given: dict[str, Any]) -> None:
    check(Settings(**given))


@pytest.mark.parametrize(("name", "value"), [("SATHI_PORT", "99999"), ("SATHI_PORT", "x"), ("SATHI_WORKERS", "0")])
def test_a_wrong_value_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=name):
        load()


def test_a_fault_does_not_show_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SATHI_TELEGRAM_BOT_TOKEN", "123:planted")
    monkeypatch.setenv("SATHI_PORT", "x")
    with pytest.raises(ConfigurationError) as caught:
        load()
    assert "planted" not in str(caught.value)


def test_secrets_hide() -> None:
    settings = Settings(telegram_bot_token="123:planted", meta_app_secret="planted-too")
    assert "planted" not in f"{settings!r} {settings} {settings.model_dump()}"


def test_time_limits_nest() -> None:
    """action < turn < lease, with room for what stands between (reliability.md R8, R17)."""
    settings = Settings()
    assert settings.action_timeout < settings.turn_timeout < settings.lease_seconds
    assert (settings.action_timeout, settings.turn_timeout, settings.lease_seconds) == (8, 15, 90)


def test_the_project_folder_is_found() -> None:
    assert (module.ROOT / "pyproject.toml").exists()
