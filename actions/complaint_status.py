"""What became of a complaint: by its number, or one's own. A stranger's number tells the status and nothing else."""

from __future__ import annotations

from typing import Any

from actions.accounts import owned_if_possible
from actions.complaint_draft import complaint_facts
from actions.turn import Turn, act
from complaints.numbers import parse_number
from complaints.service import OPEN
from complaints.tables import Complaint

SETTLED = ("solved", "closed")
DANGER = 0  # the priority of complaints/kinds.yml


async def _mine(turn: Turn, states: tuple[str, ...] = ()) -> list[Complaint]:
    ctx = turn.ctx
    accounts = [account.number for account in await owned_if_possible(turn)]
    async with ctx.db.reading() as session:
        return await ctx.complaints.mine(session, turn.tenant.slug, ctx.contact_id, accounts, states=states)


async def _by_number(turn: Turn, number: str) -> Complaint | None:
    async with turn.ctx.db.reading() as session:
        return await turn.ctx.complaints.by_number(session, turn.tenant.slug, number)


async def _is_mine(turn: Turn, complaint: Complaint) -> bool:
    if complaint.contact_id == turn.ctx.contact_id:
        return True
    accounts = await owned_if_possible(turn)
    return any((account.utility, account.number) == (complaint.utility, complaint.account) for account in accounts)


def _choices(turn: Turn, complaints: list[Complaint], intent: str, **more: str) -> list[dict[str, Any]]:
    kinds = turn.ctx.complaints.kinds
    return [
        {
            "title": complaint.number,
            "description": {
                "$list": [{"$word": kinds.get(complaint.kind).label}, {"$word": f"label_state_{complaint.state}"}]
            },
            "intent": intent,
            "entities": {"complaint_number": complaint.number, **more},
        }
        for complaint in complaints
    ]


@act("action_complaint_status", "complaint_status")
async def complaint_status(turn: Turn) -> None:
    """The state of one complaint, or a choice among one's own."""
    typed = str(turn.value("complaint_number") or "")
    if typed:
        number = parse_number(typed)
        complaint = await _by_number(turn, number) if number else None
        if complaint is None:
            turn.say("utter_complaint_unknown", number=typed[:20])
        elif await _is_mine(turn, complaint):
            _tell(turn, complaint)
        else:
            turn.say(
                "utter_complaint_state_only",
                number=complaint.number,
                state={"$word": f"label_state_{complaint.state}"},
            )
        return
    complaints = await _mine(turn)
    if len(complaints) == 1:
        _tell(turn, complaints[0])
    elif complaints:
        turn.say("utter_which_complaint", choices=_choices(turn, complaints, "complaint_status"))
    else:
        turn.open("question_form", question="complaint_number", task="complaint_status", task_entities={})


def _tell(turn: Turn, complaint: Complaint) -> None:
    turn.set("last_complaint", complaint.number)
    name = "utter_complaint_settled" if complaint.state in SETTLED else "utter_complaint_status"
    turn.say(name, **complaint_facts(turn, complaint))


@act("action_reopen_complaint", "reopen_complaint")
async def reopen_complaint(turn: Turn) -> None:
    """Open a settled complaint of one's own again; too old ones become a new complaint."""
    typed = str(turn.value("complaint_number") or "")
    complaint = await _by_number(turn, typed) if typed else None
    if typed and (complaint is None or not await _is_mine(turn, complaint)):
        turn.say("utter_complaint_unknown", number=typed[:20])
        return
    if complaint is None:
        settled = await _mine(turn, SETTLED)
        if len(settled) > 1:
            turn.say("utter_which_complaint", choices=_choices(turn, settled, "reopen_complaint"))
            return
        if not settled:
            await _nothing_settled(turn)
            return
        complaint = settled[0]
    ctx = turn.ctx
    if complaint.state not in SETTLED:
        _tell(turn, complaint)
        return
    if not ctx.complaints.can_reopen(complaint):
        turn.say("utter_reopen_too_late", number=complaint.number)
        return
    async with ctx.db.transaction() as session:
        await ctx.guard(session)
        row = await ctx.complaints.by_number(session, turn.tenant.slug, complaint.number)
        assert row is not None
        words = "" if turn.chosen else turn.text.strip()[:500]
        await ctx.complaints.reopen(session, row, ctx.key("reopen"), words)
    turn.set("last_complaint", complaint.number)
    turn.say("utter_complaint_reopened", number=complaint.number)


async def _nothing_settled(turn: Turn) -> None:
    open_ones = await _mine(turn)
    if open_ones:
        _tell(turn, open_ones[0])
    else:
        turn.open("question_form", question="complaint_number", task="reopen_complaint", task_entities={})


async def withdraw(turn: Turn) -> None:
    """Take back an open complaint of one's own: asked once more, because it cannot be undone. Danger is not taken back."""
    wanted = str(turn.value("complaint_number") or turn.value("withdraw") or "")
    mine = await _mine(turn, OPEN)
    last = str(turn.get("last_complaint") or "")
    named = [complaint for complaint in mine if complaint.number == wanted]
    chosen = named or [complaint for complaint in mine if complaint.number == last] or mine
    if not chosen:
        turn.say("utter_nothing_to_withdraw")
        return
    complaint = chosen[0]
    if len(chosen) > 1:
        turn.say("utter_which_complaint", choices=_choices(turn, chosen, "cancel", withdraw="1"))
        return
    if complaint.priority == DANGER:
        turn.say("utter_danger_stays", number=complaint.number)
        return
    label = {"$word": turn.ctx.complaints.kinds.get(complaint.kind).label}
    if not (turn.chosen and turn.value("withdraw") == "yes"):
        turn.say("utter_ask_withdraw", number=complaint.number, kind=label)
        return
    ctx = turn.ctx
    async with ctx.db.transaction() as session:
        await ctx.guard(session)
        row = await ctx.complaints.by_number(session, turn.tenant.slug, complaint.number)
        if row is not None and row.state in OPEN:
            await ctx.complaints.withdraw(session, row, ctx.key("withdraw"))
    turn.say("utter_withdrawn", number=complaint.number)
