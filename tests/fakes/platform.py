"""The server around the fakes: it listens, takes text messages too, and delivers webhooks as the platforms do."""

from __future__ import annotations

import asyncio
import io
import json
import random
from typing import Any

import aiohttp
from aiohttp import web

from core.settings import Settings
from tests.fakes.ledger import Fault, Ledger, Seen
from tests.fakes.meta import FakeMeta, signed
from tests.fakes.telegram import FakeTelegram
from tests.patience import SECONDS


class FakePlatform:
    """Meta, Telegram and an SMS gateway on one port of 127.0.0.1. Use it with `async with`.

    `webhooks` is the base address of the service under test; with it, `deliver_*` know where to send, and statuses
    listed in `auto_status` follow each message that WhatsApp took.
    """

    def __init__(self, port: int = 0, *, page: bool = False) -> None:
        self.ledger = Ledger()
        self.meta = FakeMeta(self.ledger)
        self.telegram = FakeTelegram(self.ledger)
        self.webhooks = ""
        self.auto_status: tuple[str, ...] = ()
        self.sms: list[dict[str, str]] = []
        self.random = random.Random(7)
        self._port = port
        self._page = page
        self._runner: web.AppRunner | None = None
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self.url = ""
        self.meta.on_message.append(self._follow)

    def app(self) -> web.Application:
        app = web.Application(client_max_size=128 << 20)
        app.add_routes(self.meta.routes())
        app.add_routes(self.telegram.routes())
        app.add_routes([web.post("/sms", self._sms)])
        if self._page:
            from tests.fakes.page import add_page

            add_page(app, self)
        return app

    async def start(self) -> None:
        self._runner = web.AppRunner(self.app(), access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session:
            await self._session.close()
        if self._runner:
            await self._runner.cleanup()

    async def __aenter__(self) -> FakePlatform:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def graph_url(self) -> str:
        return f"{self.url}/graph/v25.0"

    @property
    def telegram_url(self) -> str:
        return f"{self.url}/telegram"

    @property
    def sms_url(self) -> str:
        return f"{self.url}/sms"

    def environment(self) -> dict[str, str]:
        """The settings that switch every channel on and point it here."""
        return {
            "SATHI_META_GRAPH_URL": self.graph_url,
            "SATHI_TELEGRAM_API_URL": self.telegram_url,
            "SATHI_META_APP_SECRET": self.meta.app_secret,
            "SATHI_META_VERIFY_TOKEN": self.meta.verify_token,
            "SATHI_WHATSAPP_PHONE_NUMBER_ID": self.meta.phone_number_id,
            "SATHI_WHATSAPP_BUSINESS_ID": self.meta.business_id,
            "SATHI_WHATSAPP_ACCESS_TOKEN": self.meta.whatsapp_token,
            "SATHI_MESSENGER_PAGE_ID": self.meta.page_id,
            "SATHI_MESSENGER_PAGE_TOKEN": self.meta.page_token,
            "SATHI_MESSENGER_APP_ID": self.meta.app_id,
            "SATHI_TELEGRAM_BOT_TOKEN": self.telegram.token,
            "SATHI_TELEGRAM_SECRET_TOKEN": self.telegram.secret,
        }

    def settings(self, **more: Any) -> Settings:
        """Settings with every channel of this platform on; `sms_url` only when asked for."""
        values = {name.removeprefix("SATHI_").lower(): value for name, value in self.environment().items()}
        return Settings(_env_file=None, **(values | more))  # type: ignore[call-arg]

    # What came

    def messages(self, to: str = "", platform: str = "") -> list[Seen]:
        """Messages taken, oldest first, of one person or platform."""
        return [
            seen
            for seen in self.ledger.seen
            if (not to or seen.to == to) and (not platform or seen.platform == platform)
        ]

    async def wait_for(self, count: int, *, to: str = "", platform: str = "", seconds: float = SECONDS) -> list[Seen]:
        """Wait until so many messages were taken; fails with what there is."""
        end = asyncio.get_running_loop().time() + seconds
        while len(found := self.messages(to, platform)) < count:
            if asyncio.get_running_loop().time() > end:
                raise AssertionError(f"{len(found)} messages instead of {count} after {seconds} s: {found}")
            await asyncio.sleep(0.02)
        return found

    def fail(self, platform: str, **values: Any) -> Fault:
        """Make the next calls fail: see `Fault`."""
        fault = Fault(**values)
        self.ledger.faults[platform].append(fault)
        return fault

    def heal(self, platform: str = "") -> None:
        """Forget the faults that are left."""
        for name in [platform] if platform else list(self.ledger.faults):
            self.ledger.faults[name].clear()

    async def _sms(self, request: web.Request) -> web.Response:
        body = await request.json()
        fault = self.ledger.fault("sms", "/messages")
        self.ledger.note("sms", "POST", "/sms", body, fault.status if fault else 200)
        if fault:
            return web.json_response(fault.body, status=fault.status, headers=fault.headers)
        if set(body) != {"to", "text"} or not str(body["to"]).startswith("+") or not body["text"]:
            return web.json_response({"error": "to and text are needed"}, status=400)
        self.sms.append(body)
        return web.json_response({"id": f"sms-{len(self.sms)}"})

    # What goes out

    def _follow(self, seen: Seen) -> None:
        if seen.platform == "whatsapp" and self.auto_status and self.webhooks:
            task = asyncio.get_running_loop().create_task(self._statuses(seen))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _statuses(self, seen: Seen) -> None:
        for status in self.auto_status:
            await asyncio.sleep(0.01)
            await self.deliver(self.meta.whatsapp_delivery(self.meta.whatsapp_status(seen, status)), "whatsapp")

    async def deliver(self, payload: Any, platform: str, *, times: int = 1, parallel: bool = False) -> list[int]:
        """Deliver one payload, signed, as often as told; returns the answers' statuses."""
        if platform == "telegram":
            body = json.dumps(payload).encode()
            headers = {
                "Content-Type": "application/json",
                "X-Telegram-Bot-Api-Secret-Token": self.telegram.secret,
            }
        else:
            body, headers = signed(payload, self.meta.app_secret)
        return await self.post(f"/webhooks/{platform}", body, headers, times=times, parallel=parallel)

    async def post(
        self, path: str, body: bytes, headers: dict[str, str], *, times: int = 1, parallel: bool = False
    ) -> list[int]:
        """Post bytes to the service as they are."""
        assert self._session is not None, "start the platform first"
        session = self._session

        def content() -> Any:
            return body if len(body) < 1 << 20 else io.BytesIO(body)

        async def once() -> int:
            async with session.post(f"{self.webhooks}{path}", data=content(), headers=headers) as response:
                await response.read()
                return response.status

        if parallel:
            return list(await asyncio.gather(*(once() for _ in range(times))))
        return [await once() for _ in range(times)]

    async def deliver_shuffled(self, payloads: list[Any], platform: str, *, times: int = 1) -> list[int]:
        """Deliver payloads in another order than they were written, each as often as told."""
        line = [payload for payload in payloads for _ in range(times)]
        self.random.shuffle(line)
        answers = []
        for payload in line:
            answers += await self.deliver(payload, platform)
        return answers

    async def say(self, phone: str, text: str, **more: Any) -> list[int]:
        """A person writes on WhatsApp."""
        return await self.send_whatsapp(phone, {"type": "text", "text": {"body": text}}, **more)

    async def tap(self, phone: str, title: str, **more: Any) -> list[int]:
        """A person taps the newest button or row with this title on WhatsApp."""
        for seen in reversed(self.messages(phone, "whatsapp")):
            for token, shown in seen.choices:
                if shown == title:
                    kind = "list_reply" if seen.kind == "list" else "button_reply"
                    inner = {"type": kind, kind: {"id": token, "title": shown}}
                    content = {"type": "interactive", "interactive": inner, "context": {"id": seen.id}}
                    return await self.send_whatsapp(phone, content, **more)
        raise AssertionError(f"{phone} has no button {title!r}")

    async def send_whatsapp(self, phone: str, content: dict[str, Any], *, id: str = "", **more: Any) -> list[int]:
        """A person sends a message of any kind on WhatsApp."""
        value = self.meta.whatsapp_message(phone, content, id=id)
        return await self.deliver(self.meta.whatsapp_delivery(value), "whatsapp", **more)

    async def send_messenger(self, psid: str, content: dict[str, Any], **more: Any) -> list[int]:
        """A person does something on Messenger."""
        event = self.meta.messenger_event(psid, content)
        return await self.deliver(self.meta.messenger_delivery(event), "messenger", **more)

    async def send_telegram(
        self, chat: int, content: dict[str, Any], *, kind: str = "message", **more: Any
    ) -> list[int]:
        """A person does something on Telegram."""
        return await self.deliver(self.telegram.update(chat, content, kind=kind), "telegram", **more)
