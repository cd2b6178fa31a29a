"""The containers: docker-compose.yml against the specification's own schema, and what it promises about walls."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from core.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
SCHEMA = json.loads((ROOT / "var" / "assets" / "compose-spec.json").read_text(encoding="utf-8"))
DOCKERFILES = {"gateway": ROOT / "Dockerfile", "rasa": ROOT / "Dockerfile.rasa"}
OURS = sorted(DOCKERFILES)


@pytest.fixture
def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return document


def faults(document: dict[str, Any]) -> list[str]:
    # `name` came after the published schema; the rest of the document must hold as it stands.
    known = {key: value for key, value in document.items() if key != "name"}
    validator = jsonschema.Draft7Validator(SCHEMA, format_checker=jsonschema.FormatChecker())
    return [f"{'/'.join(map(str, fault.absolute_path))}: {fault.message}" for fault in validator.iter_errors(known)]


def test_it_is_valid_compose(compose: dict[str, Any]) -> None:
    assert faults(compose) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("services", "gateway", "prots"), ["8080:8080"]),
        (("services", "gateway", "depends_on", "rasa", "condition"), "service_happy"),
        (("services", "rasa", "read_only"), "very"),
        (("networks", "inside", "internl"), True),
        (("services", "postgres", "healthcheck", "retries"), [12]),
        (("servces",), {}),
    ],
)
def test_a_fault_would_be_seen(compose: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    document = copy.deepcopy(compose)
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    assert faults(document) != []


def test_rasa_and_the_database_cannot_reach_the_internet(compose: dict[str, Any]) -> None:
    for name in ("rasa", "postgres"):
        networks = compose["services"][name]["networks"]
        assert networks and all(compose["networks"][network].get("internal") for network in networks)
        assert "network_mode" not in compose["services"][name]


def test_only_the_gateway_is_published_and_only_on_loopback(compose: dict[str, Any]) -> None:
    ports = {name: service.get("ports", []) for name, service in compose["services"].items()}
    assert [name for name, published in ports.items() if published] == ["gateway"]
    assert all(port.startswith("127.0.0.1:") for port in ports["gateway"])


def test_rasa_is_told_no_secret_but_its_own(compose: dict[str, Any]) -> None:
    rasa = compose["services"]["rasa"]
    assert set(rasa["environment"]) == {"SATHI_ACTION_URL", "SATHI_ACTION_TOKEN"}
    assert "env_file" not in rasa and "volumes" not in rasa


def test_no_secret_stands_in_the_file(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for name, value in service.get("environment", {}).items():
            if re.search("PASSWORD|TOKEN|SECRET|KEY", name):
                assert re.fullmatch(r"\$\{[A-Z_]+:\?[^}]+\}", value), (
                    f"{name} must come from outside, or nothing starts"
                )
    assert re.search(r"(?m)^sathi\.env$|^\*\.env$", (ROOT / ".gitignore").read_text(encoding="utf-8"))


def test_every_setting_exists(compose: dict[str, Any]) -> None:
    text = (ROOT / "docker-compose.yml").read_text() + "".join(path.read_text() for path in DOCKERFILES.values())
    named = set(re.findall(r"SATHI_([A-Z_]+)", text))
    known = {name.upper() for name in Settings.model_fields} | {"ACTION_URL"}  # told to Rasa, not read by the service
    assert named <= known


@pytest.mark.parametrize("name", ["gateway", "rasa", "postgres"])
def test_every_service_is_watched_and_comes_back(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]
    assert service["restart"] == "unless-stopped"
    assert {"test", "interval", "timeout", "retries"} <= set(service["healthcheck"])


@pytest.mark.parametrize("name", OURS)
def test_our_services_have_few_rights(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["build"]["dockerfile"] == DOCKERFILES[name].name


@pytest.mark.parametrize("name", OURS)
def test_images_run_as_nobody_special_from_pinned_packages(name: str) -> None:
    lines = DOCKERFILES[name].read_text(encoding="utf-8").splitlines()
    users = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert users and users[-1].isdigit() and int(users[-1]) >= 10000
    assert any(line.startswith("HEALTHCHECK ") for line in lines)
    assert sum(line.startswith("FROM ") for line in lines) == 2
    installs = [line for line in lines if "pip install" in line or "pip sync" in line]
    assert installs and all("--require-hashes" in line for line in installs)
    base = next(line for line in lines if line.startswith("ARG PYTHON="))
    assert re.fullmatch(r"ARG PYTHON=python:3\.\d+-slim-\w+", base)


@pytest.mark.parametrize("name", OURS)
def test_images_copy_only_what_exists_and_is_let_through(name: str) -> None:
    allowed = {line[1:].strip() for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    for line in DOCKERFILES[name].read_text(encoding="utf-8").splitlines():
        words = line.split()
        if not words or words[0] != "COPY" or words[1].startswith("--from"):
            continue
        for source in words[1:-1]:
            assert (ROOT / source).exists(), f"{source} is copied but does not exist"
            assert source.split("/")[0] in allowed, f"{source} is kept out by .dockerignore"


def test_the_database_may_not_forget(compose: dict[str, Any]) -> None:
    command = compose["services"]["postgres"]["command"]
    assert "synchronous_commit=on" in command and "fsync=on" in command


def test_a_stop_leaves_time_to_finish(compose: dict[str, Any]) -> None:
    from gateway.run import WATCHDOG_SECONDS

    assert float(compose["services"]["gateway"]["stop_grace_period"].rstrip("s")) > WATCHDOG_SECONDS
