"""`sathi channel setup` and `check` against the fake platforms: what is missing is said, and then it is there."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from connectors import registry
from connectors.base import Channel, Connector, Tools
from connectors.setup import Item, Plan
from core.answers import Answers
from core.errors import ConfigurationError
from core.settings import ROOT
from core.tenants import Tenants
from gateway import channel_cli
from gateway.transport import HttpTransport
from tests.connectors.doubles import load_file
from tests.fakes import FakePlatform

BN = (Item(name="bill_amount", title="আমার বিল"), Item(name="outage_info", title="লোডশেডিংয়ের খবর"))
EN = (Item(name="bill_amount", title="My bill"), Item(name="outage_info", title="Outages"))


def plan(kind: str, base: str = "https://bot.example") -> Plan:
    return Plan(
        webhook_url=f"{base}/webhooks/{kind}",
        greeting="আসসালামু আলাইকুম",
        people="Power Division",
        picture_url="https://bot.example/a.png",
        menus={"": BN, "bn": BN, "en": EN},
    )


class Bench:
    """Channels and connectors on a fake platform."""

    def __init__(self, platform: FakePlatform, transport: HttpTransport, channels: list[Channel]) -> None:
        self.platform = platform
        self.channels = {channel.type: channel for channel in channels}
        self.connectors: dict[str, Connector] = registry.connectors(Tools(transport=transport, load=load_file))

    async def check(self, kind: str, **more: str) -> list[str]:
        found = await self.connectors[kind].check(self.channels[kind], plan(kind, **more))
        return [finding.fault for finding in found if finding.fault]

    async def setup(self, kind: str) -> list[str]:
        found = await self.connectors[kind].setup(self.channels[kind], plan(kind))
        return [finding.fault for finding in found if finding.fault]


class NoTenants:
    def all(self) -> list[registry.HasChannels]:
        return []


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with FakePlatform() as platform:
        channels = registry.channels(platform.settings(), NoTenants(), {})
        transport = HttpTransport(registry.base_urls(channels))
        yield Bench(platform, transport, channels)
        await transport.close()


@pytest.mark.parametrize("kind", ["whatsapp", "messenger", "telegram"])
async def test_what_is_missing_is_said_and_setup_mends_it(bench: Bench, kind: str) -> None:
    before = await bench.check(kind)
    assert before and all("run `sathi channel setup`" in fault for fault in before), before
    assert await bench.setup(kind) == []
    assert await bench.check(kind) == []


@pytest.mark.parametrize(
    ("kind", "words"),
    [("whatsapp", "token is not valid"), ("messenger", "token is not valid"), ("telegram", "token is not valid")],
)
async def test_a_dead_token_is_named(bench: Bench, kind: str, words: str) -> None:
    bench.platform.meta.whatsapp_token = bench.platform.meta.page_token = "another"
    bench.platform.telegram.token = "700000001:another"
    assert any(words in fault for fault in await bench.check(kind))
    assert any(words in fault for fault in await bench.setup(kind))


async def test_the_wrong_page_is_named(bench: Bench) -> None:
    bench.platform.meta.page_id = "999"
    assert any("belongs to Fake page" in fault for fault in await bench.check("messenger"))


async def test_what_the_apps_own_webhook_lacks_is_named(bench: Bench) -> None:
    for kind in ("whatsapp", "messenger"):
        await bench.setup(kind)
    meta = bench.platform.meta
    meta.webhooks["whatsapp_business_account"]["fields"] = ["messages"]
    meta.webhooks["page"]["callback_url"] = "https://old.example/webhooks/messenger"
    assert await bench.check("whatsapp") == ["it does not send user_preferences: tick them in the app's dashboard"]
    [fault] = await bench.check("messenger")
    assert fault.startswith("it goes to https://old.example/webhooks/messenger: enter https://bot.example/")
    del meta.webhooks["page"]
    assert (await bench.check("messenger"))[0].startswith("there is none: enter https://bot.example/webhooks/messenger")
    meta.app_secret = "another"
    for kind in ("whatsapp", "messenger"):
        [fault] = await bench.check(kind)
        assert "SATHI_META_APP_SECRET is not the secret of app" in fault


async def test_a_field_that_the_page_does_not_send_is_named(bench: Bench) -> None:
    await bench.setup("messenger")
    bench.platform.meta.subscribed[bench.platform.meta.page_id].remove("messaging_handovers")
    assert await bench.check("messenger") == ["not subscribed to messaging_handovers: run `sathi channel setup`"]


async def test_another_app_another_address_and_a_number_elsewhere_are_named(bench: Bench) -> None:
    await bench.setup("whatsapp")
    meta = bench.platform.meta
    meta.overrides[meta.business_id] = "https://old.example/webhooks/whatsapp"
    assert await bench.check("whatsapp") == [
        "this account's messages go to https://old.example/webhooks/whatsapp: run `sathi channel setup`"
    ]
    assert await bench.setup("whatsapp") == [] and await bench.check("whatsapp") == []
    meta.numbers = ["1"]
    assert await bench.check("whatsapp") == [
        f"account {meta.business_id} has no number {meta.phone_number_id}: compare both ids with Meta's page"
    ]
    meta.app_id = "999"
    assert any("ours does not: run `sathi channel setup`" in fault for fault in await bench.check("whatsapp"))


async def test_an_address_without_https_is_named(bench: Bench) -> None:
    for kind in ("whatsapp", "messenger", "telegram"):
        assert any("SATHI_PUBLIC_URL" in fault for fault in await bench.check(kind, base="http://127.0.0.1:8080"))


async def test_a_silent_platform_is_named(bench: Bench) -> None:
    await bench.platform.stop()
    for kind in ("whatsapp", "messenger", "telegram"):
        assert any("could not be asked" in fault for fault in await bench.check(kind))


async def test_the_profile_is_written_only_where_it_differs(bench: Bench) -> None:
    await bench.setup("messenger")
    calls = len(bench.platform.ledger.calls)
    await bench.setup("messenger")
    written = [call for call in bench.platform.ledger.calls[calls:] if call.path.endswith("messenger_profile")]
    assert [call.method for call in written] == ["GET"]
    assert bench.platform.meta.personas == [
        {"id": "500000000000001", "name": "Power Division", "profile_picture_url": "https://bot.example/a.png"}
    ], "made once"
    menu = bench.platform.meta.profile["persistent_menu"]
    assert [entry["locale"] for entry in menu] == ["default", "bn_IN", "en_US"]


async def test_the_secret_goes_to_telegram(bench: Bench) -> None:
    await bench.setup("telegram")
    [call] = [call for call in bench.platform.ledger.calls if call.path.endswith("setWebhook")]
    assert call.body["secret_token"] == bench.platform.telegram.secret
    assert "message_reaction" in call.body["allowed_updates"]
    assert bench.platform.telegram.commands[""][0] == {"command": "bill_amount", "description": "আমার বিল"}


async def test_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    async with FakePlatform() as platform:
        settings = platform.settings(public_url="https://bot.example")
        assert await channel_cli.run(settings, "check") == 1
        assert "wrong  telegram:700000001" in capsys.readouterr().out
        assert await channel_cli.run(settings, "setup") == 0
        assert await channel_cli.run(settings, "check") == 0
        out = capsys.readouterr().out
        assert "wrong" not in out and platform.meta.whatsapp_token not in out and platform.telegram.token not in out
        assert await channel_cli.run(settings, "list", f"whatsapp:{platform.meta.phone_number_id}") == 0
        with pytest.raises(ConfigurationError, match="no channel nobody:1"):
            await channel_cli.run(settings, "check", "nobody:1")
        menu = platform.telegram.commands
        assert set(menu) >= {"", "bn", "en"} and menu["bn"] != menu["en"]


def test_the_plan_is_the_tenants_data() -> None:
    tenants, answers = Tenants.load(ROOT), Answers.load(ROOT)
    for tenant in tenants.all():
        channel = Channel(key="telegram:1", type="telegram", tenant=tenant.slug, account_id="1")
        made = channel_cli.plan_of(channel, FakePlatform().settings(), tenants, answers)
        assert made.greeting and made.menus[""]
        assert all(channel_cli.COMMAND.fullmatch(item.name) for menu in made.menus.values() for item in menu)
