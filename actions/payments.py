"""How to pay, and what to do when a payment went wrong."""

from __future__ import annotations

from actions.accounts import owned_if_possible
from actions.turn import Turn, act
from utility.base import Payment


@act("action_how_to_pay", "how_to_pay")
async def how_to_pay(turn: Turn) -> None:
    """The tenant's confirmed ways to pay."""
    ways = [{"$name": dict(way.name)} for way in turn.tenant.payment_ways if way.confirmed]
    if not ways:
        turn.say("utter_how_to_pay_unknown")
        return
    accounts = await owned_if_possible(turn)
    prepaid = bool(accounts) and all(account.kind is Payment.PREPAID for account in accounts)
    turn.say("utter_how_to_recharge" if prepaid else "utter_how_to_pay", ways={"$list": ways})


@act("action_payment_failed", "payment_failed")
async def payment_failed(turn: Turn) -> None:
    """What to do now, with a complaint as the next step."""
    turn.set("last_task", turn.intent)
    amount = str(turn.value("amount") or "")
    turn.say(
        "utter_payment_failed",
        amount={"$money": amount} if amount.replace(".", "", 1).isdigit() else None,
        transaction=str(turn.value("transaction_id") or "")[:30],
    )


@act("action_prepaid_recharge_help", "prepaid_recharge_help")
async def prepaid_recharge_help(turn: Turn) -> None:
    """Recharge and token trouble. A token that was typed is never repeated."""
    turn.say("utter_prepaid_token_help" if turn.value("token") else "utter_prepaid_recharge_help")
