"""The way in, over the line: size, order, repeats, and taps that come late."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest

from connectors.telegram import TelegramConnector
from core.settings import ROOT
from core.tables import InboxRow
from tests.fakes.meta import signed
from tests.gateway.live import live

CHECKLIST = ROOT / "docs" / "channels" / "README.md"


def menu(body: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"name": "utter_kind_unknown", "facts": {}}]


async def test_a_big_delivery_is_taken_and_a_bigger_one_refused(tmp_path: Path) -> None:
    async with live(tmp_path, answering=menu) as here:
        meta = here.platform.meta
        value = meta.whatsapp_message("+8801700000077", {"type": "text", "text": {"body": "বিল 😀"}})
        payload = meta.whatsapp_delivery(value)
        for megabytes in (1.5, 3):
            padded = payload | {"padding": "é" * int(megabytes * (1 << 20) / 6)}
            body, headers = signed(padded, meta.app_secret)
            assert len(body) > megabytes * (1 << 20) * 0.99
            assert await here.platform.post("/webhooks/whatsapp", body, headers) == [200]
        # Refused by what it says of itself, before a byte of it is read.
        reader, writer = await asyncio.open_connection("127.0.0.1", int(here.service.public_url.rpartition(":")[2]))
        writer.write(b"POST /webhooks/whatsapp HTTP/1.1\r\nHost: x\r\nContent-Length: 4718592\r\n\r\n{")
        assert b" 413 " in await reader.readline()
        writer.close()
        body, headers = signed(payload, meta.app_secret)
        assert await here.platform.post("/webhooks/whatsapp", body, {}) == [401]
        await here.platform.wait_for(1, to="+8801700000077")
        assert len(here.rasa.turns) == 1


async def test_updates_twice_and_out_of_order_are_each_handled_once(tmp_path: Path) -> None:
    async with live(tmp_path, answering=menu) as here:
        updates = [here.platform.telegram.update(42, {"text": f"message {number}"}) for number in range(6)]
        assert set(await here.platform.deliver_shuffled(updates, "telegram", times=3)) == {200}
        await here.platform.wait_for(6, platform="telegram")
        assert sorted(body["text"] for body in here.rasa.turns) == [f"message {number}" for number in range(6)]
        # After a week of silence the platform begins anew with any number: it is no high-water mark.
        old = updates[0] | {"update_id": 3}
        assert await here.platform.deliver(old, "telegram") == [200]
        await here.platform.wait_for(7, platform="telegram")


async def test_a_tap_on_a_button_nobody_knows_is_answered_kindly(tmp_path: Path) -> None:
    async with live(tmp_path, answering=menu) as here:
        tap = {"id": "77", "from": {"id": 42}, "data": "forgotten-token", "chat_instance": "c"}
        message = {"message_id": 1, "date": 0, "chat": {"id": 42, "type": "private"}}
        update = here.platform.telegram.update(42, {}, kind="message")
        del update["message"]
        assert await here.platform.deliver(update | {"callback_query": tap | {"message": message}}, "telegram") == [200]
        await here.platform.wait_for(1, platform="telegram")
        assert here.rasa.turns[0]["choice"] == {"intent": "old_choice", "entities": {}}
        [row] = await here.rows(InboxRow)
        assert row.state == "done"


async def test_typing_is_shown_on_telegram_for_as_long_as_an_answer_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TelegramConnector, "typing_again", 0.05)
    async with live(tmp_path, answering=menu) as here:
        here.rasa.delay = 0.5
        await here.platform.send_telegram(42, {"text": "hello"})
        await here.platform.wait_for(1, platform="telegram")
        shown = here.platform.ledger.acknowledged.count("42:typing")
        await asyncio.sleep(0.2)
        assert 3 <= shown == here.platform.ledger.acknowledged.count("42:typing"), "and no longer"


def rows() -> list[tuple[str, str]]:
    """Every file and every name in quotes that the checklist gives as its proof."""
    found = []
    for line in CHECKLIST.read_text(encoding="utf-8").splitlines():
        if re.match(r"\| \d ", line):
            proofs = re.split(r"`(tests/[^`]+)`", line.rsplit("|", 2)[1])
            found += [
                (file, name)
                for file, names in zip(proofs[1::2], proofs[2::2], strict=True)
                for name in re.findall(r'"([^"]+)"', names)
            ]
    return found


@pytest.mark.parametrize(("file", "name"), rows())
def test_every_trap_of_the_checklist_has_its_row(file: str, name: str) -> None:
    source = (ROOT / file).read_text(encoding="utf-8")
    counted = re.fullmatch(r"\d+ choices", name)
    assert f'"{name}"' in source or f"def {name}(" in source or (counted and '{count} choices"' in source), name


def test_the_checklist_is_whole() -> None:
    numbers = re.findall(r"(?m)^\| (\d) \|", CHECKLIST.read_text(encoding="utf-8"))
    assert set(numbers) == set("123456789") and len(rows()) > 45
    assert json.dumps(sorted(numbers)) == json.dumps(numbers), "in order"
