"""The command line: `sathi <command>`. Each topic's commands live in their own module."""

from __future__ import annotations

import argparse
import asyncio
import sys

from core import settings as settings_module
from core.errors import SathiError
from gateway import logs


def _run(arguments: argparse.Namespace) -> int:
    from gateway.run import run

    return asyncio.run(run(settings_module.load()))


def _train(arguments: argparse.Namespace) -> int:
    from gateway import training
    from gateway.run import say

    training.ensure_model(settings_module.load(), say, force=arguments.force)
    return 0


def _migrate(arguments: argparse.Namespace) -> int:
    from core import migrate
    from core.database import Database

    async def upgrade() -> None:
        db = Database(settings_module.load().resolved_database_url)
        await migrate.upgrade(db)
        await db.close()

    asyncio.run(upgrade())
    print("The database is up to date.")
    return 0


def parser() -> argparse.ArgumentParser:
    """All commands."""
    from gateway import (
        channel_cli,
        data_lint,
        inbox_cli,
        nlu_cli,
        operations_cli,
        outbox_cli,
        replay_cli,
        review_cli,
        scaffold_cli,
    )

    main_parser = argparse.ArgumentParser(
        prog="sathi", description="Customer-service chatbot of an electricity distributor."
    )
    commands = main_parser.add_subparsers(dest="command", required=True, metavar="command")
    for name, function, words in (
        ("run", _run, "serve with Rasa beside it until Ctrl-C"),
        ("train", _train, "train the model if the data changed"),
        ("migrate", _migrate, "bring the database up to date"),
    ):
        command = commands.add_parser(name, help=words, description=words)
        command.set_defaults(call=function)
        if name == "train":
            command.add_argument("--force", action="store_true", help="train although nothing changed")
    for module in (
        nlu_cli,
        data_lint,
        channel_cli,
        replay_cli,
        operations_cli,
        inbox_cli,
        outbox_cli,
        review_cli,
        scaffold_cli,
    ):
        module.add_commands(commands)
    return main_parser


def main(argv: list[str] | None = None) -> int:
    """Run a command; faults that a person can mend come as one line on standard error."""
    arguments = parser().parse_args(argv)
    try:
        given = settings_module.Settings()
        logs.configure(given.log_level, given.log_format)
    except Exception:
        logs.configure("info", "console")
    try:
        return int(arguments.call(arguments))
    except SathiError as error:
        print(f"sathi: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    raise SystemExit(main())
