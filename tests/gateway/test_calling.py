"""When a person is called and what the customer hears, with somebody at the desk and with nobody."""

from __future__ import annotations

from datetime import timedelta

import pytest

from complaints.service import Complaints, NewComplaint
from core.clock import ManualClock
from core.database import Database
from core.messages import Actor, Kind
from core.tables import Message
from handoff import brief, temper
from handoff.moves import Move
from handoff.record_tables import TurnRecord
from tests.gateway.counter import Counter, result
from tests.handoff.people import person

OUT_OF_HOURS = timedelta(hours=12)  # the tests' clock stands at noon in Dhaka
ANGRY = (
    "This is a pathetic service!!!",
    "কতবার বলব আপনাদের, ফালতু সার্ভিস",
    "kitni baar bolu, bakwas company",
    "FALTU BAJE SERVICE",
)
CALM = (
    "No electricity since morning",
    "আমার বিল বেশি এসেছে",
    "bijli chor hai padosi",
    "BILL COPY",
    "meter bekar ho gaya",
    "?",
)


async def leave_a_message(here: Counter, clock: ManualClock) -> None:
    """Nobody is there, and a customer leaves a message: the fifth line of the transcript."""
    clock.advance(OUT_OF_HOURS)
    await here.say("operator", result("utter_talk_to_operator", facts={"number": "16999"}))
    await here.tap("Leave a message")
    await here.say("Please look at my application")


@pytest.mark.parametrize("text", ANGRY)
def test_anger_is_heard(text: str) -> None:
    assert temper.is_angry(text)


@pytest.mark.parametrize("text", CALM)
def test_a_fault_is_no_anger(text: str) -> None:
    assert not temper.is_angry(text)


@pytest.mark.parametrize("name", ["utter_talk_to_operator", "utter_stuck"])
async def test_who_asks_or_is_not_understood_is_queued(database: Database, name: str) -> None:
    here = Counter(database)
    await here.operator()
    assert await here.say("operator", result(name, facts={"number": "1"})) == ["utter_handoff_queued"]
    [takeover] = await here.takeovers()
    assert (takeover.state, takeover.reason) == ("queued", "asked" if "talk" in name else "not understood")
    assert [row.outcome for row in await here.rows(TurnRecord)] == ["person"]


async def test_with_nobody_there_the_hotline_stays_and_a_message_may_be_left(
    database: Database, clock: ManualClock
) -> None:
    here = Counter(database)
    clock.advance(OUT_OF_HOURS)
    assert await here.say("operator", result("utter_talk_to_operator", facts={"number": "16999"})) == [
        "utter_talk_to_operator"
    ]
    assert (await here.rows(TurnRecord))[0].outcome == "answered"
    [words] = [row.text for row in await here.rows(Message) if row.answer == "utter_talk_to_operator"]
    assert "Our staff do not answer chats at this hour.\nChats are answered again: 21 October, 8:00 am" in words
    assert await here.tap("Leave a message") == ["utter_message_ask"]
    assert await here.say("My new meter was promised for Monday, please look") == ["utter_message_kept"]
    assert here.core.asked[1:] == [], "the message is not for the dialogue core"
    assert await here.say("How much is my bill?", result("utter_greet")) == ["utter_greet"], "the bot is still there"
    clock.advance(timedelta(hours=8, minutes=1))  # eight in the morning, and nobody has come yet
    await here.work()
    assert await here.status() == "pending"
    clock.advance(timedelta(minutes=5))
    await here.operator()
    await here.work()
    assert await here.status() == "queued"
    said = [row.answer for row in await here.rows(Message) if row.answer]
    assert said[-1] == "utter_message_opened" and said.count("utter_message_opened") == 1
    [_, takeover] = await here.takeovers()
    assert (takeover.reason, takeover.summary["left"]) == ("message left", 5)


async def test_a_message_left_waits_as_long_as_the_desk_is_open_and_again_the_next_day(
    database: Database, clock: ManualClock
) -> None:
    here = Counter(database)
    await leave_a_message(here, clock)
    clock.advance(timedelta(hours=8))
    for _ in range(13):  # somebody is there all day and takes nothing
        clock.advance(timedelta(hours=1))
        await here.operator()
        await here.work()
    assert await here.status() == "queued" and "nobody" not in await here.moves()
    await here.operator(on_duty=False)
    clock.advance(timedelta(hours=3))
    await here.work()
    assert (await here.moves())[-1] == Move.CLOSE
    clock.advance(timedelta(hours=9))
    await here.operator()
    await here.work()
    assert await here.status() == "queued"


async def test_other_words_than_a_message(database: Database, clock: ManualClock) -> None:
    here = Counter(database)
    clock.advance(OUT_OF_HOURS)
    await here.say("operator", result("utter_talk_to_operator", facts={"number": "16999"}))
    await here.tap("Leave a message")
    assert await here.tap("Cancel") == ["utter_message_dropped"]
    await here.tap("Leave a message")
    assert (await here.say("A live wire has fallen on the road", result("utter_hazard_registered")))[-1] == (
        "utter_hazard_registered"
    ), "danger is no message for the morning"


async def test_rasa_down_offers_a_person_and_the_button_needs_no_rasa(database: Database) -> None:
    here = Counter(database)
    assert await here.say("my bill") == ["utter_degraded"]
    with pytest.raises(AssertionError):
        await here.tap("Talk to a person")
    await here.operator()
    assert await here.say("my bill") == ["utter_degraded"]
    assert await here.tap("Talk to a person") == ["utter_handoff_queued"]
    [takeover] = await here.takeovers()
    assert takeover.reason == "asked" and len(takeover.summary["code"]) == 6
    assert [row.outcome for row in await here.rows(TurnRecord)] == ["failed", "failed"]


async def test_rasa_down_and_the_word_operator_is_enough(database: Database, clock: ManualClock) -> None:
    here = Counter(database)
    clock.advance(OUT_OF_HOURS)
    assert await here.say("operator") == ["utter_away"]
    clock.advance(OUT_OF_HOURS)
    await here.operator()
    assert await here.say("operator") == ["utter_handoff_queued"]


async def test_the_second_outburst_calls_a_person(database: Database) -> None:
    here = Counter(database)
    await here.operator()
    assert await here.say(ANGRY[0], result("utter_greet")) == ["utter_greet"]
    assert await here.say("ok", result("utter_greet")) == ["utter_greet"]
    assert await here.say(ANGRY[1], result("utter_greet")) == [
        "utter_greet",
        "utter_person_anger",
        "utter_handoff_queued",
    ]
    assert (await here.takeovers())[0].reason == "anger"


async def test_anger_with_nobody_there_hears_what_is_left(database: Database, clock: ManualClock) -> None:
    here = Counter(database)
    await here.say(ANGRY[0], result("utter_greet"))
    assert await here.say(ANGRY[1], result("utter_greet")) == ["utter_greet", "utter_person_anger", "utter_away"]
    clock.advance(temper.WITHIN + timedelta(minutes=1))
    assert await here.say(ANGRY[0], result("utter_greet")) == ["utter_greet"], "that was long ago"


@pytest.mark.parametrize(("kind", "reason"), [("THEFT", "theft report"), ("STAFF", "staff report"), ("STREET", "")])
async def test_delicate_reports_go_to_a_person_after_their_number(database: Database, kind: str, reason: str) -> None:
    here = Counter(database)
    await here.operator()
    await here.say("hello", result("utter_greet"))
    conversation = await here.conversation()
    async with database.transaction() as session:
        new = NewComplaint(tenant=here.tenant, contact_id=conversation.contact_id, kind=kind)
        # The action writes under the key of the inbox row that is being handled: the next one.
        complaint = await Complaints(database, here.tenants).register(session, new, "2:complaint")
    decided = result("utter_complaint_registered", facts={"number": complaint.number, "kind": "x"})
    said = await here.say("my neighbour hooks from the pole", decided)
    assert said[0] == "utter_complaint_registered"
    assert said[1:] == (["utter_person_report", "utter_handoff_queued"] if reason else [])
    assert [(takeover.reason, takeover.summary["complaints"]) for takeover in await here.takeovers()] == (
        [(reason, [complaint.number])] if reason else []
    )


async def test_a_delicate_report_with_nobody_there_opens_in_the_morning(database: Database, clock: ManualClock) -> None:
    here = Counter(database)
    clock.advance(OUT_OF_HOURS)
    await here.say("hello", result("utter_greet"))
    decided = result("utter_faq_staff_bribe", intent="faq", topic="staff_bribe")
    assert await here.say("the lineman wants money", decided) == ["utter_faq_staff_bribe", "utter_message_kept"]
    await here.say("he said five hundred", decided)
    async with database.reading() as session:
        [left] = await here.people.leaving.waiting(session, here.tenant)
    assert (left.reason, left.from_seq) == ("staff report", 3), "the second word on it is added to the first"
    clock.advance(timedelta(hours=8, minutes=5))
    await here.operator()
    await here.work()
    assert await here.status() == "queued"
    takeover = (await here.takeovers())[-1]
    assert (takeover.reason, takeover.summary["report"], takeover.summary["left"]) == (
        "message left",
        "staff report",
        3,
    )
    async with database.reading() as session:
        first = await brief.of(session, database, here.tenant, takeover.conversation_id)
    assert first is not None and "report staff report" in first.line


async def test_a_complaint_reopened_again_goes_to_a_person(database: Database) -> None:
    here = Counter(database)
    await here.operator()
    await here.say("hello", result("utter_greet"))
    conversation = await here.conversation()
    service = Complaints(database, here.tenants)
    for times, expected in ((1, []), (2, ["utter_person_reopened", "utter_handoff_queued"])):
        async with database.transaction() as session:
            new = NewComplaint(tenant=here.tenant, contact_id=conversation.contact_id, kind="OUT-HOME")
            complaint = await service.register(session, new, "1:complaint")
            await service.reopen(session, complaint, f"{times}:reopen")
        decided = result("utter_complaint_reopened", facts={"number": complaint.number})
        assert (await here.say("still dark", decided))[1:] == expected


async def test_bad_behaviour_of_staff_goes_to_a_person(database: Database) -> None:
    here = Counter(database)
    await here.operator()
    decided = result("utter_faq_staff_bribe", intent="faq", topic="staff_bribe")
    assert await here.say("the lineman wants money", decided) == [
        "utter_faq_staff_bribe",
        "utter_person_report",
        "utter_handoff_queued",
    ]


async def test_danger_reaches_the_desk_and_with_nobody_there_the_duty_telephone(database: Database) -> None:
    here = Counter(database)
    text = "A live wire has fallen on the road near Mirpur 10"
    assert (await here.say(text, result("utter_hazard_registered")))[0] == "utter_danger"
    [message] = await here.texts()
    assert message.address == f"sms:{here.tenants.get(here.tenant).duty.phone}" and message.priority == 0
    assert "Mirpur 10" in message.payload["text"] and "None" not in message.payload["text"]
    await here.say(text, result("utter_hazard_registered"))
    assert len(await here.texts()) == 1, "the same danger wakes nobody twice"
    assert (await here.desk()).count("danger") == 2
    await here.operator()
    other = Counter(database)
    await other.say(text, result("utter_hazard_registered"))
    assert len(await other.texts()) == 1, "somebody is at the desk"


async def test_who_reported_danger_and_then_asks_comes_before_all_others(
    database: Database, clock: ManualClock
) -> None:
    here = Counter(database)
    await here.operator()
    await here.say("A live wire has fallen on the road near Mirpur 10", result("utter_hazard_registered"))
    await here.say("operator", result("utter_talk_to_operator", facts={"number": "1"}))
    assert [(one.state, one.priority) for one in await here.takeovers()] == [("queued", 0)]
    other = Counter(database)
    await other.say("operator", result("utter_talk_to_operator", facts={"number": "1"}))
    assert [one.priority for one in await here.takeovers()] == [0, 1], "nobody is in danger there"
    late = Counter(database)
    await late.say("sparks from the pole, fire", result("utter_hazard_registered"))
    clock.advance(timedelta(hours=13))
    await here.operator()
    await late.say("operator", result("utter_talk_to_operator", facts={"number": "1"}))
    assert [one.priority for one in await here.takeovers()] == [0, 1, 1], "that was long ago"


async def test_an_invented_duty_telephone_serves_the_demo_alone(database: Database) -> None:
    here = Counter(database)
    here.services.settings = here.services.settings.model_copy(update={"demo": False})
    await here.say("A live wire has fallen on the road", result("utter_hazard_registered"))
    assert await here.texts() == []


async def test_a_dead_letter_goes_to_a_person(database: Database) -> None:
    here = Counter(database)
    await here.operator()
    await here.say("hello", result("utter_greet"))
    conversation = await here.conversation()
    async with database.transaction() as session:
        who = await here.people.person(session, conversation.id or 0)
        assert await here.people.calling.failed(session, who, 99)
    assert (await here.takeovers())[0].reason == "turn failed"


async def test_somebody_who_answers_outside_silences_the_bot_until_they_stop(
    database: Database, clock: ManualClock
) -> None:
    here = Counter(database)
    await here.say("hello", result("utter_greet"))
    assert await here.say("This is Karim from the office", kind=Kind.ECHO, actor=Actor.OPERATOR) == []
    assert await here.status() == "open"
    assert await here.say("When will you come?", result("utter_greet")) == []
    clock.advance(timedelta(minutes=20))
    await here.say("In an hour", kind=Kind.ECHO, actor=Actor.OPERATOR)
    clock.advance(timedelta(minutes=20))
    await here.work()
    assert await here.status() == "open", "the patience counts from their last word"
    clock.advance(timedelta(minutes=20))
    await here.work()
    assert await here.status() == "pending"
    assert await here.say("And my bill?", result("utter_greet")) == ["utter_greet"]
    assert await here.moves() == [Move.TAKE_OUTSIDE, Move.OUTSIDE_ENDED]


async def test_an_operator_takes_a_conversation_of_their_own_wish(database: Database) -> None:
    here = Counter(database)
    await here.say("hello", result("utter_greet"))
    operator = await here.operator(4)
    conversation = await here.conversation()
    async with database.transaction() as session:
        await here.people.bridge.take(session, conversation.id or 0, operator, person(4))
    assert await here.say("are you there?", result("utter_greet")) == []
    assert (await here.takeovers())[0].assignee_id == 4


async def test_no_more_calls_please(database: Database) -> None:
    here = Counter(database)
    await here.say("hello", result("utter_callback_missed", facts={"phone": "+8801700000001"}))
    assert await here.tap("Do not call") == ["utter_callback_not_wanted"]


async def test_operator_gone_the_next_operator_back_to_the_bot_and_a_rating(
    database: Database, clock: ManualClock
) -> None:
    here = Counter(database)
    await here.operator(1, automatic=True)
    asked = result("utter_talk_to_operator", facts={"number": "1"})
    assert await here.say("operator", asked) == ["utter_handoff_joined"]
    clock.advance(timedelta(minutes=3))  # no sign of life of the first, the second comes
    second = await here.operator(2)
    await here.work()
    assert await here.status() == "queued"
    [takeover] = await here.takeovers()
    async with database.transaction() as session:
        bridge, number = here.people.bridge, takeover.conversation_id
        await bridge.change(session, takeover.id or 0, Move.CLAIM, person(2), assignee=second)
        await bridge.operator_wrote(session, number, person(2))
    assert await here.say("thank you", result("utter_greet")) == []
    async with database.transaction() as session:
        await bridge.change(session, takeover.id or 0, Move.GIVE_BACK, person(2))
    assert await here.tap("4 · satisfied") == ["utter_handoff_rated"]
    assert await here.tap("1 · not at all") == ["utter_handoff_rated_before"]
    [takeover] = await here.takeovers()
    assert (takeover.rating, takeover.assignee_id) == (4, 2)
    assert await here.say("and my bill?", result("utter_greet")) == ["utter_greet"]
    assert await here.moves() == ["ask", "claim", "operator_gone", "claim", "give_back"]
    said = [row.answer for row in await here.rows(Message) if row.answer.startswith("utter_handoff")]
    assert said == [
        "utter_handoff_joined",
        "utter_handoff_requeued",
        "utter_handoff_joined",
        "utter_handoff_returned",
        "utter_handoff_rated",
        "utter_handoff_rated_before",
    ]


async def test_a_message_that_somebody_answered_early_does_not_open_again(
    database: Database, clock: ManualClock
) -> None:
    here = Counter(database)
    await leave_a_message(here, clock)
    clock.advance(timedelta(hours=1))
    operator, conversation = await here.operator(3), await here.conversation()
    async with database.transaction() as session:
        [left] = await here.people.leaving.waiting(session, here.tenant)
        assert (left.from_seq, left.language) == (5, "en")
        takeover = await here.people.bridge.take(session, conversation.id or 0, operator, person(3))
        await here.people.bridge.operator_wrote(session, conversation.id or 0, person(3))
        await here.people.bridge.change(session, takeover.id or 0, Move.GIVE_BACK, person(3))
    clock.advance(timedelta(hours=8))
    await here.operator(3)
    await here.work()
    assert await here.status() == "pending"
    async with database.reading() as session:
        assert await here.people.leaving.waiting(session, here.tenant) == []
