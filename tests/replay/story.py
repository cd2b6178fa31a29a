"""A conversation as YAML, and what must follow from it.

```yaml
story: A known customer reports an outage in Bangla
tenant: bangladesh-power-division
channel: whatsapp                 # or web, telegram
from: "+8801700000002"            # whatsapp: the number; web: any name for a visitor; telegram: the number of the chat
mobiles: {"23456789": "+8801700000002"}   # accounts that have another mobile number than in the demo
turns:
  - say: কারেন্ট নাই ২ ঘন্টা ধরে        # or tap: a title, share: [lat, lon], photo: true, code: right|wrong, wait: hours,
                                  # contact: {phone: a number, own: true}
    intent: report_no_supply
    answers:
      - utter_complaint_summary: {account: "104231245"}
tables:
  complaint: [{kind: OUT-HOME}]
```

An expected fact is compared with `==`; `<any>` takes whatever stands there but wants it to stand there. A fact that
is not named is not compared. Every answer of a turn must be expected, in order, and every expectation must be used.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

SAYS = ("say", "tap", "share", "photo", "contact", "code", "wait")


@dataclass(kw_only=True)
class Turn:
    """One thing the customer does, and what must come back."""

    does: str
    value: Any
    intent: str | None = None
    answers: list[dict[str, dict[str, Any]]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)


@dataclass(kw_only=True)
class Story:
    """A whole conversation."""

    path: Path
    name: str
    tenant: str
    channel: str
    sender: str
    turns: list[Turn]
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    mobiles: dict[str, str] = field(default_factory=dict)


def load(path: Path) -> Story:
    """Read a story; a word it does not know is an error, not a thing passed over."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    unknown = set(document) - {"story", "tenant", "channel", "from", "mobiles", "turns", "tables"}
    if unknown:
        raise ValueError(f"{path}: unknown keys {sorted(unknown)}")
    turns = []
    for number, entry in enumerate(document["turns"], 1):
        does = [key for key in SAYS if key in entry]
        extra = set(entry) - {*SAYS, "intent", "answers", "messages"}
        if len(does) != 1 or extra:
            raise ValueError(f"{path}, turn {number}: one of {SAYS} is needed, unknown keys {sorted(extra)}")
        answers = [item if isinstance(item, dict) else {item: {}} for item in entry.get("answers") or []]
        turns.append(
            Turn(
                does=does[0],
                value=entry[does[0]],
                intent=entry.get("intent"),
                answers=[{name: facts or {} for name, facts in item.items()} for item in answers],
                messages=entry.get("messages") or [],
            )
        )
    return Story(
        path=path,
        name=document["story"],
        tenant=document["tenant"],
        channel=document["channel"],
        sender=str(document["from"]),
        turns=turns,
        tables=document.get("tables") or {},
        mobiles=document.get("mobiles") or {},
    )


def find(root: Path, wanted: str = "") -> list[Path]:
    """All stories below a folder, or those whose path has a word in it."""
    return sorted(path for path in root.rglob("*.yml") if wanted in str(path))
