"""Message forms that a platform approved, as the tenant's staff registered them: the way out of a closed window."""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.tables import Publication

TEMPLATE = "template"
BLANK = re.compile(r"\{\{(\d)\}\}")
NAME = re.compile(r"[a-z0-9_]{1,64}")
LANGUAGE = re.compile(r"[a-z]{2}(_[A-Z]{2})?")


@dataclass(frozen=True, kw_only=True)
class MessageForm:
    """An approved template: its name and language at the platform, and its text with numbered blanks."""

    name: str
    language: str
    text: str

    @property
    def key(self) -> str:
        return f"{self.name}:{self.language}"

    @property
    def blanks(self) -> int:
        return max((int(number) for number in BLANK.findall(self.text)), default=0)

    def filled(self, values: tuple[str, ...]) -> str:
        """The text as the customer will read it."""
        return BLANK.sub(lambda found: values[int(found[1]) - 1], self.text)


def of(row: Publication) -> MessageForm:
    """A registered form."""
    return MessageForm(name=row.name, language=row.form, text=str(row.value.get("text", "")))


def faults(name: str, language: str, text: str) -> list[str]:
    """What keeps a form from being registered."""
    found = []
    if not NAME.fullmatch(name):
        found.append("The name has small Latin letters, digits and low lines, as at the platform.")
    if not LANGUAGE.fullmatch(language):
        found.append("The language is a code of the platform, such as bn, hi or en_GB.")
    numbers = sorted({int(number) for number in BLANK.findall(text)})
    if not text.strip():
        found.append("The text is empty.")
    if numbers != list(range(1, len(numbers) + 1)):
        found.append("Blanks are numbered {{1}}, {{2}} and so on, none left out.")
    return found
