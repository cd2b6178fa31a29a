"""Danger to life: the complaint is written at once or after one question; the safety words came before anything else.

The gateway sends safety words and hotline before the dialogue core is asked. Where only the classifier noticed the
danger, the action says them first.
"""

from __future__ import annotations

from typing import Any

from actions.accounts import owned_if_possible, pick
from actions.complaint_draft import Draft, read_photo, read_point
from actions.forms import place_said
from actions.people import to_a_person
from actions.turn import Turn, act
from complaints.tables import Complaint
from core.language import danger

# Kinds of danger that are a wire; all others are SAFE-SPARK.
WIRE = frozenset({"wire", "water"})


def kind_of(turn: Turn) -> str:
    """SAFE-WIRE or SAFE-SPARK."""
    found = danger.detect(turn.text) if not turn.chosen else None
    return "SAFE-WIRE" if found and found.kind in WIRE else "SAFE-SPARK"


@act("action_report_hazard", "report_hazard")
async def report_hazard(turn: Turn) -> None:
    """Register danger. A form that was open is left: this comes first."""
    if not turn.metadata.get("danger"):
        turn.say("utter_danger")
    if turn.loop:
        turn.close(all_forms=True)
    accounts = await owned_if_possible(turn)
    current = turn.get("current") or {}
    account = pick(accounts, str(current.get("account") or ""), str(current.get("utility") or ""))
    account = account or (accounts[0] if accounts else None)
    place = str(turn.value("place") or "")[:120]
    draft = _empty(turn)
    draft.details = turn.text.strip()[:500] if not turn.chosen else ""
    if account:
        draft.use(account)
    if place:
        draft.area, draft.area_names = place, {}
    if not (account or place):
        turn.open("question_form", question="hazard_place", task="report_hazard", task_entities=_kept(turn, draft))
        turn.ask("question", "utter_ask_hazard_place")
        return
    await _register(turn, draft, account.feeder if account and not place else "")


async def hazard_answer(turn: Turn) -> bool:
    """Where the danger is: whatever is answered is written down; only a place for an earlier report is added to it."""
    kept = dict(turn.get("task_entities") or {})
    turn.close()
    number = str(kept.get("number") or "")
    if number:
        await _add_place(turn, number)
        return True
    draft = _empty(turn)
    draft.kind = turn.ctx.complaints.kinds.get(str(kept.get("kind") or "SAFE-SPARK"))
    draft.details = str(kept.get("details") or "")
    if draft.attach():
        draft.area = str(draft.point.get("label") or "")
    elif not turn.chosen and turn.intent not in ("cancel", "skip", "deny", "talk_to_operator"):
        draft.area = place_said(turn) or turn.text.strip()[:120]
    await _register(turn, draft, "")
    if turn.intent == "talk_to_operator":
        await to_a_person(turn, "asked")
    return True


async def _register(turn: Turn, draft: Draft, feeder: str) -> None:
    ctx = turn.ctx
    async with ctx.db.transaction() as session:
        await ctx.guard(session)
        complaint = await ctx.complaints.register(session, draft.row(feeder), ctx.key("hazard"))
    turn.set("last_complaint", complaint.number)
    turn.say(
        "utter_hazard_registered",
        number=complaint.number,
        area={"$name": draft.area_names} if draft.area_names else draft.area or draft.point.get("label"),
    )


async def _add_place(turn: Turn, number: str) -> None:
    ctx = turn.ctx
    point = read_point(turn)
    words = "" if point or turn.chosen else turn.text.strip()[:500]
    photos = [read_photo(turn)] if turn.intent == "inform_media" else []
    async with ctx.db.transaction() as session:
        await ctx.guard(session)
        complaint = await ctx.complaints.by_number(session, turn.tenant.slug, number)
        if complaint and complaint.contact_id == ctx.contact_id:
            await ctx.complaints.add_note(session, complaint, ctx.key("note"), text=words, photos=photos, place=point)
    turn.say("utter_note_added", number=number)


@act("action_other_place", "other_place")
async def other_place(turn: Turn) -> None:
    """The danger is not where the account is: ask where, for the report that was just made."""
    number = str(turn.get("last_complaint") or "")
    if not number:
        turn.say("utter_old_choice")
        return
    turn.open("question_form", question="hazard_place", task="report_hazard", task_entities={"number": number})
    turn.ask("question", "utter_ask_hazard_place")


@act("action_inform_location", "inform_location")
async def inform_location(turn: Turn) -> None:
    """A location sent on its own: it belongs to the complaint just made, if there is one."""
    await _attach(turn)


@act("action_inform_media", "inform_media")
async def inform_media(turn: Turn) -> None:
    """A photo sent on its own: the same."""
    await _attach(turn)


async def _attach(turn: Turn) -> None:
    number = str(turn.get("last_complaint") or "")
    complaint: Complaint | None = None
    if number:
        async with turn.ctx.db.reading() as session:
            complaint = await turn.ctx.complaints.by_number(session, turn.tenant.slug, number)
    if complaint is None or complaint.state not in ("received", "accepted", "working"):
        turn.say("utter_media_alone")
        return
    await _add_place(turn, number)


def _empty(turn: Turn) -> Draft:
    return Draft(
        turn=turn,
        kind=turn.ctx.complaints.kinds.get(kind_of(turn)),
        account="",
        utility="",
        proven=False,
        area="",
        area_names={},
        since={"at": turn.ctx.now().isoformat()},
        details="",
        photos=[],
        point={},
        told=[],
    )


def _kept(turn: Turn, draft: Draft) -> dict[str, Any]:
    return {"kind": draft.kind.code if draft.kind else "", "details": draft.details}
