"""Proving an account: its number, the company when it fits several, a one-time code, and then what was asked for.

Whether a number exists is never said: every number in a right format gets the same words after the same work. The code
itself is caught by the gateway; here only its result arrives. A mobile number can stand in an account's place: one's own,
shared with the channel's button, opens the accounts that have it; any other opens them with a code sent to it.
"""

from __future__ import annotations

from typing import Any

from actions.accounts import (
    ACCOUNT_ENTITIES,
    account_choices,
    account_question,
    named_utility,
    owned,
    pick,
    remember,
    utility_choices,
)
from actions.forms import other_matter, typed_numbers, unclear
from actions.people import to_a_person
from actions.turn import HANDLERS, Turn, act, make_form
from core.errors import UtilityUnavailable
from core.tenants import candidates, find_utility, plain_number
from utility.base import Account


async def answer(turn: Turn) -> bool:
    """Take a number, a company, a code's result; False when the message is about something else."""
    claim = dict(turn.get("claim") or {})
    if turn.intent == "code_result":
        await _code(turn, claim)
        return True
    if turn.intent == "inform_contact":
        await shared(turn, str(turn.value("phone") or ""))
        return True
    numbers = typed_numbers(turn, *ACCOUNT_ENTITIES)
    task = str(turn.get("task") or "")
    if not numbers and turn.intent != task and other_matter(turn, *ACCOUNT_ENTITIES, "utility"):
        return False
    if turn.asked == "code" and turn.value("again"):
        await _request(turn, claim)
        return True
    if numbers and not (turn.asked == "utility" and turn.chosen):
        await _number(turn, claim, numbers[0])
        return True
    if turn.asked == "which" and turn.intent == "deny":
        turn.set("claim", {**claim, "which": False})
        return True
    if turn.asked == "utility":
        await _utility(turn, claim)
        return True
    if turn.intent == "skip":
        if int(turn.get("tries") or 0):
            await to_a_person(turn, "no account")
            return True
        turn.set("tries", 1)
        turn.ask("account", "utter_account_where")
        return True
    if turn.intent == "deny":
        turn.close()
        turn.say("utter_cancelled")
        return True
    if turn.asked == "code":
        await unclear(turn, "utter_code_waiting", "utter_code_waiting")
    elif turn.asked == "which":
        accounts = account_choices(turn, await owned(turn))
        await unclear(turn, "utter_ask_which_account", "utter_ask_which_account", choices=accounts)
    else:
        await unclear(turn, account_question(turn), "utter_ask_account_again")
    return True


async def _number(turn: Turn, claim: dict[str, Any], number: str) -> None:
    utility = named_utility(turn)
    own = pick(await owned(turn), number, utility.slug if utility else "")
    if own:
        await _finish(turn, own)
        return
    phone = _mobile(turn, number)
    if phone:
        await shared(turn, phone)
        return
    if not candidates(turn.tenant, number):
        await unclear(turn, "utter_account_wrong_format", "utter_ask_account_again")
        return
    turn.set("tries", None)
    turn.set("claim", {"account": number, "utility": utility.slug if utility else claim.get("utility", "")})
    turn.asked = ""
    await ask(turn)


def _mobile(turn: Turn, number: str) -> str:
    """The mobile number that somebody typed where an account's was asked, unless it could be one."""
    if turn.value(*ACCOUNT_ENTITIES) and candidates(turn.tenant, number):
        return ""
    spoken = plain_number(next(iter(turn.spans.get("phone", ())), number))
    if spoken.startswith("+"):
        return turn.tenant.mobile.canonical(spoken)
    national = str(turn.value("phone") or number)
    return "" if candidates(turn.tenant, national) else turn.tenant.mobile.canonical(national)


async def shared(turn: Turn, phone: str) -> None:
    """A mobile number: the accounts on it when it is proven to be the person's own, else a code to it."""
    if turn.value("reason") == "down":
        raise UtilityUnavailable("the accounts of a shared number could not be read")
    turn.set("tries", None)
    if turn.value("proven") or phone == turn.ctx.phone:
        await _by_phone(turn, phone)
        return
    turn.set("claim", {"phone": phone})
    turn.asked = ""
    await ask(turn)


async def _by_phone(turn: Turn, phone: str) -> None:
    """The accounts of a number that is proven now: one is used, of several one is chosen."""
    accounts = [account for account in await owned(turn) if account.mobile == phone]
    turn.set("claim", {"which": len(accounts) > 1})
    if not accounts:
        turn.say("utter_no_account_by_phone", phone=phone)
        turn.ask("account", "utter_ask_account")
    elif len(accounts) == 1:
        await _finish(turn, accounts[0])
    elif turn.get("task") == "link_account":
        turn.close()
        turn.entities = {}
        await HANDLERS["link_account"](turn)
    else:
        if turn.intent == "code_result":
            turn.say("utter_code_right")
        turn.ask("which", "utter_ask_which_account", choices=account_choices(turn, accounts))


async def _utility(turn: Turn, claim: dict[str, Any]) -> None:
    slugs = candidates(turn.tenant, str(claim.get("account") or ""))
    value = str(turn.value("utility") or turn.text)
    found = turn.tenant.utility(value) or find_utility(turn.tenant, value)
    if turn.intent in ("skip", "deny") and found is None:
        # Where the name stands, then a person: the same question again helps nobody who does not know.
        if int(turn.get("tries") or 0):
            await to_a_person(turn, "no account")
            return
        turn.set("tries", 1)
        turn.ask("utility", "utter_ask_utility_again", choices=utility_choices(turn, slugs))
        return
    if found is None or found.slug not in slugs:
        await unclear(turn, "utter_ask_utility", "utter_ask_utility_again", choices=utility_choices(turn, slugs))
        return
    turn.set("tries", None)
    turn.set("claim", {**claim, "utility": found.slug})
    turn.asked = ""
    await ask(turn)


async def _request(turn: Turn, claim: dict[str, Any]) -> None:
    """Ask for a code. The words are the same whatever the number is."""
    ownership, task, phone = turn.ctx.ownership, str(turn.get("task") or "link"), str(claim.get("phone") or "")
    if phone:
        asked = await ownership.request_phone_code(turn.ctx, phone, task)
    else:
        asked = await ownership.request_code(turn.ctx, str(claim["utility"]), str(claim["account"]), task)
    if asked.asked:
        if phone:
            turn.ask("code", "utter_phone_code_sent", phone=phone)
        else:
            turn.ask("code", "utter_code_sent", account=claim["account"])
        return
    until = asked.retry_at.isoformat() if asked.retry_at else None
    turn.close()
    turn.say("utter_code_too_many", until={"$when": until} if until else None)


async def _code(turn: Turn, claim: dict[str, Any]) -> None:
    """What became of a typed code."""
    if turn.value("ok"):
        if claim.get("phone"):
            await _by_phone(turn, str(claim["phone"]))
            return
        own = pick(await owned(turn), str(claim.get("account") or ""), str(claim.get("utility") or ""))
        if own is None:
            turn.close()
            turn.say("utter_code_expired")
            return
        await _finish(turn, own)
        return
    reason = str(turn.value("reason") or "none")
    left = int(turn.value("tries_left") or 0)
    if reason == "wrong":
        turn.ask("code", "utter_code_wrong", left={"$number": str(left)})
    elif reason == "locked":
        turn.close()
        turn.say("utter_code_locked")
    else:
        turn.ask("code", "utter_code_expired")


async def _finish(turn: Turn, account: Account) -> None:
    """The account is theirs: do what was asked for."""
    task, entities = str(turn.get("task") or ""), dict(turn.get("task_entities") or {})
    proven = turn.intent == "code_result"
    turn.close()
    remember(turn, account)
    entities |= {"account_number": account.number, "utility": account.utility}
    entities.pop("meter_number", None)
    turn.entities = {name: [value] for name, value in entities.items()}
    turn.intent = task
    if proven and task != "link_account":
        turn.say("utter_code_right")
    await HANDLERS[task](turn)


async def ask(turn: Turn) -> None:
    """What is missing: the number, the company, the code."""
    claim = dict(turn.get("claim") or {})
    number, utility = str(claim.get("account") or ""), str(claim.get("utility") or "")
    if claim.get("phone"):
        if turn.asked == "code":
            turn.ask("code", "utter_code_waiting")
        else:
            await _request(turn, claim)
        return
    if not number:
        if claim.get("which"):
            accounts = await owned(turn)
            if utility:
                accounts = [account for account in accounts if account.utility == utility]
            turn.ask("which", "utter_ask_which_account", choices=account_choices(turn, accounts))
            return
        turn.ask("account", account_question(turn))
        return
    slugs = candidates(turn.tenant, number)
    if not slugs:
        turn.set("claim", {**claim, "account": ""})
        turn.say("utter_account_wrong_format")
        turn.ask("account", "utter_ask_account")
        return
    if utility not in slugs:
        if len(slugs) > 1:
            turn.ask("utility", "utter_ask_utility", choices=utility_choices(turn, slugs))
            return
        turn.set("claim", {**claim, "utility": slugs[0]})
    if turn.asked == "code":
        turn.ask("code", "utter_code_waiting")
        return
    await _request(turn, dict(turn.get("claim") or {}))


@act("action_inform_contact", "inform_contact")
async def inform_contact(turn: Turn) -> None:
    """A telephone number that was shared without being asked for: a way to one's accounts."""
    turn.open("account_form", task="link_account", task_entities={}, claim={})
    await shared(turn, str(turn.value("phone") or ""))


make_form("account_form", answer, ask)
