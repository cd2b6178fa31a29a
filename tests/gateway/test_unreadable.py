"""What could not be read: read again as it came or mended, put aside, at the command line too; nobody put in by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from connectors import registry
from connectors.base import Channel, Tools
from core.database import Database
from core.settings import Settings
from core.tables import AuditEntry, InboxRow, Quarantine
from gateway import inbox_cli
from gateway.cli import parser
from gateway.unreadable import Unreadable

ME, STRANGER = "8801700000077", "8801700000099"
CHANNELS = {
    kind: Channel(key=f"{kind}:1", type=kind, tenant="bangladesh-power-division", account_id="1")
    for kind in ("whatsapp", "messenger", "telegram")
}
WHATSAPP = {"from": ME, "id": "wamid.1", "timestamp": "1760000000", "type": "text", "text": {"body": "no power"}}
MESSENGER = {
    "sender": {"id": "77"},
    "recipient": {"id": "1"},
    "timestamp": 1760000000000,
    "message": {"mid": "m.1", "text": "no power"},
}
TELEGRAM = {
    "message_id": 5,
    "from": {"id": 77, "is_bot": False, "first_name": "R"},
    "chat": {"id": 77, "type": "private"},
    "date": 1760000000,
    "text": "no power",
}
WHOLE = {
    "object": "whatsapp_business_account",
    "entry": [
        {"changes": [{"field": "messages", "value": {"metadata": {"phone_number_id": "1"}, "messages": [WHATSAPP]}}]}
    ],
}
CHANGE = WHOLE["entry"][0]["changes"][0]  # type: ignore[index]


def without(element: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in element.items() if key != name}


def make(database: Database) -> Unreadable:
    connectors = registry.connectors(Tools(transport=None, load=None))  # type: ignore[arg-type]
    return Unreadable(database, {channel.key: channel for channel in CHANNELS.values()}, connectors)


async def kept(database: Database, body: str, channel: str = "whatsapp:1") -> int:
    async with database.transaction() as session:
        row = Quarantine(channel=channel, reason="strange", body=body, received_at=database.now())
        session.add(row)
        await session.flush()
        return row.id or 0


async def read(database: Database, number: int, body: str) -> str:
    async with database.transaction() as session:
        row = await session.get(Quarantine, number)
        assert row is not None
        return await make(database).read(session, row, body, "staff:1")


async def texts(database: Database) -> list[str]:
    async with database.reading() as session:
        return [row.payload.get("text", "") for row in (await session.exec(select(InboxRow))).all()]


@pytest.mark.parametrize(
    ("kind", "came", "mended", "fault"),
    [
        ("whatsapp", without(WHATSAPP, "timestamp"), WHATSAPP, ""),
        ("whatsapp", without(WHATSAPP, "timestamp"), CHANGE, ""),
        ("whatsapp", without(WHATSAPP, "timestamp"), WHOLE, ""),
        ("whatsapp", WHATSAPP, WHATSAPP, ""),  # the reading was mended since
        ("whatsapp", without(WHATSAPP, "timestamp"), without(WHATSAPP, "timestamp"), "without id, time or sender"),
        ("whatsapp", without(WHATSAPP, "timestamp"), {**WHATSAPP, "from": STRANGER}, "cannot be put in by hand"),
        ("whatsapp", without(WHATSAPP, "timestamp"), {**WHATSAPP, "from": ME[:-1]}, "cannot be put in by hand"),
        ("whatsapp", {"id": 1}, WHATSAPP, "cannot be put in by hand"),
        ("whatsapp", WHATSAPP, {"object": "page"}, "nothing in it"),
        ("whatsapp", WHATSAPP, [1], "nothing in it"),
        ("messenger", without(MESSENGER, "timestamp"), MESSENGER, ""),
        (
            "messenger",
            without(MESSENGER, "timestamp"),
            {**MESSENGER, "sender": {"id": "78"}},
            "cannot be put in by hand",
        ),
        ("telegram", without(TELEGRAM, "date"), TELEGRAM, ""),
        ("telegram", TELEGRAM, {"update_id": 9, "message": TELEGRAM}, ""),
        ("telegram", TELEGRAM, {**TELEGRAM, "chat": {"id": 78, "type": "private"}}, "cannot be put in by hand"),
    ],
)
async def test_it_is_read_again(database: Database, kind: str, came: Any, mended: Any, fault: str) -> None:
    number = await kept(database, json.dumps(came), f"{kind}:1")
    found = await read(database, number, json.dumps(mended))
    assert fault in found and bool(found) is bool(fault)
    assert await texts(database) == ([] if fault else ["no power"])
    async with database.reading() as session:
        row = await session.get(Quarantine, number)
    assert row is not None and (row.outcome, row.settled_by) == (("", "") if fault else ("read", "staff:1"))
    if not fault:
        assert "already" in await read(database, number, json.dumps(mended))


async def test_what_was_known_is_stored_once(database: Database) -> None:
    body = json.dumps(WHATSAPP)
    assert [await read(database, await kept(database, body), body) for _ in range(2)] == ["", ""]
    assert await texts(database) == ["no power"]
    deep = "[" * 100_000
    assert "no JSON" in await read(database, await kept(database, deep), deep)
    assert "not switched on" in await read(database, await kept(database, body, "whatsapp:2"), body)


async def test_at_the_command_line(database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings(
        _env_file=None,
        data_dir=tmp_path,
        whatsapp_phone_number_id="1",
        whatsapp_access_token="t",  # type: ignore[arg-type]
        meta_app_secret="s" * 32,  # type: ignore[arg-type]
        meta_verify_token="v" * 16,  # type: ignore[arg-type]
    )
    number, other = [await kept(database, json.dumps(without(WHATSAPP, "timestamp"))) for _ in range(2)]
    mended = tmp_path / "mended.json"
    mended.write_text(json.dumps(WHATSAPP), "utf-8")

    async def sathi(*words: str) -> tuple[int, str, str]:
        done = await inbox_cli.run(database, parser().parse_args(["inbox", *words]), settings)
        return done, *capsys.readouterr()

    assert (await sathi("list"))[1].count("unread\t") == 2
    assert json.loads((await sathi("show", str(number)))[1]) == without(WHATSAPP, "timestamp")
    assert (await sathi("read", str(number)))[0] == 1
    assert (await sathi("read", str(number), "--body", str(mended)))[0] == 0
    assert (await sathi("aside", str(other)))[0] == 0
    assert (await sathi("aside", str(other)))[0] == 1 and (await sathi("show", "99"))[0] == 1
    assert (await sathi("list"))[1] == "" and await texts(database) == ["no power"]
    async with database.transaction() as session:
        row = (await session.exec(select(InboxRow))).one()
        row.state, row.reason = "dead", "five tries\n"
        session.add(row)
    assert (await sathi("list"))[1] == f"dead\t{row.id}\twhatsapp:1\tmessage\t0\tfive tries\\n\n"
    assert (await sathi("replay", str(row.id)))[0] == 0 and (await sathi("replay", str(row.id)))[0] == 1
    async with database.reading() as session:
        notes = (await session.exec(select(AuditEntry.action))).all()
    assert notes == ["unread: read", "unread: aside", "handled again"]
