"""`sathi outbox list|show|fix|replay`: messages that did not leave, why, and what to do about them."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from core import settings as settings_module
from core.database import Database
from core.outbox import DEAD_STATES, Outbox, why_never_again
from core.tables import OutboxRow
from desk.audit import Audit
from gateway.keys import signing_key

OPEN_STATES = ("queued", "sending", "doubtful", "errored")
STATES = (*OPEN_STATES, "sent", "delivered", "read", *DEAD_STATES)
COLUMNS = ("row", "state", "channel", "purpose", "tries", "code", "since", "why")


def add_commands(commands: Any) -> None:
    """Add this module's commands to the command line."""
    words = "messages that could not be sent: list them, look at one, mend it, send it again"
    outbox = commands.add_parser("outbox", help=words, description=words)
    parts = outbox.add_subparsers(dest="what", required=True, metavar="what")
    listing = parts.add_parser("list", help="dead letters, newest first")
    listing.add_argument("--state", choices=STATES, action="append", help="another state; may be repeated")
    listing.add_argument("--channel", default="", help="one channel only, e.g. whatsapp:1055…")
    listing.add_argument("--limit", type=int, default=100)
    for name, help_ in (
        ("show", "everything about one message"),
        ("fix", "change the words or the address of a dead letter"),
        ("replay", "send a dead letter again, with a fresh life"),
    ):
        part = parts.add_parser(name, help=help_)
        part.add_argument("row", type=int)
        if name == "fix":
            part.add_argument("--text", help="what to say instead")
            part.add_argument("--address", help="where to send it instead, e.g. whatsapp:+880…")
    outbox.set_defaults(call=_outbox)


def _outbox(arguments: argparse.Namespace) -> int:
    from gateway.operations_cli import with_database

    return with_database(lambda db: run(db, arguments))


async def run(db: Database, arguments: argparse.Namespace) -> int:
    """Do it; 1 when the row is not one that this can be done to."""
    outbox = Outbox(db)
    if arguments.what == "list":
        print("\t".join(COLUMNS))
        for row in await outbox.dead_letters(arguments.limit, arguments.state or DEAD_STATES, arguments.channel):
            print(_line(row))
        return 0
    found = await outbox.find(arguments.row)
    if found is None:
        print("no message has that number", file=sys.stderr)
        return 1
    if arguments.what == "show":
        document = found.model_dump(mode="json")
        if found.purpose == "code":
            document["payload"] = {name: value for name, value in found.payload.items() if name == "purpose"}
        print(json.dumps(document, ensure_ascii=False, indent=2))
        return 0
    if found.state not in DEAD_STATES:
        print(f"row {found.id} is {found.state}: only what failed, expired or is held can be changed", file=sys.stderr)
        return 1
    if arguments.what == "fix":
        return await _fix(db, outbox, found, arguments)
    reason = why_never_again(found.purpose, found.error_code)
    if reason or not await outbox.replay(arguments.row):
        print(reason or "it was queued by somebody else", file=sys.stderr)
        return 1
    await _note(db, "outbox replayed", found)
    print("queued again")
    return 0


async def _fix(db: Database, outbox: Outbox, found: OutboxRow, arguments: argparse.Namespace) -> int:
    changes = {name: value for name in ("text", "address") if (value := getattr(arguments, name))}
    if not changes:
        print("say what to change: --text or --address", file=sys.stderr)
        return 2
    if found.purpose in ("code", "document") and "address" in changes:
        # Somebody else's bill or code must not leave for an address that a hand typed.
        print("a bill, receipt or code goes to nobody but its owner", file=sys.stderr)
        return 1
    if not await outbox.fix(arguments.row, **changes):
        print("it was queued by somebody else", file=sys.stderr)
        return 1
    await _note(db, "outbox fixed", found, changed=sorted(changes))
    print(f"changed; now `sathi outbox replay {found.id}`")
    return 0


async def _note(db: Database, action: str, row: OutboxRow, **detail: Any) -> None:
    audit = Audit(db, signing_key(settings_module.load()))
    async with db.transaction() as session:
        await audit.note(session, "command line", action, f"outbox:{row.id}", channel=row.channel, **detail)


def _line(row: OutboxRow) -> str:
    since = row.created_at.isoformat(timespec="seconds")
    words = (row.id, row.state, row.channel, row.purpose, row.attempts, row.error_code, since, row.error_words)
    return "\t".join(" ".join(str(word).split()) for word in words)
