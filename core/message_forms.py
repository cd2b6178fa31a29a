"""Message forms that a platform approved: the way out of a closed window, for the bot and for staff.

There is one list for a channel. Staff register forms at the desk; an administrator names one for an answer in the
channel's options (`template.<answer>: "name: fact, fact"`). Whatever either knows, both use.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.answers import Answers
from core.errors import DataError
from core.tables import Publication
from core.tenants import Tenant

TEMPLATE = "template"
OPTION, LANGUAGE_OPTION = "template.", "template_language."
OTHER = re.compile(r"(?<!\{)\{[a-z_]+\}(?!\})")
BLANK = re.compile(r"\{\{(\d)\}\}")
NAME = re.compile(r"[a-z0-9_]{1,64}")
FACT = re.compile(r"[a-z0-9_]{1,40}")
LANGUAGE = re.compile(r"[a-z]{2}(_[A-Z]{2})?")
SHAPE = re.compile(r"([a-z0-9_]{1,512})(?:\s*:\s*([a-z0-9_]+(?:\s*,\s*[a-z0-9_]+)*))?")


@dataclass(frozen=True, kw_only=True)
class MessageForm:
    """An approved template: its name and language at the platform, and its text with numbered blanks.

    `answer` is the answer that it stands for when free words are not allowed, `facts` what fills its blanks then. Not
    `registered` is one that only a channel's options name.
    """

    name: str
    language: str
    text: str
    answer: str = ""
    facts: tuple[str, ...] = ()
    registered: bool = True

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
    return MessageForm(
        name=row.name,
        language=row.form,
        text=str(row.value.get("text", "")),
        answer=str(row.value.get("answer", "")),
        facts=tuple(str(fact) for fact in row.value.get("facts") or ()),
    )


def split_facts(words: str) -> tuple[str, ...]:
    """Facts as somebody writes them, with commas between."""
    return tuple(filter(None, (fact.strip() for fact in words.split(","))))


def faults(form: MessageForm, answers: Iterable[str] = ()) -> list[str]:
    """What keeps a form from being registered. `answers` are those there are."""
    found = []
    if not NAME.fullmatch(form.name):
        found.append("The name has small Latin letters, digits and low lines, as at the platform.")
    if not LANGUAGE.fullmatch(form.language):
        found.append("The language is a code of the platform, such as bn, hi or en_GB.")
    numbers = sorted({int(number) for number in BLANK.findall(form.text)})
    if not form.text.strip():
        found.append("The text is empty.")
    if numbers != list(range(1, len(numbers) + 1)):
        found.append("Blanks are numbered {{1}}, {{2}} and so on, none left out.")
    if form.answer and form.answer not in answers:
        found.append("There is no such answer.")
    if form.answer and len(form.facts) != len(numbers):
        found.append("Name one fact for each blank, in their order.")
    if not form.answer and form.facts:
        found.append("Facts belong to an answer.")
    if not all(FACT.fullmatch(fact) for fact in form.facts):
        found.append("A fact has small Latin letters, digits and low lines.")
    return found


def named_in(options: Mapping[str, Any], where: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Answer, name and facts of the forms that a channel's options name; DataError for one that cannot be read."""
    for option, entry in options.items():
        if not option.startswith(OPTION) or not entry:
            continue
        found = SHAPE.fullmatch(str(entry).strip())
        if found is None:
            raise DataError(f"{where}: {option} must be `name` or `name: fact, fact`")
        yield option.removeprefix(OPTION), found.group(1), split_facts(found.group(2) or "")


def code_of(options: Mapping[str, Any], form: str) -> str:
    """The platform's code for a written form's language on a channel."""
    language = form.partition("-")[0]
    return str(options.get(f"{LANGUAGE_OPTION}{language}") or language)


@dataclass
class MessageForms:
    """What staff registered, as it counts now, by tenant; together with a channel's options it is the whole list."""

    registered: dict[str, list[MessageForm]] = field(default_factory=dict)

    def publish(self, rows: Iterable[Publication]) -> None:
        """Exchange everything that was registered."""
        found: dict[str, list[MessageForm]] = {}
        for row in rows:
            if row.kind == TEMPLATE:
                found.setdefault(row.tenant, []).append(of(row))
        self.registered = found

    def standing_for(
        self, tenant: str, options: Mapping[str, Any], where: str, form: str, answer: str
    ) -> tuple[str, str, tuple[str, ...]] | None:
        """Name, language and facts of an answer's form; the channel's options first."""
        code = code_of(options, form)
        for named, name, facts in named_in(options, where):
            if named == answer:
                return name, code, facts
        for one in self.registered.get(tenant, ()):
            if one.answer == answer and one.language in (code, form.partition("-")[0]):
                return one.name, one.language, one.facts
        return None

    def offered(
        self, tenant: Tenant, answers: Answers, options: Mapping[str, Any], where: str = ""
    ) -> list[MessageForm]:
        """Every form that staff may send on a channel: the registered ones, then those that only its options name.

        Of those the platform alone has the text; ours is the answer's, with numbered blanks for its facts.
        """
        found = {one.key: one for one in self.registered.get(tenant.slug, ())}
        for answer, name, facts in named_in(options, where):
            for form in tenant.forms:
                text, _ = answers.text_of(tenant.slug, form, answer)
                if "-" in form or not text:
                    continue
                for number, fact in enumerate(facts, 1):
                    text = text.replace(f"{{{fact}}}", f"{{{{{number}}}}}")
                one = MessageForm(
                    name=name,
                    language=code_of(options, form),
                    text=OTHER.sub("…", text),
                    answer=answer,
                    facts=facts,
                    registered=False,
                )
                found.setdefault(one.key, one)
        return list(found.values())
