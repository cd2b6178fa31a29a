"""Setting up and checking a bot: webhook, kinds of updates, commands (channels.md §4.1)."""

from __future__ import annotations

from telegram import Bot, BotCommand

from connectors import _telegram_bot
from connectors._split import cut
from connectors.base import Channel
from connectors.setup import Finding, Item, Plan, failed, webhook_finding

# What we read; reactions come only when they are named.
UPDATES = ("message", "edited_message", "callback_query", "my_chat_member", "message_reaction")
MAX_DESCRIPTION = 256
CONNECTIONS = 40


def _commands(items: tuple[Item, ...]) -> list[BotCommand]:
    return [BotCommand(item.name[:32], cut(item.title, MAX_DESCRIPTION)) for item in items]


async def check(bot: Bot, channel: Channel, plan: Plan) -> list[Finding]:
    """Token, webhook and its last fault, commands."""
    found = [webhook_finding(plan.webhook_url)]
    try:
        me = await bot.get_me()
        fault = "" if str(me.id) == channel.account_id else f"the token belongs to bot {me.id}"
        found.append(Finding(what=f"token of @{me.username}", fault=fault))
        webhook = await bot.get_webhook_info()
        if webhook.url != plan.webhook_url:
            fault = f"updates go to {webhook.url or 'nobody'}: run `sathi channel setup`"
        elif webhook.allowed_updates is not None and set(UPDATES) - set(webhook.allowed_updates or ()):
            missing = sorted(set(UPDATES) - set(webhook.allowed_updates))
            fault = f"updates of kind {', '.join(missing)} are not sent: run `sathi channel setup`"
        elif webhook.last_error_message:
            fault = f"Telegram could not deliver lately: {webhook.last_error_message}"
        else:
            fault = ""
        found.append(Finding(what=f"webhook, {webhook.pending_update_count} updates waiting", fault=fault))
        for language, items in plan.menus.items():
            present = await bot.get_my_commands(language_code=language or None)
            same = list(present) == _commands(items)
            fault = "" if same else "differ from the tenant's data: run `sathi channel setup`"
            found.append(Finding(what=f"commands for {language or 'everybody else'}", fault=fault))
    except Exception as error:
        found.append(failed("token, webhook and commands", _telegram_bot.error_of(error)))
    return found


async def setup(bot: Bot, channel: Channel, plan: Plan) -> list[Finding]:
    """Set the webhook with its secret, and the commands in each language."""
    found = []
    try:
        await bot.set_webhook(
            plan.webhook_url,
            allowed_updates=list(UPDATES),
            secret_token=channel.secret("secret_token"),
            max_connections=CONNECTIONS,
        )
        found.append(Finding(what=f"updates go to {plan.webhook_url}"))
        for language, items in plan.menus.items():
            await bot.set_my_commands(_commands(items), language_code=language or None)
        found.append(Finding(what=f"commands in {len(plan.menus)} languages"))
    except Exception as error:
        found.append(failed("webhook and commands", _telegram_bot.error_of(error)))
    return found
