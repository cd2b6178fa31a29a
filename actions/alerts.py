"""Notices and feedback, both kept in tables. Whether somebody wants notices is one flag of their address (core/reach)."""

from __future__ import annotations

from actions.accounts import owned_if_possible, pick, utility_name
from actions.turn import Turn, act
from complaints import alerts
from core import reach


@act("action_subscribe_alerts", "subscribe_alerts")
async def subscribe_alerts(turn: Turn) -> None:
    """Switch notices on, for one's own account where one is known, also for who said stop before."""
    ctx = turn.ctx
    accounts = await owned_if_possible(turn)
    current = turn.get("current") or {}
    account = pick(accounts, str(current.get("account") or ""), str(current.get("utility") or ""))
    account = account or (accounts[0] if accounts else None)
    async with ctx.db.transaction() as session:
        await ctx.guard(session)
        await alerts.subscribe(
            session,
            ctx.db,
            tenant=turn.tenant.slug,
            contact_id=ctx.contact_id,
            conversation_id=ctx.conversation_id,
            utility=account.utility if account else "",
            account=account.number if account else "",
        )
        await reach.note(session, turn.tenant.slug, [ctx.address], notices=True)
    turn.say(
        "utter_alerts_on" if account else "utter_alerts_on_no_account",
        account=account.number if account else "",
        company=utility_name(turn, account.utility) if account else None,
    )


@act("action_unsubscribe_alerts", "unsubscribe_alerts")
async def unsubscribe_alerts(turn: Turn) -> None:
    """Switch off whatever comes unasked. It is confirmed once; who says it again hears that nothing comes as it is."""
    ctx = turn.ctx
    async with ctx.db.transaction() as session:
        await ctx.guard(session)
        wanted = await reach.wants_notices(session, turn.tenant.slug, ctx.address)
        await alerts.unsubscribe(session, ctx.db, tenant=turn.tenant.slug, contact_id=ctx.contact_id)
        await reach.note(session, turn.tenant.slug, [ctx.address], notices=False)
    turn.say("utter_alerts_off" if wanted else "utter_alerts_off_already")


@act("action_give_feedback", "give_feedback")
async def give_feedback(turn: Turn) -> None:
    """Keep what a customer thinks; a tap on "give feedback" asks for the words first."""
    ctx = turn.ctx
    rating = str(turn.value("rating") or "")
    text = str(turn.value("feedback") or ("" if turn.chosen else turn.text)).strip()
    if not text and not rating.isdigit():
        turn.open("question_form", question="feedback", task="give_feedback", task_entities={})
        return
    async with ctx.db.transaction() as session:
        await ctx.guard(session)
        await alerts.give_feedback(
            session,
            ctx.db,
            effect_key=ctx.key("feedback"),
            tenant=turn.tenant.slug,
            contact_id=ctx.contact_id,
            text=text,
            rating=int(rating) if rating.isdigit() else None,
            complaint=str(turn.get("last_complaint") or ""),
        )
    turn.say("utter_feedback_thanks")
