"""`sathi channel setup` and `sathi channel check`: what the platforms should know of us, and whether they do."""

from __future__ import annotations

import argparse
import asyncio
import re
from typing import Any

from connectors import registry
from connectors.base import Channel, Tools, Upload
from connectors.setup import Finding, Item, Plan
from core import settings as settings_module
from core.answers import Answers
from core.errors import ConfigurationError, DataError
from core.messages import Attachment
from core.settings import ROOT, Settings
from core.tenants import Tenants, word
from gateway.transport import HttpTransport

COMMAND = re.compile(r"[a-z0-9_]{1,32}")
MENU = "utter_start"  # its choices are the menu wherever a platform has one
MAX_ITEMS = 10


def add_commands(commands: Any) -> None:
    """Add this module's commands to the command line."""
    channel = commands.add_parser("channel", help="set up and check WhatsApp, Messenger and Telegram")
    channel.add_argument("what", choices=["setup", "check", "list"])
    channel.add_argument("key", nargs="?", default="", help="one channel only, e.g. whatsapp:1055…; default: all")
    channel.set_defaults(call=_channel)


def _channel(arguments: argparse.Namespace) -> int:
    settings = settings_module.load()
    return asyncio.run(run(settings, arguments.what, arguments.key))


async def run(settings: Settings, what: str, key: str = "") -> int:
    """Do it for every channel that is on, or for one; the number of faults decides the exit code."""
    tenants, answers = Tenants.load(ROOT), Answers.load(ROOT)
    channels = registry.channels(settings, tenants)
    chosen = [channel for channel in channels if key in ("", channel.key)]
    if not chosen:
        raise ConfigurationError(f"no channel {key} is switched on; there are {', '.join(c.key for c in channels)}")
    if what == "list":
        for channel in chosen:
            print(f"{channel.key}\t{channel.type}\t{channel.tenant}")
        return 0
    transport = HttpTransport(registry.base_urls(channels))
    connectors = registry.connectors(Tools(transport=transport, load=_no_files))
    faults = 0
    try:
        for channel in chosen:
            plan = plan_of(channel, settings, tenants, answers)
            connector = connectors[channel.type]
            found = await (connector.setup if what == "setup" else connector.check)(channel, plan)
            faults += sum(bool(finding.fault) for finding in found)
            _print(channel, found)
    finally:
        await transport.close()
    return 1 if faults else 0


def plan_of(channel: Channel, settings: Settings, tenants: Tenants, answers: Answers) -> Plan:
    """What a platform should know of a channel: our address, and the tenant's greeting and menu in its languages."""
    tenant = tenants.get(channel.tenant)
    menus: dict[str, tuple[Item, ...]] = {}
    greeting = ""
    # The default form first: it is shown to people whose language is none of ours.
    for form in dict.fromkeys((tenant.default_form, *tenant.forms)):
        language = form.partition("-")[0]
        if form != tenant.default_form and (form != language or language in menus):
            continue
        try:
            rendered = answers.render(tenant, form, MENU, {})
        except DataError:
            continue
        items = {
            draft.send["intent"]: Item(name=draft.send["intent"], title=draft.title)
            for draft in rendered.choices
            if COMMAND.fullmatch(str(draft.send["intent"]))
        }
        menu = tuple(items.values())[:MAX_ITEMS]
        if not menus:
            greeting = rendered.text.partition("\n")[0]
            menus[""] = menu
        menus[language] = menu
    return Plan(
        webhook_url=f"{settings.base_url}/webhooks/{channel.type}",
        greeting=greeting,
        people=word(tenant.name, tenant.default_form),
        picture_url=f"{settings.base_url}/chat/app/now/icons/icon-512.png",
        menus=menus,
    )


def _print(channel: Channel, found: list[Finding]) -> None:
    for finding in found:
        mark = "wrong" if finding.fault else "ok"
        print(f"{mark:<7}{channel.key:<28} {finding.what}{': ' + finding.fault if finding.fault else ''}")


async def _no_files(attachment: Attachment) -> Upload:
    raise DataError("setting up a channel needs no files")
