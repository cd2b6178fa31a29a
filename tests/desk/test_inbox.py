"""A conversation at the desk from the first wish to the rating, over real HTTP and the real queues."""

from __future__ import annotations

import asyncio
import time
import uuid

import pytest
from sqlmodel import col, select

from core.tables import ChoiceToken, Conversation, Message
from desk.live import PER_PERSON
from handoff.desk_tables import Takeover
from tests.desk.stage import Person, Stage
from tests.patience import SECONDS

pytestmark = pytest.mark.asyncio(loop_scope="session")

PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<svg/onload=alert(1)>",
    "javascript:alert(1)",
    "{{ 7*7 }} {% raw %}",
    "</textarea><script>alert(1)</script>",
    "\u202egnp.exe\u202c \u2066hidden\u2069 \u200b\ufeff",
]


async def reply(person: Person, id: int, text: str, cid: str = "") -> int:
    return (await person.post(f"/desk/c/{id}/reply", text=text, cid=cid or uuid.uuid4().hex)).status


async def test_from_the_wish_for_a_person_to_the_rating(stage: Stage) -> None:
    operator = await stage.person("operator")
    customer, id = await stage.waiting()
    page = await (await operator.get("/desk/?list=unassigned")).text()
    assert f'data-id="{id}"' in page
    assert (await operator.post(f"/desk/c/{id}/claim")).status == 303
    await customer.status("open")
    before = len(await customer.heard(2))
    await customer.say("are you there")
    await asyncio.sleep(0.5)
    assert await reply(operator, id, "Yes, I am here.") == 303
    said = (await customer.heard(1, "operator"))[0]
    assert said.text == "Yes, I am here."
    assert len(await customer.heard(0)) == before + 1, "the bot is silent"
    seen = (await customer.transcript())[-1].seq
    assert (await operator.post(f"/desk/c/{id}/resolve", seen=str(seen))).status == 303
    await customer.status("pending")
    closing = [row for row in await customer.heard(before + 2) if row.answer == "utter_handoff_resolved"]
    assert len(closing) == 1 and len(closing[0].payload["choices"]) == 5
    await customer.say("4")
    await customer.heard(before + 3)
    async with stage.service.services.db.reading() as session:
        takeover = (await session.exec(select(Takeover).where(Takeover.conversation_id == id))).one()
    assert (takeover.state, takeover.rating) == ("resolved", 4)
    await customer.say("hello")
    assert (await customer.heard(before + 4))[-1].answer == "utter_greet", "the bot answers again"


async def test_without_anybody_on_duty_the_hotline_is_told(stage: Stage) -> None:
    customer = stage.customer()
    await customer.say("a person please")
    assert (await customer.heard(1))[0].answer == "utter_talk_to_operator"
    await customer.status("pending")


async def test_who_leaves_the_queue_has_the_bot_again(stage: Stage) -> None:
    await stage.person("operator")
    customer = stage.customer()
    await customer.say("a person please")
    await customer.status("queued")
    async with stage.service.services.db.reading() as session:
        token = (
            await session.exec(select(ChoiceToken).where(ChoiceToken.conversation_id == await customer.id()))
        ).one()
    await customer.say("", token=token.token)
    await customer.status("pending")
    assert (await customer.heard(2))[-1].answer == "utter_handoff_left"


async def test_danger_is_answered_while_a_person_has_the_conversation(stage: Stage) -> None:
    operator, customer = await stage.person("operator"), stage.customer()
    await customer.say("a person please")
    await customer.status("queued")
    await operator.post(f"/desk/c/{await customer.id()}/claim")
    await customer.say("a live wire has fallen on the road and is sparking")
    rows = await customer.heard(3)
    assert rows[-1].answer == "utter_danger"
    page = await (await operator.get("/desk/?list=mine")).text()
    assert ">danger<" in page


async def test_only_who_has_it_may_answer_and_a_second_press_sends_once(stage: Stage) -> None:
    operator, boss = await stage.person("operator"), await stage.person("supervisor")
    customer, id = await stage.waiting()
    wins = await asyncio.gather(operator.post(f"/desk/c/{id}/claim"), operator.post(f"/desk/c/{id}/claim"))
    assert [answer.status for answer in wins] == [303, 303]
    joined = [row.answer for row in await customer.heard(2)]
    assert joined.count("utter_handoff_joined") == 1 and "utter_handoff_transferred" not in joined
    refused = await boss.post(f"/desk/c/{id}/reply", text="I interfere", cid=uuid.uuid4().hex)
    assert "not with you" in await refused.text()
    assert await reply(boss, id, "I interfere") == 200
    cid = uuid.uuid4().hex
    assert [await reply(operator, id, "once", cid) for _ in range(3)] == [303] * 3
    rows = await customer.heard(1, "operator")
    await asyncio.sleep(0.3)
    assert [row.text for row in await customer.heard(1, "operator")] == ["once"] and rows


async def test_what_was_not_on_the_screen_cannot_be_closed_over(stage: Stage) -> None:
    operator, customer, id = await stage.claimed()
    seen = (await customer.transcript())[-1].seq
    await customer.say("one more thing")
    for _ in range(100):
        if (await customer.transcript())[-1].direction == "incoming":
            break
        await asyncio.sleep(0.05)
    answer = await operator.post(f"/desk/c/{id}/resolve", seen=str(seen))
    assert answer.status == 200 and "something new" in await answer.text()
    await customer.status("open")


async def test_nobody_sees_another_tenants_conversation(stage: Stage) -> None:
    operator, customer = await stage.person("operator"), stage.customer()
    await customer.say("hello")
    await customer.heard(1)
    id = await customer.id()
    async with stage.service.services.db.transaction() as session:
        row = await session.get(Conversation, id)
        assert row is not None
        row.tenant = "mp-central"
        session.add(row)
    for path in (f"/desk/c/{id}", f"/desk/c/{id}/messages", f"/desk/c/{id}/file/1/0"):
        assert (await operator.get(path)).status == 404
    for path in ("claim", "reply", "note", "resolve", "return", "snooze", "transfer"):
        answer = await operator.post(f"/desk/c/{id}/{path}", text="x", cid="12345678", to="1")
        assert answer.status in (200, 404) and "Customer" not in await answer.text()
    assert "hello" not in await (await operator.get("/desk/?list=bot")).text()
    assert f'data-id="{id}"' not in await (await operator.get("/desk/?q=hello")).text()


@pytest.mark.parametrize("payload", PAYLOADS)
async def test_what_a_customer_writes_is_text(stage: Stage, payload: str) -> None:
    operator, customer = await stage.person("operator"), stage.customer()
    await customer.say(f"person {payload}", name=payload)
    await customer.status("queued")
    id = await customer.id()
    for path in (f"/desk/?list=unassigned&c={id}", f"/desk/?q={'person'}"):
        page = await (await operator.get(path)).text()
        assert "<script>alert" not in page and "<img src=x" not in page and "<svg/onload" not in page
        assert not [sign for sign in "\u202e\u2066\u200b\ufeff" if sign in page]
    if "\u202e" in payload:
        assert "U+202E" in page


async def test_a_note_is_never_sent(stage: Stage) -> None:
    operator = await stage.person("operator")
    _, id = await stage.waiting()
    await operator.post(f"/desk/c/{id}/note", text="careful, calls often")
    assert "careful, calls often" in await (await operator.get(f"/desk/c/{id}")).text()
    async with stage.service.services.db.reading() as session:
        texts = (await session.exec(select(Message.text).where(col(Message.conversation_id) == id))).all()
    assert not [text for text in texts if "careful" in text]


async def test_an_event_reaches_the_desk_within_a_second_and_again_after_a_broken_line(stage: Stage) -> None:
    operator, customer, _ = await stage.claimed()
    last = 0

    async def until(name: str, after: int) -> int:
        answer = await operator.http.get(operator.url + "/desk/events", headers={"Last-Event-ID": str(after)})
        number = after
        async for line in answer.content:
            text = line.decode().strip()
            if text.startswith("id: "):
                number = int(text[4:])
            if text == f"event: {name}":
                answer.close()
                return number
        raise AssertionError("the line ended")

    last = await asyncio.wait_for(until("takeover", 0), SECONDS)
    waiting = asyncio.create_task(until("message", last))
    await asyncio.sleep(0.5)
    began = time.monotonic()
    await customer.say("are you there")
    seen = await asyncio.wait_for(waiting, SECONDS)
    assert time.monotonic() - began < 10.0
    # The same line of events again from before: nothing is missing, in the same order.
    assert await asyncio.wait_for(until("message", last), SECONDS) == seen


async def test_of_many_open_desks_the_oldest_gives_way(stage: Stage) -> None:
    operator = await stage.person("operator")
    lines = []
    for _ in range(PER_PERSON + 1):
        lines.append(await operator.get("/desk/events"))
        assert lines[-1].status == 200
        await lines[-1].content.readline()
    assert b"event: elsewhere" in await asyncio.wait_for(lines[0].content.read(), SECONDS)
    assert not lines[-1].content.at_eof()
    for line in lines:
        line.close()


async def test_a_danger_at_the_bot_stands_above_every_list_until_somebody_sees_to_it(stage: Stage) -> None:
    operator, customer = await stage.person("operator"), stage.customer()
    await customer.say("a live wire has fallen on the road and is sparking")
    await customer.heard(1)
    id, mine = await customer.id(), "/desk/list?list=mine"
    page = await (await operator.get(mine)).text()
    assert f'data-id="{id}"' in page and 'data-danger="1"' in page and "With the bot" in page
    # It is work: no reason is asked for, and the look stands in the audit with its own.
    assert "took the conversation" not in (text := await (await operator.get(f"/desk/c/{id}")).text())
    assert "a live wire" in text
    await operator.post(f"/desk/c/{id}/claim")
    assert 'class="alarms"' not in await (await operator.get(mine)).text()
    await operator.post(f"/desk/c/{id}/return", seen=str((await customer.transcript())[-1].seq))
    await customer.status("pending")
    assert 'data-danger="0"' in await (await operator.get(mine)).text()
    other = stage.customer()
    await other.say("hello")
    await other.heard(1)
    assert "Why do you look" in await (await operator.get(f"/desk/c/{await other.id()}")).text()
