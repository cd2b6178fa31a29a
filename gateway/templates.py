"""Fills the approved form of an answer, for when a platform allows no free words (core/message_forms.py has the list)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.base import Channel
from core.answers import Answers
from core.message_forms import MessageForms
from core.messages import Template
from core.tenants import Tenant

NOTHING = "–"  # a parameter may not be empty
MAX_PARAMETER = 1024


def of(
    forms: MessageForms,
    answers: Answers,
    tenant: Tenant,
    channel: Channel,
    form: str,
    name: str,
    facts: Mapping[str, Any],
) -> Template | None:
    """The approved form of an answer on a channel, filled; None where there is none."""
    found = forms.standing_for(tenant.slug, channel.options, channel.key, form, name)
    if found is None:
        return None
    approved, language, wanted = found
    parameters = [" ".join(answers.word(tenant, form, facts.get(fact)).split()) for fact in wanted]
    return Template(
        name=approved, language=language, parameters=tuple(value[:MAX_PARAMETER] or NOTHING for value in parameters)
    )
