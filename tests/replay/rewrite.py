"""Write down what a story really did: `make replay UPDATE=1`. The difference is reviewed like code."""

from __future__ import annotations

from typing import Any

import yaml

from tests.replay.story import SAYS, Story

# Facts that differ from run to run: their presence is what counts.
CHANGING = ("number", "case", "code", "since", "at", "date", "time", "restore", "month", "due", "until", "reported")


def rewrite(story: Story, turns: list[dict[str, Any]]) -> None:
    """Replace the expected intents and answers of a story by what happened; everything else stays."""
    head: list[str] = []
    for line in story.path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        head.append(line)
    document = yaml.safe_load(story.path.read_text(encoding="utf-8"))
    for entry, happened in zip(document["turns"], turns, strict=False):
        kept = {key: entry[key] for key in SAYS if key in entry}
        kept["intent"] = happened["intent"]
        kept["answers"] = [_answer(answer) for answer in happened["answers"]]
        if "messages" in entry:
            kept["messages"] = entry["messages"]
        entry.clear()
        entry.update(kept)
    text = yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=130)
    story.path.write_text("\n".join([*head, text]) if head else text, encoding="utf-8")


def _answer(answer: dict[str, Any]) -> Any:
    ((name, facts),) = answer.items()
    kept = {
        key: _fact(key, value) for key, value in facts.items() if isinstance(value, str | int | bool) or _is_time(value)
    }
    return {name: kept} if kept else name


def _is_time(value: Any) -> bool:
    return isinstance(value, dict) and any(key in value for key in ("$date", "$when", "$time", "$month", "$money"))


def _fact(key: str, value: Any) -> Any:
    if isinstance(value, dict) or any(word in key for word in CHANGING):
        return "<any>"
    return value
