"""The customer's own bills, receipts and use. Everything here starts from an account that is proven to be theirs."""

from __future__ import annotations

from datetime import date
from typing import Any

from actions.accounts import resolve, utility_name
from actions.turn import Turn, act
from utility.base import Account, Bill, Payment, PaymentRecord

HISTORY = 6


def month_of(turn: Turn) -> date | None:
    """The month that was named, `YYYY-MM`, as the first day of it."""
    value = str(turn.value("month") or "")
    try:
        return date.fromisoformat(f"{value[:7]}-01")
    except ValueError:
        return None


def month_fact(month: date) -> dict[str, str]:
    return {"$month": f"{month:%Y-%m}"}


def account_facts(turn: Turn, account: Account) -> dict[str, Any]:
    return {"account": account.number, "company": utility_name(turn, account.utility)}


async def _bill(turn: Turn, account: Account) -> Bill | None:
    """The bill that was asked for; says so when there is none."""
    month = month_of(turn)
    bill = await turn.ctx.utility.bill(account, month)
    if bill is None and month and month >= turn.today().replace(day=1):
        # "This month's bill" is the one that came last: a month is billed when it is over.
        bill = await turn.ctx.utility.bill(account)
    if bill is None:
        newest = await turn.ctx.utility.bill(account) if month else None
        turn.say(
            "utter_bill_missing",
            **account_facts(turn, account),
            month=month_fact(month) if month else None,
            newest=month_fact(newest.month) if newest else None,
        )
    return bill


@act("action_bill_amount", "bill_amount")
async def bill_amount(turn: Turn) -> None:
    """How much the bill is, and by when."""
    account = await resolve(turn, "bill_amount")
    if account is None:
        return
    turn.set("last_task", "bill_amount")
    if account.kind is Payment.PREPAID:
        await tell_balance(turn, account)
        return
    bill = await _bill(turn, account)
    if bill is None:
        return
    facts = account_facts(turn, account) | {
        "month": month_fact(bill.month),
        "amount": {"$money": str(bill.total)},
        "due": {"$money": str(bill.due)},
        "due_on": {"$date": bill.due_on.isoformat()},
        "units": {"$units": str(bill.units)},
        "arrears": {"$money": str(bill.arrears)} if bill.arrears > 0 else None,
        "estimated": {"$word": "label_estimated"} if bill.estimated else None,
    }
    name = (
        "utter_bill_paid" if bill.paid else "utter_bill_overdue" if bill.due_on < turn.today() else "utter_bill_amount"
    )
    turn.say(name, **facts)


@act("action_bill_pdf", "bill_pdf")
async def bill_pdf(turn: Turn) -> None:
    """The bill as a document."""
    account = await resolve(turn, "bill_pdf")
    if account is None:
        return
    turn.set("last_task", "bill_pdf")
    if account.kind is Payment.PREPAID:
        turn.say("utter_prepaid_no_bill", **account_facts(turn, account))
        return
    bill = await _bill(turn, account)
    if bill is None:
        return
    turn.say(
        "utter_bill_pdf",
        **account_facts(turn, account),
        month=month_fact(bill.month),
        amount={"$money": str(bill.total)},
        due_on={"$date": bill.due_on.isoformat()} if not bill.paid else None,
        document={
            "kind": "bill",
            "utility": account.utility,
            "account": account.number,
            "month": f"{bill.month:%Y-%m}",
        },
    )


@act("action_payment_receipt", "payment_receipt")
async def payment_receipt(turn: Turn) -> None:
    """Proof of a payment: the one of the month or reference that was named, else the newest."""
    account = await resolve(turn, "payment_receipt")
    if account is None:
        return
    turn.set("last_task", "payment_receipt")
    payments = await turn.ctx.utility.payments(account, 24)
    payment = await _payment(turn, account, payments)
    if payment is None:
        month = month_of(turn)
        turn.say(
            "utter_receipt_missing",
            **account_facts(turn, account),
            month=month_fact(month) if month else None,
        )
        return
    way = turn.tenant.way(payment.way)
    turn.say(
        "utter_payment_receipt",
        **account_facts(turn, account),
        amount={"$money": str(payment.amount)},
        paid={"$when": payment.paid_at.isoformat()},
        way={"$name": dict(way.name)} if way else None,
        reference=payment.reference,
        document={
            "kind": "receipt",
            "utility": account.utility,
            "account": account.number,
            "reference": payment.reference,
        },
    )


async def _payment(turn: Turn, account: Account, payments: list[PaymentRecord]) -> PaymentRecord | None:
    reference = str(turn.value("transaction_id") or "")
    if reference:
        return next((item for item in payments if item.reference.casefold() == reference.casefold()), None)
    month = month_of(turn)
    if month is None:
        return payments[0] if payments else None
    bill = await turn.ctx.utility.bill(account, month)
    for payment in payments:
        if bill and payment.bill_number == bill.number:
            return payment
    return next((item for item in payments if item.paid_at.date().replace(day=1) == month), None)


@act("action_consumption_history", "consumption_history")
async def consumption_history(turn: Turn) -> None:
    """Units of the last months, with a chart."""
    account = await resolve(turn, "consumption_history")
    if account is None:
        return
    turn.set("last_task", "consumption_history")
    bills = await turn.ctx.utility.bills(account, HISTORY)
    month = month_of(turn)
    if month and (one := next((bill for bill in bills if bill.month == month), None)):
        turn.say(
            "utter_consumption_month",
            **account_facts(turn, account),
            month=month_fact(one.month),
            units={"$units": str(one.units)},
        )
        return
    if not bills:
        status = await turn.ctx.utility.prepaid(account)
        turn.say(
            "utter_consumption_none",
            **account_facts(turn, account),
            units={"$units": str(status.month_units)} if status else None,
        )
        return
    rows = [
        {"$word": "label_month_units", "facts": {"month": month_fact(bill.month), "units": {"$units": str(bill.units)}}}
        for bill in reversed(bills)
    ]
    average = sum(bill.units for bill in bills) / len(bills)
    turn.say(
        "utter_consumption_history",
        **account_facts(turn, account),
        rows={"$lines": rows},
        average={"$units": str(round(average))},
        document={"kind": "usage_chart", "utility": account.utility, "account": account.number},
    )


@act("action_prepaid_balance", "prepaid_balance")
async def prepaid_balance(turn: Turn) -> None:
    """What a prepaid meter has left."""
    account = await resolve(turn, "prepaid_balance")
    if account is None:
        return
    turn.set("last_task", "prepaid_balance")
    if account.kind is not Payment.PREPAID:
        turn.say("utter_not_prepaid", **account_facts(turn, account))
        return
    await tell_balance(turn, account)


async def tell_balance(turn: Turn, account: Account) -> None:
    """The balance as the meter last reported it."""
    status = await turn.ctx.utility.prepaid(account)
    if status is None:
        turn.say("utter_balance_unknown", **account_facts(turn, account))
        return
    turn.say(
        "utter_prepaid_balance" if status.balance > 0 else "utter_prepaid_empty",
        **account_facts(turn, account),
        balance={"$money": str(status.balance)},
        reported={"$when": status.reported_at.isoformat()},
        units={"$units": str(status.month_units)},
    )
