"""What of nlu_data reaches Rasa."""

from __future__ import annotations

from pathlib import Path

from rasa.shared.importers.importer import TrainingDataImporter

from bot.components.entities import everyday_words, place_names
from bot.components.importer import FALLBACK, FAQ, intents, sentences


def test_a_new_topic_touches_only_nlu_data(tmp_path: Path) -> None:
    (tmp_path / "languages.yml").write_text("en: {name: English, script: Latin, base: en}\n")
    (tmp_path / "en" / "faq").mkdir(parents=True)
    (tmp_path / "en" / "answers").mkdir()
    (tmp_path / "en" / "answers" / "faq.yml").write_text("language: en\nanswers: {}\n")
    (tmp_path / "en" / "faq" / "vat.yml").write_text(
        'version: "3.1"\nlanguage: en\nnlu:\n- intent: faq/vat\n  examples: |\n    - why is there vat\n    - vat - how much\n'
    )
    assert [tuple(row) for row in sentences(tmp_path)] == [
        ("en", "faq/vat", "why is there vat"),
        ("en", "faq/vat", "vat - how much"),
    ]


def test_the_domain_knows_the_intents_of_nlu_data() -> None:
    importer = TrainingDataImporter.load_from_config("bot/config.yml", "bot/domain", ["bot/rules"])
    known = set(importer.get_domain().intents)
    assert {"greet", "report_hazard", FAQ, FALLBACK} <= set(intents()) <= known


def test_rasa_is_given_one_sentence_of_each_intent() -> None:
    importer = TrainingDataImporter.load_from_config("bot/config.yml", "bot/domain", ["bot/rules"])
    given = [example.get("intent") for example in importer.get_nlu_data().intent_examples]
    assert len(given) == len(set(given))
    assert set(given) == {row.label.partition("/")[0] for row in sentences()}


def test_places_come_from_the_tenants() -> None:
    names = set(place_names())
    assert {"Tongi East", "টঙ্গী পূর্ব", "भोपाल"} <= names


def test_a_place_is_no_everyday_word() -> None:
    texts = ["current nai mirpur", "current kokhon mirpur", "current mirpur e"]
    assert set(everyday_words(texts, ["Mirpur"])) == {"current"}
