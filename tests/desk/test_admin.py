"""Administration: logins, the bot's words without a restart, hours, cuts, dead letters, the telephone's pages."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from core.messages import IncomingMessage, Kind, to_json
from core.outbox import lane_key
from core.store import write_incoming
from core.tables import Conversation, InboxRow, OutboxRow, Quarantine
from handoff.tables import CallbackRequest, HandoffCase
from tests.desk.stage import Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")

HOSTILE = "<img src=x onerror=alert(1)>\u202e"


async def test_a_login_is_made_used_changed_and_switched_off(stage: Stage) -> None:
    admin = await stage.person("administrator", on_duty=False)
    assert "A login has" in await (await admin.post("/desk/staff", login="x y", name="Mina", role="operator")).text()
    assert "A login has" in await (await admin.post("/desk/staff", login="mina", name="Mina", role="king")).text()
    page = await (await admin.post("/desk/staff", login="mina", name=f"Mina {HOSTILE}", role="operator")).text()
    found = re.search(r'class="secret">([^<]+)<', page)
    number = re.search(r'action="/desk/staff/(\d+)"', page)
    assert found and number and "<img src=x" not in page
    assert "taken" in await (await admin.post("/desk/staff", login="mina", name="M", role="operator")).text()
    assert found[1] not in await (await admin.get(f"/desk/staff/{number[1]}")).text(), "a password is shown once"
    mina = stage.stranger()
    assert await mina.sign_in("mina", found[1]) == 303
    assert (await admin.post("/desk/teams", name="Billing")).status == 303
    form = {"name": "Mina", "role": "operator", "team": "Billing", "capacity": "3", "language": "bn"}
    assert (await admin.post(f"/desk/staff/{number[1]}", **form)).status == 303
    assert "Billing" in await (await admin.get("/desk/staff")).text()
    assert (await mina.get("/desk/staff")).status == 403
    new = "a long new password"
    assert "another" in await (await mina.post("/desk/me", old="wrong", new=new, again=new)).text()
    assert (await mina.post("/desk/me", old=found[1], new=new, again=new)).status == 303
    assert (await mina.get("/desk/")).status == 303, "every session ends"
    assert await mina.sign_in("mina", new) == 303
    await admin.post(f"/desk/staff/{number[1]}", **form, disabled="1")
    assert (await mina.get("/desk/")).status == 303
    assert await mina.sign_in("mina", new) == 403
    own = await (await admin.get("/desk/staff")).text()
    mine = re.search(r"<td>administrator</td>.*?/desk/staff/(\d+)", own, re.DOTALL)
    assert mine
    refused = await admin.post(f"/desk/staff/{mine[1]}", name="T", role="operator", capacity="5")
    assert "your own role" in await refused.text()


async def test_published_words_are_said_at_once_and_taken_back(stage: Stage) -> None:
    admin, customer = await stage.person("administrator", on_duty=False), stage.customer()
    await customer.say("hello")
    before = (await customer.heard(1))[0].text

    async def write(text: str, do: str = "publish") -> str:
        return await (await admin.post("/desk/answers/utter_greet", form="en", text=text, do=do)).text()

    assert "{ghost} is no fact" in await write("Hello {ghost}")
    looked = await write("Looked at {tenant} only", "look")
    assert "Looked at Power Division only" in looked or "Looked at" in looked
    await customer.say("hello")
    assert (await customer.heard(2))[1].text == before, "a look publishes nothing"
    await write("Good day from {tenant}!")
    await customer.say("hello")
    after = (await customer.heard(3))[2]
    assert after.text.startswith("Good day from ") and "{" not in after.text
    assert after.payload["choices"], "the buttons stay"
    await write("Second wording")
    page = await (await admin.get("/desk/answers/utter_greet")).text()
    older = re.search(r'name="version" value="(\d+)">Bring back', page)
    assert older
    await admin.post("/desk/answers/utter_greet/undo", form="en", version=older[1])
    await customer.say("hello")
    assert (await customer.heard(4))[3].text == after.text
    await admin.post("/desk/answers/utter_greet/undo", form="en")
    await customer.say("hello")
    assert (await customer.heard(5))[4].text == before
    assert (await admin.get("/desk/answers/utter_nothing_such")).status == 404


async def test_ready_answers_and_templates_are_the_tenants_own(stage: Stage) -> None:
    admin = await stage.person("administrator", on_duty=False)
    operator, _, id = await stage.claimed()
    form = {"name": "Meter", "title": "Meter visit", "words_en": "{operator} sends a fitter.", "words_bn": "ফিটার যাচ্ছে।"}
    assert "Not known: ghost" in await (await admin.post("/desk/ready/new", **{**form, "words_en": "{ghost}"})).text()
    assert (await admin.post("/desk/ready/new", **form)).status == 303
    assert "Nasrin sends a fitter." in await (await operator.get(f"/desk/c/{id}")).text()
    await admin.post("/desk/ready/meter", do="gone")
    assert "sends a fitter" not in await (await operator.get(f"/desk/c/{id}")).text()
    bad = await admin.post("/desk/templates", name="solved", language="bn", text="{{2}} only")
    assert "none left out" in await bad.text()
    assert (await admin.post("/desk/templates", name="solved", language="bn", text="{{1}} ok")).status == 303
    assert "solved" in await (await admin.get("/desk/ready")).text()
    stands = {"name": "lights", "language": "en", "text": "{{1}}", "answer": "utter_greet"}
    assert "one fact for each blank" in await (await admin.post("/desk/templates", **stands)).text()
    assert (await admin.post("/desk/templates", **stands, facts="area")).status == 303
    assert "Stands for utter_greet: area" in await (await admin.get("/desk/ready")).text()
    forms = stage.service.services.forms
    assert forms.standing_for("bangladesh-power-division", {}, "", "en", "utter_greet") == (
        "lights",
        "en",
        ("area",),
    ), "the bot knows it"


async def test_hours_and_cuts_count_from_the_moment_they_are_entered(stage: Stage) -> None:
    admin = await stage.person("administrator", on_duty=False)
    wrong = await admin.post("/desk/hours", days0="0", opens0="09:00", closes0="09:00")
    assert "ends when it begins" in await wrong.text()
    assert (await admin.post("/desk/hours", always="1", holidays="2030-02-21")).status == 303
    assert "The desk is open now" in await (await admin.get("/desk/hours")).text()
    now = stage.service.services.db.now()
    later = (now + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    form = {"utility": "desco", "kind": "maintenance", "area_en": "Uttara Sector 4", "restore": later}
    assert "no feeder" in await (await admin.post("/desk/notices", **form, feeder="NONE-1")).text()
    assert (await admin.post("/desk/notices", **form)).status == 303
    cuts = await stage.service.services.utility.outages_in("bangladesh-power-division", "uttara sector 4", now)
    assert len(cuts) == 1
    assert (await admin.post(f"/desk/notices/{cuts[0].id}", now="1")).status in (200, 303)
    assert "already" not in await (await admin.get("/desk/notices")).text()


async def test_dead_letters_are_seen_mended_and_sent(stage: Stage) -> None:
    admin, customer = await stage.person("administrator", on_duty=False), stage.customer()
    await customer.say(f"hello {HOSTILE}")
    row = (await customer.heard(1))[0]
    db, channel = stage.service.services.db, (await customer.conversation()).channel  # type: ignore[union-attr]
    async with db.transaction() as session:
        await session.execute(
            update(OutboxRow)
            .where(col(OutboxRow.message_id) == row.id)
            .values(state="failed", error_words=f"too long {HOSTILE}")
        )
        address = f"web:{customer.session}"
        message = IncomingMessage(
            external_id="lost-1", addresses=(address,), kind=Kind.TEXT, occurred_at=db.now(), text=f"hello {HOSTILE}"
        )
        conversation = await session.get(Conversation, row.conversation_id)
        assert conversation is not None
        await write_incoming(session, db, conversation, message, message.text)
        lost = InboxRow(
            channel=channel,
            external_id="lost-1",
            lane=lane_key(channel, address),
            kind="message",
            payload=to_json(message),
            state="dead",
            reason="the worker died",
            attempts=5,
            due_at=db.now(),
            received_at=db.now(),
        )
        session.add(lost)
        strange = Quarantine(channel=channel, reason="strange", body=f"{{{HOSTILE}", received_at=db.now())
        session.add(strange)
        letter = (await session.exec(select(OutboxRow).where(col(OutboxRow.message_id) == row.id))).one()
    page = await (await admin.get("/desk/channels")).text()
    assert "<img src=x" not in page and "\u202e" not in page and page.count("U+202E") >= 3
    assert (await admin.post(f"/desk/letters/out/{letter.id}", text="shorter")).status == 303
    async with db.reading() as session:
        again = await session.get(OutboxRow, letter.id)
    assert again is not None and again.payload["text"] == "shorter" and again.state != "failed"
    before = len([one for one in await customer.transcript() if one.direction == "incoming"])
    assert (await admin.post(f"/desk/letters/in/{lost.id}")).status == 303
    await customer.heard(2)
    assert len([one for one in await customer.transcript() if one.direction == "incoming"]) == before
    assert "handled already" in await (await admin.post(f"/desk/letters/in/{lost.id}")).text()
    assert "This is no JSON" in await (await admin.post(f"/desk/letters/unread/{strange.id}", do="read")).text()
    assert (await admin.post(f"/desk/letters/unread/{strange.id}", do="aside")).status == 303
    assert "settled this" in await (await admin.post(f"/desk/letters/unread/{strange.id}", do="aside")).text()
    assert "What came" not in await (await admin.get("/desk/channels")).text()
    assert "Whole" in await (await admin.get("/desk/audit?check=1")).text()


async def test_a_code_on_the_telephone_opens_the_case_and_its_result_goes_to_the_chat(stage: Stage) -> None:
    officer, customer = await stage.person("officer", on_duty=False), stage.customer()
    await customer.say(f"hello {HOSTILE}", name=HOSTILE)
    await customer.heard(1)
    found = await customer.conversation()
    assert found is not None
    db = stage.service.services.db
    async with db.transaction() as session:
        session.add(
            HandoffCase(
                code="KMR234",
                effect_key="test",
                tenant=found.tenant,
                utility="desco",
                contact_id=found.contact_id,
                conversation_id=found.id or 0,
                reason="asked",
                language="bn",
                summary={"account": "12345678", "area": HOSTILE},
                created_at=db.now(),
            )
        )
    assert "no case" in await (await officer.get("/desk/case?code=XYZXYZ")).text()
    page = await (await officer.get("/desk/case?code=amr-234")).text()
    assert "12345678" in page and "<img src=x" not in page and "\u202e" not in page
    number = re.search(r'action="/desk/case/(\d+)"', page)
    assert number
    form = {"cid": uuid.uuid4().hex, "code": "KMR234", "result": "A crew comes at six."}
    assert [(await officer.post(f"/desk/case/{number[1]}", **form)).status for _ in range(2)] == [303, 303]
    said = [row for row in await customer.transcript() if row.answer == "utter_case_result"]
    assert len(said) == 1 and "A crew comes at six." in said[0].text


async def test_two_never_call_the_same_number(stage: Stage) -> None:
    one, other, customer = await stage.person("operator"), await stage.person("supervisor"), stage.customer()
    await customer.say("hello")
    await customer.heard(1)
    found = await customer.conversation()
    assert found is not None
    db = stage.service.services.db
    async with db.transaction() as session:
        row = CallbackRequest(
            effect_key="call",
            tenant=found.tenant,
            contact_id=found.contact_id,
            conversation_id=found.id or 0,
            phone="+8801700000001",
            created_at=db.now(),
            due_at=db.now(),
        )
        session.add(row)
        await session.flush()
        number = row.id
    assert "+8801700000001" in await (await one.get("/desk/calls")).text()
    assert (await one.post(f"/desk/calls/{number}/claim", version="1")).status == 303
    assert "calls this number already" in await (await other.post(f"/desk/calls/{number}/claim", version="1")).text()
    assert "Somebody else" in await (await other.post(f"/desk/calls/{number}/report", outcome="reached")).text()
    assert "how the call went" in await (await one.post(f"/desk/calls/{number}/report", outcome="?")).text()
    assert (await one.post(f"/desk/calls/{number}/report", outcome="reached", result="Paid.")).status == 303
    assert any("Paid." in line.text for line in await customer.transcript())
    assert "Reached" in await (await one.get("/desk/calls/board")).text()


async def test_the_floor_shows_who_waits_and_hands_them_on(stage: Stage) -> None:
    operator, boss, customer = await stage.person("operator"), await stage.person("supervisor"), stage.customer()
    await customer.say("a person please", name=HOSTILE)
    await customer.status("queued")
    id = await customer.id()
    page = await (await boss.get("/desk/floor")).text()
    assert f"/desk/?c={id}" in page and "<img src=x" not in page
    number = re.search(r'<option value="(\d+)">Nasrin', page)
    assert number
    assert (await boss.post("/desk/floor/assign", conversation=str(id), to=number[1])).status == 303
    await customer.status("open")
    assert (await operator.post(f"/desk/c/{id}/reply", text="mine", cid=uuid.uuid4().hex)).status == 303
    assert "Look again" in await (await boss.post("/desk/floor/assign", conversation=str(id), to="999")).text()
    assert (await boss.get("/desk/figures?days=30")).status == 200
