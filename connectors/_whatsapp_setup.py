"""Setting up and checking a WhatsApp number (channels.md §2.0)."""

from __future__ import annotations

from connectors._clean import items, words
from connectors._graph import Graph
from connectors.base import Channel
from connectors.setup import Finding, Plan, failed, webhook_finding
from core.errors import SendError


async def check(graph: Graph, channel: Channel, plan: Plan) -> list[Finding]:
    """Token, number, quality, and whether Meta sends us anything."""
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
    try:
        apps = await graph.safely(channel, "GET", f"{business}/subscribed_apps")
        fault = "" if items(apps.get("data")) else "no app receives this account's messages: run `sathi channel setup`"
        found.append(Finding(what="subscription of the account", fault=fault))
    except SendError as error:
        found.append(failed("subscription of the account", error))
    return found


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
