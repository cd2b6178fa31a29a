"""`make replay [STORY=word] [UPDATE=1]`: play stories and print what went another way."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from gateway import logs
from tests.fakes.platform import FakePlatform
from tests.replay import rewrite, story
from tests.replay.player import Outcome, play
from tests.replay.stage import Stage, stage

ROOT = Path(__file__).resolve().parent.parent / "conversations"


async def perform(place: Stage, told: story.Story) -> Outcome:
    """Play one story on a fresh service with a fresh fake platform."""
    async with FakePlatform() as platform, place.service(told.tenant, platform) as service:
        return await play(told, service)


def main() -> int:
    parser = argparse.ArgumentParser(prog="sathi replay", description="Play conversations against the real service.")
    parser.add_argument("word", nargs="?", default="", help="only stories whose path has this word")
    parser.add_argument("--update", action="store_true", help="write down what happened instead of comparing")
    parser.add_argument("--verbose", action="store_true", help="print every message")
    arguments = parser.parse_args()
    logs.configure("error", "console")
    paths = story.find(ROOT, arguments.word)
    if not paths:
        print(f"no story below {ROOT} has {arguments.word!r} in its path", file=sys.stderr)
        return 2
    bad = 0
    with stage() as place:
        for path in paths:
            told = story.load(path)
            try:
                outcome = asyncio.run(perform(place, told))
                faults = outcome.faults
            except AssertionError as error:
                outcome, faults = Outcome(), [str(error)]
            slowest = max(outcome.seconds, default=0.0)
            name = path.relative_to(ROOT)
            if arguments.verbose:
                for turn, happened in zip(told.turns, outcome.turns, strict=False):
                    print(f"  > {turn.value}   [{happened['intent']}, {happened['language']}]")
                    for message in happened["messages"]:
                        print("  < " + message["text"].replace("\n", "\n    "))
            if arguments.update and outcome.turns and len(outcome.turns) == len(told.turns):
                rewrite.rewrite(told, outcome.turns)
                print(f"written  {name}")
            elif faults:
                bad += 1
                print(f"FAILED   {name}: {told.name}")
                for fault in faults:
                    print(f"         {fault}")
            else:
                print(f"ok       {name} ({len(told.turns)} turns, slowest {slowest:.2f} s)")
    print(f"{len(paths) - bad} passed, {bad} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
