"""A conversation from the database as a story, with everything personal replaced by invented data of the same form."""

from __future__ import annotations

import asyncio
import re
import sys
from typing import Any

import yaml

from core import settings as settings_module
from core import store
from core.database import Database
from core.tables import Contact, Conversation, InboxRow, Message

DIGIT = re.compile(r"[0-9০-৯०-९]")
LONG = re.compile(r"[A-Za-z]{0,3}-?(?:[0-9০-৯०-९][\s-]?){5,}")
MAIL = re.compile(r"\S+@\S+\.\S+")


class Invented:
    """Replaces numbers by invented ones, the same number always by the same, in the same script and form."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def number(self, found: str) -> str:
        """A number of the same length and spacing that belongs to nobody."""
        if found not in self._known:
            seed = len(self._known) + 1
            state = [seed]

            def digit(match: re.Match[str]) -> str:
                state[0] = (state[0] * 7 + 3) % 10
                return chr(ord(match.group()) - int(match.group()) + state[0])

            self._known[found] = DIGIT.sub(digit, found)
        return self._known[found]

    def text(self, words: str, names: list[str]) -> str:
        """Words without the person's name, numbers and mail addresses."""
        for name in sorted(filter(None, names), key=len, reverse=True):
            words = re.sub(re.escape(name), "Demo", words, flags=re.IGNORECASE)
        words = MAIL.sub("demo@example.org", words)
        return LONG.sub(lambda match: self.number(match.group()), words)


async def make_story(db: Database, number: int) -> dict[str, Any] | None:
    """The story of a conversation, or None when there is none of that number."""
    async with db.reading() as session:
        conversation = await session.get(Conversation, number)
        if conversation is None:
            return None
        contact = await session.get(Contact, conversation.contact_id)
        rows = await store.transcript(session, number, limit=10_000)
        results = await _results(session, conversation, rows)
    names = [contact.name, *contact.name.split()] if contact else []
    invented = Invented()
    turns: list[dict[str, Any]] = []
    for row in rows:
        if row.direction != "incoming":
            continue
        result = results.get(row.external_id, {})
        turns.append(
            {
                **_does(row, invented, names),
                "intent": result.get("intent"),
                "answers": list(result.get("answers") or []),
            }
        )
    return {
        "story": f"From a conversation in {conversation.tenant}",
        "tenant": conversation.tenant,
        "channel": "web" if conversation.channel.startswith("web:") else conversation.channel.partition(":")[0],
        "from": "+8801799999999",
        "turns": turns,
    }


async def _results(session: Any, conversation: Conversation, rows: list[Message]) -> dict[str, dict[str, Any]]:
    from sqlmodel import col, select

    wanted = [row.external_id for row in rows if row.external_id]
    query = select(InboxRow).where(InboxRow.channel == conversation.channel, col(InboxRow.external_id).in_(wanted))
    return {row.external_id: row.result for row in (await session.exec(query)).all()}


def _does(row: Message, invented: Invented, names: list[str]) -> dict[str, Any]:
    if row.kind == "location":
        return {"share": [23.8, 90.4]}
    if row.kind == "media" and not row.text:
        return {"photo": True}
    if row.kind == "choice" and row.text:
        return {"tap": row.text}
    if set(row.text) == {"•"}:
        return {"code": "right"}
    return {"say": invented.text(row.text, names)}


def print_story(number: int) -> int:
    """Print a conversation as a story; the exit code."""

    async def work() -> dict[str, Any] | None:
        db = Database(settings_module.load().resolved_database_url)
        try:
            return await make_story(db, number)
        finally:
            await db.close()

    story = asyncio.run(work())
    if story is None:
        print("no conversation has that number", file=sys.stderr)
        return 1
    print(yaml.safe_dump(story, allow_unicode=True, sort_keys=False, width=130), end="")
    return 0
