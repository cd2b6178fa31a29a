"""How a page speaks to whoever looks at it: sentences, codes, names, numbers and times in their language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from core.answers import Answers
from core.tenants import Tenant, word
from desk import words
from desk.catalogue import ENGLISH, speaker

# Codes that the customers' own words have a label for.
LABELLED = ("intent", "kind", "state", "danger")
SHORT_MONTH = 3
FILLED = re.compile(r"(\w+)=")


class Speech:
    """The words of one request. A page knows each method by its name."""

    def __init__(self, answers: Answers, tenant: Tenant | None, form: str, now: datetime) -> None:
        self._answers = answers
        self._tenant = tenant
        self._now = now
        self._zone = ZoneInfo(tenant.timezone if tenant else "UTC")
        self.form = form or ENGLISH
        self._format = answers.formats.get(self.form) or answers.formats[ENGLISH]
        self.say = speaker(self.form)

    def names(self) -> dict[str, Any]:
        """Everything for a template."""
        return {
            "form": self.form,
            "t": self.t,
            "say": self.say,
            "n": self.n,
            "clock": self.clock,
            "day": self.day,
            "month_of": self.month_of,
            "since": lambda at: words.since(at, self._now, self.t, self.n),
            "word": self.word,
            "named": self.named,
            "written": self.written,
            "account_of": self.account_of,
            "about": self.about,
        }

    def t(self, text: Any, **values: Any) -> Markup:
        """A sentence, its blanks filled; what is filled in is escaped."""
        said = escape(self.say(str(text)))
        return said.format(**values) if values else said

    def n(self, value: Any) -> str:
        """Figures of the language's own script. Never for what people read out or type: codes, accounts, telephones."""
        return self._format.own_digits(str(value))

    def clock(self, at: datetime | None) -> str:
        """Time of day where the tenant is; with the day when it is not today."""
        if at is None:
            return ""
        local = at.astimezone(self._zone)
        time = self.n(f"{local:%H:%M}")
        return time if local.date() == self._now.astimezone(self._zone).date() else f"{self.day(at)} {time}"

    def day(self, at: datetime) -> str:
        """A day of a month."""
        local = at.astimezone(self._zone)
        month = self._format.months[local.month - 1]
        return f"{self.n(local.day)} {month[:SHORT_MONTH] if self.form == ENGLISH else month}"

    def month_of(self, month: str) -> str:
        """A bill's month, from `2026-10`."""
        return self._format.month(month)

    def word(self, names: Mapping[str, str]) -> str:
        """A name that stands in several languages."""
        return word(dict(names), self.form)

    def written(self, form: str) -> str:
        """A written form by its name."""
        return self.say(form)

    def account_of(self, channel: str) -> Markup:
        """A channel's kind in words, and which of them."""
        kind, _, rest = channel.partition(":")
        return Markup("{} <code>{}</code>").format(self.say(kind), rest) if rest else self.t(kind)

    def about(self, subject: str) -> Markup:
        """What an entry of the audit is about, `conversation:12`."""
        what, _, rest = subject.partition(":")
        return Markup("{} <code>{}</code>").format(self.say(what), words.shown(rest)) if rest else self.t(what)

    def named(self, what: str, code: str) -> str:
        """A code of the first look, of a figure or of the audit in words, as far as there are any."""
        if what in LABELLED:
            label = f"label_{what}_{code.lower().replace('-', '_')}"
            if self._tenant and self._answers.has_label(label):
                return self._answers.label(self._tenant, self.form, label)
        if code.startswith("faq/"):
            return f"{self.say('faq')} · {code.removeprefix('faq/')}"
        if what == "question":
            return " · ".join(self.say(part) for part in code.split(":") if part)
        if what == "filled":
            return FILLED.sub(lambda found: f"{self.say(found[1])}=", code)
        return self.n(code) if what == "confidence" else self.say(code)
