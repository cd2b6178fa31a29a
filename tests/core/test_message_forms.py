"""Approved message forms: what staff registered and what a channel's settings name are one list, for bot and staff."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core.answers import Answers
from core.errors import DataError
from core.message_forms import TEMPLATE, MessageForm, MessageForms, faults, split_facts
from core.settings import ROOT
from core.tables import Publication
from core.tenants import Tenant, Tenants

ANSWER = "utter_text_cut"
OPTIONS = {f"template.{ANSWER}": "too_long: limit", "template_language.en": "en_GB", "people": "page_inbox"}


@pytest.fixture(scope="module")
def answers() -> Answers:
    return Answers.load(ROOT)


@pytest.fixture(scope="module")
def tenant() -> Tenant:
    return Tenants.load(ROOT).get("mp-central")


def row(tenant: str, **value: object) -> Publication:
    return Publication(tenant=tenant, kind=TEMPLATE, form="hi", name="power_back", value=value, at=datetime.now(UTC))


def test_one_list_for_bot_and_staff(answers: Answers, tenant: Tenant) -> None:
    forms = MessageForms()
    forms.publish(
        [row(tenant.slug, text="{{1}} में बिजली आ गई।", answer="utter_greet", facts=["area"]), row("other", text="x")]
    )
    offered = {one.key: one for one in forms.offered(tenant, answers, OPTIONS)}
    languages = {"en_GB" if form == "en" else form for form in tenant.forms if "-" not in form}
    assert set(offered) == {"power_back:hi", *(f"too_long:{code}" for code in languages)}
    named = offered["too_long:en_GB"]
    assert named.blanks == 1 and "{{1}}" in named.text and not named.registered
    assert "4096" in named.filled(("4096",))
    # What staff registered serves the bot, in every way of writing of its language; what the settings name comes first.
    assert forms.standing_for(tenant.slug, {}, "", "hi-Latn", "utter_greet") == ("power_back", "hi", ("area",))
    assert forms.standing_for(tenant.slug, {}, "", "en", "utter_greet") is None, (
        "in another language it is not approved"
    )
    both = {"template.utter_greet": "hello"}
    assert forms.standing_for(tenant.slug, both, "", "hi", "utter_greet") == ("hello", "hi", ())
    assert forms.standing_for("other", {}, "", "hi", "utter_greet") is None


def test_a_registered_form_of_the_same_name_counts_once(answers: Answers, tenant: Tenant) -> None:
    forms = MessageForms()
    forms.publish([row(tenant.slug, text="{{1}} पूरी बात")])
    one, *others = forms.offered(tenant, answers, {f"template.{ANSWER}": "power_back: limit"})
    assert (one.key, one.text, one.registered) == ("power_back:hi", "{{1}} पूरी बात", True)
    assert others and "power_back:hi" not in {other.key for other in others}


def test_settings_that_cannot_be_read_are_named(answers: Answers, tenant: Tenant) -> None:
    with pytest.raises(DataError, match=r"whatsapp:1: template\.utter_greet"):
        MessageForms().offered(tenant, answers, {"template.utter_greet": "A B"}, "whatsapp:1")


FAULTY = [
    ({"name": "Upper"}, "small Latin"),
    ({"language": "bangla"}, "code of the platform"),
    ({"text": " "}, "empty"),
    ({"text": "{{2}}"}, "none left out"),
    ({"answer": "utter_ghost"}, "no such answer"),
    ({"answer": "utter_x", "facts": ("a", "b")}, "one fact for each blank"),
    ({"facts": ("a",)}, "belong to an answer"),
    ({"answer": "utter_x", "facts": ("A!",)}, "A fact has"),
]


@pytest.mark.parametrize(("change", "words"), FAULTY)
def test_faults(change: dict[str, object], words: str) -> None:
    good: dict[str, object] = {"name": "solved", "language": "bn", "text": "{{1}} ok"}
    assert faults(MessageForm(**good), {"utter_x"}) == []  # type: ignore[arg-type]
    assert any(words in fault for fault in faults(MessageForm(**{**good, **change}), {"utter_x"}))  # type: ignore[arg-type]


def test_facts_are_written_with_commas() -> None:
    assert split_facts(" area, since ,,") == ("area", "since")
