"""What an operator does in a conversation: files, labels, quick actions with proof, and who may not."""

from __future__ import annotations

import io
import re
import uuid

import pytest
from aiohttp import FormData
from PIL import Image
from sqlmodel import col, select

from complaints.tables import Complaint
from core.tables import Medium, Message, OutboxRow
from handoff.desk_tables import DeskEvent, Operator, Takeover
from tests.desk.crowd import crowd
from tests.desk.stage import Customer, Person, Stage
from utility.tables import AccountLink, CodeChallenge, UtilityOutage

pytestmark = pytest.mark.asyncio(loop_scope="session")

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


async def with_file(person: Person, id: int, content: bytes, name: str, text: str = "") -> tuple[int, str]:
    form = FormData(quote_fields=False)
    form.add_field("cid", uuid.uuid4().hex)
    form.add_field("text", text)
    form.add_field("file", io.BytesIO(content), filename=name, content_type="application/octet-stream")
    headers = {"Origin": person.url, "X-CSRF-Token": person.csrf}
    url = f"{person.url}/desk/c/{id}/reply"
    async with person.http.post(url, data=form, headers=headers, allow_redirects=False) as answer:
        return answer.status, await answer.text()


async def do(person: Person, id: int, what: str, **form: str) -> tuple[int, str]:
    answer = await person.post(f"/desk/c/{id}/do/{what}", **{"cid": uuid.uuid4().hex, **form})
    return answer.status, await answer.text()


async def prove(stage: Stage, customer: Customer, account: str, mobile: str) -> None:
    found = await customer.conversation()
    assert found is not None
    async with stage.service.services.db.transaction() as session:
        session.add(
            AccountLink(
                contact_id=found.contact_id,
                tenant=found.tenant,
                utility="desco",
                account=account,
                mobile=mobile,
                way="code",
                effect_key=f"test:{found.id}",
                verified_at=stage.service.services.db.now(),
            )
        )


async def test_files_go_both_ways_and_nothing_else_does(stage: Stage) -> None:
    operator, customer, id = await stage.claimed()
    picture = io.BytesIO()
    Image.new("RGB", (12, 9), "red").save(picture, "PNG")
    assert (await with_file(operator, id, picture.getvalue(), "a\u202egnp.html", "look"))[0] == 303
    assert (await with_file(operator, id, PDF + b" " * (4 << 20), "form.pdf"))[0] == 303
    for content, name in ((b"<script>alert(1)</script>", "x.png"), (b"GIF89a", "x.gif"), (b"", "x.pdf")):
        status, page = await with_file(operator, id, content, name)
        assert status == 200 and ("A file can be" in page or "1 to 4000" in page)
    sent = await customer.heard(2, "operator")
    names = [row.payload["attachment"]["name"] for row in sent if row.payload.get("attachment")]
    assert names == ["agnp.png", "form.pdf"]
    page = await (await operator.get(f"/desk/c/{id}")).text()
    seqs = [row.seq for row in sent if row.payload.get("attachment")]
    assert all(f"/desk/c/{id}/sent/{seq}" in page for seq in seqs)
    shown, kept = [await operator.get(f"/desk/c/{id}/sent/{seq}") for seq in seqs]
    assert shown.headers["Content-Type"].startswith("image/png")
    assert kept.headers["Content-Type"] == "application/octet-stream"
    assert "attachment" in kept.headers["Content-Disposition"] and (await kept.read()).startswith(PDF)
    for answer in (shown, kept):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]


async def test_labels_hang_once_and_are_found(stage: Stage) -> None:
    operator, _, id = await stage.claimed()
    for _ in range(2):
        assert (await operator.post(f"/desk/c/{id}/label", label="  angry   <b>customer ")).status == 303
    page = await (await operator.get(f"/desk/c/{id}")).text()
    assert "angry &lt;b&gt;customer ×" in page
    assert f'data-id="{id}"' in await (await operator.get("/desk/list?q=angry")).text()
    await operator.post(f"/desk/c/{id}/label", label="angry <b>customer", off="1")
    assert f'data-id="{id}"' not in await (await operator.get("/desk/list?q=angry")).text()


async def test_a_complaint_is_written_once_and_told(stage: Stage) -> None:
    operator, customer, id = await stage.claimed()
    form = {"cid": uuid.uuid4().hex, "kind": "OUT-HOME", "utility": "desco", "area": "Mirpur 10", "details": "dark"}
    assert [(await do(operator, id, "complaint", **form))[0] for _ in range(2)] == [303, 303]
    assert "needs an account or a place" in (await do(operator, id, "complaint", kind="OUT-HOME"))[1]
    async with stage.service.services.db.reading() as session:
        rows = (await session.exec(select(Complaint).where(Complaint.conversation_id == id))).all()
    assert [(row.kind, row.utility, row.area) for row in rows] == [("OUT-HOME", "desco", "Mirpur 10")]
    said = [row for row in await customer.transcript() if row.answer == "utter_complaint_registered"]
    assert len(said) == 1 and rows[0].number in said[0].text
    assert (await do(operator, id, "status", number=rows[0].number))[0] == 303
    assert "utter_complaint_status" in [row.answer for row in await customer.transcript()]
    assert rows[0].number in await (await operator.get(f"/desk/c/{id}")).text()


async def test_a_bill_goes_out_only_after_proof(stage: Stage) -> None:
    operator, customer, id = await stage.claimed()
    for what in ("bill", "receipt"):
        assert "Ask for proof first" in (await do(operator, id, what, account="desco:12345678"))[1]
    assert "Send bill" not in await (await operator.get(f"/desk/c/{id}")).text()
    assert (await do(operator, id, "link", utility="desco", number="12345678"))[0] == 303
    async with stage.service.services.db.reading() as session:
        challenge = (await session.exec(select(CodeChallenge).where(CodeChallenge.conversation_id == id))).one()
    assert challenge.real and challenge.subject == "12345678"
    assert "utter_code_sent" in [row.answer for row in await customer.transcript()]
    await prove(stage, customer, "12345678", challenge.mobile)
    page = await (await operator.get(f"/desk/c/{id}")).text()
    assert "Send bill" in page and "Send receipt" in page
    for what in ("bill", "receipt"):
        assert (await do(operator, id, what, account="desco:12345678"))[0] == 303
    assert "Ask for proof first" in (await do(operator, id, "bill", account="desco:12345679"))[1]
    sent = [row.payload["attachment"]["ref"] for row in await customer.transcript() if row.payload.get("attachment")]
    assert [ref.split(":")[0] for ref in sent] == ["bill", "receipt"]


async def test_a_cut_on_the_customers_feeder_stands_beside_and_is_told(stage: Stage) -> None:
    operator, customer, id = await stage.claimed()
    db = stage.service.services.db
    await prove(stage, customer, "12345678", "+8801700000001")
    account = await stage.service.services.utility.account("bangladesh-power-division", "desco", "12345678")
    assert account is not None
    async with db.transaction() as session:
        session.add(
            UtilityOutage(
                id="cut-1",
                tenant="bangladesh-power-division",
                utility="desco",
                kind="fault",
                feeders=[account.feeder],
                area={"en": "Testpur"},
                starts_at=db.now(),
            )
        )
    beside = await (await operator.get(f"/desk/c/{id}/side")).text()
    assert "Testpur" in beside
    for name, value in (("account", "12345678"), ("feeder", account.feeder), ("incident", "cut-1")):
        assert re.search(rf"<dt>{name}</dt><dd>.*{value}", beside), "the first look has what nobody noted"
    assert (await do(operator, id, "cut", cut="cut-1"))[0] == 303
    assert any("Testpur" in row.text for row in await customer.heard(1, "bot") if row.answer == "utter_outage_now")
    assert "over" in (await do(operator, id, "cut", cut="another"))[1]


async def test_only_who_has_the_conversation_acts_in_it(stage: Stage) -> None:
    _, customer, id = await stage.claimed()
    boss = await stage.person("supervisor", on_duty=False)
    before = len(await customer.transcript())
    for what, form in (("complaint", {"kind": "OUT-HOME", "area": "x"}), ("link", {"utility": "desco", "number": "1"})):
        assert "not with you" in (await do(boss, id, what, **form))[1]
    assert "not with you" in (await with_file(boss, id, PDF, "x.pdf"))[1]
    assert (await boss.post(f"/desk/c/{id}/typing", on="1")).status == 204
    assert len(await customer.transcript()) == before
    async with stage.service.services.db.reading() as session:
        assert (await session.exec(select(Complaint).where(Complaint.conversation_id == id))).all() == []
        assert (await session.exec(select(DeskEvent).where(DeskEvent.kind == "typing"))).all() == []


async def test_what_failed_is_said_why_and_sent_again(stage: Stage) -> None:
    operator, customer, id = await stage.claimed()
    await operator.post(f"/desk/c/{id}/reply", text="hello", cid=uuid.uuid4().hex)
    row = (await customer.heard(1, "operator"))[0]
    db = stage.service.services.db
    for _ in range(100):
        async with db.transaction() as session:
            sent = (await session.exec(select(OutboxRow).where(col(OutboxRow.message_id) == row.id))).one()
            if sent.state == "sent":
                sent.state, sent.error_words, sent.error_code = "failed", "number <i>unknown", "131026"
                session.add(sent)
                break
    page = await (await operator.get(f"/desk/c/{id}")).text()
    assert "not delivered: number &lt;i&gt;unknown (131026)" in page
    assert (await operator.post(f"/desk/c/{id}/again/{sent.id}")).status == 303
    assert "on its way already" in await (await operator.post(f"/desk/c/{id}/again/{10**6}")).text()
    assert "not delivered" not in await (await operator.get(f"/desk/c/{id}")).text()


async def test_a_customers_file_says_where_it_is_and_what_was_heard(stage: Stage) -> None:
    operator, db = await stage.person("operator"), stage.service.services.db
    names = ["wanted.ogg", "refused.exe", "stored.ogg"]
    media = [
        {"media": [{"kind": "voice", "ref": name, "mime": "audio/ogg", "name": name, "size": 9}]} for name in names
    ]
    (id,) = await crowd(db, ["Karim"], [["", "", ""]], payloads=[media])
    async with db.transaction() as session:
        rows = (
            await session.exec(select(Message).where(Message.conversation_id == id).order_by(col(Message.seq)))
        ).all()
        for row, state in zip(rows, ("wanted", "refused", "stored"), strict=True):
            session.add(
                Medium(
                    tenant="bangladesh-power-division",
                    channel="web:bangladesh-power-division",
                    conversation_id=id,
                    message_id=row.id or 0,
                    kind="voice",
                    ref=row.payload["media"][0]["ref"],
                    state=state,
                    reason="a <b>program" if state == "refused" else "",
                    words="বিদ্যুৎ নেই" if state == "stored" else "",
                    due_at=db.now(),
                    created_at=db.now(),
                )
            )
    page = await (await operator.get(f"/desk/c/{id}")).text()
    assert "on its way" in page and "not taken: a &lt;b&gt;program" in page and "বিদ্যুৎ নেই" in page
    assert page.count(f'href="/desk/c/{id}/file/') == 1


async def test_a_conversation_goes_to_a_team(stage: Stage) -> None:
    operator, customer, id = await stage.claimed()
    boss, admin = await stage.person("supervisor", on_duty=False), await stage.person("administrator", on_duty=False)
    db = stage.service.services.db
    async with db.reading() as session:
        people = {one.name: str(one.id) for one in (await session.exec(select(Operator))).all()}
    assert "A team has a name" in await (await admin.post("/desk/teams", name="  ")).text()
    assert (await admin.post("/desk/teams", name="Bills")).status == 303
    assert "of this name already" in await (await admin.post("/desk/teams", name=" Bills ")).text()
    number = re.search(r'action="/desk/teams/(\d+)"', await (await admin.get("/desk/teams")).text())
    assert number
    form = {"name": "Billing", "member": people["Kamal"], "utility": "desco", "language": "bn", "skills": "bills, taka"}
    assert (await admin.post(f"/desk/teams/{number[1]}", **form)).status == 303
    assert (await operator.get("/desk/teams")).status == 403
    assert "To the team Billing (nobody here)" in await (await operator.get(f"/desk/c/{id}")).text()
    refused = await operator.post(f"/desk/c/{id}/requeue", team="Billing")
    assert "wait in vain" in await refused.text() and (await customer.conversation()).status == "open"  # type: ignore[union-attr]
    await boss.post("/desk/duty", on_duty="1")
    assert (await operator.post(f"/desk/c/{id}/requeue", team="Billing")).status == 303
    await operator.post("/desk/next")
    async with db.reading() as session:
        takeover = (await session.exec(select(Takeover).where(Takeover.conversation_id == id))).one()
    assert (takeover.state, takeover.team) == ("queued", "Billing"), "who is not of the team is not given it"
    assert "1 waiting for this team" in await (await admin.get("/desk/teams")).text()
    assert (await admin.post(f"/desk/teams/{number[1]}", **{**form, "name": "Money"})).status == 303
    assert (await boss.post("/desk/next")).headers["Location"].endswith(f"c={id}"), "renamed, it is still its team"
    assert (await admin.post(f"/desk/teams/{number[1]}/end")).status == 303
    async with db.reading() as session:
        assert {one.team for one in (await session.exec(select(Operator))).all()} == {""}
