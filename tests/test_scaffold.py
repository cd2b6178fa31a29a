"""A made-up tenant and a made-up language: the scaffold gives what the lint understands, and names what is open."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import ConfigurationError
from core.settings import ROOT
from gateway.data_lint import data_faults, template_faults
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


def test_forms_named_for_answers_must_fit_them(copy: Path) -> None:
    path = copy / "tenants" / "mp-central" / "channels.yml"
    options = {
        "main": ['template.utter_greet: "Two Words"'],
        "page": [
            'template.utter_text_cut: "too_long: limit, ghost"',
            'template.utter_ghost: "too_long"',
            'template_language.en: "en_GB"',
        ],
    }
    written = path.read_text()
    for name, lines in options.items():
        block = "".join(f"      {line}\n" for line in lines)
        written = written.replace(f"    name: {name}\n", f"    name: {name}\n    options:\n{block}", 1)
    path.write_text(written)
    found = template_faults(copy)
    assert [fault.partition("channels.yml: ")[2] for fault in found] == [
        "main: template.utter_greet must be `name` or `name: fact, fact`",
        "page: utter_text_cut has no {ghost} for the form too_long",
        "page: the form too_long stands for utter_ghost, which is no answer",
    ]
