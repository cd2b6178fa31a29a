"""Danger and the people: every desk is told at once, and the duty telephone when nobody is at the desk."""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from connectors.sms import KEY as SMS
from core import outbox, store
from core.messages import OutgoingMessage, Priority
from core.tables import Conversation
from core.tenant_model import Duty
from gateway.services import Services
from handoff import events, routing
from handoff.bridge import Bridge
from handoff.brief import remembered

log = structlog.get_logger(__name__)
# One text message for a conversation in so long: more words on the same danger wake nobody twice.
QUIET = timedelta(minutes=10)
MAX_WORDS = 200
# Who is at another desk is asked every 30 seconds; one that was silent once may be down.
ANSWERED = timedelta(seconds=45)


class Alarm:
    """Who learns of a danger while the safety words are on their way."""

    def __init__(self, services: Services, bridge: Bridge) -> None:
        self._services = services
        self._bridge = bridge

    async def raise_(self, session: AsyncSession, conversation: Conversation, kind: str, words: str) -> None:
        """Tell every desk of the tenant; with nobody at it, the duty telephone by text message."""
        db = self._services.db
        if not await self._anybody(session, conversation.tenant):
            await self._text(session, conversation, kind, words)
        await events.append(session, db, conversation.tenant, "danger", conversation.id, danger=kind)

    def duty(self, tenant: str) -> Duty | None:
        """The tenant's duty telephone; an unconfirmed one serves the demo alone."""
        duty = self._services.tenants.get(tenant).duty
        return duty if duty and (duty.confirmed or self._services.settings.demo) else None

    async def _anybody(self, session: AsyncSession, tenant: str) -> bool:
        """Whether somebody is at the desk. Of another one only while it has just answered who: it must be told first."""
        now, patience = self._services.db.now(), self._bridge.patience_for(tenant)
        there = [one for one in await routing.operators(session, tenant) if routing.is_there(one, now, patience)]
        return any(one.id > 0 or (one.seen_at is not None and now - one.seen_at <= ANSWERED) for one in there)

    async def _text(self, session: AsyncSession, conversation: Conversation, kind: str, words: str) -> None:
        duty = self.duty(conversation.tenant)
        if duty is None:
            log.warning(
                "Danger is reported, nobody is at the desk, and no duty telephone is known.",
                action="duty",
                tenant=conversation.tenant,
                conversation=conversation.id,
            )
            return
        db, known = self._services.db, remembered(conversation.state)
        place = ", ".join(str(known[name]) for name in ("place", "account") if known.get(name))
        facts = {
            "kind": {"$word": f"label_danger_{kind}"},
            "place": place,
            "phone": store.phone_of(conversation.address),
            "words": words.strip()[:MAX_WORDS],
        }
        tenant = self._services.tenants.get(conversation.tenant)
        rendered = self._services.answers.render(tenant, duty.form, "utter_duty_danger", facts)
        slot = int(db.now().timestamp() // QUIET.total_seconds())
        await outbox.enqueue(
            session,
            db,
            channel=SMS,
            address=f"sms:{duty.phone}",
            dedupe=f"duty:{conversation.id}:{kind}:{slot}",
            messages=[OutgoingMessage(text=rendered.text, purpose="danger", priority=Priority.DANGER)],
            conversation_id=conversation.id,
        )
