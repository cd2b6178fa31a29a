"""Registering a complaint: few questions, side questions, corrections, photos, and never a number without a row."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from complaints.tables import Complaint, ComplaintEvent
from core.errors import LeaseLost
from tests.actions.talk import Talk, World
from utility.tables import UtilityOutage

BPD = "bangladesh-power-division"
OWNER = "whatsapp:+8801700000002"  # 104231245, WZPDCL


async def complaints(world: World) -> list[Complaint]:
    async with world.db.reading() as session:
        return list((await session.exec(select(Complaint).order_by(Complaint.id))).all())


async def to_summary(talk: Talk, **entities: Any) -> None:
    """A known customer up to the summary."""
    await talk.say("report_no_supply", "no electricity", **entities)
    if talk.slots.get("requested_slot") == "since":
        await talk.tap("1-2 hours")
    assert talk.slots["requested_slot"] == "confirm", talk.names


async def test_a_known_customer_is_asked_one_question_and_one_yes(world: World) -> None:
    talk = await world.talk(BPD, OWNER)
    assert await talk.say("report_no_supply", "no electricity") == ["utter_ask_since"]
    assert await talk.tap("1-2 hours") == ["utter_ask_confirm"]
    assert "104231245" in talk.words()
    assert await talk.tap("Yes, register") == ["utter_complaint_registered"]
    [row] = await complaints(world)
    assert talk.facts("utter_complaint_registered")["number"] == row.number
    assert row.number.startswith("WZP-") and row.account_proven and row.feeder and row.kind == "OUT-HOME"
    assert not talk.loop


async def test_everything_in_one_sentence_needs_only_a_yes(world: World) -> None:
    talk = await world.talk(BPD, OWNER)
    assert await talk.say("report_no_supply", "no light for 2 hours", duration=(120, "2 hours")) == [
        "utter_ask_confirm"
    ]
    await talk.say("affirm", "yes")
    [row] = await complaints(world)
    assert row.since_at is not None
    assert (world.db.now() - row.since_at).total_seconds() == 7200


async def test_a_visitor_is_asked_account_company_area_since(world: World) -> None:
    talk = await world.talk(BPD)
    assert await talk.say("report_no_supply", "no light") == ["utter_ask_account"]
    assert await talk.say("nlu_fallback", "12345678", confidence=0.2, account_number="12345678") == [
        "utter_ask_utility"
    ]
    assert await talk.tap("DESCO") == ["utter_ask_area"]
    assert await talk.say("outage_info", "Mirpur 10", confidence=0.7, place="Mirpur 10") == ["utter_ask_since"]
    assert await talk.tap("Since yesterday") == ["utter_ask_confirm"]
    await talk.say("affirm", "yes")
    [row] = await complaints(world)
    assert (row.utility, row.account, row.area, row.account_proven) == ("desco", "12345678", "Mirpur 10", False)


async def test_unknown_and_foreign_numbers_get_the_same_words(world: World) -> None:
    said = []
    for number in ("104231245", "999999999"):
        talk = await world.talk(BPD, f"web:{number}")
        await talk.say("report_no_supply", "no light")
        names = [await talk.say("inform", number, account_number=number)]
        names.append(await talk.say("nlu_fallback", "Khulna", confidence=0.2))
        names.append(await talk.tap("Just now"))
        said.append((names, talk.words().replace(number, "#")))
    assert said[0] == said[1]


async def test_a_customer_who_does_not_know_the_number_goes_on(world: World) -> None:
    talk = await world.talk(BPD)
    await talk.say("report_no_supply", "no light")
    assert await talk.tap("I don't know it") == ["utter_ask_area"]
    await talk.say("inform_location", chosen=True, latitude=23.8, longitude=90.4, label="")
    assert talk.names == ["utter_ask_since"]
    await talk.tap("Just now")
    await talk.tap("Yes, register")
    [row] = await complaints(world)
    assert row.number.startswith("BPD-") and row.place["latitude"] == 23.8


async def test_a_side_question_is_answered_and_the_form_goes_on(world: World) -> None:
    talk = await world.talk(BPD, OWNER)
    await talk.say("report_no_supply", "no light")
    assert await talk.say("tariff_info", "what is the price of a unit?") == ["utter_tariff_info", "utter_ask_since"]
    assert talk.loop == "complaint_form" and len(talk.calls) == 2
    assert await talk.say("faq", "what is vat?", topic="vat_on_bill") == ["utter_faq_vat_on_bill", "utter_ask_since"]
    assert await talk.tap("Just now") == ["utter_ask_confirm"]


async def test_a_side_question_that_needs_a_proof_comes_back_to_the_form(world: World) -> None:
    talk = await world.talk(BPD)
    await talk.say("report_no_supply", "no light")
    await talk.say("inform", "104231245", account_number="104231245")
    assert talk.names == ["utter_ask_area"]
    assert await talk.say("bill_amount", "and how much is my bill?") == ["utter_ask_account"]
    assert talk.loop == "account_form"
    assert await talk.say("inform", "104231245", account_number="104231245") == ["utter_code_sent"]
    code = next(
        word for word in world.sms.sent[0][1].split() if word.strip(".,:।").isdigit() and len(word.strip(".,:।")) == 6
    )
    names = await talk.type_code(code)
    assert names[0] == "utter_code_right" and names[-1] == "utter_ask_area"
    assert any(name.startswith("utter_bill_") for name in names)
    assert talk.loop == "complaint_form" and talk.slots["account"] == "104231245"


@pytest.mark.parametrize("asked", ["account", "area", "since", "confirm"])
async def test_cancel_leaves_at_every_question(world: World, asked: str) -> None:
    talk = await world.talk(BPD)
    await talk.say("report_no_supply", "no light")
    if asked != "account":
        await talk.tap("I don't know it")
    if asked in ("since", "confirm"):
        await talk.say("nlu_fallback", "Khulna", confidence=0.1)
    if asked == "confirm":
        await talk.tap("Just now")
    assert talk.slots["requested_slot"] == asked
    assert await talk.say("cancel", "cancel", chosen=True) == ["utter_cancelled"]
    assert not talk.loop and not any(name in talk.slots for name in ("kind", "account", "area", "since"))
    assert await complaints(world) == []


async def test_twice_unclear_gives_an_easier_question_then_the_hotline(world: World) -> None:
    talk = await world.talk(BPD, OWNER)
    await talk.say("report_no_supply", "no light")
    assert await talk.say("affirm", "yes") == ["utter_unclear_here", "utter_ask_since"]
    assert await talk.say("skip", "I do not know", chosen=True) == ["utter_ask_since_again"]
    assert await talk.say("affirm", "yes") == ["utter_stuck"]
    assert not talk.loop
    assert len(talk.facts("utter_stuck")["code"]) == 6


async def test_a_photo_and_a_place_are_attached_at_any_moment(world: World) -> None:
    talk = await world.talk(BPD, OWNER)
    await talk.say("report_no_supply", "no light")
    assert await talk.say("inform_media", chosen=True, count=2, kind="image") == ["utter_ask_since"]
    await talk.tap("Just now")
    assert await talk.tap("Add photo or place") == ["utter_ask_more"]
    assert await talk.say("inform_location", chosen=True, latitude=22.8, longitude=89.5, label="gate") == [
        "utter_ask_confirm"
    ]
    await talk.tap("Yes, register")
    [row] = await complaints(world)
    assert row.photos[0]["count"] == 2 and row.place["label"] == "gate"


async def test_no_at_the_summary_goes_back_to_one_question(world: World) -> None:
    talk = await world.talk(BPD, OWNER)
    await to_summary(talk)
    assert await talk.tap("No") == ["utter_ask_change"]
    assert await talk.tap("The account") == ["utter_ask_account"]
    assert await talk.say("inform", "12345678", account_number="12345678") == ["utter_ask_utility"]
    await talk.tap("NESCO")
    assert await talk.say("nlu_fallback", "Rajshahi", confidence=0.2) == ["utter_ask_confirm"]
    await talk.say("affirm", "yes")
    [row] = await complaints(world)
    assert (row.utility, row.account, row.area) == ("nesco", "12345678", "Rajshahi")


async def test_other_words_at_the_summary_correct_it(world: World) -> None:
    talk = await world.talk(BPD, OWNER)
    await to_summary(talk)
    assert await talk.say("deny", "no, since 5 hours", duration=(300, "5 hours")) == ["utter_ask_confirm"]
    await talk.say("affirm", "yes")
    [row] = await complaints(world)
    assert row.since_at is not None and (world.db.now() - row.since_at).total_seconds() == 18000


async def test_another_fault_in_the_middle_changes_the_kind(world: World) -> None:
    talk = await world.talk(BPD, OWNER)
    await talk.say("report_no_supply", "no light")
    names = await talk.say("report_voltage_problem", "no, it is the voltage")
    assert names == ["utter_kind_changed", "utter_ask_kind"]
    assert await talk.tap("Low voltage") == ["utter_ask_since"]


async def test_the_kind_is_taken_from_the_words(world: World) -> None:
    talk = await world.talk(BPD, OWNER)
    assert await talk.say("report_meter_fault", "my meter runs too fast") == ["utter_ask_confirm"]
    assert talk.slots["kind"] == "MTR-FAST"


async def test_the_same_fault_again_shows_the_existing_number(world: World) -> None:
    talk = await world.talk(BPD, OWNER)
    await to_summary(talk)
    await talk.say("affirm", "yes")
    [first] = await complaints(world)
    assert await talk.say("report_no_supply", "no light") == ["utter_same_complaint"]
    assert talk.facts("utter_same_complaint")["number"] == first.number
    assert await talk.tap("Same, add a note") == ["utter_ask_note"]
    assert await talk.say("report_no_supply", "children are ill, please hurry") == ["utter_note_added"]
    assert len(await complaints(world)) == 1
    async with world.db.reading() as session:
        kinds = [row.kind for row in (await session.exec(select(ComplaintEvent))).all()]
    assert kinds == ["received", "note"]


async def test_another_fault_at_the_same_place_is_registered(world: World) -> None:
    talk = await world.talk(BPD, OWNER)
    await to_summary(talk)
    await talk.say("affirm", "yes")
    await talk.say("report_no_supply", "no light")
    assert await talk.tap("Another fault") == ["utter_ask_since"]
    await talk.tap("Just now")
    await talk.say("affirm", "yes")
    assert len({row.number for row in await complaints(world)}) == 2


async def test_a_stranger_with_the_same_number_does_not_see_the_complaint(world: World) -> None:
    owner = await world.talk(BPD, OWNER)
    await to_summary(owner)
    await owner.say("affirm", "yes")
    stranger = await world.talk(BPD, "web:stranger")
    await stranger.say("report_no_supply", "no light", account_number="104231245", place="Khulna")
    assert stranger.names == ["utter_ask_since"]


async def test_a_yes_delivered_twice_makes_one_complaint(world: World) -> None:
    talk = await world.talk(BPD, OWNER)
    await to_summary(talk)
    before = (dict(talk.slots), talk.loop)
    await talk.say("affirm", "yes")
    number = talk.facts("utter_complaint_registered")["number"]
    talk.slots, talk.loop = dict(before[0]), before[1]
    await talk.say("affirm", "yes", repeat=True)
    assert talk.facts("utter_complaint_registered")["number"] == number
    assert len(await complaints(world)) == 1


async def test_a_late_turn_writes_nothing(world: World) -> None:
    talk = await world.talk(BPD, OWNER)
    await to_summary(talk)
    talk.ours = False
    with pytest.raises(LeaseLost):
        await talk.say("affirm", "yes")
    assert await complaints(world) == []


async def test_theft_asks_no_account_and_keeps_the_caller_private(world: World) -> None:
    talk = await world.talk(BPD, OWNER)
    assert await talk.say("report_theft", "my neighbour steals power") == ["utter_ask_area"]
    await talk.say("nlu_fallback", "Road 5, Khulna", confidence=0.1)
    assert talk.names == ["utter_ask_details"]
    assert await talk.say("report_theft", "a hook on the pole every night") in (
        ["utter_ask_details"],
        ["utter_ask_confirm"],
    )
    if talk.slots["requested_slot"] == "details":
        await talk.tap("Nothing to add")
    await talk.say("affirm", "yes")
    assert "not told" in talk.words()
    [row] = await complaints(world)
    assert row.account == ""


async def test_a_hazard_in_the_middle_leaves_the_form(world: World) -> None:
    talk = await world.talk(BPD, OWNER)
    await talk.say("report_no_supply", "no light")
    assert await talk.say("report_hazard", "a wire has fallen", danger=True) == ["utter_hazard_registered"]
    assert not talk.loop
    [row] = await complaints(world)
    assert row.priority == 0


async def test_the_person_is_reached_from_within_the_form(world: World) -> None:
    talk = await world.talk(BPD, OWNER)
    await talk.say("report_no_supply", "no light")
    assert await talk.say("talk_to_operator", "a real person please") == ["utter_talk_to_operator"]
    assert not talk.loop
    facts = talk.facts("utter_talk_to_operator")
    assert (facts["number"], facts["key"]) == ("16999", "6")


async def outage(world: World, *, planned: bool = False) -> None:
    """A cut on the customer's own feeder."""
    account = await world.utility.account(BPD, "wzpdcl", "104231245")
    now = world.db.now()
    async with world.db.transaction() as session:
        session.add(
            UtilityOutage(
                id="test-1",
                tenant=BPD,
                utility="wzpdcl",
                kind="planned" if planned else "fault",
                feeders=[account.feeder],
                area={"en": "Shantidham", "bn": "শান্তিধাম"},
                reason={"en": "Work on the line"},
                starts_at=now + timedelta(hours=2 if planned else -1),
                restore_at=now + timedelta(hours=4),
                planned=planned,
            )
        )


async def test_a_known_cut_is_told_first_with_its_end(world: World) -> None:
    await outage(world)
    talk = await world.talk(BPD, OWNER)
    assert await talk.say("report_no_supply", "no light", duration=(60, "1 hour")) == ["utter_known_outage"]
    assert "Shantidham" in talk.words() and "4:00 pm" in talk.words()
    assert await talk.tap("No, I will wait") == ["utter_outage_fine"]
    assert not talk.loop and await complaints(world) == []
    await talk.say("report_no_supply", "no light", duration=(60, "1 hour"))
    assert await talk.tap("Register anyway") == ["utter_ask_confirm"]
    await talk.say("affirm", "yes")
    assert len(await complaints(world)) == 1


async def test_a_cut_that_is_only_planned_explains_nothing_yet(world: World) -> None:
    await outage(world, planned=True)
    talk = await world.talk(BPD, OWNER)
    assert await talk.say("report_no_supply", "no light", duration=(60, "1 hour")) == ["utter_ask_confirm"]
    await talk.say("cancel", "cancel", chosen=True)
    assert await talk.say("outage_info", "any cut planned?") == ["utter_outage_planned"]


async def test_a_strangers_number_tells_nothing_of_its_feeder(world: World) -> None:
    await outage(world)
    talk = await world.talk(BPD)
    await talk.say("report_no_supply", "no light", account_number="104231245")
    assert talk.names == ["utter_ask_area"]


@pytest.mark.parametrize(
    ("entities", "minutes"),
    [
        ({"duration": (45, "45 min")}, 45),
        ({"time": ("08:00", "8 am")}, 240),
        ({"date": ("2026-10-19", "yesterday"), "time": ("12:00", "noon")}, 24 * 60),
        ({"time": ("23:00", "11 at night")}, 13 * 60),
    ],
)
async def test_since_when_in_the_customers_time(world: World, entities: dict[str, Any], minutes: int) -> None:
    talk = await world.talk(BPD, OWNER)  # the clock says 12:00 in Dhaka
    await talk.say("report_no_supply", "no light", **entities)
    await talk.say("affirm", "yes")
    [row] = await complaints(world)
    assert row.since_at is not None
    assert (world.db.now() - row.since_at).total_seconds() == minutes * 60


async def test_since_when_in_words_that_are_not_understood(world: World) -> None:
    talk = await world.talk(BPD, OWNER)
    await talk.say("report_no_supply", "no light")
    assert await talk.say("nlu_fallback", "since the wedding", confidence=0.2) == ["utter_ask_confirm"]
    assert "since the wedding" in talk.words()
    await talk.say("affirm", "yes")
    [row] = await complaints(world)
    assert (row.since_at, row.since_words) == (None, "since the wedding")


async def test_a_place_that_looks_like_a_question_is_a_place(world: World) -> None:
    talk = await world.talk(BPD)
    await talk.say("report_no_supply", "no light")
    await talk.tap("I don't know it")
    assert await talk.say("outage_info", "Mirpur 10", confidence=0.85, place="Mirpur 10") == ["utter_ask_since"]
    talk = await world.talk(BPD, "web:other")
    await talk.say("report_no_supply", "no light")
    await talk.tap("I don't know it")
    names = await talk.say(
        "outage_info", "is there load shedding in Mirpur 10 today?", confidence=0.85, place="Mirpur 10"
    )
    assert names[-1] == "utter_ask_area"


async def test_a_place_that_no_list_holds_is_not_taken_for_a_question(world: World) -> None:
    talk = await world.talk(BPD)
    await talk.say("report_no_supply", "no light")
    await talk.tap("I don't know it")
    assert await talk.say("office_info", "kachari ghat", confidence=0.7) == ["utter_ask_since"]


async def test_no_another_account_goes_back_to_it(world: World) -> None:
    talk = await world.talk(BPD, OWNER)
    await talk.say("report_no_supply", "no light")
    assert await talk.say("deny", "na, onno account", confidence=0.87) == ["utter_ask_account"]
    assert await talk.say("faq", "DESCO", topic="which_utility", utility="DESCO") == ["utter_ask_account_again"]
    # The company was named before: no question about it any more.
    assert await talk.say("link_account", "12345678", account_number="12345678") == ["utter_ask_area"]
    assert (talk.slots["account"], talk.slots["utility"]) == ("12345678", "desco")


async def test_a_number_where_none_was_asked_is_a_correction(world: World) -> None:
    talk = await world.talk(BPD, OWNER)
    await talk.say("report_no_supply", "no light")
    assert await talk.say("link_account", "999999999", confidence=0.6, account_number="999999999") == ["utter_ask_area"]
    assert talk.slots["account"] == "999999999" and "proven" not in talk.slots


async def test_a_plain_no_asks_what_to_change(world: World) -> None:
    talk = await world.talk(BPD, OWNER)
    await talk.say("report_no_supply", "no light")
    assert await talk.say("deny", "no") == ["utter_ask_change"]
    assert await talk.tap("The place") == ["utter_ask_area"]


async def test_a_time_that_sounds_like_another_fault_is_only_a_time(world: World) -> None:
    talk = await world.talk(BPD)
    await talk.say("report_voltage_problem", "voltage is low")
    await talk.say(
        "report_no_supply",
        "kal rat theke",
        confidence=0.73,
        date=("2026-10-19", "kal"),
        time=("21:00", "rat"),
    )
    assert talk.slots["kind"] == "VOLT-LOW" and talk.slots["since"]


async def test_a_place_before_the_number_is_kept(world: World) -> None:
    talk = await world.talk(BPD)
    await talk.say("report_no_supply", "no light")
    assert await talk.say("nlu_fallback", "Mirpur 10", confidence=0.7, place="Mirpur 10") == ["utter_ask_account_again"]
    assert await talk.tap("I don't know it") == ["utter_ask_since"]
    assert talk.slots["area"] == "Mirpur 10"
