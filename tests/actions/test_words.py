"""What the code says and what the files hold belong together: answers, facts, slots, actions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import yaml
from rasa_sdk.executor import ActionExecutor

import actions
from actions.turn import FORM_SLOTS, FORMS, HANDLERS
from complaints.kinds import load_kinds
from core.answer_files import BUILT_IN, PLACEHOLDER
from core.answers import Answers
from core.settings import ROOT
from gateway.people import OURS
from tests.actions.talk import rules

RESERVED = {"choices", "document", "call", "link"}
SAYING = {"say": 0, "ask": 1}


def domain() -> dict[str, Any]:
    """All of bot/domain as one."""
    merged: dict[str, Any] = {"actions": [], "slots": {}, "forms": {}, "intents": [], "entities": []}
    for path in sorted((ROOT / "bot" / "domain").glob("*.yml")):
        for key, value in yaml.safe_load(path.read_text(encoding="utf-8")).items():
            if isinstance(value, list):
                merged[key] += value
            elif isinstance(value, dict):
                merged.setdefault(key, {}).update(value)
    return merged


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Every call in the actions."""
    for path in sorted((ROOT / "actions").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield path.name, node


def text_in(node: ast.AST) -> Iterator[str]:
    for item in ast.walk(node):
        if isinstance(item, ast.Constant) and isinstance(item.value, str):
            yield item.value


def test_every_answer_that_is_said_exists(answers: Answers) -> None:
    names = answers.names()
    for path in sorted((ROOT / "actions").glob("*.py")):
        for said in text_in(ast.parse(path.read_text(encoding="utf-8"))):
            if said.startswith("utter_") and not said.endswith("_"):
                assert said in names, (path.name, said)


def test_every_placeholder_is_given(answers: Answers) -> None:
    english = answers.shelves[("", "en")].answers
    checked = 0
    for file, call in calls():
        if not (isinstance(call.func, ast.Attribute) and call.func.attr in SAYING):
            continue
        name = call.args[SAYING[call.func.attr]] if len(call.args) > SAYING[call.func.attr] else None
        if not isinstance(name, ast.Constant) or any(keyword.arg is None for keyword in call.keywords):
            continue
        given = {keyword.arg for keyword in call.keywords}
        wanted = set(PLACEHOLDER.findall(english[name.value].text)) - BUILT_IN
        assert wanted <= given, (file, name.value, wanted - given)
        assert given - RESERVED - wanted <= needed(english[name.value]), (file, name.value, given - wanted)
        checked += 1
    assert checked > 60


def needed(entry: Any) -> set[str]:
    """Facts that only choices use."""
    used = {choice.needs for choice in entry.choices}
    for choice in entry.choices:
        for value in choice.entities.values():
            used |= set(PLACEHOLDER.findall(str(value)))
    return used


def test_no_sentence_stands_in_the_code() -> None:
    for file, call in calls():
        if isinstance(call.func, ast.Attribute) and call.func.attr in SAYING:
            for keyword in call.keywords:
                for said in text_in(keyword.value):
                    assert " " not in said, (file, said)


def test_labels_that_are_made_from_names_exist(answers: Answers) -> None:
    for kind in load_kinds().by_code.values():
        assert answers.has_label(kind.label)
    for intent in HANDLERS:
        if intent in {"faq", "start", "skip", "inform", "clarified", "nlu_fallback", "other_place", "old_choice"}:
            continue
        if intent.startswith("inform_") or intent in {"affirm", "deny", "code_result", "goodbye", "thanks"}:
            continue
        if intent != "out_of_scope":
            assert answers.has_label(f"label_intent_{intent}"), intent
    document = yaml.safe_load((ROOT / "nlu_data" / "intents.yml").read_text(encoding="utf-8"))
    for topic in document["faq"]:
        assert answers.has_label(f"label_faq_{topic}"), topic
        assert f"utter_faq_{topic}" in answers.names()
    for state in ("received", "accepted", "working", "solved", "closed", "cancelled"):
        assert answers.has_label(f"label_state_{state}")


def test_labels_in_the_code_exist(answers: Answers) -> None:
    for path in sorted((ROOT / "actions").glob("*.py")):
        for said in text_in(ast.parse(path.read_text(encoding="utf-8"))):
            if said.startswith("label_") and not said.endswith("_"):
                assert answers.has_label(said), (path.name, said)


def test_the_domain_names_exactly_the_actions_there_are() -> None:
    executor = ActionExecutor()
    executor.register_package(actions)
    assert set(domain()["actions"]) == set(executor.actions)
    assert {f"validate_{name}" for name in FORMS} <= set(executor.actions)
    assert set(rules().values()) <= set(executor.actions) | {"utter_canary"}


def test_the_domain_has_every_slot_that_is_set() -> None:
    known = set(domain()["slots"])
    used = {slot for slots in FORM_SLOTS.values() for slot in slots}
    for _, call in calls():
        if isinstance(call.func, ast.Attribute) and call.func.attr in ("set", "get") and call.args:
            owner = call.func.value
            if isinstance(owner, ast.Name) and owner.id == "turn" and isinstance(call.args[0], ast.Constant):
                used.add(call.args[0].value)
    assert used <= known, used - known
    assert set(FORM_SLOTS) == set(domain()["forms"]) == set(FORMS)


def test_internal_intents_and_entities_of_choices_are_known(answers: Answers) -> None:
    document = yaml.safe_load((ROOT / "nlu_data" / "intents.yml").read_text(encoding="utf-8"))
    intents = set(domain()["intents"]) | set(document["intents"]) | {"faq"} | OURS
    entities = set(domain()["entities"])
    for shelf in answers.shelves.values():
        for name, entry in shelf.answers.items():
            for choice in entry.choices:
                assert choice.intent in intents, (name, choice.intent)
                assert set(choice.entities) <= entities, (name, choice.entities)
