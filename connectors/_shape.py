"""Shaping that several channels share: numbered choices, clipped titles, links and numbers written into the text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from connectors._clean import clean
from connectors._split import cut, size
from core.messages import Call, Link, OutgoingMessage, QuickReply

WEB = re.compile(r"https?://[^\s/]+\S*", re.IGNORECASE)
MAX_URL = 2000
BARE = "•"  # stands where a platform wants a text and there is none
# The digit nought of each script that titles are written in; numbers before choices follow the titles' script.
NOUGHTS = (("\u0985", "\u09b9", "০"), ("\u0905", "\u0939", "०"))


@dataclass
class Draft:
    """A message being shaped, and what was done to it."""

    message: OutgoingMessage
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, message: OutgoingMessage) -> Draft:
        """Start from a cleaned copy."""
        choices = tuple(
            QuickReply(token=choice.token, title=one_line(choice.title), description=one_line(choice.description))
            for choice in message.choices
        )
        draft = cls(replace(message, text=clean(message.text).strip(), choices=choices), list(message.notes))
        if any(not choice.title for choice in choices):
            draft.note("a choice without a title was left out")
            draft.change(choices=tuple(choice for choice in choices if choice.title))
        return draft

    def note(self, words: str) -> None:
        """Say once what was done."""
        if words not in self.notes:
            self.notes.append(words)

    def change(self, **values: object) -> None:
        self.message = replace(self.message, **values)  # type: ignore[arg-type]

    def add_line(self, line: str) -> None:
        """Write a line under the text; one that says nothing is left out."""
        if line.strip():
            self.change(text=f"{self.message.text}\n{line}" if self.message.text else line)

    def clip_titles(self, limit: int) -> None:
        """Cut choices' titles to what a platform shows."""
        if any(size(choice.title) > limit for choice in self.message.choices):
            self.note(f"a choice's title was cut to {limit}")
            self.change(
                choices=tuple(replace(choice, title=cut(choice.title, limit)) for choice in self.message.choices)
            )

    def clip_descriptions(self, limit: int) -> None:
        """Cut choices' descriptions to what a platform shows."""
        if any(size(choice.description) > limit for choice in self.message.choices):
            self.note(f"a choice's description was cut to {limit}")
            self.change(
                choices=tuple(
                    replace(choice, description=cut(choice.description, limit)) for choice in self.message.choices
                )
            )

    def clip_labels(self, limit: int) -> None:
        """Cut the labels of link and call to what a button shows."""
        for name in ("link", "call"):
            found = getattr(self.message, name)
            if found and size(found.label) > limit:
                self.note(f"the {name}'s label was cut to {limit}")
                self.change(**{name: replace(found, label=cut(found.label, limit))})

    def number_choices(self) -> None:
        """Write the choices into the text, each with a number that can be typed."""
        if self.message.choices:
            self.note(f"{len(self.message.choices)} choices were written as numbered lines")
            self.add_line(numbered(self.message.choices))
            self.change(choices=())

    def describe_choices(self) -> None:
        """Write choices' descriptions into the text, where buttons have no room for them."""
        lines = [f"{choice.title}: {choice.description}" for choice in self.message.choices if choice.description]
        if lines:
            self.note("choices' descriptions were written into the text")
            self.add_line("\n".join(lines))
            self.change(choices=tuple(replace(choice, description="") for choice in self.message.choices))

    def write_link(self) -> None:
        """Write the link into the text."""
        if self.message.link:
            self.note("the link was written into the text")
            self.add_line(link_line(self.message.link))
            self.change(link=None)

    def write_call(self) -> None:
        """Write the telephone number into the text, unless it is there already; phones make it a link by themselves."""
        call = self.message.call
        if call is None:
            return
        if call.number not in self.message.text:
            self.note("the telephone number was written into the text")
            self.add_line(call_line(call))
        self.change(call=None)

    def part(self, **values: object) -> OutgoingMessage:
        """A part of the message that is one API call, bare of everything that another part carries."""
        bare: dict[str, object] = {
            "text": "",
            "choices": (),
            "link": None,
            "call": None,
            "attachment": None,
            "ask": "",
            "template": None,
            "location": None,
            "reply_to": "",
            "notes": tuple(self.notes),
        }
        return replace(self.message, **(bare | values))  # type: ignore[arg-type]

    def finished(self, parts: list[OutgoingMessage]) -> list[OutgoingMessage]:
        """The parts with what was done noted on each; a quote and a template belong to the first."""
        if len(parts) > 1:
            self.note(f"split into {len(parts)} messages")
        done = [replace(part, notes=tuple(self.notes)) for part in parts]
        if done:
            done[0] = replace(done[0], reply_to=self.message.reply_to, template=self.message.template)
        return done


def one_line(text: str) -> str:
    """Text without line breaks and runs of spaces."""
    return " ".join(clean(text).split())


def numbered(choices: tuple[QuickReply, ...]) -> str:
    """Choices as numbered lines, in the digits of their titles' script."""
    letters = "".join(choice.title for choice in choices)
    nought = next((zero for first, last, zero in NOUGHTS if any(first <= letter <= last for letter in letters)), "0")
    digits = {ord("0") + value: chr(ord(nought) + value) for value in range(10)}
    lines = []
    for number, choice in enumerate(choices, 1):
        description = f" — {choice.description}" if choice.description else ""
        lines.append(f"{str(number).translate(digits)}. {choice.title}{description}")
    return "\n".join(lines)


def link_line(link: Link) -> str:
    return _named(link.label, link.url)


def call_line(call: Call) -> str:
    return _named(call.label, call.number)


def _named(label: str, value: str) -> str:
    return ": ".join(word for word in (label.strip(), value.strip()) if word)


def is_web(url: str) -> bool:
    """Whether a platform will take this as the address of a button."""
    return len(url) <= MAX_URL and WEB.fullmatch(url) is not None
