"""`sathi replay`: play the conversations of tests/conversations, and make new ones from what was really said."""

from __future__ import annotations

import argparse
import subprocess
import sys
from typing import Any

from core.settings import ROOT


def add_commands(commands: Any) -> None:
    """Add `replay` to the command line."""
    command = commands.add_parser("replay", help="play stories against the real service")
    command.add_argument("word", nargs="?", default="", help="only stories whose path has this word")
    command.add_argument("--update", action="store_true", help="write down what happened instead of comparing")
    command.add_argument("--verbose", action="store_true", help="print every message")
    command.add_argument(
        "--from-conversation", type=int, metavar="NUMBER", help="print a story made from a conversation"
    )
    command.set_defaults(call=_replay)


def _replay(arguments: argparse.Namespace) -> int:
    if arguments.from_conversation is not None:
        from gateway.story_export import print_story

        return print_story(arguments.from_conversation)
    given = [arguments.word] if arguments.word else []
    given += ["--update"] * arguments.update + ["--verbose"] * arguments.verbose
    return subprocess.call([sys.executable, "-m", "tests.replay", *given], cwd=ROOT)  # noqa: S603 - our own module
