"""Plays a story against a running service and tells where it went another way."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
import re
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import aiohttp
from sqlalchemy import text as sql
from sqlmodel import col, select

from connectors.base import Channel
from core import store
from core.tables import ChoiceToken, Conversation, InboxRow, OutboxRow
from gateway import silence
from gateway.app import Service
from tests.patience import SECONDS
from tests.replay.people import WebVisitor
from tests.replay.story import Story, Turn
from utility.tables import UtilityAccount

ANY = "<any>"
CODE = re.compile(r"(?<!\d)(\d{6})(?!\d)")
LETTERS = str.maketrans("০১২৩৪৫৬৭৮৯०१२३४५६७८९", "01234567890123456789")
OPEN = ("queued", "sending", "errored")


@dataclass(kw_only=True)
class Outcome:
    """What a story really did, turn by turn, and where that is not what it says."""

    faults: list[str] = field(default_factory=list)
    turns: list[dict[str, Any]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


class WhatsAppPhone:
    """A customer's phone: signed webhooks with the exact field names of the platform."""

    _numbers = itertools.count(1)

    def __init__(self, service: Service, channel: Channel, number: str) -> None:
        self._service = service
        self._channel = channel
        self._number = number
        self._http: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        self._http = aiohttp.ClientSession()

    async def close(self) -> None:
        if self._http:
            await self._http.close()

    async def _deliver(self, content: dict[str, Any]) -> str:
        assert self._http is not None
        external_id = f"wamid.{self._number[1:]}.{next(self._numbers)}.{time.time_ns()}"
        wa_id = self._number.removeprefix("+")
        message = {"id": external_id, "from": wa_id, "timestamp": str(int(time.time())), **content}
        value = {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "15550001111", "phone_number_id": self._channel.account_id},
            "contacts": [{"profile": {"name": "Demo"}, "wa_id": wa_id}],
            "messages": [message],
        }
        envelope = {
            "object": "whatsapp_business_account",
            "entry": [{"id": "WABA", "changes": [{"field": "messages", "value": value}]}],
        }
        body = json.dumps(envelope).encode()
        digest = hmac.new(self._channel.secret("app_secret").encode(), body, hashlib.sha256).hexdigest()
        async with self._http.post(
            f"{self._service.public_url}/webhooks/whatsapp",
            data=body,
            headers={"X-Hub-Signature-256": f"sha256={digest}", "Content-Type": "application/json"},
        ) as answer:
            assert answer.status == 200, f"the webhook answered {answer.status}"
        return external_id

    async def say(self, text: str) -> str:
        return await self._deliver({"type": "text", "text": {"body": text}})

    async def tap(self, choice: ChoiceToken) -> str:
        reply = {"id": choice.token, "title": choice.title[:20]}
        return await self._deliver(
            {"type": "interactive", "interactive": {"type": "button_reply", "button_reply": reply}}
        )

    async def share(self, latitude: float, longitude: float) -> str:
        return await self._deliver({"type": "location", "location": {"latitude": latitude, "longitude": longitude}})

    async def photo(self) -> str:
        image = {"id": "MEDIA-PHOTO", "mime_type": "image/jpeg", "sha256": "b64"}
        return await self._deliver({"type": "image", "image": image})


class TelegramChat:
    """A customer's chat with the bot: updates with the secret in their header."""

    _numbers = itertools.count(800_000_001)

    def __init__(self, service: Service, channel: Channel, chat: str) -> None:
        self._service = service
        self._channel = channel
        self._chat = int(chat)
        self._http: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        self._http = aiohttp.ClientSession()

    async def close(self) -> None:
        if self._http:
            await self._http.close()

    async def _deliver(self, content: dict[str, Any], kind: str = "message") -> str:
        assert self._http is not None
        number = next(self._numbers)
        person = {"id": self._chat, "is_bot": False, "first_name": "Demo"}
        here = {"message_id": number, "date": int(time.time()), "chat": {"id": self._chat, "type": "private"}}
        if kind == "message":
            body = {"from": person, **here, **content}
        else:
            body = {"id": f"{number}", "from": person, "message": here, "chat_instance": "c", **content}
        async with self._http.post(
            f"{self._service.public_url}/webhooks/telegram",
            json={"update_id": number, kind: body},
            headers={"X-Telegram-Bot-Api-Secret-Token": self._channel.secret("secret_token")},
        ) as answer:
            assert answer.status == 200, f"the webhook answered {answer.status}"
        return str(number) if kind == "message" else f"{number}.{number}"

    async def say(self, text: str) -> str:
        return await self._deliver({"text": text})

    async def tap(self, choice: ChoiceToken) -> str:
        return await self._deliver({"data": choice.token}, kind="callback_query")

    async def share(self, latitude: float, longitude: float) -> str:
        return await self._deliver({"location": {"latitude": latitude, "longitude": longitude}})

    async def photo(self) -> str:
        return await self._deliver({"photo": [{"file_id": "PHOTO", "width": 640, "height": 480}]})

    async def contact(self, phone: str, own: bool) -> str:
        card = {"phone_number": phone.removeprefix("+"), "first_name": "Demo"}
        return await self._deliver({"contact": card | {"user_id": self._chat if own else self._chat + 1}})


class WebPerson(WebVisitor):
    """A visitor of the web page."""

    async def tap(self, choice: ChoiceToken) -> str:  # type: ignore[override]
        return await self._send({"t": "choice", "id": choice.token, "msg_seq": choice.message_seq})


async def play(story: Story, service: Service) -> Outcome:
    """Play all turns; faults are collected, not raised, so that one run tells everything."""
    outcome = Outcome()
    channels = service.services.channels.values()
    wanted = "webchat" if story.channel == "web" else story.channel
    channel = next(channel for channel in channels if channel.type == wanted and channel.tenant == story.tenant)
    people: dict[str, Any] = {"whatsapp": WhatsAppPhone, "telegram": TelegramChat}
    person: Any = WebPerson(service) if wanted == "webchat" else people[wanted](service, channel, story.sender)
    await _change_mobiles(service, story)
    await person.open()
    try:
        conversation: int | None = None
        for number, turn in enumerate(story.turns, 1):
            began = time.perf_counter()
            if turn.does == "wait":
                assert conversation is not None, "a story cannot begin with silence"
                await _let_pass(service, conversation, float(turn.value))
                outcome.seconds.append(0.0)
                outcome.turns.append({"intent": None, "language": None, "answers": [], "messages": []})
                continue
            row, conversation = await _do(service, channel, person, turn, conversation)
            outcome.seconds.append(time.perf_counter() - began)
            happened = await _happened(service, row, conversation)
            outcome.turns.append(happened)
            outcome.faults += [f"turn {number}: {fault}" for fault in _compare(turn, happened)]
        outcome.faults += await _compare_tables(service, story)
    finally:
        await person.close()
    return outcome


async def _change_mobiles(service: Service, story: Story) -> None:
    """Give accounts other mobile numbers than the demo's."""
    async with service.services.db.transaction() as session:
        for number, mobile in story.mobiles.items():
            here = (UtilityAccount.tenant == story.tenant, UtilityAccount.number == number)
            account = (await session.exec(select(UtilityAccount).where(*here))).one()
            account.mobile = mobile


async def _let_pass(service: Service, conversation: int, hours: float) -> None:
    """As if the customer had been silent for so many hours."""
    async with service.services.db.transaction() as session:
        row = (await session.exec(select(Conversation).where(Conversation.id == conversation))).one()
        moved = datetime.fromisoformat(row.state[silence.AT]) - timedelta(hours=hours)
        row.state = {**row.state, silence.AT: moved.isoformat()}


async def _do(
    service: Service, channel: Channel, person: Any, turn: Turn, conversation: int | None
) -> tuple[InboxRow, int]:
    if turn.does == "say":
        key = await person.say(str(turn.value))
    elif turn.does == "tap":
        key = await person.tap(await _choice(service, conversation, turn.value))
    elif turn.does == "share":
        key = await person.share(*turn.value)
    elif turn.does == "photo":
        key = await person.photo()
    elif turn.does == "contact":
        key = await person.contact(str(turn.value["phone"]), bool(turn.value.get("own")))
    elif turn.does == "code":
        code = await _last_code(service)
        key = await person.say(code if turn.value == "right" else str((int(code) + 1) % 1_000_000).zfill(6))
    else:
        raise AssertionError(f"a story cannot {turn.does!r}")
    return await _finished(service, channel, key)


async def _choice(service: Service, conversation: int | None, wanted: Any) -> ChoiceToken:
    """A choice under the last message that had any: by its number, the intent it sends, or its title."""
    assert conversation is not None, "nothing was offered yet"
    async with service.services.db.reading() as session:
        row = await session.get(Conversation, conversation)
        assert row is not None
        choices = await store.last_choices(session, row)
    if isinstance(wanted, int):
        return choices[wanted - 1]
    for choice in choices:
        if wanted in (choice.title, choice.send.get("intent")):
            return choice
    for choice in choices:
        if str(wanted) in [str(value) for value in (choice.send.get("entities") or {}).values()]:
            return choice
    raise AssertionError(f"{wanted!r} was not offered, but {[(c.title, c.send) for c in choices]}")


async def _last_code(service: Service) -> str:
    async with service.services.db.reading() as session:
        query = select(OutboxRow).where(OutboxRow.purpose == "code").order_by(col(OutboxRow.id).desc()).limit(1)
        row = (await session.exec(query)).first()
    assert row is not None, "no code was sent"
    found = CODE.search(str(row.payload["text"]).translate(LETTERS))
    assert found, "the text message has no code"
    return found.group(1)


async def _finished(service: Service, channel: Channel, key: str) -> tuple[InboxRow, int]:
    """Wait until a message is handled and its answers have left."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        async with service.services.db.reading() as session:
            query = select(InboxRow).where(InboxRow.channel == channel.key, InboxRow.external_id == key)
            row = (await session.exec(query)).first()
            if row is not None and row.state != "new":
                mine = select(OutboxRow).where(col(OutboxRow.dedupe).startswith(f"in:{row.id}:"))
                out = (await session.exec(mine)).all()
                if out and not any(item.state in OPEN for item in out):
                    conversation = out[0].conversation_id
                    assert conversation is not None
                    return row, conversation
        await asyncio.sleep(0.02)
    raise AssertionError(f"no answer after {SECONDS} s")


async def _happened(service: Service, row: InboxRow, conversation: int) -> dict[str, Any]:
    async with service.services.db.reading() as session:
        query = select(OutboxRow).where(col(OutboxRow.dedupe).startswith(f"in:{row.id}:")).order_by(col(OutboxRow.id))
        out = (await session.exec(query)).all()
    answers: list[dict[str, Any]] = []
    seen: set[tuple[str, str]] = set()
    for item in out:
        name, occasion = item.payload["answer"], item.dedupe.rpartition(":")[0]
        # One answer may leave as several messages; it is still one answer.
        if answers and name in answers[-1] and (name, occasion) in seen and item.payload["facts"] == answers[-1][name]:
            continue
        seen.add((name, occasion))
        answers.append({name: item.payload["facts"]})
    return {
        "intent": row.result.get("intent"),
        "language": row.result.get("language"),
        "answers": answers,
        "messages": [{"text": item.payload["text"], "state": item.state, "purpose": item.purpose} for item in out],
    }


def _compare(turn: Turn, happened: dict[str, Any]) -> list[str]:
    faults = []
    if turn.intent is not None and turn.intent != happened["intent"]:
        faults.append(f"intent {happened['intent']!r}, expected {turn.intent!r}")
    names = [next(iter(answer)) for answer in happened["answers"]]
    expected = [next(iter(answer)) for answer in turn.answers]
    if names != expected:
        return [*faults, f"answers {names}, expected {expected}"]
    for answer, wanted in zip(happened["answers"], turn.answers, strict=True):
        name = next(iter(wanted))
        for fact, value in wanted[name].items():
            got = answer[name].get(fact)
            if (value == ANY and got in (None, "")) or (value != ANY and got != value):
                faults.append(f"{name}.{fact} is {got!r}, expected {value!r}")
    for item in happened["messages"]:
        if item["state"] in ("failed", "held", "expired", "doubtful"):
            faults.append(f"a message is {item['state']}")
    for wanted_message in turn.messages:
        if not any(str(wanted_message.get("has", "")) in item["text"] for item in happened["messages"]):
            faults.append(f"no message has {wanted_message.get('has')!r}")
    return faults


async def _compare_tables(service: Service, story: Story) -> list[str]:
    faults = []
    for table, wanted in story.tables.items():
        if not table.isidentifier():
            raise ValueError(f"{story.path}: {table!r} is not a table")
        async with service.services.db.reading() as session:
            found = [
                dict(row._mapping) for row in (await session.execute(sql(f"SELECT * FROM {table} ORDER BY id"))).all()
            ]
        if len(found) != len(wanted):
            faults.append(f"table {table} has {len(found)} rows, expected {len(wanted)}")
            continue
        for row, expected in zip(found, wanted, strict=True):
            for column, value in expected.items():
                if row.get(column) != value and not (value == ANY and row.get(column)):
                    faults.append(f"{table}.{column} is {row.get(column)!r}, expected {value!r}")
    return faults
