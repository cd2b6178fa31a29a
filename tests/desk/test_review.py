"""Misunderstood messages: gathered without what names a person, decided in two clicks, handed on, never from the tests."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from sqlmodel import select

from core.settings import ROOT
from desk.misunderstood import Said, anonymous, key_of, together
from desk.tables import Correction
from gateway.review_cli import apply
from handoff.record_tables import TurnRecord
from tests.desk.stage import Customer, Stage

on_stage = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("bill of 23456789 please", "bill of 10245678 please"),
        ("আমার হিসাব ২৩৪৫৬৭৮৯", "আমার হিসাব ১০২৪৫৬৭৮"),
        ("call +880 1700-000001 now", "call +102 4567-890312 now"),
        ("मीटर ९८७६५ बंद", "मीटर १०२४५ बंद"),
        ("write to me@x.org or https://x.example/a?b=1", "write to or"),
        ("2 ঘণ্টা ধরে নেই", "2 ঘণ্টা ধরে নেই"),
    ],
)
def test_nobodys_numbers_take_the_place_of_a_customers(written: str, kept: str) -> None:
    assert anonymous(written) == kept


def test_sentences_alike_come_together_and_others_do_not() -> None:
    def said(text: str, times: int = 1) -> tuple[Said, Counter[str]]:
        one = Said(key=key_of(text), text=text, times=times, latest=datetime.now(UTC), conversation_id=1)
        return one, Counter({"report_no_supply": times})

    found = together("bn", [said("লাইন আসে না কেন ভাই", 3), said("ভাই লাইন আসে না কেন"), said("মিটার ভাড়া কত")])
    assert [[one.times for one in cluster.said] for cluster in found] == [[3, 1], [1]]
    assert found[0].likely == ["report_no_supply"]
    assert key_of("Bill 12, KOTO?") == key_of("bill ১২ koto")


async def _misunderstood(stage: Stage, customer: Customer, text: str) -> None:
    await customer.say(text)
    await customer.heard(1)
    incoming = next(row for row in await customer.transcript() if row.direction == "incoming")
    async with stage.service.services.db.transaction() as session:
        query = select(TurnRecord).where(TurnRecord.conversation_id == incoming.conversation_id)
        record = (await session.exec(query)).first() or TurnRecord(
            inbox_id=1_000_000 + incoming.conversation_id,
            tenant="bangladesh-power-division",
            conversation_id=incoming.conversation_id,
            seq=incoming.seq,
            at=incoming.created_at,
            language="en",
            outcome="unclear",
        )
        record.intent, record.confidence, record.outcome = "nlu_fallback", 0.2, "unclear"
        session.add(record)


@on_stage
async def test_a_decision_takes_two_clicks_and_becomes_a_file(stage: Stage) -> None:
    boss = await stage.person("supervisor", on_duty=False)
    await _misunderstood(stage, stage.customer(), "zyx flubber 23456789 <b>")
    page = await (await boss.get("/desk/review")).text()
    assert "zyx flubber 10245678" in page and "23456789" not in page
    key = re.search(r'name="key" value="([^"]+)"', page)
    assert key
    form = {"form": "en", "key": key[1], f"text:{key[1]}": "zyx flubber 10245678", "other": "bill_amount"}
    assert (await boss.post("/desk/review", **{**form, "other": "no_such"})).status == 200
    assert (await boss.post("/desk/review", **form)).status == 303
    assert "zyx flubber" not in await (await boss.get("/desk/review")).text()
    assert (await boss.post("/desk/review", **{**form, "other": "greet"})).status == 303, "the first decision stays"
    answer = await boss.post("/desk/review/export")
    document = yaml.safe_load(await answer.text())
    assert document["sentences"] == [
        {"intent": "bill_amount", "language": "en", "text": "zyx flubber 10245678", "understood": ""}
    ]
    async with stage.service.services.db.reading() as session:
        assert [row.state for row in (await session.exec(select(Correction))).all()] == ["exported"]
    assert yaml.safe_load(await (await boss.post("/desk/review/export")).text())["sentences"] == []


def test_only_what_the_data_allow_comes_in(tmp_path: Path) -> None:
    for name in ("intents.yml", "languages.yml", "en/bill_amount.yml", "en/greet.yml", "bn/bill_amount.yml"):
        target = tmp_path / "nlu_data" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "nlu_data" / name, target)
    (tmp_path / "tests" / "nlu").mkdir(parents=True)
    (tmp_path / "tests" / "nlu" / "en.tsv").write_text("lang\tintent\ttext\nen\tbill_amount\thow dear is my paper\n")
    greeting = yaml.safe_load((ROOT / "nlu_data/en/greet.yml").read_text())["nlu"][0]["examples"].splitlines()[0][2:]

    def row(text: str, intent: str = "bill_amount", language: str = "en") -> dict[str, str]:
        return {"text": text, "intent": intent, "language": language}

    file = tmp_path / "review.yml"
    rows = [
        row("zyx flubber how dear"),
        row("ZYX flubber, how dear?"),
        row("How dear is my paper?"),
        row(greeting),
        row("ঝকঝকে কাগজের ঝুমঝুমি", language="en"),
        row("zyx blub", intent="nonsense"),
        row("- a list"),
        row("meter flubber blah blah", intent="report_meter_fault"),
    ]
    file.write_text(yaml.safe_dump({"sentences": rows}, allow_unicode=True))
    done = apply(tmp_path, file)
    assert [sentence for found in done.written.values() for sentence in found] == [rows[0]["text"], rows[7]["text"]]
    whys = " ".join(why for _, why in done.refused)
    assert len(done.refused) == 6
    for word in ("already", "held out", "under greet", "other letters", "not known", "cannot stand"):
        assert word in whys
    text = (tmp_path / "nlu_data/en/bill_amount.yml").read_text()
    assert "    - zyx flubber how dear\n" in text
    assert yaml.safe_load(text)["nlu"][0]["intent"] == "bill_amount"
    made = (tmp_path / "nlu_data/en/report_meter_fault.yml").read_text()
    assert made.startswith("# report_meter_fault:") and yaml.safe_load(made)["language"] == "en"
