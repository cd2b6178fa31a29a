"""The questions of a complaint, one reader each.

What a reader gives: None when it took the answer and the form goes on, True when everything has been said in this turn.
"""

from __future__ import annotations

from typing import Any

from actions.accounts import (
    account_choices,
    account_question,
    named_utility,
    owned_if_possible,
    pick,
    remember,
    utility_choices,
)
from actions.complaint_draft import MAX_DETAILS, Draft
from actions.complaint_writing import add_note, register
from actions.forms import place_said, typed_numbers, unclear
from actions.turn import Turn
from core.tenants import candidates, find_utility

ACCOUNT = ("account_number", "meter_number")


def kind_choices(turn: Turn) -> list[dict[str, Any]]:
    """The kinds that what was reported can be, as choices."""
    kinds = turn.ctx.complaints.kinds
    codes = kinds.by_intent.get(str(turn.get("reported") or ""), ())
    return [
        {"title": {"$word": kinds.get(code).label}, "intent": "inform", "entities": {"complaint_kind": code}}
        for code in codes
    ]


async def _kind(turn: Turn, draft: Draft) -> bool | None:
    code = str(turn.value("complaint_kind") or "")
    if code not in turn.ctx.complaints.kinds.by_code:
        await unclear(turn, "utter_ask_kind", "utter_ask_kind_again", choices=kind_choices(turn))
        return True
    draft.kind = turn.ctx.complaints.kinds.get(code)
    return None


async def _account(turn: Turn, draft: Draft) -> bool | None:
    if turn.intent == "skip":
        draft.account, draft.utility, draft.proven = "", "", False
        return None
    if turn.intent == "deny" or (turn.intent == "inform" and turn.value("account_number") == "other"):
        draft.told = ["ask_account"]
        return None
    if turn.intent == "inform_contact":
        return await _shared(turn, draft, str(turn.value("phone") or ""))
    numbers = typed_numbers(turn, *ACCOUNT)
    accounts = await owned_if_possible(turn)
    utility = str(turn.value("utility") or "")
    for number in numbers:
        own = pick(accounts, number, utility if utility in turn.tenant.utilities else "")
        if own:
            draft.use(own)
            remember(turn, own)
            return None
        slugs = candidates(turn.tenant, number)
        named = find_utility(turn.tenant, utility) if utility else turn.tenant.utility(draft.utility)
        if named and named.slug in slugs:
            slugs = [named.slug]
        if slugs:
            draft.claim(number, slugs)
            return None
    if numbers:
        await unclear(turn, "utter_account_wrong_format", "utter_ask_account_again")
    elif await draft.fill(accounts=False) or _company(turn, draft):
        # Something else of the complaint: kept, but the number is still missing.
        draft.save()
        turn.set("tries", int(turn.get("tries") or 0) + 1)
        turn.ask("account", "utter_ask_account_again")
    else:
        await unclear(turn, account_question(turn), "utter_ask_account_again")
    return True


async def _shared(turn: Turn, draft: Draft, phone: str) -> bool | None:
    """A telephone number in an account's place: one's own names the accounts that have it, any other needs a code first."""
    if not (turn.value("proven") or phone == turn.ctx.phone):
        turn.open("account_form", task="link_account", task_entities={}, claim={"phone": phone})
        return True
    accounts = [account for account in await owned_if_possible(turn) if account.mobile == phone]
    if len(accounts) == 1:
        draft.use(accounts[0])
        remember(turn, accounts[0])
        return None
    if accounts:
        turn.ask("account", "utter_ask_which_account", choices=account_choices(turn, accounts))
    else:
        turn.say("utter_no_account_by_phone", phone=phone)
        turn.ask("account", "utter_ask_account")
    return True


def _company(turn: Turn, draft: Draft) -> bool:
    """Keep a company that was named before its number."""
    named = named_utility(turn)
    if named:
        draft.utility = named.slug
    return named is not None


async def _utility(turn: Turn, draft: Draft) -> bool | None:
    slugs = candidates(turn.tenant, draft.account or "")
    value = str(turn.value("utility") or turn.text)
    found = turn.tenant.utility(value) or find_utility(turn.tenant, value)
    if found and found.slug in slugs:
        draft.utility = found.slug
        return None
    if turn.intent == "skip":
        draft.told.append("utility")
        return None
    await unclear(turn, "utter_ask_utility", "utter_ask_utility_again", choices=utility_choices(turn, slugs))
    return True


def ask_change(turn: Turn, draft: Draft) -> bool:
    """A plain no: which answer shall be another one?"""
    turn.set("tries", int(turn.get("tries") or 0) + 1)
    turn.ask(turn.asked, "utter_ask_change", has_account="1" if draft.account is not None else None)
    return True


async def _area(turn: Turn, draft: Draft) -> bool | None:
    value = place_said(turn) if turn.value("place", "area") else ""
    words = turn.text.strip()
    free = turn.intent not in ("affirm", "deny", "skip", "inform") and 2 <= len(words) <= 120
    if not value and free and not turn.chosen and any(letter.isalpha() for letter in words):
        value = words
    if not value and turn.intent == "deny":
        return ask_change(turn, draft)
    if not value:
        await unclear(turn, "utter_ask_area", "utter_ask_area_again")
        return True
    draft.area, draft.area_names = value[:120], {}
    since = draft.read_since()
    draft.since = draft.since or since
    return None


async def _since(turn: Turn, draft: Draft) -> bool | None:
    since = draft.read_since()
    words = turn.text.strip()
    if not since and not turn.chosen and turn.intent not in ("affirm", "deny", "skip") and 2 <= len(words) <= 60:
        since = {"words": words}
    if not since and turn.intent == "deny":
        return ask_change(turn, draft)
    if not since:
        await unclear(turn, "utter_ask_since", "utter_ask_since_again")
        return True
    draft.since = since
    return None


async def _details(turn: Turn, draft: Draft) -> bool | None:
    words = turn.text.strip()
    if turn.chosen or len(words) < 2 or turn.intent in ("affirm", "deny"):
        if turn.intent == "skip":
            draft.told.append("details")
            return None
        await unclear(turn, "utter_ask_details", "utter_ask_details_again")
        return True
    draft.details = words[:MAX_DETAILS]
    return None


async def _outage(turn: Turn, draft: Draft) -> bool | None:
    if turn.value("register") or turn.intent == "affirm":
        draft.told.append("outage")
        return None
    if turn.intent in ("deny", "skip"):
        turn.close()
        turn.say("utter_outage_fine")
        return True
    await unclear(turn, "utter_ask_outage", "utter_ask_outage")
    return True


async def _same(turn: Turn, draft: Draft) -> bool | None:
    what = str(turn.value("same") or "")
    if what == "new" or turn.intent == "deny":
        draft.told.append("same")
        return None
    if what == "note" or turn.intent == "affirm":
        turn.ask("note", "utter_ask_note")
        return True
    if turn.intent == "skip":
        turn.close()
        turn.say("utter_note_not_needed")
        return True
    await unclear(turn, "utter_ask_same", "utter_ask_same", number=str(turn.get("same") or ""))
    return True


async def _note(turn: Turn, draft: Draft) -> bool | None:
    words = turn.text.strip()
    if turn.chosen or len(words) < 2:
        await unclear(turn, "utter_ask_note", "utter_ask_note")
        return True
    await add_note(turn, str(turn.get("same") or ""), text=words[:MAX_DETAILS])
    return True


async def _confirm(turn: Turn, draft: Draft) -> bool | None:
    if turn.intent == "affirm":
        await register(turn, draft)
        return True
    if turn.value("more"):
        turn.ask("confirm", "utter_ask_more")
        return True
    if turn.intent == "deny":
        if await draft.fill():
            return None
        return ask_change(turn, draft)
    if await draft.fill():
        return None
    await unclear(turn, "utter_ask_confirm", "utter_ask_confirm", **draft.facts())
    return True


STEPS: dict[str, Any] = {
    "kind": _kind,
    "account": _account,
    "utility": _utility,
    "area": _area,
    "since": _since,
    "details": _details,
    "outage": _outage,
    "same": _same,
    "note": _note,
    "confirm": _confirm,
}
