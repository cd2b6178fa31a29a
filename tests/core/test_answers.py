"""Facts in words in every written form; which wording wins; faults of the files found at the start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.answers import Answers, cut
from core.errors import DataError
from core.formats import load_formats
from core.settings import ROOT
from core.tenants import Tenant, Tenants

FACTS: list[tuple[str, Any, dict[str, str]]] = [
    (
        "money",
        {"$money": "1234567.5"},
        {
            "bn": "৳১২,৩৪,৫৬৭.৫০",
            "bn-Latn": "৳12,34,567.50",
            "en": "৳12,34,567.50",
            "hi": "৳12,34,567.50",
            "hi-Latn": "৳12,34,567.50",
        },
    ),
    ("whole money", {"$money": "1618.00"}, {"bn": "৳১,৬১৮", "en": "৳1,618", "hi": "৳1,618"}),
    ("credit", {"$money": "-50"}, {"bn": "৳-৫০", "en": "৳-50"}),
    ("number", {"$number": "12.50"}, {"bn": "১২.৫", "en": "12.5", "hi": "12.5"}),
    ("lakh", {"$number": "100000"}, {"bn": "১,০০,০০০", "en": "1,00,000"}),
    (
        "units",
        {"$units": "120.00"},
        {"bn": "১২০ ইউনিট", "bn-Latn": "120 unit", "en": "120 units", "hi": "120 यूनिट", "hi-Latn": "120 unit"},
    ),
    (
        "date",
        {"$date": "2026-10-15"},
        {
            "bn": "১৫ অক্টোবর ২০২৬",
            "bn-Latn": "15 October 2026",
            "en": "15 October 2026",
            "hi": "15 अक्टूबर 2026",
            "hi-Latn": "15 October 2026",
        },
    ),
    ("month", {"$month": "2026-02"}, {"bn": "ফেব্রুয়ারি ২০২৬", "en": "February 2026", "hi": "फ़रवरी 2026"}),
    (
        "time in Dhaka",
        {"$time": "2026-10-15T13:05:00+00:00"},
        {
            "bn": "সন্ধ্যা ৭:০৫",
            "bn-Latn": "sondha 7:05",
            "en": "7:05 pm",
            "hi": "शाम 7:05 बजे",
            "hi-Latn": "shaam 7:05 baje",
        },
    ),
    ("midnight", {"$time": "2026-10-15T18:00:00+00:00"}, {"bn": "রাত ১২:০০", "en": "12:00 am", "hi": "रात 12:00 बजे"}),
    (
        "moment",
        {"$when": "2026-12-31T20:30:00+00:00"},
        {"bn": "১ জানুয়ারি, রাত ২:৩০", "en": "1 January, 2:30 am", "hi": "1 जनवरी, रात 2:30 बजे"},
    ),
    (
        "duration",
        {"$duration": 90},
        {
            "bn": "১ ঘণ্টা ৩০ মিনিট",
            "bn-Latn": "1 ghonta 30 minute",
            "en": "1 hour 30 minutes",
            "hi": "1 घंटा 30 मिनट",
            "hi-Latn": "1 ghanta 30 minute",
        },
    ),
    ("two days", {"$duration": 2 * 24 * 60 + 61}, {"bn": "২ দিন ১ ঘণ্টা", "en": "2 days 1 hour", "hi": "2 दिन 1 घंटा"}),
    ("no time", {"$duration": 0}, {"en": "0 minutes"}),
    (
        "name",
        {"$name": {"bn": "খুলনা", "en": "Khulna"}},
        {"bn": "খুলনা", "bn-Latn": "Khulna", "en": "Khulna", "hi": "Khulna", "hi-Latn": "Khulna"},
    ),
    (
        "list",
        {"$list": ["a", {"$number": "2"}, "c"]},
        {"bn": "a, ২ ও c", "bn-Latn": "a, 2 o c", "en": "a, 2 and c", "hi": "a, 2 और c", "hi-Latn": "a, 2 aur c"},
    ),
    ("identifier", "12345678", {"bn": "12345678", "hi": "12345678"}),
    ("label", {"$word": "label_hello"}, {"bn": "হ্যালো", "bn-Latn": "হ্যালো", "en": "hello", "hi": "hello"}),
    (
        "label with facts",
        {"$word": "label_row", "facts": {"n": {"$units": "5"}}},
        {"en": "row of 5 units", "bn": "৫ ইউনিট"},
    ),
]


@pytest.fixture(scope="module")
def tenant() -> Tenant:
    return Tenants.load(ROOT).get("bangladesh-power-division")


def write(root: Path, path: str, text: str) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small project: English, Bangla, and a tenant's own words."""
    write(tmp_path, "nlu_data/formats.yml", (ROOT / "nlu_data" / "formats.yml").read_text(encoding="utf-8"))
    write(
        tmp_path,
        "nlu_data/en/answers/a.yml",
        """
language: en
answers:
  utter_fact: "{fact}"
  utter_lines:
    text: |-
      Bill: {amount}
      Before: {arrears} {extra}
      End
  utter_choice:
    text: "Choose"
    choices:
      - {title: "One", intent: affirm, say: ["1st"], entities: {account: "{account}", plain: x}}
      - {title: "Two", intent: faq, topic: vat_on_bill, needs: more}
    call: hotline
    ask: location
    priority: danger
  utter_hotline: "Call {hotline} of {tenant}"
  utter_only_english: "only {fact}"
labels:
  label_hello: hello
  label_row: "row of {n}"
  label_call_hotline: "Call"
  label_hotline_unknown: "the number on your bill"
""",
    )
    write(
        tmp_path,
        "nlu_data/bn/answers/a.yml",
        'language: bn\nanswers:\n  utter_fact: "{fact}"\nlabels:\n  label_hello: হ্যালো\n  label_row: "{n}"\n',
    )
    for form in ("bn-Latn", "hi", "hi-Latn"):
        write(tmp_path, f"nlu_data/{form}/answers/a.yml", f'language: {form}\nanswers:\n  utter_fact: "{{fact}}"\n')
    write(
        tmp_path,
        "tenants/bangladesh-power-division/answers/en.yml",
        'language: en\nanswers:\n  utter_hotline: "Our own {hotline}"\n',
    )
    return tmp_path


@pytest.fixture
def answers(root: Path) -> Answers:
    return Answers.load(root)


@pytest.mark.parametrize(
    ("form", "fact", "words"),
    [(form, fact, words) for _, fact, table in FACTS for form, words in table.items()],
    ids=[f"{name}-{form}" for name, _, table in FACTS for form in table],
)
def test_facts_in_every_form(answers: Answers, tenant: Tenant, form: str, fact: Any, words: str) -> None:
    assert answers.render(tenant, form, "utter_fact", {"fact": fact}).text == words


def test_what_a_customer_typed_is_never_a_template(answers: Answers, tenant: Tenant) -> None:
    assert answers.render(tenant, "en", "utter_fact", {"fact": "{hotline} {fact}"}).text == "{hotline} {fact}"


def test_a_line_without_facts_is_left_out(answers: Answers, tenant: Tenant) -> None:
    said = answers.render(tenant, "en", "utter_lines", {"amount": {"$money": "5"}, "arrears": None}).text
    assert said == "Bill: ৳5\nEnd"
    said = answers.render(tenant, "en", "utter_lines", {"amount": {"$money": "5"}, "extra": "x"}).text
    assert said == "Bill: ৳5\nBefore:  x\nEnd"


def test_the_tenants_words_come_first_then_the_form_then_english(answers: Answers, tenant: Tenant) -> None:
    assert answers.render(tenant, "en", "utter_hotline", {}).text == "Our own 16999"
    mp = Tenants.load(ROOT).get("mp-central")
    assert answers.render(mp, "en", "utter_hotline", {}).text.startswith("Call 1912 of ")
    fallen = answers.render(tenant, "bn-Latn", "utter_only_english", {"fact": {"$date": "2026-10-15"}})
    assert (fallen.text, fallen.form) == ("only 15 October 2026", "en")


def test_choices_carry_their_meaning(answers: Answers, tenant: Tenant) -> None:
    own = {"title": {"$number": "3"}, "intent": "inform", "entities": {"x": 1}, "description": "y" * 100}
    rendered = answers.render(tenant, "en", "utter_choice", {"account": "12", "choices": [own]})
    first, second = rendered.choices
    assert (first.title, first.send) == ("3", {"intent": "inform", "entities": {"x": 1}})
    assert len(first.description) == 72
    assert second.send == {"intent": "affirm", "entities": {"account": "12", "plain": "x"}}
    assert second.synonyms == ("1st",)
    assert rendered.call == {"label": "Call", "number": "16999"}
    assert (rendered.ask, rendered.priority) == ("location", "danger")
    [_, two] = answers.render(tenant, "en", "utter_choice", {"account": {"$month": "2026-10"}, "more": "1"}).choices
    assert two.send == {"intent": "faq", "entities": {}, "topic": "vat_on_bill"}


def test_without_a_confirmed_number_nothing_is_called(answers: Answers) -> None:
    evn = Tenants.load(ROOT).get("evnnpc")
    assert answers.render(evn, "en", "utter_choice", {}).call is None
    assert "the number on your bill" in answers.render(evn, "en", "utter_hotline", {}).text


def test_an_unknown_answer_or_fact_is_a_fault(answers: Answers, tenant: Tenant) -> None:
    with pytest.raises(DataError):
        answers.render(tenant, "en", "utter_nothing", {})
    with pytest.raises(DataError):
        answers.render(tenant, "en", "utter_fact", {"fact": {"$colour": "red"}})
    with pytest.raises(DataError):
        answers.render(tenant, "en", "utter_fact", {"fact": {"$money": "a lot"}})


@pytest.mark.parametrize(
    ("path", "text", "fault"),
    [
        ("nlu_data/hi/answers/b.yml", "language: bn\nanswers: {}\n", "the folder says 'hi'"),
        ("nlu_data/hi/answers/b.yml", 'language: hi\nanswers: {utter_new: "x"}\n', "English has no such answer"),
        ("nlu_data/hi/answers/b.yml", 'language: hi\nanswers: {utter_hotline: "{name}"}\n', "{name} is no fact"),
        ("nlu_data/hi/answers/b.yml", 'language: hi\nanswers: {utter_choice: "x"}\n', "the choices differ"),
        ("nlu_data/hi/answers/b.yml", 'language: hi\nlabels: {label_new: "x"}\n', "English has no label"),
        ("nlu_data/hi/answers/b.yml", 'language: hi\nanswers: {utter_fact: "x"}\n', "too"),
        ("nlu_data/en/answers/b.yml", "language: en\nanswers: {utter_x: {text: x, txt: y}}\n", "not a field"),
        ("nlu_data/en/answers/b.yml", "language: en\nanswers: {utter_x: {}}\n", "text is missing"),
        (
            "nlu_data/en/answers/b.yml",
            'language: en\nanswers: {utter_x: {text: x, choices: [{title: "123456789012345678901", intent: y}]}}\n',
            "more than 20",
        ),
        ("nlu_data/en/answers/b.yml", "language: en\nanswers: [\n", "b.yml"),
        (
            "tenants/bangladesh-power-division/answers/hi.yml",
            'language: hi\nanswers: {utter_hotline: "{x}"}\n',
            "{x} is no fact",
        ),
    ],
)
def test_faults_are_named_at_the_start(root: Path, path: str, text: str, fault: str) -> None:
    write(root, path, text)
    with pytest.raises(DataError) as raised:
        Answers.load(root)
    assert fault in str(raised.value) and Path(path).name in str(raised.value)


def test_all_faults_are_named_at_once(root: Path) -> None:
    write(root, "nlu_data/hi/answers/b.yml", 'language: bn\nanswers: {utter_a: "x", utter_b: "y"}\n')
    with pytest.raises(DataError) as raised:
        Answers.load(root)
    assert len(str(raised.value).splitlines()) == 3


def test_a_format_that_is_not_complete_is_a_fault(tmp_path: Path) -> None:
    write(tmp_path, "formats.yml", "xx: {digits: '01'}\n")
    faults: list[str] = []
    assert load_formats(tmp_path / "formats.yml", faults) == {} and len(faults) == 1


def test_cutting_keeps_letters_whole() -> None:
    assert cut("short", 20) == "short"
    assert cut("a" * 30, 20) == "a" * 19 + "…"
    word = "বিদ্যুৎ বিতরণ কর্তৃপক্ষের"
    short = cut(word, 8)
    assert short.endswith("…") and len(short) <= 8
    assert word[len(short) - 1] not in "া\u09bfী\u09c1\u09c2ে\u09cd"


def test_the_projects_own_words_can_all_be_rendered() -> None:
    tenants, answers = Tenants.load(ROOT), Answers.load(ROOT)
    for tenant in tenants.all():
        for form in (*tenant.forms, "en"):
            for name in answers.names():
                rendered = answers.render(tenant, form, name, {})
                assert len({choice.title for choice in rendered.choices}) == len(rendered.choices), (form, name)
                assert len(rendered.choices) <= 10, (form, name)
