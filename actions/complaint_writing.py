"""Writing a complaint and notes to it, each once, under the turn's own keys."""

from __future__ import annotations

from actions.accounts import owned_if_possible, pick, remember
from actions.complaint_draft import Draft
from actions.turn import Turn
from utility.base import Account


async def own_account(turn: Turn, draft: Draft) -> Account | None:
    """The account of a draft, when it is the person's own."""
    if not draft.proven:
        return None
    return pick(await owned_if_possible(turn), draft.account or "", draft.utility)


async def register(turn: Turn, draft: Draft) -> None:
    """Write the complaint; the number that is told is the row's."""
    ctx = turn.ctx
    account = await own_account(turn, draft)
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
            "facts": {"hours": {"$duration": limit.hours * 60}, "where": {"$name": dict(limit.where)}},
        }
        for limit in ctx.complaints.limits(complaint)
    ]
    turn.close()
    turn.set("last_complaint", complaint.number)
    turn.set("last_task", "complaint_status")
    turn.say(
        "utter_complaint_registered",
        number=complaint.number,
        kind={"$word": ctx.complaints.kinds.get(complaint.kind).label},
        limits={"$lines": limits} if limits else None,
        private={"$word": "label_private"} if ctx.complaints.kinds.get(complaint.kind).private else None,
    )


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
