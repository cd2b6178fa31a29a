"""The kinds of complaint, from kinds.yml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import yaml

from core.errors import DataError
from core.tenants import fold

FILE = Path(__file__).with_name("kinds.yml")
QUESTIONS = frozenset({"account", "area", "since", "details"})


@dataclass(frozen=True, kw_only=True)
class ComplaintKind:
    """A kind of complaint. `ask` lists what the dialogue asks for; `private` keeps the caller out of sight."""

    code: str
    priority: int
    ask: tuple[str, ...]
    private: bool = False

    @property
    def category(self) -> str:
        """The group before the dash: two complaints of one category at one place may be the same fault."""
        return self.code.split("-")[0]

    @property
    def label(self) -> str:
        """The name of its word in the answer files."""
        return f"label_kind_{self.code.lower().replace('-', '_')}"


@dataclass(frozen=True, kw_only=True)
class Kinds:
    """All kinds by code, and what an intent can mean."""

    by_code: Mapping[str, ComplaintKind]
    by_intent: Mapping[str, tuple[str, ...]]
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    corrections: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def corrected(self, text: str) -> str:
        """Which question a "no, another …" goes back to; nothing when it does not say."""
        typed = f" {fold(text)}"
        return next((name for name, row in self.corrections.items() if any(f" {word}" in typed for word in row)), "")

    def meant(self, intent: str, text: str) -> str:
        """The kind that a message of an intent speaks of; nothing when it could be several and must be asked."""
        codes = self.by_intent[intent]
        if len(codes) == 1:
            return codes[0]
        typed = f" {fold(text)}"
        heard = {code: sum(f" {word}" in typed for word in self.words.get(code, ())) for code in codes}
        best = max(heard.values())
        found = [code for code, count in heard.items() if count == best]
        return found[0] if best and len(found) == 1 else ""

    def get(self, code: str) -> ComplaintKind:
        """A kind; DataError when the code is not in the list."""
        if code not in self.by_code:
            raise DataError(f"{FILE.name} has no kind {code!r}")
        return self.by_code[code]

    def same_category(self, code: str) -> tuple[str, ...]:
        """The codes that may be the same fault as this one."""
        category = self.get(code).category
        return tuple(kind.code for kind in self.by_code.values() if kind.category == category)


@lru_cache(maxsize=1)
def load_kinds(path: Path = FILE) -> Kinds:
    """Read the file once; DataError lists every fault."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    faults: list[str] = []
    kinds: dict[str, ComplaintKind] = {}
    for code, row in document["kinds"].items():
        kind = ComplaintKind(
            code=code,
            priority=int(row["priority"]),
            ask=tuple(row["ask"]),
            private=bool(row.get("private", False)),
        )
        if not 0 <= kind.priority <= 4:
            faults.append(f"{path.name}: {code}: priority {kind.priority} is not 0 to 4")
        faults += [f"{path.name}: {code}: {name} is no question" for name in kind.ask if name not in QUESTIONS]
        kinds[code] = kind
    intents = {intent: tuple(codes) for intent, codes in document["intents"].items()}
    for intent, codes in intents.items():
        faults += [f"{path.name}: {intent}: {code} is no kind" for code in codes if code not in kinds]
    faults += [
        f"{path.name}: corrections: {name} is no question" for name in document["corrections"] if name not in QUESTIONS
    ]
    faults += [f"{path.name}: words: {code} is no kind" for code in document["words"] if code not in kinds]
    if faults:
        raise DataError("\n".join(faults))
    words = {code: tuple(map(fold, row)) for code, row in document["words"].items()}
    corrections = {name: tuple(map(fold, row)) for name, row in document["corrections"].items()}
    return Kinds(by_code=kinds, by_intent=intents, words=words, corrections=corrections)
