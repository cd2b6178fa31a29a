"""A web chat that answers from a script: the real server side and queues, without the dialogue core behind them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from aiohttp import ClientSession, ClientWebSocketResponse, CookieJar, WSMsgType, web
from sqlmodel import SQLModel, col, select

from connectors.base import Channel, Outgoing, Tools, Upload
from connectors.webchat import WebchatConnector
from core import outbox as outbox_module
from core import store
from core.clock import Clock
from core.database import Database
from core.inbox import Inbox
from core.media import FolderShelf, Library
from core.messages import (
    Actor,
    Attachment,
    Call,
    IncomingMessage,
    Kind,
    Link,
    OutgoingMessage,
    QuickReply,
    incoming_from_json,
)
from core.outbox import Outbox
from core.settings import Settings
from gateway import webchat
from gateway.services import Services
from tests.patience import SECONDS

TENANT = "example"
PDF = b"%PDF-1.4\n% a bill\n%%EOF\n"
Answer = Callable[[IncomingMessage], list[OutgoingMessage]]


def tenant(**changes: Any) -> Any:
    """As much of a tenant as the page shows."""
    values = {
        "slug": TENANT,
        "name": {"bn": "বিদ্যুৎ বিভাগ, বাংলাদেশ", "hi": "बिजली वितरण कंपनी", "en": "Bangladesh Power Division"},
        "forms": ("bn", "bn-Latn", "en", "hi"),
        "default_form": "bn",
        "accent": "#0b6b57",
        "hotline": SimpleNamespace(number="16999"),
    }
    return SimpleNamespace(**{**values, **changes})


def choice(title: str, description: str = "") -> QuickReply:
    """A choice; the worker double gives it its real token."""
    return QuickReply(token="", title=title, description=description)


def script(message: IncomingMessage) -> list[OutgoingMessage]:
    """What is answered to a word in the text."""
    text = message.text.casefold()
    if message.kind is Kind.CHOICE:
        return [OutgoingMessage(text="chosen")]
    if message.kind is Kind.LOCATION and message.location:
        return [OutgoingMessage(text=f"place {message.location.latitude:.2f}")]
    if message.media:
        return [OutgoingMessage(text=f"{len(message.media)} file, {message.media[0].mime}")]
    if "silence" in text:
        return []
    if "pdf" in text:
        bill = Attachment(ref="bill:x:1:2026-09:bn", name="বিল-2026-09.pdf", mime="application/pdf")
        return [OutgoingMessage(text="Here is the bill.", attachment=bill)]
    if "choose" in text:
        return [OutgoingMessage(text="Which one?", choices=(choice("One"), choice("Two"), choice("Three")))]
    if "rows" in text:
        many = tuple(choice(f"Office {number}", f"Ward {number}") for number in range(1, 6))
        return [OutgoingMessage(text="Which office?", choices=many)]
    if "many" in text:
        return [OutgoingMessage(text="Which area?", choices=tuple(choice(f"Area {number}") for number in range(20)))]
    if "call" in text:
        return [OutgoingMessage(text="Call us.", call=Call(label="Hotline", number="16999"))]
    if "link" in text:
        return [OutgoingMessage(text="Read more.", link=Link(label="Web site", url="https://example.com/a?b=1"))]
    if "place" in text:
        return [OutgoingMessage(text="Where is it?", ask="location")]
    if "twice" in text:
        return [OutgoingMessage(text="first"), OutgoingMessage(text="second")]
    return [OutgoingMessage(text=f"echo: {message.text}")]


class Double:
    """A worker and a sender in one task each, as simple as they can be and still use the real queues."""

    def __init__(self, db: Database, folder: Path, answer: Answer = script, **about: Any) -> None:
        self.db = db
        self.answer = answer
        self.turns: list[str] = []
        self.hub = webchat.WebchatHub()
        self.channel = Channel(key=f"web:{TENANT}", type="webchat", tenant=TENANT, account_id=TENANT)
        connector = WebchatConnector(cast(Tools, SimpleNamespace()), self.hub)
        self.inbox, self.outbox = Inbox(db), Outbox(db)
        self.loads = 0
        self.settings = Settings(data_dir=folder, tenant=TENANT, _env_file=None)
        self.services = cast(
            Services,
            SimpleNamespace(
                settings=self.settings,
                key=b"k" * 32,
                db=db,
                inbox=self.inbox,
                outbox=self.outbox,
                tenants=SimpleNamespace(get=lambda slug: tenant(**about)),
                channels={self.channel.key: self.channel},
                connector=lambda channel: connector,
                load_file=self.load,
                library=Library(db, FolderShelf(folder)),
            ),
        )
        self.connector = connector
        self.delay = 0.0
        self._tasks: list[asyncio.Task[None]] = []

    async def load(self, attachment: Attachment) -> Upload:
        self.loads += 1
        return Upload(name=attachment.name, mime=attachment.mime, content=PDF)

    async def start(self) -> None:
        await self.inbox.start()
        self._tasks = [asyncio.create_task(self._work()), asyncio.create_task(self._send())]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.inbox.stop()

    async def _work(self) -> None:
        while True:
            self.inbox.new_work.clear()
            claimed = await self.inbox.claim_next("double", 60)
            if claimed is None:
                try:
                    await asyncio.wait_for(self.inbox.new_work.wait(), 0.2)
                except TimeoutError:
                    continue
                continue
            message = incoming_from_json(claimed.payload)
            self.turns.append(message.external_id)
            await self.connector.acknowledge(message.addresses[0], message.external_id, self.channel)
            await asyncio.sleep(self.delay)
            async with self.db.transaction() as session:
                _, conversation = await store.open_conversation(session, self.db, TENANT, self.channel.key, message)
                if "transcript" not in message.detail:
                    await store.write_incoming(session, self.db, conversation, message, message.text)
                await self.say(session, conversation, self.answer(message), f"in:{claimed.id}")
                await self.inbox.finish(session, claimed, {})

    async def say(self, session: Any, conversation: Any, messages: list[OutgoingMessage], dedupe: str) -> None:
        parts, ids = [], []
        for message in messages:
            tokens = []
            for place, one in enumerate(message.choices):
                token = await store.make_token(session, self.db, conversation, one.title, {"place": place})
                tokens.append(QuickReply(token=token, title=one.title, description=one.description))
            part = OutgoingMessage(**{**message.__dict__, "choices": tuple(tokens)})
            row = await store.write_outgoing(session, self.db, conversation, part)
            parts.append(part)
            ids.append(row.id)
        await outbox_module.enqueue(
            session,
            self.db,
            channel=self.channel.key,
            address=conversation.address,
            dedupe=dedupe,
            messages=parts,
            conversation_id=conversation.id,
            message_ids=ids,
        )

    async def speak(self, chat_session: str, message: OutgoingMessage, author: Actor = Actor.BOT) -> None:
        """Say something that nobody asked for."""
        async with self.db.transaction() as session:
            conversation = await store.find_conversation(session, TENANT, self.channel.key, f"web:{chat_session}")
            assert conversation is not None
            said = OutgoingMessage(**{**message.__dict__, "author": author})
            await self.say(session, conversation, [said], f"notice:{len(self.turns)}:{message.text}")

    async def _send(self) -> None:
        while True:
            sent = await self.outbox.claim_next("double", 60)
            if sent is None:
                await asyncio.sleep(0.02)
                continue
            outgoing = Outgoing(address=sent.address, message=sent.message, callback=sent.callback, sequence=1)
            result = await self.connector.send(outgoing, self.channel)
            await self.outbox.accept(sent, result.external_id)


@asynccontextmanager
async def alone(folder: Path, clock: Clock | None = None, **about: Any) -> AsyncIterator[Double]:
    """A double with an SQLite of its own."""
    db = Database(f"sqlite+aiosqlite:///{folder / 'chat.db'}", clock)
    async with db.engine.begin() as connection:
        await connection.run_sync(SQLModel.metadata.create_all)
    yield Double(db, folder, **about)
    await db.close()


@asynccontextmanager
async def serving(double: Double, port: int = 0) -> AsyncIterator[str]:
    """The double behind a real server; gives its address."""
    app = web.Application(client_max_size=4 << 20)
    app.add_routes(webchat.routes(double.services, double.hub))
    app.on_shutdown.append(double.hub.close)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await double.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
        await double.stop()


class Browser:
    """One customer's device: cookies, a session, sockets."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = ClientSession(cookie_jar=CookieJar(unsafe=True))
        self.session = self.token = ""

    async def __aenter__(self) -> Browser:
        await self.begin()
        return self

    async def __aexit__(self, *about: object) -> None:
        await self.http.close()

    async def begin(self) -> None:
        async with self.http.post(f"{self.url}/chat/session") as answer:
            assert answer.status == 200, answer.status
            document = await answer.json()
        self.session, self.token = document["session"], document["token"]

    async def socket(self, **headers: str) -> ClientWebSocketResponse:
        return await self.http.ws_connect(f"{self.url}/chat/ws", headers=headers)

    async def tab(self, last_seq: int = 0) -> Tab:
        """A socket that has said hello."""
        tab = Tab(await self.socket())
        await tab.say({"t": "hello", "v": 1, "token": self.token, "session": self.session, "last_seq": last_seq})
        tab.welcome = await tab.next("welcome")
        return tab


class Tab:
    """A socket and the frames it got."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self.socket = socket
        self.welcome: dict[str, Any] = {}
        self.got: list[dict[str, Any]] = []

    async def say(self, frame: dict[str, Any]) -> None:
        await self.socket.send_str(json.dumps(frame))

    async def next(self, *kinds: str, seconds: float = SECONDS) -> dict[str, Any]:
        """The next frame of a kind; others are kept in `got` and passed over."""
        async with asyncio.timeout(seconds):
            while True:
                message = await self.socket.receive()
                assert message.type is WSMsgType.TEXT, (message.type, self.socket.close_code, message.extra)
                frame: dict[str, Any] = json.loads(message.data)
                self.got.append(frame)
                if frame["t"] in kinds:
                    return frame

    async def rest(self, seconds: float = 0.3) -> list[dict[str, Any]]:
        """Every frame that comes within a while."""
        frames: list[dict[str, Any]] = []
        try:
            async with asyncio.timeout(seconds):
                while True:
                    message = await self.socket.receive()
                    if message.type is not WSMsgType.TEXT:
                        return frames
                    frames.append(json.loads(message.data))
        except TimeoutError:
            return frames

    async def closed(self, seconds: float = SECONDS) -> int | None:
        """Wait for the end; gives the code."""
        async with asyncio.timeout(seconds):
            while True:
                message = await self.socket.receive()
                if message.type is WSMsgType.CLOSE:
                    return int(message.data)
                if message.type in (WSMsgType.CLOSED, WSMsgType.CLOSING):
                    return self.socket.close_code


async def poll(browser: Browser, after: int = 0, wait: int = 20) -> list[dict[str, Any]]:
    async with browser.http.get(f"{browser.url}/chat/poll", params={"after": after, "wait": wait}) as answer:
        assert answer.status == 200
        frames: list[dict[str, Any]] = (await answer.json())["frames"]
        return frames


async def rows(db: Database, table: Any) -> list[Any]:
    """Every row of a table, in order."""
    async with db.reading() as session:
        return list((await session.exec(select(table).order_by(col(table.id)))).all())
