"""Registering a complaint with as few questions as possible, one summary, and a number read from the row.

Account, area and since-when are asked only as far as they are not known. A cut that we know of is told first; the same
person's open complaint about the same fault is shown before a second one is made.
"""

from __future__ import annotations

from typing import Any

from actions.accounts import (
    account_choices,
    owned_if_possible,
    pick,
    remember,
    utility_choices,
)
from actions.complaint_draft import MAX_DETAILS, Draft, complaint_facts
from actions.forms import other_matter, typed_numbers, unclear
from actions.outage import outage_facts
from actions.turn import Turn, act, make_form
from core.errors import UtilityUnavailable
from core.tenants import candidates, find_utility
from utility.base import Account, Outage

REPORTS = (
    "report_no_supply",
    "report_voltage_problem",
    "report_meter_fault",
    "report_billing_problem",
    "report_theft",
)
EXPECTED = {
    "account": ("account_number", "meter_number"),
    "utility": ("utility",),
    "area": ("place",),
    "since": ("duration", "time", "date"),
    "confirm": ("account_number", "place", "duration", "time", "date"),
}
# What a correction may go back to.
CORRECTABLE = ("kind", "account", "area", "since", "details")


@act("action_report", *REPORTS)
async def report(turn: Turn) -> None:
    """Begin a complaint with everything the message says already; in the middle of one, take it as said about that."""
    kinds = turn.ctx.complaints.kinds
    codes = kinds.by_intent[turn.intent]
    chosen = str(turn.value("complaint_kind") or "")
    code = chosen if chosen in kinds.by_code else codes[0] if len(codes) == 1 else ""
    turn.open("complaint_form", kind=code or None)
    turn.set("reported", turn.intent)
    draft = Draft.of(turn)
    if not (draft.kind and draft.kind.private):
        accounts = await owned_if_possible(turn)
        await draft.fill()
        current = turn.get("current") or {}
        known = pick(accounts, str(current.get("account") or ""), str(current.get("utility") or ""))
        if draft.account is None and (known or len(accounts) == 1):
            draft.use(known or accounts[0])
    else:
        await draft.fill(accounts=False)
    draft.save()


async def answer(turn: Turn) -> bool:
    """Take what a message says to the question; False when it is about something else."""
    draft, asked = Draft.of(turn), turn.asked
    if turn.intent in REPORTS and not turn.chosen:
        await _same_report(turn, draft)
    elif draft.attach():
        if asked == "note":
            await add_note(turn, str(turn.get("same") or ""), draft=draft)
            return True
        if asked == "area" and draft.point and not draft.area:
            draft.area = str(draft.point.get("label") or "")
    elif turn.value("change"):
        _go_back(turn, draft, str(turn.value("change")))
        if not turn.loop:
            return True
    elif turn.intent == "link_account" and not turn.chosen:
        _go_back(turn, draft, "account")
    else:
        taken = await _take(turn, draft, asked)
        if taken is not None:
            return taken
    draft.save()
    turn.set("tries", 0)
    await ask(turn)
    return True


async def _take(turn: Turn, draft: Draft, asked: str) -> bool | None:
    """The answer to one question. None: taken, go on; True: all is said; False: another matter."""
    if asked not in STEPS:
        return False
    if other_matter(turn, *EXPECTED.get(asked, ())) and not (
        asked == "account" and typed_numbers(turn, *EXPECTED["account"])
    ):
        return False
    taken: bool | None = await STEPS[asked](turn, draft)
    return taken


async def _same_report(turn: Turn, draft: Draft) -> None:
    """More words about the complaint in hand; another fault changes its kind."""
    codes = turn.ctx.complaints.kinds.by_intent[turn.intent]
    category = draft.kind.category if draft.kind else ""
    kinds = turn.ctx.complaints.kinds
    if category not in {kinds.get(code).category for code in codes} and draft.kind is not None:
        draft.kind = kinds.get(codes[0]) if len(codes) == 1 else None
        turn.set("reported", turn.intent)
        draft.told = []
        turn.say("utter_kind_changed", kind={"$word": f"label_intent_{turn.intent}"})
    await draft.fill(accounts=not (draft.kind and draft.kind.private))


def _go_back(turn: Turn, draft: Draft, what: str) -> None:
    """A correction: forget one answer, so that it is asked again."""
    if what == "cancel":
        turn.close()
        turn.say("utter_cancelled")
    elif what == "kind":
        draft.kind = None
    elif what == "account":
        draft.account, draft.utility, draft.proven = None, "", False
        draft.area, draft.area_names = "", {}
        draft.told = ["ask_account"]
    elif what == "area":
        draft.area, draft.area_names, draft.point = "", {}, {}
    elif what == "since":
        draft.since = {}
    elif what == "details":
        draft.details = ""


async def _kind(turn: Turn, draft: Draft) -> bool | None:
    code = str(turn.value("complaint_kind") or "")
    if code not in turn.ctx.complaints.kinds.by_code:
        await unclear(turn, "utter_ask_kind", "utter_ask_kind_again", choices=_kind_choices(turn))
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
    numbers = typed_numbers(turn, *EXPECTED["account"])
    accounts = await owned_if_possible(turn)
    utility = str(turn.value("utility") or "")
    for number in numbers:
        own = pick(accounts, number, utility if utility in turn.tenant.utilities else "")
        if own:
            draft.use(own)
            remember(turn, own)
            return None
        slugs = candidates(turn.tenant, number)
        named = find_utility(turn.tenant, utility) if utility else None
        if named and named.slug in slugs:
            slugs = [named.slug]
        if slugs:
            draft.claim(number, slugs)
            return None
    if numbers:
        await unclear(turn, "utter_account_wrong_format", "utter_ask_account_again")
    else:
        await unclear(turn, "utter_ask_account", "utter_ask_account_again")
    return True


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


async def _area(turn: Turn, draft: Draft) -> bool | None:
    value = str(turn.value("place", "area") or "")
    words = turn.text.strip()
    free = turn.intent not in ("affirm", "deny", "skip", "inform") and 2 <= len(words) <= 120
    if not value and free and not turn.chosen and any(letter.isalpha() for letter in words):
        value = words
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


async def add_note(turn: Turn, number: str, *, text: str = "", draft: Draft | None = None) -> None:
    """Add to the open complaint and leave the form."""
    ctx = turn.ctx
    async with ctx.db.transaction() as session:
        await ctx.guard(session)
        complaint = await ctx.complaints.by_number(session, turn.tenant.slug, number)
        if complaint:
            await ctx.complaints.add_note(
                session,
                complaint,
                ctx.key("note"),
                text=text,
                photos=draft.photos if draft else (),
                place=draft.point if draft else None,
            )
    turn.close()
    turn.say("utter_note_added", number=number)


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
        turn.ask("confirm", "utter_ask_change", has_account="1" if draft.account is not None else None)
        return True
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


def _kind_choices(turn: Turn) -> list[dict[str, Any]]:
    kinds = turn.ctx.complaints.kinds
    codes = kinds.by_intent.get(str(turn.get("reported") or ""), ())
    return [
        {"title": {"$word": kinds.get(code).label}, "intent": "inform", "entities": {"complaint_kind": code}}
        for code in codes
    ]


async def ask(turn: Turn) -> None:
    """The next question, or the summary when nothing is missing."""
    draft = Draft.of(turn)
    if draft.kind is None:
        turn.ask("kind", "utter_ask_kind", choices=_kind_choices(turn))
        return
    questions = draft.kind.ask
    if "account" in questions:
        if draft.account is None:
            await _ask_account(turn, draft)
            return
        slugs = candidates(turn.tenant, draft.account) if draft.account else []
        if draft.account and not draft.utility and len(slugs) > 1 and "utility" not in draft.told:
            turn.ask("utility", "utter_ask_utility", choices=utility_choices(turn, slugs))
            return
    account = await _own(turn, draft)
    if account and draft.kind.category == "OUT" and "outage" not in draft.told:
        known = await _known_outage(turn, account)
        if known:
            turn.ask("outage", "utter_known_outage", **outage_facts(turn, known))
            return
    if "area" in questions and not (draft.area or draft.point):
        turn.ask("area", "utter_ask_area")
        return
    if await _ask_same(turn, draft):
        return
    if "since" in questions and not draft.since:
        turn.ask("since", "utter_ask_since")
        return
    if "details" in questions and not draft.details and "details" not in draft.told:
        turn.ask("details", "utter_ask_details")
        return
    turn.ask("confirm", "utter_ask_confirm", **draft.facts())


async def _ask_account(turn: Turn, draft: Draft) -> None:
    accounts = await owned_if_possible(turn)
    if accounts and "ask_account" not in draft.told:
        turn.ask("account", "utter_ask_which_account", choices=account_choices(turn, accounts))
        return
    turn.ask("account", "utter_ask_account")


async def _own(turn: Turn, draft: Draft) -> Account | None:
    if not draft.proven:
        return None
    return pick(await owned_if_possible(turn), draft.account or "", draft.utility)


async def _known_outage(turn: Turn, account: Account) -> Outage | None:
    ctx = turn.ctx
    try:
        outages = await ctx.utility.outages_on(turn.tenant.slug, account.feeder, ctx.now())
    except UtilityUnavailable:
        return None
    return next((outage for outage in outages if outage.starts_at <= ctx.now()), None)


async def _ask_same(turn: Turn, draft: Draft) -> bool:
    """Show an open complaint about the same fault, once."""
    assert draft.kind is not None
    if "same" in draft.told:
        return False
    ctx = turn.ctx
    async with ctx.db.reading() as session:
        complaint = await ctx.complaints.find_open_same(
            session,
            tenant=turn.tenant.slug,
            kind=draft.kind.code,
            contact_id=ctx.contact_id,
            account=draft.account or "",
            account_owned=draft.proven,
            area=draft.area,
        )
    if complaint is None:
        return False
    turn.set("same", complaint.number)
    turn.ask("same", "utter_same_complaint", **complaint_facts(turn, complaint))
    return True


async def register(turn: Turn, draft: Draft) -> None:
    """Write the complaint; the number that is told is the row's."""
    ctx = turn.ctx
    account = await _own(turn, draft)
    async with ctx.db.transaction() as session:
        await ctx.guard(session)
        complaint = await ctx.complaints.register(
            session, draft.row(account.feeder if account else ""), ctx.key("complaint")
        )
    if account:
        remember(turn, account)
    limits = [
        {
            "$word": f"label_limit_{limit.setting}",
            "facts": {"hours": {"$duration": limit.hours * 60}, "where": limit.where},
        }
        for limit in ctx.complaints.limits(complaint)
    ]
    turn.close()
    turn.set("last_complaint", complaint.number)
    turn.say(
        "utter_complaint_registered",
        number=complaint.number,
        kind={"$word": ctx.complaints.kinds.get(complaint.kind).label},
        limits={"$lines": limits} if limits else None,
        private={"$word": "label_private"} if ctx.complaints.kinds.get(complaint.kind).private else None,
    )


make_form("complaint_form", answer, ask)
