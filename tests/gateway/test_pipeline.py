"""The way out: bubbles merged while a limit bites, labels, approved forms, what is held and who is told of it."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.base import Channel
from core.answers import Answers
from core.clock import ManualClock
from core.database import Database
from core.errors import DataError
from core.message_forms import MessageForms
from core.messages import OutgoingMessage, Priority
from core.outbox import enqueue
from core.settings import ROOT
from core.tables import AuditEntry, Conversation
from core.tenants import Tenants
from gateway import outbox_cli, templates
from gateway.limits import Limits
from handoff.desk_tables import DeskEvent
from tests.core import queues
from tests.gateway.live import live

PHONE = "+8801700000077"
TWO = [{"name": "utter_text_cut", "facts": {"limit": {"$number": "7"}}}, {"name": "utter_kind_unknown", "facts": {}}]


async def test_two_bubbles_are_one_while_a_limit_bites(tmp_path: Path) -> None:
    async with live(tmp_path, answering=lambda body: TWO) as here:
        await here.platform.say(PHONE, "first")
        assert [seen.kind for seen in await here.platform.wait_for(2, to=PHONE)] == ["text", "button"]
        services = here.service.services
        channel = next(item for item in services.channels.values() if item.type == "whatsapp")
        for _ in range(60):
            services.limits.wait(channel, "whatsapp:+8801700000099", Priority.REPLY)
        while services.limits.wait(channel, f"whatsapp:{PHONE}", Priority.REPLY) == 0:
            pass
        await here.platform.say(PHONE, "second")

        async def queued() -> Any:
            rows = [row for row in await here.outbox() if row.id > 2]
            return rows

        [row] = await here.until(queued)
        assert "7" in row.payload["text"] and row.payload["choices"] and "merged" in row.payload["notes"]


async def test_a_channel_s_short_words_come_in_the_customer_s_form(tmp_path: Path) -> None:
    ask = [{"name": "utter_ask_hazard_place", "facts": {}}]
    async with live(tmp_path, answering=lambda body: ask) as here:
        await here.platform.send_telegram(42, {"text": "where"})
        [seen] = await here.platform.wait_for(1, platform="telegram")
        keys = seen.body["reply_markup"]["keyboard"]
        assert keys[0][0] == {"text": "Share location", "request_location": True}


async def test_what_comes_too_late_for_free_words_is_held_and_the_desk_is_told(tmp_path: Path) -> None:
    async with live(tmp_path) as here:
        await here.platform.say(PHONE, "hello")
        await here.platform.wait_for(1, to=PHONE)
        [conversation] = await here.rows(Conversation)
        async with here.db.transaction() as session:
            found = await session.get(Conversation, conversation.id)
            assert found is not None
            found.last_incoming_at = here.db.now() - timedelta(hours=25)
            session.add(found)
            await enqueue(
                session,
                here.db,
                channel=conversation.channel,
                address=conversation.address,
                dedupe="late",
                messages=[OutgoingMessage(text="It is mended.", purpose="notice", priority=Priority.NOTICE)],
                conversation_id=conversation.id,
            )
        here.service.services.sends_waiting.set()

        async def held() -> bool:
            return [row.state for row in await here.outbox()][-1] == "held"

        await here.until(held)
        [row] = [row for row in await here.outbox() if row.state == "held"]
        assert row.error_code == "window" and "24 hours" in row.error_words

        async def told() -> Any:
            return [event for event in await here.rows(DeskEvent) if event.kind == "held"]

        [event] = await here.until(told)
        assert event.detail == {"row": row.id, "reason": "window"} and event.conversation_id == conversation.id


TENANTS = Tenants.load(ROOT)


@pytest.fixture(scope="module")
def answers() -> Answers:
    return Answers.load(ROOT)


def number(**options: str) -> Channel:
    return Channel(key="whatsapp:1", type="whatsapp", tenant="t", account_id="1", options=options)


TEMPLATES = [
    ({}, None),
    ({"template.utter_x": "power_back"}, ("power_back", "bn", ())),
    ({"template.utter_x": "power_back: area, until"}, ("power_back", "bn", ("মিরপুর ১০", "–"))),
    (
        {"template.utter_x": "power_back: area", "template_language.bn": "bn_BD"},
        ("power_back", "bn_BD", ("মিরপুর ১০",)),
    ),
]


@pytest.mark.parametrize(("options", "wanted"), TEMPLATES)
def test_an_approved_form_is_filled_from_facts(answers: Answers, options: dict[str, str], wanted: Any) -> None:
    facts = {"area": {"$name": {"bn": "মিরপুর\n১০", "en": "Mirpur 10"}}}
    tenant = TENANTS.all()[0]
    found = templates.of(
        MessageForms(), answers, tenant, number(**options), "bn-Latn", "utter_x", {**facts, "area": "মিরপুর\n ১০"}
    )
    assert (found and (found.name, found.language, found.parameters)) == wanted


def test_a_broken_entry_is_named(answers: Answers) -> None:
    with pytest.raises(DataError, match=r"template\.utter_x"):
        templates.of(
            MessageForms(), answers, TENANTS.all()[0], number(**{"template.utter_x": "A B"}), "en", "utter_x", {}
        )


class Moment:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_usage_slows_down_and_stops_in_time() -> None:
    clock = Moment()
    limits, page = Limits(clock), replace(number(), key="messenger:1", type="messenger")
    limits.loaded(page, 79, 0)
    assert limits.blocked() == {} and limits.wait(page, "p", Priority.REPLY) == 0
    limits.loaded(page, 85, 0)
    assert limits.wait(page, "p", Priority.REPLY) == 0, "slower, but not stopped"
    limits.loaded(page, 97, 0)
    assert limits.blocked()["messenger:1"] == (0, 60.0)
    limits.loaded(page, 100, 240)
    assert limits.wait(page, "p", Priority.DANGER) == 240
    clock.now += 241
    assert limits.wait(page, "p", Priority.REPLY) == 0


def test_an_account_out_of_tokens_waits_from_a_rank_on() -> None:
    limits = Limits(Moment())
    while limits.wait(number(), "p", Priority.NOTICE) == 0:
        pass
    rank, seconds = limits.blocked()["whatsapp:1"]
    assert rank == Priority.NOTICE.rank and 0 < seconds < 1
    person = 0
    while limits.wait(number(), f"q{person}", Priority.REPLY) == 0:
        person += 1
    assert limits.blocked()["whatsapp:1"][0] == Priority.REPLY.rank, "danger still has its reserve"
    assert limits.wait(number(), "somebody", Priority.DANGER) == 0


async def test_usage_headers_reach_the_limits(tmp_path: Path) -> None:
    async with live(tmp_path) as here:
        here.platform.meta.usage = json.dumps({"call_count": 99})
        await here.platform.send_messenger("7001", {"message": {"text": "hello"}})
        await here.platform.wait_for(1, to="7001")

        async def stopped() -> bool:
            return f"messenger:{here.platform.meta.page_id}" in here.service.services.limits.blocked()

        await here.until(stopped)


def command(what: str, row: int = 0, **more: Any) -> argparse.Namespace:
    values = {"what": what, "row": row, "state": None, "channel": "", "limit": 100, "text": None, "address": None}
    return argparse.Namespace(**(values | more))


@pytest.fixture
async def dead(database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Database:
    """Three dead letters: words, a code, and a bill of which nobody knows whether it arrived."""
    monkeypatch.setenv("SATHI_DATA_DIR", str(tmp_path))
    clock = database.clock
    assert isinstance(clock, ManualClock)
    for purpose in ("reply", "code", "document"):
        await queues.say(database, f"{purpose} 483920", to=purpose, purpose=purpose, dedupe=purpose)
    from sqlalchemy import update

    from core.outbox import outbox

    async with database.transaction() as session:
        await session.execute(update(outbox).values(state="failed", error_code="100", error_words="bad\twords"))
        await session.execute(update(outbox).where(outbox.c.id == 3).values(error_code="doubtful"))
    return database


async def test_dead_letters_are_listed_shown_mended_and_sent_again(
    dead: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await outbox_cli.run(dead, command("list")) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("row\tstate") and len(lines) == 4 and "bad words" in lines[1]
    assert await outbox_cli.run(dead, command("list", state=["queued"])) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1
    assert await outbox_cli.run(dead, command("show", 1)) == 0
    assert json.loads(capsys.readouterr().out)["payload"]["text"] == "reply 483920"
    assert await outbox_cli.run(dead, command("show", 2)) == 0
    assert "483920" not in capsys.readouterr().out, "a code is shown to nobody"
    assert await outbox_cli.run(dead, command("fix", 1, text="Better words", address="whatsapp:+1")) == 0
    assert await outbox_cli.run(dead, command("fix", 1)) == 2
    assert await outbox_cli.run(dead, command("replay", 1)) == 0
    row = (await queues.outbox_rows(dead))[0]
    assert (row.state, row.address, row.lane) == ("queued", "whatsapp:+1", f"{queues.CHANNEL}|whatsapp:+1")
    assert row.payload["text"] == "Better words"
    assert await outbox_cli.run(dead, command("replay", 1)) == 1, "it is no dead letter any more"
    assert await outbox_cli.run(dead, command("show", 99)) == 1
    async with dead.reading() as session:
        from sqlmodel import select

        entries = [(entry.action, entry.subject) for entry in (await session.exec(select(AuditEntry))).all()]
    assert entries == [("outbox fixed", "outbox:1"), ("outbox replayed", "outbox:1")]


async def test_no_code_and_no_doubtful_bill_is_sent_again(dead: Database, capsys: pytest.CaptureFixture[str]) -> None:
    for row in (2, 3):
        assert await outbox_cli.run(dead, command("replay", row)) == 1
        assert await outbox_cli.run(dead, command("fix", row, address="whatsapp:+1")) == 1
    assert "never sent" in capsys.readouterr().err
    assert [row.state for row in await queues.outbox_rows(dead)] == ["failed"] * 3
