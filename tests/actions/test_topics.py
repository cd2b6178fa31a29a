"""Every intent has an honest answer, whoever asks, at every tenant; and its words can be shown."""

from __future__ import annotations

import pytest
import yaml

from core.settings import ROOT
from gateway.people import OURS
from tests.actions.talk import World, rules

INTENTS = [*yaml.safe_load((ROOT / "nlu_data" / "intents.yml").read_text(encoding="utf-8"))["intents"]]
TOPICS = yaml.safe_load((ROOT / "nlu_data" / "intents.yml").read_text(encoding="utf-8"))["faq"]
TENANTS = {
    "bangladesh-power-division": "whatsapp:+8801700000002",
    "mp-central": "whatsapp:+919800000001",
    "mp-east": "web:x",
    "mp-west": "web:x",
    "evnnpc": "web:x",
}
BPD = "bangladesh-power-division"


def test_every_intent_has_a_rule() -> None:
    assert set(INTENTS) | {"faq", "nlu_fallback", "canary"} <= set(rules())


@pytest.mark.parametrize("tenant", TENANTS)
async def test_every_intent_is_answered(world: World, tenant: str) -> None:
    for intent in INTENTS:
        talk = await world.talk(tenant, TENANTS[tenant])
        names = await talk.say(intent, "words")
        assert names, intent
        for rendered in talk.rendered():
            assert rendered.text and "{" not in rendered.text, (intent, rendered.text)
            assert len({choice.title for choice in rendered.choices}) == len(rendered.choices), intent
            assert len(rendered.choices) <= 10, intent


@pytest.mark.parametrize("tenant", TENANTS)
async def test_every_common_question_is_answered(world: World, tenant: str) -> None:
    talk = await world.talk(tenant, TENANTS[tenant])
    for topic in TOPICS:
        await talk.say("faq", "question", topic=topic)
        assert talk.words(), topic


async def test_choices_lead_somewhere(world: World) -> None:
    known = set(rules()) | OURS
    for name in world.answers.names():
        for shelf in world.answers.shelves.values():
            for choice in shelf.answers[name].choices if name in shelf.answers else ():
                assert choice.intent in known, (name, choice.intent)
                assert choice.intent != "faq" or choice.topic in TOPICS, (name, choice.topic)


async def test_the_calculator_gives_the_tables_figure(world: World) -> None:
    talk = await world.talk(BPD)
    assert await talk.say("bill_calculator", "how much would it cost") == ["utter_ask_units"]
    await talk.tap("200")
    facts = talk.facts("utter_bill_calculator")
    assert facts["total"] == {"$money": "1618.05"}  # domain.md §4.2: 200 units, 2 kW
    assert "৳1,618.05" in talk.words()


async def test_units_can_be_typed_alone(world: World) -> None:
    talk = await world.talk(BPD)
    await talk.say("bill_calculator", "estimate")
    await talk.say("nlu_fallback", "৩০০", confidence=0.2)
    assert talk.facts("utter_bill_calculator")["units"] == {"$units": "300"}


async def test_rates_that_nobody_confirmed_are_not_told(world: World) -> None:
    talk = await world.talk(BPD)
    await talk.say("tariff_info", "unit price")
    words = talk.words()
    assert "8.50" in words and "5.26" not in words and "4.63" not in words
    talk = await world.talk("mp-central", "web:x")
    assert await talk.say("tariff_info", "unit price") == ["utter_tariff_unknown"]


async def test_an_outage_at_a_place(world: World) -> None:
    talk = await world.talk(BPD)
    assert await talk.say("outage_info", "any cut?") == ["utter_ask_place"]
    await talk.say("nlu_fallback", "Nowhere at all", confidence=0.1)
    assert talk.names == ["utter_outage_none"]


async def test_an_office_that_serves_a_place(world: World) -> None:
    talk = await world.talk(BPD)
    await talk.say("office_info", "office in Pallabi", place="Pallabi")
    assert talk.names[0] in ("utter_office", "utter_offices")


async def test_fees_come_from_the_tenants_data(world: World) -> None:
    talk = await world.talk(BPD)
    await talk.say("new_connection_info", "papers?")
    assert "৳100" in talk.words() and "৳400" in talk.words()
    talk = await world.talk("mp-central", "web:x")
    await talk.say("new_connection_info", "papers?")
    assert "৳" not in talk.words() and "Deposit" not in talk.words()


async def test_an_application_shows_no_name(world: World) -> None:
    talk = await world.talk(BPD)
    await talk.say("new_connection_status", "88452100", tracking_number="88452100")
    assert talk.names == ["utter_new_connection_status"]
    await talk.say("new_connection_status", "status", tracking_number="1")
    assert talk.names == ["utter_application_unknown"]


async def test_language_is_chosen_by_button_or_name(world: World) -> None:
    talk = await world.talk(BPD)
    assert await talk.say("change_language", "another language") == ["utter_ask_language"]
    await talk.tap("English")
    assert talk.slots["language_choice"] == "en"


async def test_greeting_tells_once_that_this_is_a_machine(world: World) -> None:
    talk = await world.talk(BPD)
    assert await talk.say("greet", "hello") == ["utter_start"]
    assert "automatic assistant" in talk.words()
    assert await talk.say("greet", "hello") == ["utter_greet"]


async def test_strays_are_met_politely_and_bounded(world: World) -> None:
    talk = await world.talk(BPD)
    seen = [(await talk.say("out_of_scope", "sing a song"))[0] for _ in range(4)]
    assert seen == [
        "utter_out_of_scope",
        "utter_out_of_scope_again",
        "utter_out_of_scope_hotline",
        "utter_out_of_scope",
    ]


async def test_the_companys_silence_is_told_and_complaints_go_on(world: World) -> None:
    from core.errors import UtilityUnavailable

    class Silent:
        def __getattr__(self, name: str) -> object:
            async def fail(*_: object, **__: object) -> None:
                raise UtilityUnavailable("no answer")

            return fail

    broken = World(world.db, world.tenants, world.answers, utility=Silent())
    talk = await broken.talk(BPD, "whatsapp:+8801700000002")
    assert await talk.say("bill_amount", "my bill") == ["utter_utility_down"]
    assert await talk.say("report_no_supply", "no light") == ["utter_ask_account"]
    await talk.tap("I don't know it")
    await talk.say("nlu_fallback", "Khulna", confidence=0.1)
    await talk.tap("Just now")
    assert await talk.say("affirm", "yes") == ["utter_complaint_registered"]
