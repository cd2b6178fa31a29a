"""Which skill of an operator a matter wants. Data: handoff/skills.yml."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from core import yaml_text

FILE = Path(__file__).with_name("skills.yml")


@cache
def _table() -> Mapping[str, Mapping[str, str]]:
    document: Mapping[str, Mapping[str, str]] = yaml_text.load(FILE.read_text("utf-8"))
    return document


def wanted(reason: str, summary: Mapping[str, Any]) -> str:
    """The skill for a matter, from why a person is called and what is known of it; nothing when any will do."""
    table, kind = _table(), str(summary.get("kind") or "")
    return (
        table["reasons"].get(reason)
        or table["kinds"].get(kind.partition("-")[0])
        or table["intents"].get(str(summary.get("intent") or ""))
        or ""
    )


def names() -> list[str]:
    """Every skill that a matter may want."""
    return sorted({skill for group in _table().values() for skill in group.values()})
