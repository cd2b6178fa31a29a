"""Matters that want a person whatever the bot says to them: theft, staff, a complaint reopened again."""

from __future__ import annotations

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from complaints.tables import Complaint
from gateway.rasa_client import TurnResult

REOPENED = "reopened again"
# Kinds of complaint and topics that a person should see, by reason.
DELICATE_KINDS = {"THEFT": "theft report", "STAFF": "staff report"}
DELICATE_TOPICS = {"staff_bribe": "staff report"}
REOPENED_TOO_OFTEN = 2


async def matter_of(session: AsyncSession, inbox_id: int, result: TurnResult) -> str:
    """Why the matter itself wants a person, or nothing."""
    names = {answer.name: answer.facts for answer in result.answers}
    if result.topic in DELICATE_TOPICS:
        return DELICATE_TOPICS[result.topic]
    if "utter_complaint_registered" in names:
        query = select(Complaint.kind).where(Complaint.effect_key == f"{inbox_id}:complaint")
        return DELICATE_KINDS.get((await session.exec(query)).first() or "", "")
    if "utter_complaint_reopened" in names:
        number = str(names["utter_complaint_reopened"].get("number") or "")
        times = (await session.exec(select(Complaint.reopened).where(Complaint.number == number))).first() or 0
        return REOPENED if times >= REOPENED_TOO_OFTEN else ""
    return ""
