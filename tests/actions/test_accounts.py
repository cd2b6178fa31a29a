"""One's own account: at once where the channel proves it, by a code elsewhere, never anything of somebody else's."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col

from tests.actions.talk import Talk, World
from utility.base import Account, Bill
from utility.tables import UtilityAccount

BPD = "bangladesh-power-division"
OWNER = "whatsapp:+8801700000002"
PREPAID = "whatsapp:+8801700000003"
TASKS = ["bill_amount", "bill_pdf", "payment_receipt", "consumption_history", "prepaid_balance"]


def code_of(world: World) -> str:
    """The code in the last text message."""
    found = re.search(r"\d{6}", world.sms.sent[-1][1].translate({ord("০") + i: str(i) for i in range(10)}))
    assert found
    return found.group()


async def account(world: World, number: str = "104231245", utility: str = "wzpdcl") -> Account:
    found = await world.utility.account(BPD, utility, number)
    assert found
    return found


async def newest(world: World) -> Bill:
    found = await world.utility.bill(await account(world))
    assert found
    return found


async def test_the_bill_of_the_proven_number_comes_at_once(world: World) -> None:
    talk = await world.talk(BPD, OWNER)
    names = await talk.say("bill_amount", "how much is my bill")
    bill = await newest(world)
    assert names == ["utter_bill_amount"] or names == ["utter_bill_overdue"]
    facts = talk.facts(names[0])
    assert facts["amount"] == {"$money": str(bill.total)} and facts["account"] == "104231245"
    assert f"{bill.month:%B %Y}" in talk.words()


async def test_the_pdf_names_its_document(world: World) -> None:
    talk = await world.talk(BPD, OWNER)
    await talk.say("bill_pdf", "send my bill")
    bill = await newest(world)
    [rendered] = talk.rendered()
    assert rendered.document == {
        "kind": "bill",
        "utility": "wzpdcl",
        "account": "104231245",
        "month": f"{bill.month:%Y-%m}",
    }
    assert rendered.purpose == "document"


async def test_a_named_month_is_the_month_of_the_bill(world: World) -> None:
    talk = await world.talk(BPD, OWNER)
    bills = await world.utility.bills(await account(world))
    month = f"{bills[2].month:%Y-%m}"
    await talk.say("bill_pdf", "bill of that month", month=(month, "that month"))
    assert talk.facts("utter_bill_pdf")["document"]["month"] == month
    await talk.say("bill_amount", "bill of 1999", month="1999-01")
    assert talk.names == ["utter_bill_missing"]


@pytest.mark.parametrize("task", TASKS)
async def test_every_task_runs_after_the_code(world: World, task: str) -> None:
    talk = await world.talk(BPD)
    assert await talk.say(task, "please") == ["utter_ask_account"]
    assert await talk.say("inform", "104231245", account_number="104231245") == ["utter_code_sent"]
    names = await talk.type_code(code_of(world))
    assert names[0] == "utter_code_right" and len(names) == 2
    assert not talk.loop
    # The link lasts: the next question needs nothing.
    assert "utter_ask_account" not in await talk.say("bill_amount", "my bill")


@pytest.mark.parametrize("task", [*TASKS, "link_account"])
@pytest.mark.parametrize("number", ["104231245", "104231999"])
async def test_nothing_is_shown_or_told_before_the_code(world: World, task: str, number: str) -> None:
    talk = await world.talk(BPD)
    await talk.say(task, "please", account_number=number)
    assert talk.names == ["utter_code_sent"]
    held = await account(world)
    said = str(talk.last) + talk.words()
    for secret in (held.holder, held.address, held.mobile, held.mobile[-4:], held.meter):
        assert secret not in said
    await talk.type_code("000000")
    assert talk.names == ["utter_code_wrong"]
    assert talk.facts("utter_code_wrong")["left"] == {"$number": "4"}


async def test_words_for_unknown_and_foreign_numbers_are_the_same(world: World) -> None:
    said = []
    for number in ("104231245", "104231999"):
        talk = await world.talk(BPD, f"web:{number}")
        await talk.say("bill_amount", "my bill")
        turns = [await talk.say("inform", number, account_number=number)]
        for _ in range(5):
            turns.append(await talk.type_code("000000"))
            turns.append([talk.words().replace(number, "#")])
        said.append(turns)
    assert said[0] == said[1]
    assert ["utter_code_locked"] in said[0]


async def test_too_many_codes_are_refused_with_a_time(world: World) -> None:
    talk = await world.talk(BPD)
    await talk.say("bill_amount", "my bill", account_number="104231245")
    for _ in range(2):
        assert await talk.tap("Send a new code") == ["utter_code_sent"]
    assert await talk.tap("Send a new code") == ["utter_code_too_many"]
    assert not talk.loop


async def test_a_number_that_fits_several_companies_asks_for_the_company(world: World) -> None:
    talk = await world.talk(BPD)
    await talk.say("bill_amount", "bill of 12345678", account_number="12345678")
    assert talk.names == ["utter_ask_utility"]
    assert await talk.tap("DESCO") == ["utter_code_sent"]
    assert world.sms.sent[-1][0] == "+8801700000001"


async def test_a_side_question_while_waiting_for_the_code(world: World) -> None:
    talk = await world.talk(BPD)
    await talk.say("bill_amount", "my bill", account_number="104231245")
    assert await talk.say("how_to_pay", "how can I pay?") == ["utter_how_to_pay", "utter_code_waiting"]
    assert len(world.sms.sent) == 1
    names = await talk.type_code(code_of(world))
    assert names[0] == "utter_code_right"


async def test_who_does_not_know_the_number_is_told_where_it_stands(world: World) -> None:
    talk = await world.talk(BPD)
    await talk.say("bill_amount", "my bill")
    assert await talk.tap("I don't know it") == ["utter_account_where"]
    assert await talk.tap("I can't find it") == ["utter_stuck"]


async def test_prepaid_accounts_have_a_balance_instead_of_a_bill(world: World) -> None:
    talk = await world.talk(BPD, PREPAID)
    assert (await talk.say("prepaid_balance", "balance?"))[0] in ("utter_prepaid_balance", "utter_prepaid_empty")
    assert (await talk.say("bill_amount", "bill?"))[0] in ("utter_prepaid_balance", "utter_prepaid_empty")
    assert await talk.say("bill_pdf", "pdf") == ["utter_prepaid_no_bill"]


async def test_history_has_numbers_and_a_chart(world: World) -> None:
    talk = await world.talk(BPD, OWNER)
    await talk.say("consumption_history", "my use")
    facts = talk.facts("utter_consumption_history")
    assert len(facts["rows"]["$lines"]) == 6
    assert facts["document"]["kind"] == "usage_chart"
    bills = await world.utility.bills(await account(world))
    assert str(bills[0].units.quantize(Decimal(1))) in talk.words()


async def test_a_receipt_is_the_newest_payment(world: World) -> None:
    talk = await world.talk(BPD, OWNER)
    await talk.say("payment_receipt", "receipt")
    payments = await world.utility.payments(await account(world))
    assert talk.facts("utter_payment_receipt")["document"]["reference"] == payments[0].reference


async def test_accounts_are_shown_added_and_removed(world: World) -> None:
    talk = await world.talk(BPD)
    await talk.say("link_account", "add 104231245", account_number="104231245")
    assert await talk.type_code(code_of(world)) == ["utter_account_linked"]
    assert await talk.say("link_account", "my accounts") == ["utter_accounts"]
    assert await talk.tap("Remove one") == ["utter_ask_remove"]
    assert await talk.tap("104231245") == ["utter_account_removed"]
    assert await talk.say("bill_amount", "my bill") == ["utter_ask_account"]


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("add another account", "utter_ask_account"),
        ("আরেকটা একাউন্ট যোগ করব", "utter_ask_account"),
        ("arekta account add korbo", "utter_ask_account"),
        ("एक और खाता जोड़ना है", "utter_ask_account"),
        ("dusra meter bhi jodo", "utter_ask_account"),
        ("show my accounts", "utter_accounts"),
        ("amar account gula dekhan", "utter_accounts"),
        ("remove an account", "utter_ask_remove"),
        ("এই একাউন্টটা মুছে দেন", "utter_ask_remove"),
        ("ye khata hatao", "utter_ask_remove"),
        ("take my other account off", "utter_ask_remove"),
    ],
)
async def test_another_account_and_one_away_are_said_in_words(world: World, said: str, answer: str) -> None:
    talk = await world.talk(BPD, OWNER)
    assert await talk.say("link_account", said) == [answer]


async def several(world: World) -> Talk:
    """A visitor with two linked accounts."""
    talk = await world.talk(BPD)
    for number, company in (("104231245", ""), ("12345678", "DESCO")):
        await talk.say("link_account", "add", account_number=number)
        if company:
            await talk.tap(company)
        await talk.type_code(code_of(world))
        assert talk.names == ["utter_account_linked"]
    talk.slots.pop("current")
    return talk


async def test_several_accounts_are_buttons(world: World) -> None:
    talk = await several(world)
    assert await talk.say("bill_pdf", "my bill") == ["utter_ask_which_account"]
    await talk.tap("12345678")
    assert talk.facts("utter_bill_pdf")["document"]["account"] == "12345678"
    assert await talk.say("report_no_supply", "no light") == ["utter_ask_since"]
    talk.slots.pop("current")
    await talk.say("cancel", "cancel", chosen=True)
    talk.slots.pop("current", None)
    assert await talk.say("report_no_supply", "no light") == ["utter_ask_which_account"]
    assert await talk.tap("104231245") == ["utter_ask_since"]


async def test_a_side_question_with_a_question_of_its_own_keeps_the_task(world: World) -> None:
    talk = await world.talk(BPD)
    await talk.say("bill_amount", "my bill", account_number="104231245")
    assert await talk.say("bill_calculator", "what would my use cost?") == ["utter_ask_units"]
    assert await talk.tap("200") == ["utter_bill_calculator", "utter_code_waiting"]
    names = await talk.type_code(code_of(world))
    assert names[0] == "utter_code_right" and names[1] in ("utter_bill_amount", "utter_bill_overdue")
    assert not talk.loop


async def test_three_deep_and_back(world: World) -> None:
    talk = await world.talk(BPD)
    await talk.say("report_no_supply", "no light", account_number="104231245")
    await talk.say("bill_amount", "and my bill?", account_number="104231245")
    await talk.say("bill_calculator", "and what would my use cost?")
    assert await talk.tap("200") == ["utter_bill_calculator", "utter_code_waiting"]
    names = await talk.type_code(code_of(world))
    assert names[-1] == "utter_ask_area" and talk.loop == "complaint_form"
    await talk.say("cancel", "cancel", chosen=True)
    assert not talk.loop and set(talk.slots) <= {"current", "last_task", "reported", "greeted"}


TELEGRAM = "telegram:4711"


@pytest.mark.parametrize("task", TASKS)
async def test_ones_own_number_opens_the_account_at_once(world: World, task: str) -> None:
    talk = await world.talk(BPD, TELEGRAM)
    assert await talk.say(task, "please") == ["utter_ask_account_or_phone"]
    assert talk.rendered()[0].ask == "phone"
    names = await talk.share_contact("+8801700000002", own=True)
    assert len(names) == 1 and talk.facts(names[0])["account"] == "104231245"
    assert not talk.loop and not world.sms.sent
    # Remembered: nothing is asked the next time, and the account can be taken out again.
    assert await talk.say("bill_pdf", "the bill") == ["utter_bill_pdf"]
    await talk.say("link_account", "remove my account", remove="1", account_number="104231245")
    assert talk.names == ["utter_account_removed"]
    assert await talk.say("bill_pdf", "the bill") == ["utter_ask_account_or_phone"]


async def test_a_number_of_somebody_else_gets_a_code_and_says_nothing_before(world: World) -> None:
    talk = await world.talk(BPD, TELEGRAM)
    await talk.say("bill_amount", "my bill")
    assert await talk.share_contact("+8801700000002", own=False) == ["utter_phone_code_sent"]
    known = talk.words()
    assert world.sms.sent[0][0] == "+8801700000002"
    assert await talk.say("bill_pdf", "the bill", confidence=0.99) == ["utter_ask_account_or_phone"]
    other = await world.talk(BPD, TELEGRAM)
    await other.say("bill_amount", "my bill")
    assert await other.share_contact("+8801799999999", own=False) == ["utter_phone_code_sent"]
    assert other.words() == known.replace("+8801700000002", "+8801799999999") and len(world.sms.sent) == 1


async def test_the_code_to_a_number_opens_its_accounts(world: World) -> None:
    talk = await world.talk(BPD)
    await talk.say("bill_amount", "my bill")
    # Typed where an account number was asked, on a channel without the button.
    names = await talk.say("inform", "01700000002", phone="01700000002")
    assert names == ["utter_phone_code_sent"] and talk.facts(names[0])["phone"] == "+8801700000002"
    assert await talk.type_code("000000") == ["utter_code_wrong"]
    assert await talk.tap("Send a new code") == ["utter_phone_code_sent"]
    names = await talk.type_code(code_of(world))
    assert names[0] == "utter_code_right" and talk.facts(names[1])["account"] == "104231245"


TYPED = [
    (BPD, "01700000002", {"phone": "01700000002"}, "+8801700000002"),
    (BPD, "+8801700000002", {"phone": ("01700000002", "+8801700000002")}, "+8801700000002"),
    (BPD, "০১৭০০-০০০০০২", {"phone": ("01700000002", "০১৭০০-০০০০০২")}, "+8801700000002"),
    (BPD, "8801700000002", {"account_number": "8801700000002"}, ""),
    ("mp-central", "+91 98000 00001", {"phone": ("9800000001", "+91 98000 00001")}, "+919800000001"),
    # Ten digits can be an account there, whose letter may be left out.
    ("mp-central", "9800000001", {"phone": "9800000001"}, ""),
]


@pytest.mark.parametrize(("tenant", "typed", "read", "phone"), TYPED)
async def test_a_mobile_number_typed_in_an_accounts_place(
    world: World, tenant: str, typed: str, read: dict[str, Any], phone: str
) -> None:
    talk = await world.talk(tenant)
    await talk.say("bill_amount", "my bill")
    names = await talk.say("inform", typed, **read)
    assert names == (["utter_phone_code_sent"] if phone else ["utter_code_sent"])
    assert talk.facts(names[0]).get("phone", "") == phone


async def test_a_mobile_number_in_the_question_itself(world: World) -> None:
    talk = await world.talk(BPD)
    assert await talk.say("bill_amount", "bill of 01700000002", phone="01700000002") == ["utter_phone_code_sent"]
    assert (await talk.type_code(code_of(world)))[0] == "utter_code_right"
    owner = await world.talk(BPD, OWNER)
    assert "utter_phone_code_sent" not in await owner.say("bill_pdf", "bill of 01700000001", phone="01700000001")


async def test_of_several_accounts_on_a_number_one_is_chosen(world: World) -> None:
    async with world.db.transaction() as session:
        change = update(UtilityAccount).where(col(UtilityAccount.number) == "12345678")
        await session.execute(change.values(mobile="+8801700000002"))
    talk = await world.talk(BPD, TELEGRAM)
    await talk.say("bill_amount", "my bill")
    assert await talk.share_contact("+8801700000002", own=True) == ["utter_ask_which_account"]
    assert {choice["title"] for choice in talk.facts("utter_ask_which_account")["choices"]} == {"12345678", "104231245"}
    await talk.tap("12345678")
    assert talk.last[0]["account"] == "12345678"
    again = await world.talk(BPD, "telegram:4712")
    assert await again.share_contact("+8801700000002", own=True) == ["utter_accounts"] and not again.loop


async def test_a_number_without_account_asks_for_the_account(world: World) -> None:
    talk = await world.talk(BPD, TELEGRAM)
    await talk.say("bill_amount", "my bill")
    names = await talk.share_contact("+8801799999999", own=True)
    assert names == ["utter_no_account_by_phone", "utter_ask_account"]
    assert await talk.say("inform", "104231245", account_number="104231245") == ["utter_code_sent"]


async def test_a_number_shared_unasked_links_its_account(world: World) -> None:
    talk = await world.talk(BPD, TELEGRAM)
    assert await talk.share_contact("+8801700000002", own=True) == ["utter_account_linked"]


async def test_a_number_in_a_complaint_names_the_account(world: World) -> None:
    talk = await world.talk(BPD, TELEGRAM)
    assert await talk.say("report_no_supply", "no light") == ["utter_ask_account_or_phone"]
    await talk.share_contact("+8801700000002", own=True)
    assert talk.slots["account"] == "104231245" and talk.slots["proven"]
    other = await world.talk(BPD, "telegram:4712")
    await other.say("report_no_supply", "no light")
    assert await other.share_contact("+8801700000002", own=False) == ["utter_phone_code_sent"]
    assert await other.type_code(code_of(world)) == ["utter_account_linked", "utter_ask_which_account"]
    await other.tap("104231245")
    assert other.slots["account"] == "104231245" and other.slots["proven"]


async def test_a_contact_answers_nothing_but_the_question_for_a_number(world: World) -> None:
    talk = await world.talk(BPD, TELEGRAM)
    assert await talk.say("request_callback", "call me") == ["utter_ask_phone"]
    assert await talk.share_contact("+8801712345678", own=False) == ["utter_callback_noted"]
    assert talk.facts("utter_callback_noted")["phone"] == "+8801712345678"
    owner = await world.talk(BPD, OWNER)
    assert await owner.say("report_no_supply", "no light") == ["utter_ask_since"]
    assert await owner.share_contact("+8801712345678", own=False) == ["utter_unclear_here", "utter_ask_since"]
