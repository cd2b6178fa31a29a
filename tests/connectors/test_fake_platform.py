"""The fake platform itself, met by the real connector over the real transport."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from connectors import registry
from connectors.base import Channel, Outgoing, Tools, Upload
from connectors.whatsapp import WhatsAppConnector
from core.errors import Ambiguous, ChannelDown, Refused, Throttled, Unavailable
from core.messages import Attachment, MediaRef, OutgoingMessage, QuickReply
from gateway.transport import HttpTransport
from tests.fakes import FakePlatform, File
from tests.patience import SECONDS

PHONE = "whatsapp:+8801700000002"
PDF = Upload(name="bill.pdf", mime="application/pdf", content=b"%PDF-1.7 demo")


async def load(attachment: Attachment) -> Upload:
    return PDF


class NoTenants:
    """Nobody but the settings' own tenant."""

    def all(self) -> list[registry.HasChannels]:
        return []


@pytest.fixture
async def platform() -> AsyncIterator[FakePlatform]:
    async with FakePlatform() as fake:
        yield fake


@pytest.fixture
async def channel(platform: FakePlatform) -> Channel:
    found = registry.channels(platform.settings(), NoTenants(), {})
    return next(item for item in found if item.type == "whatsapp")


@pytest.fixture
async def connector(channel: Channel) -> AsyncIterator[WhatsAppConnector]:
    transport = HttpTransport([channel.base_url])
    yield WhatsAppConnector(Tools(transport=transport, load=load))
    await transport.close()


def outgoing(message: OutgoingMessage, address: str = PHONE) -> Outgoing:
    return Outgoing(address=address, message=message, callback="sathi-1")


async def test_text_arrives(platform: FakePlatform, connector: WhatsAppConnector, channel: Channel) -> None:
    result = await connector.send(outgoing(OutgoingMessage(text="আপনার বিল")), channel)
    [seen] = platform.messages("+8801700000002")
    assert (seen.text, seen.callback, seen.id) == ("আপনার বিল", "sathi-1", result.external_id)
    assert result.address == PHONE


async def test_document_is_uploaded_then_sent_by_id(
    platform: FakePlatform, connector: WhatsAppConnector, channel: Channel
) -> None:
    bill = Attachment(ref="bill:x", name="bill.pdf", mime="application/pdf")
    [part] = connector.fit(OutgoingMessage(text="বিল", attachment=bill), channel)
    await connector.send(outgoing(part), channel)
    [seen] = platform.messages()
    assert seen.file is not None and seen.file.content == PDF.content
    assert (seen.kind, seen.text, seen.file.name) == ("document", "বিল", "bill.pdf")
    assert [call.path.rpartition("/")[2] for call in platform.ledger.calls] == ["media", "messages"]


async def test_receipt_and_typing_are_noted(
    platform: FakePlatform, connector: WhatsAppConnector, channel: Channel
) -> None:
    await connector.acknowledge(PHONE, "wamid.IN1", channel)
    assert platform.ledger.acknowledged == ["wamid.IN1"]
    assert platform.messages() == []


async def test_media_is_loaded_in_two_steps(
    platform: FakePlatform, connector: WhatsAppConnector, channel: Channel
) -> None:
    media_id = platform.meta.keep(File(name="", mime="image/jpeg", content=b"\xff\xd8picture"))
    file = await connector.fetch(MediaRef(kind="image", ref=media_id), channel)
    assert (file.mime, file.content) == ("image/jpeg", b"\xff\xd8picture")
    with pytest.raises(Refused, match="too big"):
        await connector.fetch(MediaRef(kind="image", ref=media_id), channel, max_bytes=3)


async def test_faults_on_demand_have_our_words(
    platform: FakePlatform, connector: WhatsAppConnector, channel: Channel
) -> None:
    message = outgoing(OutgoingMessage(text="x"))
    platform.fail("whatsapp", status=500)
    with pytest.raises(Unavailable):
        await connector.send(message, channel)
    platform.fail("whatsapp", status=429, headers={"Retry-After": "7"})
    with pytest.raises(Throttled) as throttled:
        await connector.send(message, channel)
    assert throttled.value.retry_after == 7
    platform.fail("whatsapp", drop=True, accept=True)
    with pytest.raises(Ambiguous):
        await connector.send(message, channel)
    assert len(platform.messages()) == 1, "the fake took it, and only we do not know"
    await connector.send(message, channel)
    assert len(platform.messages()) == 2


async def test_a_closed_port_was_surely_not_reached(connector: WhatsAppConnector, channel: Channel) -> None:
    from dataclasses import replace

    gone = replace(channel, base_url="http://127.0.0.1:9/graph")
    transport = HttpTransport([gone.base_url])
    with pytest.raises(Unavailable):
        await WhatsAppConnector(Tools(transport=transport, load=load)).send(outgoing(OutgoingMessage(text="x")), gone)
    await transport.close()


async def test_wrong_token_stops_the_channel(
    platform: FakePlatform, connector: WhatsAppConnector, channel: Channel
) -> None:
    platform.meta.whatsapp_token = "another"
    with pytest.raises(ChannelDown) as error:
        await connector.send(outgoing(OutgoingMessage(text="x")), channel)
    assert error.value.code == "190"


async def test_the_fake_enforces_limits(platform: FakePlatform, connector: WhatsAppConnector, channel: Channel) -> None:
    async def send(number: int) -> str:
        try:
            await connector.send(outgoing(OutgoingMessage(text="x"), f"whatsapp:+88017000{number:05d}"), channel)
        except Throttled as error:
            return error.code
        return "ok"

    results = await asyncio.gather(*(send(number) for number in range(100)))
    assert results.count("130429") >= 10
    assert results.count("ok") <= 85
    await asyncio.sleep(1.05)
    pair = [await send(7) for _ in range(47)]
    assert set(pair[-1:]) == {"131056"}


async def test_the_fake_refuses_what_meta_refuses(
    platform: FakePlatform, connector: WhatsAppConnector, channel: Channel
) -> None:
    too_many = OutgoingMessage(
        text="x", choices=tuple(QuickReply(token=f"t{number}", title=f"Row {number}") for number in range(11))
    )
    with pytest.raises(Refused) as error:
        await connector.send(outgoing(too_many), channel)
    assert error.value.code == "131009"


async def test_deliveries_are_signed_and_statuses_follow(
    platform: FakePlatform, connector: WhatsAppConnector, channel: Channel
) -> None:
    got: list[bytes] = []
    all_here = asyncio.Event()

    async def hook(request: web.Request) -> web.Response:
        body = await request.read()
        digest = hmac.new(platform.meta.app_secret.encode(), body, hashlib.sha256).hexdigest()
        assert request.headers["X-Hub-Signature-256"] == f"sha256={digest}"
        got.append(body)
        if len(got) == 6:
            all_here.set()
        return web.Response(text="")

    app = web.Application()
    app.router.add_post("/webhooks/whatsapp", hook)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    platform.webhooks = f"http://127.0.0.1:{runner.addresses[0][1]}"
    platform.auto_status = ("sent", "delivered", "read")
    try:
        assert await platform.say("+8801700000002", "কারেন্ট নাই 😀", times=3, parallel=True) == [200, 200, 200]
        assert len(set(got)) == 1 and b"\\ud83d" in got[0]
        await connector.send(outgoing(OutgoingMessage(text="x")), channel)
        await asyncio.wait_for(all_here.wait(), SECONDS)
        assert [status for body in got[3:] for status in (b"delivered", b"read", b"sent") if status in body] == [
            b"sent",
            b"delivered",
            b"read",
        ]
    finally:
        await runner.cleanup()


CHANNELS = ("whatsapp", "messenger", "telegram")


async def test_the_page_shows_both_sides() -> None:
    async with FakePlatform(page=True) as platform, aiohttp.ClientSession() as session:
        got: list[bytes] = []

        async def hook(request: web.Request) -> web.Response:
            got.append(await request.read())
            return web.Response(text="")

        app = web.Application()
        app.router.add_post("/webhooks/{kind}", hook)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        platform.webhooks = f"http://127.0.0.1:{runner.addresses[0][1]}"
        lines = [
            {"platform": "whatsapp", "who": "+8801700000002", "text": "hi"},
            {"platform": "whatsapp", "who": "+8801700000002", "token": "t", "title": "Yes", "kind": "list"},
            {"platform": "messenger", "who": "5550001", "place": True},
            {"platform": "telegram", "who": "4211", "token": "t", "title": "Yes"},
            {"platform": "telegram", "who": "4211", "token": "", "title": "I don't know it"},
            *({"platform": name, "who": "4211", "phone": "+8801700000002", "own": True} for name in CHANNELS),
        ]
        for line in lines:
            async with session.post(f"{platform.url}/page/say", json=line) as response:
                assert await response.json() == {"statuses": [200]}
        assert len(got) == 8 and b"list_reply" in got[1] and b"callback_query" in got[3]
        async with session.get(f"{platform.url}/page/state") as response:
            state = await response.json()
        assert [line["text"] for line in state["chat"]] == [
            *("hi", "Yes", "📍", "Yes", "I don't know it"),
            *["+8801700000002"] * 3,
        ]
        assert b"I don't know it" in got[4] and b'"user_id": 4211' in got[7]
        async with session.get(platform.url) as response:
            page = await response.text()
        assert "http:" not in page and "https:" not in page, "the page needs no other host"
        await runner.cleanup()
