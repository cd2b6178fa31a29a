"""The webhook of our app at Meta, which WhatsApp and Messenger share: is it ours, does it send what we read.

The app itself is asked, with its own token `<app id>|<app secret>`: so a wrong secret shows as well, which would
have every delivery refused. developers.facebook.com/docs/graph-api/reference/app/subscriptions
"""

from __future__ import annotations

from connectors._clean import items, table, words
from connectors._graph import Graph
from connectors.base import Channel
from connectors.setup import Finding, Plan, failed
from core.errors import SendError

NO_TOKEN = ("1", "101", "190", "2500")  # what Meta says to a token that is not an app's


async def look(
    graph: Graph, channel: Channel, plan: Plan, kind: str, fields: tuple[str, ...], *, overridden: bool = False
) -> Finding:
    """Whether the app sends events of a kind, with these fields, to our address; `overridden`: the account has its own."""
    app, what = str(channel.options.get("app_id") or ""), f"webhook of the app for {kind}"
    if not app:
        fault = "SATHI_MESSENGER_APP_ID is not set, so nobody can say whether the app sends us what we read"
        return Finding(what=what, fault=fault)
    try:
        token = f"{app}|{channel.secret('app_secret')}"
        document = await graph.safely(channel, "GET", f"{app}/subscriptions", token=token)
    except SendError as error:
        if error.code in NO_TOKEN:
            fault = f"SATHI_META_APP_SECRET is not the secret of app {app}: every delivery would be refused"
            return Finding(what=what, fault=f"{fault} (code {error.code})")
        return failed(what, error)
    entry = next((one for one in map(table, items(document.get("data"))) if words(one.get("object")) == kind), None)
    if entry is None or entry.get("active") is False:
        fault = f"there is none: enter {plan.webhook_url} and the verify token in the app's dashboard"
        return Finding(what=what, fault=fault)
    named = {words(one) or words(table(one).get("name")) for one in items(entry.get("fields"))}
    missing = [name for name in fields if name not in named]
    if missing:
        return Finding(what=what, fault=f"it does not send {', '.join(missing)}: tick them in the app's dashboard")
    callback = words(entry.get("callback_url"))
    if callback != plan.webhook_url and not overridden:
        return Finding(what=what, fault=f"it goes to {callback or 'nobody'}: enter {plan.webhook_url} in the dashboard")
    return Finding(what=what)
