"""`sathi inbox`: messages that could not be handled and payloads that could not be read; look, mend, handle again."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from sqlmodel import col, select

from connectors import registry
from connectors.base import Tools, Upload
from core import settings as settings_module
from core.database import Database
from core.errors import Refused
from core.inbox import Inbox
from core.messages import Attachment
from core.settings import ROOT, Settings
from core.tables import InboxRow, Quarantine
from core.tenants import Tenants
from desk.audit import Audit
from gateway.keys import signing_key
from gateway.transport import HttpTransport
from gateway.unreadable import Unreadable

WHO = "command line"


def add_commands(commands: Any) -> None:
    """Add this module's commands to the command line."""
    words = "messages that could not be handled, and what could not be read: list, look, mend, handle again"
    inbox = commands.add_parser("inbox", help=words, description=words)
    parts = inbox.add_subparsers(dest="what", required=True, metavar="what")
    listing = parts.add_parser("list", help="what is dead or unread, newest first")
    listing.add_argument("--limit", type=int, default=100)
    for name, help_ in (
        ("replay", "handle a dead message again"),
        ("show", "print an unread payload"),
        ("read", "read an unread payload again, as it came or from a mended file"),
        ("aside", "put an unread payload aside: nothing is to be done with it"),
    ):
        part = parts.add_parser(name, help=help_)
        part.add_argument("row", type=int)
        if name == "read":
            part.add_argument("--body", type=Path, help="a file with the mended payload")
    inbox.set_defaults(call=_inbox)


def _inbox(arguments: argparse.Namespace) -> int:
    from gateway.operations_cli import with_database

    return with_database(lambda db: run(db, arguments, settings_module.load()))


async def run(db: Database, arguments: argparse.Namespace, settings: Settings) -> int:
    """Do it; 1 when the row is not one that this can be done to."""
    if arguments.what == "list":
        return await _list(db, arguments.limit)
    if arguments.what == "replay":
        if not await Inbox(db).replay(arguments.row):
            print("no dead message has that number", file=sys.stderr)
            return 1
        await _note(db, settings, "handled again", f"inbox:{arguments.row}")
        print("it will be handled again")
        return 0
    async with db.transaction() as session:
        row = await session.get(Quarantine, arguments.row, with_for_update=True)
        if row is None:
            print("nothing unread has that number", file=sys.stderr)
            return 1
        if arguments.what == "show":
            print(row.body)
            return 0
        unreadable = _unreadable(db, settings)
        if arguments.what == "read":
            body = arguments.body.read_text("utf-8") if arguments.body else row.body
            fault = await unreadable.read(session, row, body, WHO)
        else:
            fault = unreadable.aside(session, row, WHO)
    if fault:
        print(fault, file=sys.stderr)
        return 1
    await _note(db, settings, f"unread: {row.outcome}", f"quarantine:{row.id}")
    print("it will be handled now" if arguments.what == "read" else "put aside")
    return 0


async def _list(db: Database, limit: int) -> int:
    async with db.reading() as session:
        dead = select(InboxRow).where(InboxRow.state == "dead").order_by(col(InboxRow.id).desc()).limit(limit)
        for row in (await session.exec(dead)).all():
            print(f"dead\t{row.id}\t{row.channel}\t{row.kind}\t{row.attempts}\t{_plain(row.reason)}")
        bad = select(Quarantine).where(Quarantine.outcome == "").order_by(col(Quarantine.id).desc()).limit(limit)
        for item in (await session.exec(bad)).all():
            print(f"unread\t{item.id}\t{item.channel}\t{_plain(item.reason)}\t{len(item.body)} characters")
    return 0


def _unreadable(db: Database, settings: Settings) -> Unreadable:
    channels = {channel.key: channel for channel in registry.channels(settings, Tenants.load(ROOT))}
    # Reading asks nobody: no address is allowed.
    return Unreadable(db, channels, registry.connectors(Tools(transport=HttpTransport([]), load=_no_files)))


async def _no_files(attachment: Attachment) -> Upload:
    raise Refused("no file is sent from here", code="no_file")


async def _note(db: Database, settings: Settings, action: str, subject: str) -> None:
    audit = Audit(db, signing_key(settings))
    async with db.transaction() as session:
        await audit.note(session, WHO, action, subject)


def _plain(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]
