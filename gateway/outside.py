"""People who answer outside our desk: in the Page inbox, in the WhatsApp Business app, or through another app.

Three signs say so: an echo of words that are not ours, a change of the thread's owner, and messages that reach us only as a
bystander (channels.md §2.2, §3.1, §3.5). Each is a change of hands like any other: the bot is silent until they stop.
"""

from __future__ import annotations

from dataclasses import replace

from sqlmodel.ext.asyncio.session import AsyncSession

from complaints import alerts
from connectors.base import Channel
from core import reach
from core.language import danger
from core.messages import Actor, IncomingMessage, Kind
from gateway.people import People

PASSED = ("pass_thread_control", "take_thread_control")
RELEASED = "release_thread_control"


def is_overheard(message: IncomingMessage) -> bool:
    """Whether a customer wrote to somebody else who has the thread, and we only listen."""
    return message.kind is Kind.HANDOVER and message.detail.get("standby") is True


def as_written(message: IncomingMessage) -> IncomingMessage:
    """A message with its real author: what is overheard was written by the customer."""
    return replace(message, actor=Actor.CUSTOMER) if is_overheard(message) else message


async def note(
    session: AsyncSession, people: People, channel: Channel, conversation_id: int, message: IncomingMessage
) -> str:
    """Make the change of hands that a message stands for; returns a word for it, empty when there is none."""
    if message.kind is Kind.ECHO:
        await people.answered_outside(session, conversation_id)
        return "answered outside"
    if is_overheard(message):
        await people.overheard(session, conversation_id)
        found = danger.detect(message.text) if message.text else None
        if found:
            # We may not answer here; whoever sits at our desk should know all the same.
            await people.alarm(session, conversation_id, channel.tenant, found.kind, message.text)
        return "overheard"
    if message.kind is Kind.PREFERENCE:
        wish = await reach.wish(session, channel.tenant, message)
        if wish and message.detail.get("category") != reach.BLOCKED:
            await alerts.follow(session, people.db, conversation_id, active=wish == reach.RESUMED)
        return wish
    if message.kind is not Kind.HANDOVER:
        return ""
    event, owner = message.detail.get("event"), str(message.detail.get("new_owner_app_id") or "")
    ours = str(channel.options.get("app_id") or "")
    if event in PASSED and owner and owner != ours:
        await people.outside(session, conversation_id)
        return "passed on"
    if event == RELEASED or (event in PASSED and owner == ours):
        await people.back_from_outside(session, conversation_id)
        return "passed back"
    return ""
