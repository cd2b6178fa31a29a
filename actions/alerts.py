"""Notices and feedback, both kept in tables."""

from __future__ import annotations

from actions.accounts import owned_if_possible, pick, utility_name
from actions.turn import Turn, act
from complaints import alerts


@act("action_subscribe_alerts", "subscribe_alerts")
async def subscribe_alerts(turn: Turn) -> None:
    """Switch notices on, for one's own account where one is known."""
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
    turn.say(
        "utter_alerts_on" if account else "utter_alerts_on_no_account",
        account=account.number if account else "",
        company=utility_name(turn, account.utility) if account else None,
    )


@act("action_unsubscribe_alerts", "unsubscribe_alerts")
async def unsubscribe_alerts(turn: Turn) -> None:
    """Switch notices off."""
    ctx = turn.ctx
    async with ctx.db.transaction() as session:
        await ctx.guard(session)
        await alerts.unsubscribe(session, ctx.db, tenant=turn.tenant.slug, contact_id=ctx.contact_id)
    turn.say("utter_alerts_off")


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
