"""To a person: the hotline with its key and a case code, a call back, the office that serves somebody."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from actions.accounts import named_utility, owned_if_possible, pick, utility_name
from actions.turn import Turn, act
from complaints.service import OPEN
from core.errors import UtilityUnavailable
from handoff.brief import FILLED
from handoff.callback_wishes import NewCallback
from utility.places import find_areas

MAX_OFFICES = 6


async def company_of(turn: Turn) -> str:
    """The company a person most likely means: named now, talked about, or of their only accounts."""
    named = named_utility(turn)
    if named:
        return named.slug
    if turn.get("utility"):
        return str(turn.get("utility"))
    current = turn.get("current") or {}
    if current.get("utility"):
        return str(current["utility"])
    slugs = {account.utility for account in await owned_if_possible(turn)}
    return slugs.pop() if len(slugs) == 1 else ""


async def summary_of(turn: Turn) -> dict[str, Any]:
    """What an operator should know: names and numbers, no sentences."""
    ctx = turn.ctx
    owned = await owned_if_possible(turn)
    numbers = [account.number for account in owned]
    async with ctx.db.reading() as session:
        complaints = await ctx.complaints.mine(session, turn.tenant.slug, ctx.contact_id, numbers, states=OPEN)
    current = turn.get("current") or {}
    number = str(turn.get("account") or current.get("account") or "")
    account = pick(owned, number) or (owned[0] if len(owned) == 1 else None)
    return {
        "intent": turn.intent,
        "confidence": round(turn.confidence, 2),
        "form": turn.loop,
        "question": turn.asked,
        "kind": turn.get("kind") or "",
        "account": number or (account.number if account else ""),
        "accounts": numbers,
        "area": turn.get("area") or "",
        "feeder": account.feeder if account else "",
        "incident": await _incident(turn, account.feeder) if account and account.feeder else "",
        "complaints": [complaint.number for complaint in complaints],
        "filled": {name: turn.get(name) for name in FILLED if turn.get(name)},
    }


async def _incident(turn: Turn, feeder: str) -> str:
    """The cut that is going on where the account is."""
    try:
        outages = await turn.ctx.utility.outages_on(turn.tenant.slug, feeder, turn.ctx.now())
    except UtilityUnavailable:
        return ""
    return next((outage.id for outage in outages if outage.starts_at <= turn.ctx.now()), "")


async def to_a_person(turn: Turn, reason: str) -> None:
    """Give the hotline with the right key and a case code that an operator can look up; leave every form."""
    ctx = turn.ctx
    company = await company_of(turn)
    summary = await summary_of(turn)
    async with ctx.db.transaction() as session:
        await ctx.guard(session)
        case = await ctx.handoff.open_case(
            session,
            effect_key=ctx.key("case"),
            tenant=turn.tenant.slug,
            utility=company,
            contact_id=ctx.contact_id,
            conversation_id=ctx.conversation_id,
            reason=reason,
            language=turn.form,
            summary=summary,
        )
    line = ctx.handoff.line(turn.tenant, company)
    opening = line.next_opening.isoformat() if line.next_opening else ""
    hours = "label_always_open" if line.always else "label_open_now" if line.open_now else ""
    if turn.loop:
        turn.close(all_forms=True)
    turn.set("misses", None)
    turn.say(
        "utter_talk_to_operator" if reason == "asked" else "utter_stuck",
        number=line.number or {"$word": "label_hotline_unknown"},
        key=line.key,
        company=utility_name(turn, company) if line.key else None,
        own_number=line.own_number,
        hours={"$word": hours} if hours else None,
        next_opening={"$when": opening} if opening else None,
        code=case.code,
    )


@act("action_talk_to_operator", "talk_to_operator")
async def talk_to_operator(turn: Turn) -> None:
    """The customer wants a person."""
    await to_a_person(turn, "asked")


def wanted_time(turn: Turn) -> tuple[datetime | None, str]:
    """When somebody wants to be called: a moment where date or time were understood, and the words for it."""
    zone = ZoneInfo(turn.tenant.timezone)
    now = turn.ctx.now().astimezone(zone)
    words = " ".join(span for name in ("date", "time") for span in turn.spans.get(name, ())[:1])
    day, clock = turn.value("date"), turn.value("time")
    try:
        at = datetime.fromisoformat(f"{day or now.date().isoformat()}T{str(clock or '')[:5]}").replace(tzinfo=zone)
    except ValueError:
        return None, words
    return (at, words) if at > now else (None, words)


@act("action_request_callback", "request_callback")
async def request_callback(turn: Turn) -> None:
    """The customer wants to be called."""
    ctx = turn.ctx
    typed = turn.tenant.mobile.canonical(str(turn.value("phone") or ""))
    phone = typed or ctx.phone
    if not phone:
        turn.open("question_form", question="phone", task="request_callback", task_entities=_times(turn))
        return
    wanted_at, words = wanted_time(turn)
    summary = await summary_of(turn)
    new = NewCallback(
        tenant=turn.tenant.slug,
        utility=await company_of(turn),
        language=turn.form,
        contact_id=ctx.contact_id,
        conversation_id=ctx.conversation_id,
        phone=phone,
        wanted_at=wanted_at,
        wanted_words=words,
        summary=summary,
    )
    async with ctx.db.transaction() as session:
        await ctx.guard(session)
        row = await ctx.handoff.request_callback(session, ctx.key("callback"), new)
    due = row.due_at
    # Said only where it is not what was asked for: nobody calls while the desk is closed.
    later = due is not None and due > max(ctx.now(), wanted_at or ctx.now())
    turn.say(
        "utter_callback_noted",
        phone=phone,
        when={"$when": wanted_at.isoformat()} if wanted_at else words,
        opening={"$when": due.isoformat()} if due and later else None,
    )


def _times(turn: Turn) -> dict[str, Any]:
    return {name: turn.value(name) for name in ("date", "time") if turn.value(name) is not None}


@act("action_office_info", "office_info")
async def office_info(turn: Turn) -> None:
    """Which office serves a place or one's own account; what is not confirmed is not told."""
    turn.set("last_task", "office_info")
    company = named_utility(turn)
    place = str(turn.value("place") or "")
    accounts = [] if place else await owned_if_possible(turn)
    if company:
        accounts = [account for account in accounts if account.utility == company.slug]
    for account in accounts[:1]:
        utility = turn.tenant.utilities.get(account.utility)
        office = utility.office(account.office) if utility else None
        if utility and office:
            _tell_office(turn, utility.slug, office.id)
            return
    if place:
        utilities = [company] if company else list(turn.tenant.utilities.values())
        found = [
            (utility.slug, area.office)
            for utility in utilities
            for area in find_areas(utility.areas, place)
            if area.office
        ]
        found = list(dict.fromkeys(found))
        if len(found) == 1:
            _tell_office(turn, *found[0])
            return
        if found:
            names = [
                {"$list": [utility_name(turn, slug), {"$name": dict(office.name)}]}
                for slug, id in found[:MAX_OFFICES]
                if (office := turn.tenant.utilities[slug].office(id))
            ]
            turn.say("utter_offices", offices={"$lines": names})
            return
        turn.say("utter_office_not_found", place=place[:60])
        return
    if company or len(turn.tenant.utilities) == 1:
        utility = company or next(iter(turn.tenant.utilities.values()))
        line = turn.ctx.handoff.line(turn.tenant, utility.slug)
        turn.say(
            "utter_company",
            company={"$name": dict(utility.full_name)},
            own_number=line.own_number,
            website=utility.website,
            email=utility.email,
        )
        return
    turn.open("question_form", question="place", task="office_info", task_entities={})


def _tell_office(turn: Turn, slug: str, id: str) -> None:
    utility = turn.tenant.utilities[slug]
    office = utility.office(id)
    assert office is not None
    hours = turn.tenant.hours.get("office")
    known = hours is not None and hours.confirmed
    turn.say(
        "utter_office",
        office={"$name": dict(office.name)},
        company={"$name": dict(utility.name)},
        address={"$name": dict(office.address)} if office.address and office.confirmed else None,
        phone=office.phone if office.confirmed else "",
        hours={"$word": "label_open_now"} if known and hours and hours.is_open(turn.ctx.now()) else None,
        website=utility.website,
    )
