"""What another desk gets of a conversation: messages in words, the files that go along, alarms."""

from __future__ import annotations

from collections.abc import Mapping

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core import store
from core.database import Database
from core.errors import SathiError
from core.messages import Attachment
from core.tables import Conversation, Medium, Message
from gateway.services import Services
from handoff.brief import Brief
from handoff.desk_tables import DeskEvent
from handoff.desks import Attached, Said
from handoff.events import DANGER_LASTS

BIGGEST = 25 << 20
ALARM_SHOWN = DANGER_LASTS


async def contents(
    services: Services, tenant: str, message: Message, kept: Mapping[int, Medium]
) -> dict[int, Attached]:
    """The contents of a message's files by their place; what cannot be had, or is too big, is left out."""
    found: dict[int, Attached] = {}
    for place, medium in kept.items():
        content = await services.library.open(medium.id or 0, tenant) if medium.size <= BIGGEST else None
        if content is not None:
            name = content.name or f"{medium.kind}-{message.seq}"
            found[place] = Attached(name=name, mime=content.mime, content=content.content)
    if document := message.payload.get("attachment"):
        try:
            upload = await services.load_file(Attachment(**document))
        except SathiError:
            return found
        if len(upload.content) <= BIGGEST:
            # Our own document stands after the customer's files.
            found[len(message.payload.get("media") or ())] = Attached(
                name=upload.name, mime=upload.mime, content=upload.content
            )
    return found


def said(message: Message, attached: Mapping[int, Attached] | None = None) -> Said:
    """A message of the transcript in words, with its files; those whose content there is none of are named."""
    known = attached or {}
    files = [
        f"[{one.get('kind') or 'file'}] {one.get('name') or ''}".strip()
        for place, one in enumerate(_of(message))
        if place not in known
    ]
    choices = [f"· {one.get('title')}" for one in message.payload.get("choices") or ()]
    place = message.payload.get("location") or {}
    where = [f"[place] {place.get('latitude')}, {place.get('longitude')}"] if place else []
    text = "\n".join(filter(None, (message.text, *files, *where, *choices)))
    return Said(
        seq=message.seq,
        text=text if text or known else f"[{message.kind}]",
        author=message.author,
        mine=message.direction == "outgoing",
        files=tuple(known[place] for place in sorted(known)),
    )


def _of(message: Message) -> list[dict[str, str]]:
    attachment = message.payload.get("attachment")
    return [*(message.payload.get("media") or ()), *([attachment] if attachment else ())]


async def latest_alarms(session: AsyncSession, db: Database, tenant: str) -> dict[int, tuple[int, str]]:
    """The latest danger by conversation: the event's number, and the kind."""
    since = db.now() - ALARM_SHOWN
    query = select(DeskEvent).where(DeskEvent.tenant == tenant, DeskEvent.kind == "danger", col(DeskEvent.at) >= since)
    found = (await session.exec(query.order_by(col(DeskEvent.id)))).all()
    return {
        event.conversation_id: (event.id or 0, str(event.detail.get("danger") or ""))
        for event in found
        if event.conversation_id is not None
    }


async def company_facts(services: Services, conversation: Conversation, first: Brief) -> dict[str, str]:
    """What the company's systems add to the first look: the account, its feeder, the cut that is going on there."""
    number, now = first.get("account"), services.db.now()
    try:
        phone = store.phone_of(conversation.address)
        owned = await services.ownership.accounts_of(conversation.contact_id, phone, conversation.tenant)
        one = next((one for one in owned if one.number == number), owned[0] if len(owned) == 1 and not number else None)
        if one is None:
            return {}
        cuts = await services.utility.outages_on(conversation.tenant, one.feeder, now)
    except SathiError:
        return {}  # a help, nothing more
    cut = next((cut.id for cut in cuts if cut.starts_at <= now), "")
    return {"account": one.number, "utility": one.utility.upper(), "feeder": one.feeder, "incident": cut}
