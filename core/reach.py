"""Whether a person can and wants to be written to unasked: what platforms and people say of it (channels.md §2.2, §2.7, §4.2).

Answers always leave: whoever writes wants one. Notices do not go to an address that a platform called unreachable, nor to
somebody who said stop. Writing to us makes an address reachable again; a stop ends with a resume.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from sqlalchemy import or_, select, update
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from core.messages import Actor, IncomingMessage, OutgoingMessage
from core.tables import ContactAddress

STOPPED, RESUMED, AWAY = "stopped", "resumed", "away"
BLOCKED = "blocked"  # the category of a wish that is none: the person shut us out
STOPS, RESUMES = ("stop", "STOP_NOTIFICATIONS"), ("resume", "signup", "RESUME_NOTIFICATIONS", "in")


async def note(session: AsyncSession, tenant: str, addresses: Iterable[str], **values: bool) -> None:
    """Set `reachable` or `notices` of addresses, and of whatever else the same platform calls the same person."""
    named = list(addresses)
    person = select(col(ContactAddress.contact_id)).where(
        col(ContactAddress.tenant) == tenant, col(ContactAddress.address).in_(named)
    )
    # `whatsapp-bsuid:` is WhatsApp too.
    platforms = {re.split(r"[-:]", address, maxsplit=1)[0] for address in named}
    theirs = or_(*(col(ContactAddress.address).startswith(platform) for platform in sorted(platforms)))
    await session.execute(
        update(ContactAddress)
        .where(col(ContactAddress.tenant) == tenant, col(ContactAddress.contact_id).in_(person), theirs)
        .values(**values)
    )


async def wish(session: AsyncSession, tenant: str, message: IncomingMessage) -> str:
    """What a preference says; returns a word for it, empty when it says nothing that we know."""
    value = str(message.detail.get("value") or "")
    if value not in (*STOPS, *RESUMES):
        return ""
    wanted = value in RESUMES
    name = "reachable" if message.detail.get("category") == BLOCKED else "notices"
    values: dict[str, Any] = {name: wanted}
    await note(session, tenant, message.addresses, **values)
    return RESUMED if wanted else STOPPED


async def wants_notices(session: AsyncSession, tenant: str, address: str) -> bool:
    """Whether somebody has not said stop."""
    query = select(col(ContactAddress.notices)).where(
        col(ContactAddress.tenant) == tenant, col(ContactAddress.address) == address
    )
    return (await session.execute(query)).scalar() is not False


def why_not(message: OutgoingMessage, reachable: bool | None, notices: bool | None) -> str:
    """Why a message must not leave; empty when it may. None: nobody said anything about this address."""
    if message.purpose != "notice" or message.author is not Actor.BOT:
        return ""
    if notices is False:
        return STOPPED
    return AWAY if reachable is False else ""
