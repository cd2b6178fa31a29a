"""A made-up tenant and a made-up language: the scaffold gives what the lint understands, and names what is open."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import ConfigurationError
from core.settings import ROOT
from gateway.data_lint import data_faults
from gateway.scaffold_cli import new_language, new_tenant

Scaffold = Callable[[Path, str], list[Path]]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for folder in ("nlu_data", "tenants", "bot", "tests/nlu"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", "components"))
    return tmp_path


@pytest.mark.parametrize(("scaffold", "name"), [(new_tenant, "nowhere"), (new_language, "xx-Latn")])
def test_what_is_open_is_named_and_nothing_else_breaks(copy: Path, scaffold: Scaffold, name: str) -> None:
    before = set(data_faults(copy))
    written = scaffold(copy, name)
    assert written and all(path.exists() for path in written)
    new = [fault for fault in data_faults(copy) if fault not in before]
    assert new, "an empty folder must not pass"
    assert [fault for fault in new if name not in fault] == []


@pytest.mark.parametrize(
    ("scaffold", "name"),
    [
        (new_tenant, "../up"),
        (new_tenant, "Big"),
        (new_language, "english"),
        (new_tenant, "mp-central"),
        (new_language, "bn"),
    ],
)
def test_a_wrong_or_taken_name_is_refused(copy: Path, scaffold: Scaffold, name: str) -> None:
    with pytest.raises(ConfigurationError):
        scaffold(copy, name)
