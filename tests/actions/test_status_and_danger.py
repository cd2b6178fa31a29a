"""Status without foreign data; danger before everything; the ways to a person; never a loop."""

from __future__ import annotations

import pytest
from sqlmodel import select

from complaints.tables import Complaint, ComplaintEvent
from handoff.tables import CallbackRequest, HandoffCase
from tests.actions.talk import Talk, World

BPD = "bangladesh-power-division"
OWNER = "whatsapp:+8801700000002"


async def registered(world: World, talk: Talk) -> str:
    await talk.say("report_no_supply", "no light", duration=(60, "1 hour"))
    await talk.say("affirm", "yes")
    return str(talk.facts("utter_complaint_registered")["number"])


async def settle(world: World, number: str, state: str = "solved") -> None:
    async with world.db.transaction() as session:
        row = (await session.exec(select(Complaint).where(Complaint.number == number))).one()
        row.state = state
        row.solved_at = world.db.now()
        session.add(row)


async def count(world: World, table: type[Complaint] | type[HandoffCase]) -> int:
    async with world.db.reading() as session:
        return len((await session.exec(select(table))).all())


async def test_my_complaint(world: World) -> None:
    talk = await world.talk(BPD, OWNER)
    number = await registered(world, talk)
    assert await talk.say("complaint_status", "my complaint") == ["utter_complaint_status"]
    assert talk.facts("utter_complaint_status")["number"] == number


@pytest.mark.parametrize("shape", ["{}", "{lower}", "{spaced}", "{bare}"])
async def test_by_number_in_any_shape(world: World, shape: str) -> None:
    talk = await world.talk(BPD, OWNER)
    number = await registered(world, talk)
    typed = shape.format(number, lower=number.lower(), spaced=number.replace("-", " "), bare=number.replace("-", ""))
    assert await talk.say("complaint_status", f"status of {typed}", complaint_number=typed) == [
        "utter_complaint_status"
    ]


async def test_a_stranger_gets_the_state_and_nothing_else(world: World) -> None:
    number = await registered(world, await world.talk(BPD, OWNER))
    stranger = await world.talk(BPD)
    await stranger.say("complaint_status", "status", complaint_number=number)
    assert stranger.names == ["utter_complaint_state_only"]
    facts = {key for key, value in stranger.last[0].items() if value and key not in ("response", "template")}
    assert facts == {"number", "state"}
    assert await stranger.say("reopen_complaint", "open it again", complaint_number=number) == [
        "utter_complaint_unknown"
    ]


async def test_complaints_of_another_tenant_are_unknown(world: World) -> None:
    number = await registered(world, await world.talk(BPD, OWNER))
    talk = await world.talk("mp-central", "web:x")
    assert await talk.say("complaint_status", "status", complaint_number=number) == ["utter_complaint_unknown"]


async def test_without_a_number_and_without_complaints_it_is_asked(world: World) -> None:
    talk = await world.talk(BPD)
    assert await talk.say("complaint_status", "my complaint") == ["utter_ask_complaint_number"]
    assert await talk.say("nlu_fallback", "WZP-222222", confidence=0.2) == ["utter_complaint_unknown"]
    assert not talk.loop


async def test_several_complaints_are_choices(world: World) -> None:
    talk = await world.talk(BPD, OWNER)
    number = await registered(world, talk)
    await talk.say("report_voltage_problem", "low voltage", duration=(60, "1 hour"))
    await talk.say("affirm", "yes")
    assert await talk.say("complaint_status", "my complaint") == ["utter_which_complaint"]
    await talk.tap(number)
    assert talk.facts("utter_complaint_status")["number"] == number


async def test_a_settled_complaint_is_opened_again_once(world: World) -> None:
    talk = await world.talk(BPD, OWNER)
    number = await registered(world, talk)
    await settle(world, number)
    assert await talk.say("complaint_status", "my complaint") == ["utter_complaint_settled"]
    await talk.tap("No, open it again")
    assert talk.names == ["utter_complaint_reopened"]
    async with world.db.reading() as session:
        row = (await session.exec(select(Complaint))).one()
    assert row.state == "accepted" and row.reopened == 1


async def test_an_old_complaint_becomes_a_new_one(world: World) -> None:
    from datetime import timedelta

    talk = await world.talk(BPD, OWNER)
    number = await registered(world, talk)
    await settle(world, number)
    world.db.clock.advance(timedelta(days=40))  # type: ignore[attr-defined]
    assert await talk.say("reopen_complaint", "still dark") == ["utter_reopen_too_late"]


async def test_danger_with_a_known_account_is_registered_at_once(world: World) -> None:
    talk = await world.talk(BPD, OWNER)
    assert await talk.say("report_hazard", "a wire has fallen on the road", danger=True) == ["utter_hazard_registered"]
    async with world.db.reading() as session:
        row = (await session.exec(select(Complaint))).one()
    assert (row.kind, row.priority, row.utility) == ("SAFE-WIRE", 0, "wzpdcl")
    assert row.area and row.feeder


async def test_danger_only_the_classifier_saw_gets_the_safety_words_first(world: World) -> None:
    talk = await world.talk(BPD, OWNER)
    assert await talk.say("report_hazard", "something buzzes at the pole") == [
        "utter_danger",
        "utter_hazard_registered",
    ]
    assert talk.rendered()[0].priority == "danger"
    assert "16999" in talk.words()


@pytest.mark.parametrize(
    ("intent", "text", "entities"),
    [
        ("nlu_fallback", "in front of the police station", {}),
        ("outage_info", "Mirpur 10", {"place": "Mirpur 10"}),
        ("affirm", "yes yes come fast", {}),
        ("bill_amount", "gulshan 2", {}),
        ("cancel", "cancel", {}),
        ("inform_location", "", {"latitude": 23.7, "longitude": 90.4, "label": ""}),
        ("inform_media", "", {"count": 1, "kind": "image"}),
        ("report_hazard", "still sparking", {}),
        ("talk_to_operator", "give me a person", {}),
    ],
)
async def test_danger_of_a_stranger_asks_where_and_registers_whatever_comes(
    world: World, intent: str, text: str, entities: dict[str, object]
) -> None:
    talk = await world.talk(BPD)
    assert await talk.say("report_hazard", "sparks at the pole", danger=True) == ["utter_ask_hazard_place"]
    assert talk.rendered()[0].ask == "location"
    names = await talk.say(intent, text, chosen=intent.startswith("inform"), **entities)
    assert names[0] == "utter_hazard_registered"
    async with world.db.reading() as session:
        row = (await session.exec(select(Complaint))).one()
    assert row.kind == "SAFE-SPARK" and row.number.startswith("BPD-")
    assert row.area or row.place or row.photos or intent in ("cancel", "talk_to_operator")


async def test_danger_elsewhere_adds_the_place(world: World) -> None:
    talk = await world.talk(BPD, OWNER)
    await talk.say("report_hazard", "a wire has fallen", danger=True)
    assert await talk.tap("It is elsewhere") == ["utter_ask_hazard_place"]
    await talk.say("inform_location", chosen=True, latitude=22.8, longitude=89.5, label="bridge")
    assert talk.names == ["utter_note_added"]
    async with world.db.reading() as session:
        row = (await session.exec(select(Complaint))).one()
    assert row.place["label"] == "bridge"


async def test_a_location_after_the_complaint_belongs_to_it(world: World) -> None:
    talk = await world.talk(BPD, OWNER)
    number = await registered(world, talk)
    await talk.say("inform_location", chosen=True, latitude=22.8, longitude=89.5, label="")
    assert talk.names == ["utter_note_added"] and talk.facts("utter_note_added")["number"] == number
    async with world.db.reading() as session:
        assert len((await session.exec(select(ComplaintEvent))).all()) == 2


async def test_a_photo_without_anything_asks_what_it_is_about(world: World) -> None:
    talk = await world.talk(BPD)
    assert await talk.say("inform_media", chosen=True, count=1, kind="image") == ["utter_media_alone"]


async def test_the_hotline_has_the_companys_key_and_a_case_that_can_be_looked_up(world: World) -> None:
    talk = await world.talk(BPD, "whatsapp:+8801700000001")
    number = await registered(world, talk)
    await talk.say("talk_to_operator", "a person please")
    facts = talk.facts("utter_talk_to_operator")
    assert (facts["number"], facts["key"], facts["own_number"]) == ("16999", "3", "16120")
    async with world.db.reading() as session:
        case = await world.handoff.by_code(session, facts["code"].lower())
    assert case and case.summary["complaints"] == [number] and case.utility == "desco"
    assert talk.rendered()[0].call == {"label": "Call the hotline", "number": "16999"}


async def test_a_tenant_without_a_confirmed_number_does_not_invent_one(world: World) -> None:
    talk = await world.talk("evnnpc", "web:x")
    await talk.say("talk_to_operator", "a person please")
    assert "19006769" not in talk.words() and talk.rendered()[0].call is None
    assert talk.facts("utter_talk_to_operator")["code"] in talk.words()


async def test_not_understood_goes_clarify_rephrase_hotline_and_starts_again(world: World) -> None:
    talk = await world.talk(BPD)
    ranking = [
        {"name": "out_of_scope", "confidence": 0.3},
        {"name": "bill_amount", "confidence": 0.2},
        {"name": "faq", "confidence": 0.1, "topic": "vat_on_bill"},
        {"name": "bill_pdf", "confidence": 0.05},
    ]
    seen = [await talk.say("nlu_fallback", "hm", confidence=0.3, ranking=ranking)]
    assert [choice.title for choice in talk.rendered()[0].choices] == [
        "How much is my bill",
        "VAT on the bill",
        "Something else",
    ]
    for _ in range(3):
        seen.append(await talk.say("nlu_fallback", "hm", confidence=0.3, ranking=ranking))
    assert seen == [["utter_clarify"], ["utter_rephrase"], ["utter_stuck"], ["utter_clarify"]]
    assert await count(world, HandoffCase) == 1


async def test_a_clarified_choice_runs_with_what_was_said(world: World) -> None:
    talk = await world.talk(BPD, OWNER)
    ranking = [{"name": "bill_pdf", "confidence": 0.3}, {"name": "bill_amount", "confidence": 0.2}]
    await talk.say("nlu_fallback", "that paper", confidence=0.3, ranking=ranking, month="2026-08")
    await talk.tap("Bill as PDF")
    assert talk.facts("utter_bill_pdf")["document"]["month"] == "2026-08"
    await talk.say(
        "nlu_fallback", "hm", confidence=0.3, ranking=[{"name": "faq", "confidence": 0.1, "topic": "vat_on_bill"}]
    )
    assert await talk.tap("VAT on the bill") == ["utter_faq_vat_on_bill"]


async def test_something_else_asks_for_other_words(world: World) -> None:
    talk = await world.talk(BPD)
    await talk.say("nlu_fallback", "hm", confidence=0.3, ranking=[{"name": "bill_pdf", "confidence": 0.3}])
    assert await talk.tap("Something else") == ["utter_rephrase"]
    assert await talk.say("nlu_fallback", "hm", confidence=0.3) == ["utter_stuck"]


async def test_an_understood_message_starts_the_count_again(world: World) -> None:
    talk = await world.talk(BPD)
    ranking = [{"name": "bill_pdf", "confidence": 0.3}]
    await talk.say("nlu_fallback", "hm", confidence=0.3, ranking=ranking)
    await talk.say("thanks", "thanks")
    assert await talk.say("nlu_fallback", "hm", confidence=0.3, ranking=ranking) == ["utter_clarify"]


async def test_a_call_back_is_kept(world: World) -> None:
    talk = await world.talk(BPD)
    assert await talk.say("request_callback", "call me") == ["utter_ask_phone"]
    assert await talk.say("nlu_fallback", "01712345678", confidence=0.2, phone="01712345678") == [
        "utter_callback_noted"
    ]
    async with world.db.reading() as session:
        row = (await session.exec(select(CallbackRequest))).one()
    assert row.phone == "+8801712345678"
