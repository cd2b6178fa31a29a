"""Commands for whoever keeps the service running: `doctor`, `transcript`."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from core import settings as settings_module
from core import store
from core.database import Database
from core.settings import ROOT
from core.tables import Conversation

Commands = Any


def add_commands(commands: Commands) -> None:
    """Add this module's commands to the command line."""
    doctor = commands.add_parser("doctor", help="check settings, data, database and model, and say what to do")
    doctor.set_defaults(call=lambda arguments: _doctor())
    export = commands.add_parser("transcript", help="print a conversation as JSON lines")
    export.add_argument("conversation", type=int)
    export.set_defaults(call=_transcript)


def with_database(work: Callable[[Database], Awaitable[int]]) -> int:
    """Do something with the database of the settings; its result is the exit code."""

    async def do() -> int:
        db = Database(settings_module.load().resolved_database_url)
        try:
            return await work(db)
        finally:
            await db.close()

    return asyncio.run(do())


def _doctor() -> int:
    import gateway.training as training
    from core.answers import Answers
    from core.tenants import Tenants
    from gateway.rasa_process import rasa_python

    faults = 0

    def report(what: str, fault: str = "") -> None:
        nonlocal faults
        faults += bool(fault)
        print(f"{'wrong' if fault else 'ok':<7}{what}{': ' + fault if fault else ''}")

    try:
        settings = settings_module.load()
        report("settings")
    except Exception as error:
        report("settings", str(error))
        return 1
    for what, load in (("tenants", lambda: Tenants.load(ROOT)), ("answers", lambda: Answers.load(ROOT))):
        try:
            load()
            report(what)
        except Exception as error:
            report(what, str(error))
    try:
        with_database(lambda db: _checked(db))
        report("database")
    except Exception as error:
        report("database", str(error))
    if not settings.demo:
        duty = Tenants.load(ROOT).get(settings.tenant).duty
        missing = (
            f"confirm `duty` in tenants/{settings.tenant}/tenant.yml: nobody learns of danger while the desk is empty"
        )
        report("duty telephone", "" if duty and duty.confirmed else missing)
    report("Python 3.10 with Rasa", "" if rasa_python() else "not set up: run `make setup`")
    report("model", "" if training.model_path(settings).exists() else "not trained yet: run `make train`")
    return 1 if faults else 0


async def _checked(db: Database) -> int:
    await db.check()
    return 0


def _transcript(arguments: argparse.Namespace) -> int:
    async def work(db: Database) -> int:
        async with db.reading() as session:
            if await session.get(Conversation, arguments.conversation) is None:
                print("no conversation has that number", file=sys.stderr)
                return 1
            for message in await store.transcript(session, arguments.conversation, limit=10_000):
                print(message.model_dump_json())
        return 0

    return with_database(work)


def dump(value: Any) -> str:
    """JSON as people read it."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)
