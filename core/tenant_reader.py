"""Reads the YAML of a tenant field by field and collects every fault with its file and place."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Iterator
from datetime import date, time
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import yaml

from core import yaml_text

CONFIDENCES = ("H", "M", "L", "U")
SLUG = r"[a-z][a-z0-9-]*"
CODE = r"[A-Z]{3}"
_FORM = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?")


def unique(faults: list[str], what: str, pairs: Iterable[tuple[str, str]]) -> None:
    """Name every value of `pairs` (value, owner) that has two owners."""
    owners: dict[str, str] = {}
    for value, owner in pairs:
        if value in owners and owners[value] != owner:
            faults.append(f"{owner}: {what} {value!r} is taken by {owners[value]}")
        owners.setdefault(value, owner)


class Node:
    """A mapping of a YAML file. Asking for a field marks it as known; `close` reports the others."""

    def __init__(self, data: Any, faults: list[str], where: str) -> None:
        self.faults = faults
        self.where = where
        self._known: set[str] = set()
        if data is None:
            data = {}
        if not isinstance(data, dict):
            self.fault("", "must be a mapping")
            data = {}
        self._data: dict[str, Any] = {str(key): value for key, value in data.items()}

    def fault(self, key: str, words: str) -> None:
        self.faults.append(f"{self.where}{'.' + key if key else ''}: {words}")

    def __contains__(self, key: str) -> bool:
        return self._data.get(key) is not None

    def raw(self, key: str) -> Any:
        self._known.add(key)
        return self._data.get(key)

    def keys(self) -> list[str]:
        return list(self._data)

    def text(self, key: str, default: str | None = None, pattern: str = "") -> str:
        """A string. Without `default` it must be there. A bare number is refused: YAML would eat its leading zeros."""
        value = self.raw(key)
        if value is None:
            if default is None:
                self.fault(key, "is missing")
            return default or ""
        if not isinstance(value, str):
            self.fault(key, f"must be text in quotes, not {value!r}")
            return ""
        if pattern and not re.fullmatch(pattern, value):
            self.fault(key, f"{value!r} does not fit {pattern}")
        return value

    def flag(self, key: str, default: bool = False) -> bool:
        value = self.raw(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.fault(key, "must be true or false")
            return default
        return value

    def whole(self, key: str, default: int | None = None) -> int:
        value = self.raw(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            self.fault(key, f"must be a whole number, not {value!r}")
            return 0
        return value

    def upto(self, key: str) -> int | None:
        return self.whole(key) if key in self else self.raw(key)

    def decimal(self, key: str, default: Decimal | None = None) -> Decimal:
        """An exact number, written in quotes or as a whole number: a YAML float would not be exact."""
        value = self.raw(key)
        if value is None and default is not None:
            return default
        if isinstance(value, float) or not isinstance(value, str | int) or isinstance(value, bool):
            self.fault(key, f"must be a number in quotes, not {value!r}")
            return Decimal(0)
        try:
            number = Decimal(value)
        except InvalidOperation:
            self.fault(key, f"{value!r} is not a number")
            return Decimal(0)
        if not number.is_finite() or number < 0:
            self.fault(key, f"{value!r} is not a number of zero or more")
            return Decimal(0)
        return number

    def day(self, key: str, last: bool = False) -> date:
        """A date, or a month "2026-06" for its first (or last) day."""
        found = self.maybe_day(key, last)
        if found is None:
            if key not in self:
                self.fault(key, "is missing")
            return date(1970, 1, 1)
        return found

    def maybe_day(self, key: str, last: bool = False) -> date | None:
        value = self.raw(key)
        if value is None:
            return None
        if isinstance(value, date):
            return value
        try:
            parts = [int(part) for part in str(value).split("-")]
            if len(parts) == 2:
                year, month = parts
                return date(year, month, calendar.monthrange(year, month)[1] if last else 1)
            year, month, day = parts
            return date(year, month, day)
        except ValueError:
            self.fault(key, f"{value!r} is not a date")
            return None

    def clock(self, key: str) -> time:
        value = self.text(key)
        try:
            return time.fromisoformat(value) if value else time()
        except ValueError:
            self.fault(key, f"{value!r} is not a time")
            return time()

    def words(self, key: str, required: bool = True) -> dict[str, str]:
        """Words per written form; English must be among them, as the last fallback."""
        value = self.raw(key)
        if value is None:
            if required:
                self.fault(key, "is missing")
            return {}
        if not isinstance(value, dict):
            self.fault(key, "must be words per language, such as {en: …, bn: …}")
            return {}
        found: dict[str, str] = {}
        for form, word in value.items():
            if not isinstance(form, str) or not _FORM.fullmatch(form):
                self.fault(f"{key}.{form}", "is not a language")
            elif not isinstance(word, str) or not word.strip():
                self.fault(f"{key}.{form}", "must be text")
            else:
                found[form] = word
        if "en" not in found:
            self.fault(key, "has no English word")
        return found

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.raw(key)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.fault(key, "must be a list of texts")
            return ()
        return tuple(value)

    def map_of_texts(self, key: str) -> dict[str, str]:
        value = self.raw(key)
        if value is None:
            return {}
        if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
            self.fault(key, "must be a mapping of texts in quotes")
            return {}
        return {str(name): item for name, item in value.items()}

    def node(self, key: str) -> Node:
        return Node(self.raw(key), self.faults, f"{self.where}.{key}" if self.where else key)

    def nodes(self, key: str) -> Iterator[Node]:
        value = self.raw(key)
        if value is None:
            return
        if not isinstance(value, list):
            self.fault(key, "must be a list")
            return
        for place, item in enumerate(value):
            yield Node(item, self.faults, f"{self.where}.{key}[{place}]")

    def fact(self, above: dict[str, str] | None = None) -> dict[str, str]:
        """`source` and `confidence`, its own or those of what it stands in."""
        source = self.text("source", (above or {}).get("source", ""))
        confidence = self.text("confidence", (above or {}).get("confidence", ""))
        if not source:
            self.fault("source", "is missing: every fact names where it comes from")
        if confidence not in CONFIDENCES:
            self.fault("confidence", f"must be one of {', '.join(CONFIDENCES)}")
            confidence = "U"
        return {"source": source, "confidence": confidence}

    def close(self) -> None:
        """Report fields that nobody asked for: mostly spelling mistakes."""
        for key in self._data:
            if key not in self._known:
                self.fault(key, "is not known here")


def read_yaml(path: Path, faults: list[str], name: str) -> Node:
    """A YAML file as a node named after the file."""
    try:
        data = yaml_text.load(path.read_text("utf-8"))
    except FileNotFoundError:
        faults.append(f"{name}: the file is missing")
        data = None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        faults.append(f"{name}: cannot be read: {' '.join(str(error).split())}")
        data = None
    return Node(data, faults, f"{name}")
