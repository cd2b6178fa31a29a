"""Registering a complaint with as few questions as possible, one summary, and a number read from the row.

Account, area and since-when are asked only as far as they are not known. A cut that we know of is told first; the same
person's open complaint about the same fault is shown before a second one is made.
"""

from __future__ import annotations

from actions.accounts import account_choices, account_question, owned_if_possible, pick, utility_choices
from actions.complaint_draft import Draft, complaint_facts
from actions.complaint_steps import ACCOUNT, STEPS, kind_choices
from actions.complaint_writing import add_note, own_account
from actions.forms import an_address, fits, like_a_name, other_matter, share, typed_numbers
from actions.outage import outage_facts
from actions.turn import Turn, act, make_form
from core.errors import UtilityUnavailable
from core.tenants import candidates
from utility.base import Account, Outage

REPORTS = (
    "report_no_supply",
    "report_voltage_problem",
    "report_meter_fault",
    "report_billing_problem",
    "report_theft",
)
# What belongs to a complaint, whatever was asked: it is kept, and no question in its own right.
ABOUT_IT = ("account_number", "meter_number", "utility", "place", "duration", "time", "date")
# A fault named in passing does not change the kind of the complaint in hand.
SURE_OF_ANOTHER = 0.8
ALL_BUT_A_WORD = 0.8  # share of a message that is a number and nothing else
# Questions answered in the customer's own words; what these intents say belongs to the complaint all the same.
FREE_TEXT = ("details", "note")
RELATED = frozenset({*REPORTS, "payment_failed", "complaint_status", "reopen_complaint", "give_feedback"})


@act("action_report", *REPORTS)
async def report(turn: Turn) -> None:
    """Begin a complaint with everything the message says already; in the middle of one, take it as said about that."""
    kinds = turn.ctx.complaints.kinds
    chosen = str(turn.value("complaint_kind") or "")
    code = chosen if chosen in kinds.by_code else kinds.meant(turn.intent, "" if turn.chosen else turn.text)
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
    if (
        turn.intent in REPORTS
        and not turn.chosen
        and asked not in FREE_TEXT
        and not (asked == "area" and an_address(turn))
    ):
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
    elif not turn.chosen and asked not in FREE_TEXT and (what := _correction(turn, asked)):
        _go_back(turn, draft, what)
        await draft.fill(accounts=what == "account")
    else:
        taken = await _take(turn, draft, asked)
        if taken is not None:
            return taken
    draft.save()
    turn.set("tries", None)
    await ask(turn)
    return True


async def _take(turn: Turn, draft: Draft, asked: str) -> bool | None:
    """The answer to one question. None: taken, go on; True: all is said; False: another matter."""
    if asked not in STEPS:
        return False
    numbers = typed_numbers(turn, *ACCOUNT) if asked == "account" else []
    free = asked in FREE_TEXT
    related = (free and turn.intent in RELATED) or (asked == "area" and an_address(turn))
    if not (numbers or related) and other_matter(
        turn, *ABOUT_IT, words=free or (asked == "area" and like_a_name(turn))
    ):
        return False
    taken: bool | None = await STEPS[asked](turn, draft)
    return taken


def _correction(turn: Turn, asked: str) -> str:
    """What an answer that was taken already shall become: "no, another account", or a number where none was asked."""
    if asked in ("account", "utility"):
        return ""
    if turn.intent == "link_account" or share(turn, *ACCOUNT) >= ALL_BUT_A_WORD:
        return "account"
    if turn.intent == "deny":
        return turn.ctx.complaints.kinds.corrected(turn.text)
    return ""


async def _same_report(turn: Turn, draft: Draft) -> None:
    """More words about the complaint in hand; another fault changes its kind."""
    codes = turn.ctx.complaints.kinds.by_intent[turn.intent]
    category = draft.kind.category if draft.kind else ""
    kinds = turn.ctx.complaints.kinds
    another = category not in {kinds.get(code).category for code in codes}
    if draft.kind and another and turn.confidence >= SURE_OF_ANOTHER and not fits(turn, *ABOUT_IT):
        code = kinds.meant(turn.intent, turn.text)
        draft.kind = kinds.get(code) if code else None
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


async def ask(turn: Turn) -> None:
    """The next question, or the summary when nothing is missing."""
    draft = Draft.of(turn)
    if draft.kind is None:
        turn.ask("kind", "utter_ask_kind", choices=kind_choices(turn))
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
    account = await own_account(turn, draft)
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
    turn.ask("account", account_question(turn))


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


make_form("complaint_form", answer, ask)
