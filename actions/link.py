"""The accounts of this chat: show, add, remove."""

from __future__ import annotations

from actions.accounts import ACCOUNT_ENTITIES, account_choices, owned, pick, remember, resolve, utility_name
from actions.turn import Turn, act
from core.language.accounts import ADD, REMOVE, wish


@act("action_link_account", "link_account")
async def link_account(turn: Turn) -> None:
    """Add an account to this chat after it is proven; without a number or a word of another, show those there are."""
    wanted = wish(turn.text) if turn.text and not turn.chosen else ""
    if turn.value("remove") or wanted == REMOVE:
        await _remove(turn)
        return
    number = turn.value(*ACCOUNT_ENTITIES)
    accounts = await owned(turn)
    if number is None and accounts and not turn.value("add") and wanted != ADD:
        lines = [
            {"$list": [account.number, utility_name(turn, account.utility), {"$name": dict(account.area)}]}
            for account in accounts
        ]
        turn.say("utter_accounts", accounts={"$lines": lines})
        return
    if number is None:
        turn.open("account_form", task="link_account", task_entities={}, claim={})
        return
    account = await resolve(turn, "link_account")
    if account is None:
        return
    turn.say(
        "utter_account_linked",
        account=account.number,
        company=utility_name(turn, account.utility),
        area={"$name": dict(account.area)},
    )


async def _remove(turn: Turn) -> None:
    accounts = await owned(turn)
    number = turn.value(*ACCOUNT_ENTITIES)
    account = pick(accounts, str(number or ""), str(turn.value("utility") or ""))
    if account is None:
        choices = account_choices(turn, accounts, "link_account")
        for choice in choices:
            entities = choice["entities"]
            assert isinstance(entities, dict)
            entities["remove"] = "1"
        turn.say("utter_ask_remove" if choices else "utter_no_accounts", choices=choices)
        return
    removed = await turn.ctx.ownership.unlink(turn.ctx, account.utility, account.number)
    turn.owned = None
    current = turn.get("current") or {}
    if current.get("account") == account.number:
        turn.set("current", None)
    # An account that the channel's own number proves comes back by itself; saying otherwise would be wrong.
    turn.say("utter_account_removed" if removed else "utter_account_by_number", account=account.number)
    if not removed:
        remember(turn, account)
