"""Canned answers in five written forms, with variables. Data: desk/canned.yml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

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
    document = yaml.safe_load(path.read_text("utf-8"))
    return [
        Canned(
            name=str(name), title=str(row["title"]), words={str(form): str(text) for form, text in row["words"].items()}
        )
        for name, row in document.items()
    ]


def answers(known: list[Canned], form: str, values: Mapping[str, str]) -> list[tuple[str, str]]:
    """Titles and words in a customer's form, variables filled once."""
    return [
        (
            one.title,
            VARIABLE.sub(lambda found: values.get(found[1], ""), one.words.get(form) or one.words["en"]).strip(),
        )
        for one in known
    ]
