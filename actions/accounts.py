"""Whose account: the accounts a person has shown to be theirs, the one a message means, and how it is written."""

from __future__ import annotations

import structlog

from actions.turn import Turn
from core.errors import UtilityUnavailable
from core.tenant_model import Utility, plain_number
from core.tenants import find_utility
from utility.base import Account

log = structlog.get_logger(__name__)
ACCOUNT_ENTITIES = ("account_number", "meter_number")
MAX_CHOICES = 9


async def owned(turn: Turn) -> list[Account]:
    """The accounts that are this person's, proven by the channel or by a code; looked up once a turn."""
    ctx = turn.ctx
    if turn.owned is None:
        turn.owned = tuple(await ctx.ownership.accounts_of(ctx.contact_id, ctx.phone, ctx.tenant.slug))
    return list(turn.owned)


async def owned_if_possible(turn: Turn) -> list[Account]:
    """The same; nothing while the company's system does not answer, for what must go on without it."""
    try:
        return await owned(turn)
    except UtilityUnavailable:
        log.warning("Accounts could not be read.", action=turn.intent, tenant=turn.tenant.slug)
        return []


def pick(accounts: list[Account], number: str, utility: str = "") -> Account | None:
    """The account of a list that a typed account or meter number names."""
    wanted = plain_number(number)
    for account in accounts if wanted else ():
        same = wanted in (plain_number(account.number), plain_number(account.meter))
        if same and (not utility or account.utility == utility):
            return account
    return None


def named_utility(turn: Turn) -> Utility | None:
    """The company that a message names, by entity or by button."""
    value = turn.value("utility")
    if not value:
        return None
    return turn.tenant.utility(str(value)) or find_utility(turn.tenant, str(value))


def utility_name(turn: Turn, slug: str) -> dict[str, object] | None:
    """A company's name as a fact."""
    utility = turn.tenant.utility(slug) if slug else None
    return {"$name": dict(utility.name)} if utility else None


def account_choices(turn: Turn, accounts: list[Account], intent: str = "inform") -> list[dict[str, object]]:
    """Accounts as buttons: the number, with company and area below it."""
    return [
        {
            "title": account.number,
            "description": {"$list": [utility_name(turn, account.utility), {"$name": dict(account.area)}]},
            "intent": intent,
            "entities": {"account_number": account.number, "utility": account.utility},
        }
        for account in accounts[:MAX_CHOICES]
    ]


def utility_choices(turn: Turn, slugs: list[str]) -> list[dict[str, object]]:
    """Companies as buttons."""
    return [
        {
            "title": {"$name": dict(turn.tenant.utilities[slug].name)},
            "description": {"$name": dict(turn.tenant.utilities[slug].full_name)},
            "intent": "inform",
            "entities": {"utility": slug},
        }
        for slug in slugs[:MAX_CHOICES]
    ]


def account_question(turn: Turn) -> str:
    """The question for a number, with the button that shares one's telephone number where the channel has it."""
    return "utter_ask_account_or_phone" if turn.ctx.asks_phone else "utter_ask_account"


def remember(turn: Turn, account: Account) -> None:
    """Keep which account we talk about, for the next question."""
    turn.set("current", {"account": account.number, "utility": account.utility})


async def resolve(turn: Turn, task: str) -> Account | None:
    """The account a question is about. None when it had to be asked for: the form is open and will do the task."""
    accounts = await owned(turn)
    utility = named_utility(turn)
    number = turn.value(*ACCOUNT_ENTITIES)
    entities = {name: values[0] for name, values in turn.entities.items()}
    if number:
        found = pick(accounts, str(number), utility.slug if utility else "")
        if found:
            remember(turn, found)
            return found
        claim = {"account": plain_number(str(number)), "utility": utility.slug if utility else ""}
        turn.open("account_form", task=task, task_entities=entities, claim=claim)
        return None
    if utility:
        accounts = [account for account in accounts if account.utility == utility.slug]
    current = turn.get("current") or {}
    again = pick(accounts, str(current.get("account", "")), str(current.get("utility", ""))) if current else None
    if again or len(accounts) == 1:
        chosen = again or accounts[0]
        remember(turn, chosen)
        return chosen
    which: dict[str, object] = {"account": "", "utility": utility.slug if utility else "", "which": bool(accounts)}
    phone = turn.tenant.mobile.canonical(str(turn.value("phone") or ""))
    if phone and phone != turn.ctx.phone and not accounts:
        which = {"phone": phone}
    turn.open("account_form", task=task, task_entities=entities, claim=which)
    return None
