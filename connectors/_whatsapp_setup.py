"""Setting up and checking a WhatsApp number (channels.md §2.0)."""

from __future__ import annotations

from typing import Any

from connectors import _meta_webhook
from connectors._clean import identifier, items, table, words
from connectors._graph import Graph
from connectors.base import Channel
from connectors.setup import Finding, Plan, failed, webhook_finding
from core.errors import SendError

OBJECT = "whatsapp_business_account"
# What we read always. `smb_message_echoes` is for numbers that staff use in the WhatsApp Business app as well.
FIELDS = ("messages", "user_preferences")


async def check(graph: Graph, channel: Channel, plan: Plan) -> list[Finding]:
    """Token, number, quality, its account, and whether Meta sends us what we read."""
    found = [webhook_finding(plan.webhook_url)]
    try:
        fields = "id,display_phone_number,verified_name,quality_rating"
        number = await graph.safely(channel, "GET", channel.account_id, params={"fields": fields})
        name = f"number {words(number.get('display_phone_number'))} {words(number.get('verified_name'))}".strip()
        found.append(Finding(what=f"token and {name}"))
        if words(number.get("quality_rating")) == "RED":
            fault = "Meta rates it low: people block or report it; write less unasked"
            found.append(Finding(what="quality of the number", fault=fault))
    except SendError as error:
        found.append(failed("token and number", error))
    business = str(channel.options.get("business_id") or "")
    if not business:
        fault = "SATHI_WHATSAPP_BUSINESS_ID is not set, so nobody can say whether Meta sends us messages"
        return [*found, Finding(what="subscription", fault=fault)]
    overridden = False
    try:
        numbers = await graph.safely(channel, "GET", f"{business}/phone_numbers", params={"fields": "id"})
        ids = [identifier(table(item).get("id")) for item in items(numbers.get("data"))]
        fault = f"account {business} has no number {channel.account_id}: compare both ids with Meta's page"
        found.append(Finding(what="number of the account", fault="" if channel.account_id in ids else fault))
        apps = await graph.safely(channel, "GET", f"{business}/subscribed_apps")
        fault, overridden = _subscription([table(item) for item in items(apps.get("data"))], channel, plan)
        found.append(Finding(what="subscription of the account", fault=fault))
    except SendError as error:
        found.append(failed("number and subscription of the account", error))
    found.append(await _meta_webhook.look(graph, channel, plan, OBJECT, FIELDS, overridden=overridden))
    return found


def _subscription(entries: list[dict[str, Any]], channel: Channel, plan: Plan) -> tuple[str, bool]:
    """What is wrong with the list of apps that receive an account's messages; whether it has an address of its own."""
    if not entries:
        return "no app receives this account's messages: run `sathi channel setup`", False
    ours = str(channel.options.get("app_id") or "")
    ids = [identifier(table(entry.get("whatsapp_business_api_data")).get("id")) for entry in entries]
    if ours and ours not in ids:
        return f"app {', '.join(ids)} receives this account's messages, ours does not: run `sathi channel setup`", False
    entry = entries[ids.index(ours)] if ours else entries[0]
    address = words(entry.get("override_callback_uri"))
    if address and address != plan.webhook_url:
        return f"this account's messages go to {address}: run `sathi channel setup`", True
    return "", bool(address)


async def setup(graph: Graph, channel: Channel, plan: Plan) -> list[Finding]:
    """Have this account's messages sent to our address."""
    business = str(channel.options.get("business_id") or "")
    if not business:
        return [Finding(what="subscription", fault="SATHI_WHATSAPP_BUSINESS_ID is not set")]
    body = {}
    if plan.webhook_url.startswith("https://"):
        body = {"override_callback_uri": plan.webhook_url, "verify_token": channel.secret("verify_token")}
    try:
        await graph.safely(channel, "POST", f"{business}/subscribed_apps", json=body)
    except SendError as error:
        return [failed("subscription of the account", error)]
    return [Finding(what="the account's messages are sent to us")]
