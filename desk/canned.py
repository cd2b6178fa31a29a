"""Canned answers in five written forms, with variables. Data: desk/canned.yml."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from core import yaml_text
from core.tables import Publication

FILE = Path(__file__).parent / "canned.yml"
VARIABLE = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, kw_only=True)
class Canned:
    """One answer: what it is called, and its words by form."""

    name: str
    title: str
    words: Mapping[str, str]


def load(path: Path = FILE) -> list[Canned]:
    """Every answer of the file."""
    document = yaml_text.load(path.read_text("utf-8"))
    return [
        Canned(
            name=str(name), title=str(row["title"]), words={str(form): str(text) for form, text in row["words"].items()}
        )
        for name, row in document.items()
    ]


def merged(files: list[Canned], rows: Iterable[Publication]) -> list[Canned]:
    """The file's answers with published ones over and after them."""
    known = {one.name: one for one in files}
    for row in rows:
        if row.value.get("gone"):
            known.pop(row.name, None)
            continue
        words = {str(form): str(text) for form, text in (row.value.get("words") or {}).items() if text}
        known[row.name] = Canned(name=row.name, title=str(row.value.get("title", row.name)), words=words)
    return list(known.values())


def answers(known: list[Canned], form: str, values: Mapping[str, str]) -> list[tuple[str, str]]:
    """Titles and words in a customer's form, variables filled once."""
    return [
        (
            one.title,
            VARIABLE.sub(lambda found: values.get(found[1], ""), words_in(one, form)).strip(),
        )
        for one in known
        if words_in(one, form)
    ]


def words_in(one: Canned, form: str) -> str:
    """The words of a form, else of its language, else English, else any."""
    for key in (form, form.split("-")[0], "en"):
        if one.words.get(key):
            return one.words[key]
    return next(iter(one.words.values()), "")
