"""Setting up and checking a Page: subscription, greeting, menu, ice breakers (channels.md §3.1, §3.4)."""

from __future__ import annotations

from typing import Any

from connectors import _meta_webhook
from connectors._clean import identifier, items, table, words
from connectors._graph import Graph
from connectors._messenger_parse import GET_STARTED
from connectors._split import cut
from connectors.base import Channel
from connectors.setup import Finding, Plan, failed, webhook_finding
from core.errors import SendError

FIELDS = (
    "messages",
    "messaging_postbacks",
    "message_echoes",
    "message_deliveries",
    "message_reads",
    "message_reactions",
    "messaging_referrals",
    "messaging_optins",
    "messaging_handovers",
    "standby",
)
# "" stands for everybody else; Meta wants a locale with a country.
LOCALES = {"": "default", "bn": "bn_IN", "hi": "hi_IN", "en": "en_US"}
MENU_ITEMS, MENU_TITLE, ICE_BREAKERS, QUESTION, GREETING = 5, 30, 4, 80, 160
PERSONA_NAME = 50


def wanted(plan: Plan) -> dict[str, Any]:
    """The profile that the Page should have."""
    menus, breakers = [], []
    for language, items_ in plan.menus.items():
        locale = LOCALES.get(language)
        if locale is None or not items_:
            continue
        actions = [
            {"type": "postback", "title": cut(item.title, MENU_TITLE), "payload": f"menu:{item.name}"}
            for item in items_[:MENU_ITEMS]
        ]
        menus.append({"locale": locale, "composer_input_disabled": False, "call_to_actions": actions})
        questions = [
            {"question": cut(item.title, QUESTION), "payload": f"menu:{item.name}"} for item in items_[:ICE_BREAKERS]
        ]
        breakers.append({"locale": locale, "call_to_actions": questions})
    profile: dict[str, Any] = {"get_started": {"payload": GET_STARTED}}
    if plan.greeting:
        profile["greeting"] = [{"locale": "default", "text": cut(plan.greeting, GREETING)}]
    if menus:
        profile |= {"persistent_menu": menus, "ice_breakers": breakers}
    return profile


async def _present(graph: Graph, channel: Channel, plan: Plan) -> dict[str, Any]:
    """The parts of the profile as they are set now."""
    names = ",".join(wanted(plan))
    document = await graph.safely(channel, "GET", "me/messenger_profile", params={"fields": names})
    return table(next(iter(items(document.get("data"))), {}))


def _differing(present: dict[str, Any], plan: Plan) -> dict[str, Any]:
    return {name: value for name, value in wanted(plan).items() if present.get(name) != value}


async def check(graph: Graph, channel: Channel, plan: Plan) -> list[Finding]:
    """Token, page, subscribed fields, profile."""
    found = [webhook_finding(plan.webhook_url)]
    try:
        me = await graph.safely(channel, "GET", "me", params={"fields": "id,name"})
        is_ours = identifier(me.get("id")) == channel.account_id
        fault = (
            f"the token belongs to {words(me.get('name')) or 'another page'}: make one for page {channel.account_id}"
        )
        found.append(Finding(what="token and page", fault="" if is_ours else fault))
    except SendError as error:
        return [*found, failed("token and page", error)]
    try:
        apps = await graph.safely(channel, "GET", f"{channel.account_id}/subscribed_apps")
        ours = str(channel.options.get("app_id") or "")
        entries = [table(item) for item in items(apps.get("data"))]
        entry = next((item for item in entries if not ours or identifier(item.get("id")) == ours), None)
        if entry is None:
            fault = "our app is not subscribed to the page: run `sathi channel setup`"
        else:
            missing = [name for name in FIELDS if name not in items(entry.get("subscribed_fields"))]
            fault = f"not subscribed to {', '.join(missing)}: run `sathi channel setup`" if missing else ""
        found.append(Finding(what="subscription of the page", fault=fault))
        differing = _differing(await _present(graph, channel, plan), plan)
        fault = f"{', '.join(differing)} differ from the tenant's data: run `sathi channel setup`" if differing else ""
        found.append(Finding(what="greeting, menu, ice breakers", fault=fault))
        if plan.people:
            known = cut(plan.people, PERSONA_NAME) in await personas(graph, channel)
            fault = "" if known else "there is none for words of staff: run `sathi channel setup`"
            found.append(Finding(what="persona", fault=fault))
    except SendError as error:
        found.append(failed("subscription and profile", error))
    found.append(await _meta_webhook.look(graph, channel, plan, "page", ("messages",)))
    if not channel.options.get("app_id"):
        fault = "SATHI_MESSENGER_APP_ID is not set: our own echoes are told from a person's by their key alone"
        found.append(Finding(what="app id", fault=fault))
    return found


async def personas(graph: Graph, channel: Channel) -> dict[str, str]:
    """The Page's personas, id by name."""
    document = await graph.safely(channel, "GET", f"{channel.account_id}/personas", params={"fields": "id,name"})
    found = [table(item) for item in items(document.get("data"))]
    return {words(item.get("name")): identifier(item.get("id")) for item in found if identifier(item.get("id"))}


async def setup(graph: Graph, channel: Channel, plan: Plan) -> list[Finding]:
    """Subscribe the page, and write the parts of the profile that differ: ten calls in ten minutes are allowed."""
    found = []
    try:
        params = {"subscribed_fields": ",".join(FIELDS)}
        await graph.safely(channel, "POST", f"{channel.account_id}/subscribed_apps", params=params)
        found.append(Finding(what="the page's messages are sent to us"))
        differing = _differing(await _present(graph, channel, plan), plan)
        if differing:
            await graph.safely(channel, "POST", "me/messenger_profile", json=differing)
        found.append(Finding(what=f"profile: {', '.join(differing) or 'nothing'} written"))
        if plan.people and cut(plan.people, PERSONA_NAME) not in await personas(graph, channel):
            persona = {"name": cut(plan.people, PERSONA_NAME), "profile_picture_url": plan.picture_url}
            await graph.safely(channel, "POST", f"{channel.account_id}/personas", json=persona)
            found.append(Finding(what=f"persona {persona['name']} made: words of staff carry its name"))
    except SendError as error:
        found.append(failed("subscription and profile", error))
    return found
