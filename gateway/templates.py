"""Approved message forms for when a platform allows no free words: which answer has one, from the channel's options.

An option `template.<answer>` of a WhatsApp channel in channels.yml names the approved form and the facts that fill it, in
order: `power_back: area, since`. Its language is the customer's; `template_language.en: en_US` gives another code for it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from connectors.base import Channel
from core.answers import Answers
from core.errors import DataError
from core.messages import Template
from core.tenants import Tenant

SHAPE = re.compile(r"([a-z0-9_]{1,512})(?:\s*:\s*([a-z0-9_]+(?:\s*,\s*[a-z0-9_]+)*))?")
NOTHING = "–"  # a parameter may not be empty
MAX_PARAMETER = 1024


def of(
    answers: Answers, tenant: Tenant, channel: Channel, form: str, name: str, facts: Mapping[str, Any]
) -> Template | None:
    """The approved form of an answer on a channel, filled; None where there is none."""
    entry = str(channel.options.get(f"template.{name}") or "")
    if not entry:
        return None
    found = SHAPE.fullmatch(entry.strip())
    if found is None:
        raise DataError(f"{channel.key}: template.{name} must be `name` or `name: fact, fact`")
    language = form.partition("-")[0]
    wanted = [fact.strip() for fact in (found.group(2) or "").split(",") if fact.strip()]
    parameters = [" ".join(answers.word(tenant, form, facts.get(fact)).split()) for fact in wanted]
    return Template(
        name=found.group(1),
        language=str(channel.options.get(f"template_language.{language}") or language),
        parameters=tuple(value[:MAX_PARAMETER] or NOTHING for value in parameters),
    )
