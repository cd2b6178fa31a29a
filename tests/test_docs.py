"""The pages under docs/ fit the project: settings, commands, words, links, promises."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from core.settings import Settings
from core.tables import OutboxRow

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])


def read(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def test_the_table_of_settings_is_the_source_s() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "document-settings", "--check"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_explained(name: str) -> None:
    assert f"`SATHI_{name.upper()}`" in read("settings.md")


def test_no_page_names_a_setting_that_does_not_exist() -> None:
    known = {f"SATHI_{name.upper()}" for name in Settings.model_fields} | {"SATHI_ACTION_URL"}
    named = {word for page in PAGES for word in re.findall(r"\bSATHI_[A-Z][A-Z_]*[A-Z]\b", page.read_text("utf-8"))}
    channels = {
        word for path in ROOT.glob("tenants/*/channels.yml") for word in re.findall(r"SATHI_\w+", path.read_text())
    }
    assert named - known - channels == set()


def targets() -> list[str]:
    return re.findall(r"(?m)^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"))


@pytest.mark.parametrize("target", targets())
def test_every_command_of_make_is_explained(target: str) -> None:
    assert f"`make {target}" in read("development.md")


def test_no_page_names_a_command_that_does_not_exist() -> None:
    named = {word for page in PAGES for word in re.findall(r"`make ([a-z-]+)", page.read_text("utf-8"))}
    assert named <= set(targets())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if re.match(r"[a-z]+:|#", target):
            continue
        if not (page.parent / target.partition("#")[0]).exists():
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize(
    "word",
    [
        *("tenant", "utility", "channel", "connector", "contact", "address", "conversation", "operator", "inbox"),
        *("outbox", "lane", "lease", "fence", "form", "intent", "answer", "fact", "supply point", "dead letter"),
        *("doubtful", "errored", "failed", "held", "expired", "handoff", "turn", "effect", "choice", "promise"),
    ],
)
def test_the_glossary_has_the_word(word: str) -> None:
    assert re.search(rf"(?m)^\| \**{word}\b", read("glossary.md"))


def test_every_state_of_a_message_is_in_the_glossary() -> None:
    states = re.search(r"`state`: ([^.]+)\.", OutboxRow.__doc__ or "")
    assert states
    glossary = read("glossary.md")
    assert [state for state in states[1].split(", ") if state not in glossary] == []


def test_every_promise_stands_on_its_page() -> None:
    numbers = [int(number) for number in re.findall(r"(?m)^\| R(\d+) ", read("promises.md"))]
    assert numbers == list(range(1, 27))


def test_what_a_promise_names_as_its_proof_exists() -> None:
    named = set(re.findall(r"`((?:tests|benchmarks)/[^`]+)`", read("promises.md")))
    assert named
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_schema_settings_of_the_database_are_told() -> None:
    page = read("deploying.md")
    assert "synchronous_commit = on" in page and "fsync = on" in page
    assert "[Service]" in page and "ExecStart=" in page
