"""The words: an answer's name and its facts become text, choices and the rest, in the customer's form of the language.

Looked up in this order: the tenant's wording in the form, the form's own, the tenant's in the base language, the base
language's, English; what a tenant's staff published comes before the files. What is found in one language is filled in
that language's figures and names. Placeholders are filled once: what a customer typed is never read as a template. A
line all of whose facts are empty is left out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from core.answer_files import (
    BUILT_IN,
    MAX_BODY,
    MAX_DESCRIPTION,
    MAX_TITLE,
    PLACEHOLDER,
    Entry,
    Shelf,
    load_shelves,
)
from core.errors import DataError
from core.formats import Format
from core.tenants import Tenant, word

WHOLE = re.compile(r"\{([a-z0-9_]+)\}")
BASE = "en"


@dataclass(frozen=True, kw_only=True)
class ChoiceDraft:
    """A choice before it gets its token. `send` is what a tap means; `synonyms` are words that mean the same."""

    title: str
    send: dict[str, Any]
    description: str = ""
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """An answer in words. `form` is the written form it was found in."""

    text: str
    form: str
    choices: tuple[ChoiceDraft, ...] = ()
    document: dict[str, Any] | None = None
    ask: str = ""
    call: dict[str, str] | None = None
    link: dict[str, str] | None = None
    priority: str = ""
    purpose: str = ""


@dataclass(frozen=True, kw_only=True)
class Wording:
    """A text that a tenant's staff published over the files."""

    tenant: str
    form: str
    name: str
    text: str
    is_label: bool = False


@dataclass(frozen=True, kw_only=True)
class Answers:
    """All words of all tenants. Keys of `shelves` are (tenant slug or nothing, form).

    `published` holds what staff wrote over the files; it is exchanged while the service runs.
    """

    shelves: Mapping[tuple[str, str], Shelf]
    formats: Mapping[str, Format] = field(repr=False)
    published: dict[tuple[str, str], Shelf] = field(default_factory=dict, repr=False)

    @classmethod
    def load(cls, root: Path) -> Answers:
        """Read nlu_data and tenants under a folder; `DataError` lists every fault with its file."""
        shelves, formats = load_shelves(root)
        return cls(shelves=shelves, formats=formats)

    def names(self) -> frozenset[str]:
        """Every answer there is."""
        return frozenset(self.shelves[("", BASE)].answers)

    def publish(self, wordings: Iterable[Wording]) -> None:
        """Exchange everything published, at once; what names no answer or label any more is left out."""
        shelves: dict[tuple[str, str], Shelf] = {}
        for wording in wordings:
            shelf = shelves.setdefault((wording.tenant, wording.form), Shelf(form=wording.form))
            if wording.is_label:
                shelf.labels[wording.name] = wording.text
            elif (entry := self.entry(wording.tenant, wording.form, wording.name)) is not None:
                shelf.answers[wording.name] = replace(entry, text=wording.text)
        self.published.clear()
        self.published.update(shelves)

    def entry(self, tenant: str, form: str, name: str) -> Entry | None:
        """An answer as the files have it."""
        for key in self._keys(tenant, form):
            if key in self.shelves and name in self.shelves[key].answers:
                return self.shelves[key].answers[name]
        return None

    def faults(self, name: str, text: str, *, is_label: bool = False) -> list[str]:
        """What is wrong with a text that should be published: English is the measure, as for the files."""
        english = self.shelves[("", BASE)]
        model = english.labels.get(name) if is_label else None
        entry = None if is_label else english.answers.get(name)
        if model is None and entry is None:
            return ["There is no such answer."]
        known = set(PLACEHOLDER.findall(model if model is not None else entry.text if entry else "")) | BUILT_IN
        found = [f"{{{item}}} is no fact of this answer." for item in sorted(set(PLACEHOLDER.findall(text)) - known)]
        if not text.strip():
            found.append("The text is empty.")
        if entry is not None and entry.choices and len(text) > MAX_BODY:
            found.append(f"{len(text)} characters, {MAX_BODY} fit above choices.")
        return found

    def render(self, tenant: Tenant, form: str, name: str, facts: Mapping[str, Any]) -> Rendered:
        """The words of an answer; DataError when there is no such answer."""
        for shelf in self._chain(tenant.slug, form):
            if name in shelf.answers:
                return _Rendering(self, tenant, shelf.form, facts).of(shelf.answers[name])
        raise DataError(f"There is no answer {name!r}")

    def preview(self, tenant: Tenant, form: str, name: str, text: str, facts: Mapping[str, Any]) -> Rendered:
        """An answer with another text than it has, as it would be said."""
        entry = self.entry(tenant.slug, form, name) or Entry(text=text)
        return _Rendering(self, tenant, form, facts).of(replace(entry, text=text))

    def text_of(self, tenant: str, form: str, name: str, *, is_label: bool = False) -> tuple[str, bool]:
        """The text of a form's own, unfilled, and whether it was published; nothing where the form has none."""
        for key in ((tenant, form), ("", form)):
            for shelves, published in ((self.published, True), (self.shelves, False)):
                shelf = shelves.get(key)
                if shelf is None:
                    continue
                if is_label and name in shelf.labels:
                    return shelf.labels[name], published
                if not is_label and name in shelf.answers:
                    return shelf.answers[name].text, published
        return "", False

    def label(self, tenant: Tenant, form: str, name: str) -> str:
        """A word of the answer files; DataError when there is none."""
        for shelf in self._chain(tenant.slug, form):
            if name in shelf.labels:
                return shelf.labels[name]
        raise DataError(f"There is no label {name!r}")

    def word(self, tenant: Tenant, form: str, fact: Any) -> str:
        """A fact in words, as an answer would say it."""
        return _Rendering(self, tenant, form, {}).word(fact)

    def has_label(self, name: str) -> bool:
        return name in self.shelves[("", BASE)].labels

    def format(self, form: str) -> Format:
        """A form's conventions, else its base language's, else the English ones."""
        for key in (form, form.split("-")[0], BASE):
            if key in self.formats:
                return self.formats[key]
        raise DataError(f"formats.yml has neither {form} nor {BASE}")

    def _keys(self, tenant: str, form: str) -> Iterator[tuple[str, str]]:
        for key in dict.fromkeys((form, form.split("-")[0], BASE)):
            yield from ((tenant, key), ("", key))

    def _chain(self, tenant: str, form: str) -> Iterator[Shelf]:
        for key in self._keys(tenant, form):
            if key in self.published:
                yield self.published[key]
            if key in self.shelves:
                yield self.shelves[key]


class _Rendering:
    """One answer being put into words."""

    def __init__(self, answers: Answers, tenant: Tenant, form: str, facts: Mapping[str, Any]) -> None:
        self._answers = answers
        self._tenant = tenant
        self._form = form
        self._format = answers.format(form)
        self._facts = {
            "tenant": {"$name": dict(tenant.name)},
            "hotline": tenant.hotline.number or {"$word": "label_hotline_unknown"},
            **facts,
        }

    def of(self, entry: Entry) -> Rendered:
        """The whole answer."""
        link = self._facts.get("link")
        document = self._facts.get("document")
        return Rendered(
            text=self._fill(entry.text, self._facts),
            form=self._form,
            choices=tuple(self._choices(entry)),
            document=dict(document) if document else None,
            ask=entry.ask,
            call=self._call(entry),
            link={"label": self.word(link["label"])[:MAX_TITLE], "url": str(link["url"])} if link else None,
            priority=entry.priority,
            purpose=entry.purpose,
        )

    def _fill(self, template: str, facts: Mapping[str, Any]) -> str:
        lines: list[str] = []
        for line in template.split("\n"):
            names = PLACEHOLDER.findall(line)
            words = {name: self.word(facts.get(name)) for name in names}
            if names and not any(words.values()):
                continue
            lines.append(PLACEHOLDER.sub(lambda found, words=words: words[found.group(1)], line).rstrip())  # type: ignore[misc]
        text = "\n".join(lines).strip()
        return re.sub(r"\n{3,}", "\n\n", text)

    def word(self, fact: Any) -> str:
        """A fact in words."""
        if fact is None or fact == "":
            return ""
        if not isinstance(fact, Mapping):
            return str(fact)
        kind = next((key for key in fact if key.startswith("$")), "")
        value = fact.get(kind)
        style, zone = self._format, self._tenant.timezone
        if value is None or value == "":
            return ""
        if kind == "$word":
            label = self._answers.label(self._tenant, self._form, str(value))
            return self._fill(label, fact["facts"]) if fact.get("facts") else label
        if kind == "$name":
            return word(value, self._form)
        if kind == "$list":
            return style.listing([item for item in map(self.word, value) if item])
        if kind == "$lines":
            return "\n".join(item for item in map(self.word, value) if item)
        if kind == "$money":
            return style.money(value, self._tenant.currency)
        plain = {
            "$number": style.number,
            "$units": style.units,
            "$duration": style.duration,
            "$date": style.date,
            "$month": style.month,
        }
        if kind in plain:
            return plain[kind](value)
        if kind == "$time":
            return style.time(str(value), zone)
        if kind == "$when":
            return style.moment(str(value), zone)
        raise DataError(f"a fact of the kind {kind!r} is not known")

    def _choices(self, entry: Entry) -> Iterator[ChoiceDraft]:
        for item in self._facts.get("choices") or ():
            send = {"intent": item["intent"], "entities": dict(item.get("entities") or {})}
            if item.get("topic"):
                send["topic"] = item["topic"]
            yield ChoiceDraft(
                title=cut(self.word(item["title"]), MAX_TITLE),
                description=cut(self.word(item.get("description")), MAX_DESCRIPTION),
                synonyms=tuple(item.get("say") or ()),
                send=send,
            )
        for choice in entry.choices:
            if choice.needs and not self._facts.get(choice.needs):
                continue
            send = {
                "intent": choice.intent,
                "entities": {key: self._raw(value) for key, value in choice.entities.items()},
            }
            if choice.topic:
                send["topic"] = choice.topic
            yield ChoiceDraft(title=choice.title, description=choice.description, synonyms=choice.say, send=send)

    def _raw(self, value: Any) -> Any:
        """An entity of a choice: `"{account}"` is the fact itself, not its words."""
        whole = WHOLE.fullmatch(value) if isinstance(value, str) else None
        if whole is None:
            return value
        fact = self._facts.get(whole.group(1))
        if isinstance(fact, Mapping):
            return next((item for key, item in fact.items() if key.startswith("$")), None)
        return fact

    def _call(self, entry: Entry) -> dict[str, str] | None:
        given = self._facts.get("call")
        if given:
            return {"label": cut(self.word(given["label"]), MAX_TITLE), "number": str(given["number"])}
        if entry.call and self._tenant.hotline.number:
            label = self._answers.label(self._tenant, self._form, "label_call_hotline")
            return {"label": cut(label, MAX_TITLE), "number": self._tenant.hotline.number}
        return None


def cut(text: str, limit: int) -> str:
    """Text that fits; what is left out shows as an ellipsis, and no vowel sign is torn from its letter."""
    if len(text) <= limit:
        return text
    short = text[: limit - 1]
    while short and _joins(text[len(short)]):
        short = short[:-1]
    return short.rstrip() + "…"


def _joins(letter: str) -> bool:
    """Whether a letter belongs to the one before it: a vowel sign, a virama, a joiner."""
    return unicodedata.category(letter) in ("Mn", "Mc", "Me") or letter in "\u200c\u200d"
