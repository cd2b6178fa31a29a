"""A made-up tenant and a made-up language: the scaffold gives what the lint understands, and names what is open."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from core.settings import ROOT
from gateway.data_lint import data_faults


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for folder in ("nlu_data", "tenants", "bot", "tests/nlu"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", "components"))
    return tmp_path


def scaffold(root: Path, kind: str, name: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ROOT / "scripts" / "scaffold", kind, name, root], capture_output=True, text=True
    )


@pytest.mark.parametrize(
    ("kind", "name", "place"), [("tenant", "nowhere", "nowhere"), ("language", "xx-Latn", "xx-Latn")]
)
def test_what_is_open_is_named_and_nothing_else_breaks(copy: Path, kind: str, name: str, place: str) -> None:
    before = set(data_faults(copy))
    done = scaffold(copy, kind, name)
    assert done.returncode == 0, done.stderr
    new = [fault for fault in data_faults(copy) if fault not in before]
    assert new, "an empty folder must not pass"
    assert [fault for fault in new if name not in fault] == []


@pytest.mark.parametrize(
    ("kind", "name"), [("tenant", "../up"), ("tenant", "Big"), ("language", "english"), ("tenant", "mp-central")]
)
def test_a_wrong_or_taken_name_is_refused(copy: Path, kind: str, name: str) -> None:
    done = scaffold(copy, kind, name)
    assert done.returncode != 0
    assert done.stderr
