"""Reads and checks the answer files: nlu_data/<form>/answers/*.yml and tenants/<slug>/answers/<form>.yml.

English is the measure: an answer, a placeholder or a choice it does not have is a fault in any other file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from core import yaml_text
from core.errors import DataError
from core.formats import Format, load_formats

PLACEHOLDER = re.compile(r"\{([a-z0-9_]+)\}")
BUILT_IN = frozenset({"tenant", "hotline"})
# WhatsApp's reply buttons and lists, Messenger's text above buttons: the narrowest of all channels.
MAX_TITLE, MAX_DESCRIPTION, MAX_BODY = 20, 72, 640
FIELDS = frozenset({"text", "choices", "ask", "call", "priority", "purpose"})
CHOICE_FIELDS = frozenset({"title", "intent", "say", "entities", "topic", "description", "needs"})


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A choice of a file. `needs` names a fact without which it is not offered; `say` lists words that mean it."""

    title: str
    intent: str
    say: tuple[str, ...] = ()
    entities: Mapping[str, Any] = field(default_factory=dict)
    topic: str = ""
    description: str = ""
    needs: str = ""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An answer of a file."""

    text: str
    choices: tuple[Choice, ...] = ()
    ask: str = ""
    call: bool = False
    priority: str = ""
    purpose: str = ""


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """All answers and labels of one form, ours or a tenant's."""

    form: str
    answers: dict[str, Entry] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    paths: dict[str, Path] = field(default_factory=dict, repr=False)


Shelves = dict[tuple[str, str], Shelf]


def load_shelves(root: Path) -> tuple[Shelves, dict[str, Format]]:
    """Every file under a root; DataError lists all faults."""
    faults: list[str] = []
    shelves: Shelves = {}
    formats = load_formats(root / "nlu_data" / "formats.yml", faults)
    for path in sorted((root / "nlu_data").glob("*/answers/*.yml")):
        _read_file(shelves, ("", path.parent.parent.name), path, faults)
    for path in sorted((root / "tenants").glob("*/answers/*.yml")):
        if not path.parent.parent.name.startswith("_"):
            _read_file(shelves, (path.parent.parent.name, path.stem), path, faults)
    measure = shelves.get(("", "en"))
    if measure is None:
        faults.append(f"{root}/nlu_data/en/answers: the English answers are missing")
    else:
        for key, shelf in shelves.items():
            if key != ("", "en"):
                _compare(shelf, measure, faults, choices=not key[0])
    if faults:
        raise DataError("\n".join(faults))
    return shelves, formats


def _read_file(shelves: Shelves, key: tuple[str, str], path: Path, faults: list[str]) -> None:
    try:
        document = yaml_text.load(path.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        faults.append(f"{path}: {str(error).splitlines()[0]}")
        return
    form = key[1]
    if document.get("language") != form:
        faults.append(f"{path}: language is {document.get('language')!r}, the folder says {form!r}")
    shelf = shelves.setdefault(key, Shelf(form=form))
    for name, row in (document.get("answers") or {}).items():
        if name in shelf.answers:
            faults.append(f"{path}: {name} stands in {shelf.paths[name]} too")
            continue
        entry = _entry(row, f"{path}: {name}", faults)
        if entry:
            shelf.answers[name] = entry
            shelf.paths[name] = path
    for name, label in (document.get("labels") or {}).items():
        if name in shelf.labels and shelf.labels[name] != str(label):
            faults.append(f"{path}: the label {name} has another word elsewhere")
        shelf.labels[name] = str(label)
        shelf.paths[name] = path


def _entry(row: Any, where: str, faults: list[str]) -> Entry | None:
    if isinstance(row, str):
        row = {"text": row}
    if not isinstance(row, dict) or not row.get("text"):
        faults.append(f"{where}: text is missing")
        return None
    for key in row.keys() - FIELDS:
        faults.append(f"{where}: {key} is not a field of an answer")
    choices = tuple(_choice(item, where, faults) for item in row.get("choices") or ())
    text = str(row["text"]).strip()
    if choices and len(text) > MAX_BODY:
        faults.append(f"{where}: {len(text)} characters, {MAX_BODY} fit above choices")
    return Entry(
        text=text,
        choices=choices,
        ask=str(row.get("ask") or ""),
        call=bool(row.get("call")),
        priority=str(row.get("priority") or ""),
        purpose=str(row.get("purpose") or ""),
    )


def _choice(row: Any, where: str, faults: list[str]) -> Choice:
    for key in row.keys() - CHOICE_FIELDS:
        faults.append(f"{where}: {key} is not a field of a choice")
    choice = Choice(
        title=str(row.get("title") or ""),
        intent=str(row.get("intent") or ""),
        say=tuple(map(str, row.get("say") or ())),
        entities=dict(row.get("entities") or {}),
        topic=str(row.get("topic") or ""),
        description=str(row.get("description") or ""),
        needs=str(row.get("needs") or ""),
    )
    if not choice.title or not choice.intent:
        faults.append(f"{where}: a choice needs title and intent")
    if len(choice.title) > MAX_TITLE:
        faults.append(f"{where}: the title {choice.title!r} has more than {MAX_TITLE} characters")
    if len(choice.description) > MAX_DESCRIPTION:
        faults.append(f"{where}: the description of {choice.title!r} has more than {MAX_DESCRIPTION} characters")
    return choice


def _compare(shelf: Shelf, measure: Shelf, faults: list[str], *, choices: bool) -> None:
    """What a translation may not add, and choices it may not lose. A tenant may offer its own choices."""
    for name, entry in shelf.answers.items():
        where = f"{shelf.paths[name]}: {name}"
        model = measure.answers.get(name)
        if model is None:
            faults.append(f"{where}: English has no such answer")
            continue
        known = set(PLACEHOLDER.findall(model.text)) | BUILT_IN
        for unknown in sorted(set(PLACEHOLDER.findall(entry.text)) - known):
            faults.append(f"{where}: {{{unknown}}} is no fact of this answer")
        if choices and [choice.intent for choice in entry.choices] != [choice.intent for choice in model.choices]:
            faults.append(f"{where}: the choices differ from the English ones")
    for name, label in shelf.labels.items():
        if name not in measure.labels:
            faults.append(f"{shelf.paths[name]}: English has no label {name}")
            continue
        known = set(PLACEHOLDER.findall(measure.labels[name]))
        for unknown in sorted(set(PLACEHOLDER.findall(label)) - known):
            faults.append(f"{shelf.paths[name]}: {name}: {{{unknown}}} is no fact of this label")
