"""One incoming message, from its inbox row to the rows of its answer.

Order matters: danger is answered before anything can fail or ask; a one-time code is caught before it could reach
the dialogue core; a person in charge silences the bot; only then the dialogue core is asked. Everything a turn
wrote is committed together with the end of its inbox row, under the lease's fence.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from connectors.base import Channel
from core import reach, store
from core.errors import LeaseLost, TurnFailed
from core.inbox import TIMER, Claimed
from core.language import danger
from core.messages import Actor, IncomingMessage, Kind, incoming_from_json, status_from_json
from core.outbox import outbox
from gateway import albums, arrivals, floods, metrics, outside, picking
from gateway.albums import Part
from gateway.asking import OTHERS, Asking, Occasion
from gateway.ends import MAX_TEXT, Ends
from gateway.keeping import Keeper
from gateway.media_worker import Collector
from gateway.people import CANCEL, LEAVE, OURS, People
from gateway.rasa_client import Answer, TurnResult
from gateway.services import Services
from gateway.speaking import Speaker

log = structlog.get_logger(__name__)
SILENT_KINDS = {
    Kind.REACTION,
    Kind.EDIT,
    Kind.DELETE,
    Kind.IDENTITY,
    Kind.PREFERENCE,
    Kind.ECHO,
    Kind.REFERRAL,
    Kind.HANDOVER,
}


class Turns:
    """Handles claimed inbox rows. `handle` either commits the row's end or raises."""

    def __init__(
        self, services: Services, speaker: Speaker, people: People | None = None, collector: Collector | None = None
    ) -> None:
        self._services = services
        self._speaker = speaker
        self._asking = Asking(services)
        self._people = people or People(services, speaker)
        self._collector = collector or Collector(services)
        self._keeper = Keeper(services, self._people)
        self._ends = Ends(services, speaker, self._people, self._keeper)

    async def handle(self, claimed: Claimed) -> str:
        """Handle one row; returns the outcome for the metrics."""
        services = self._services
        channel = services.channel(claimed.channel)
        if channel is None:
            return await self._ends.ignored(claimed, "the channel is not configured")
        if claimed.kind == "status":
            update = status_from_json(claimed.payload)
            async with services.db.transaction() as session:
                row_id = await services.outbox.apply_status(session, claimed.channel, update)
                if update.address and update.code in services.connector(channel).unreachable_codes:
                    await reach.note(session, channel.tenant, [update.address], reachable=False)
                await services.inbox.finish(session, claimed, {"outbox": row_id})
            return "status"
        if claimed.kind == TIMER:
            return await self._ring(claimed)
        message = outside.as_written(incoming_from_json(claimed.payload))
        parts = await albums.gather(services, channel, claimed, message)
        if parts is None:
            return "album"
        occasion = await self._open(claimed, channel, albums.together(parts) if parts else message, parts)
        if message.kind in SILENT_KINDS or message.actor is not Actor.CUSTOMER:
            return await self._note(occasion)
        occasion.flooding = await floods.is_too_much(services.db, claimed, services.settings.messages_per_minute)
        spoken = arrivals.is_spoken(message)
        if spoken and not occasion.flooding:
            await self._listen(occasion)
        found = danger.detect(occasion.text) if occasion.text else None
        if found:
            await self._warn(occasion, found.kind)
        if occasion.conversation.status != "pending":
            return await self._with_people(occasion, bool(found))
        if occasion.flooding and not found:
            await self._asking.choice(occasion)  # a code is masked, whatever becomes of the message
            return await self._ends.too_much(occasion)
        if spoken and not occasion.text:
            return await self._ends.told(occasion, "utter_voice_kept")
        if arrivals.unreadable(message):
            return await self._ends.told(occasion, "utter_kind_unknown")
        request: dict[str, Any] = {}
        acknowledging = asyncio.create_task(self._acknowledge(occasion))
        try:
            request = await self._asking.request(occasion, bool(found))
            choice = request.get("choice") or {}
            if choice.get("intent") == OTHERS:
                return await self._ends.told(occasion, "utter_others", {"choices": choice["choices"]})
            if choice.get("intent") in OURS:
                return await self._tapped(occasion, request["choice"])
            if self._people.is_leaving(occasion.conversation) and await self._left(occasion, request, bool(found)):
                return "left a message"
            result = await self._ask(request)
        except TurnFailed as error:
            return await self._ends.degraded(occasion, str(error), (request.get("choice") or {}).get("intent", ""))
        finally:
            acknowledging.cancel()
        await self._ends.answered(occasion, result)
        return "answered"

    async def _open(
        self, claimed: Claimed, channel: Channel, message: IncomingMessage, parts: tuple[Part, ...] = ()
    ) -> Occasion:
        services = self._services
        async with services.db.transaction() as session:
            contact, conversation = await store.open_conversation(
                session, services.db, channel.tenant, channel.key, message
            )
        text = arrivals.words_of(message)
        cut = len(text) > MAX_TEXT
        if cut:
            text = text[:MAX_TEXT]
        return Occasion(
            claimed=claimed,
            channel=channel,
            message=message,
            contact=contact,
            conversation=conversation,
            text=text,
            keep=text,
            cut=cut,
            parts=parts,
        )

    async def _listen(self, occasion: Occasion) -> None:
        """A recording becomes words, where somebody listens; from then on it is handled like a written message."""
        name = f"inbox:{occasion.claimed.id}"
        language = self._ends.form(occasion)
        occasion.heard = await arrivals.listen(
            self._services, self._collector, occasion.channel, occasion.message, name, language
        )
        if occasion.heard is not None:
            occasion.text = occasion.keep = occasion.heard.content.words

    async def _acknowledge(self, occasion: Occasion) -> None:
        """Show that the message was read and an answer is being written, for as long as it takes."""
        connector, address = self._services.connector(occasion.channel), occasion.message.addresses[0]
        external_id = occasion.message.external_id
        try:
            await connector.acknowledge(address, external_id, occasion.channel)
            while connector.typing_again:
                await asyncio.sleep(connector.typing_again)
                await connector.acknowledge(address, "", occasion.channel)
        except Exception as error:
            log.debug("A read receipt was not sent.", action="acknowledge", error=type(error).__name__)

    async def _warn(self, occasion: Occasion, kind: str) -> None:
        """Safety words and the hotline at once, before any limit, login or question; with the dialogue core down too."""
        tenant = occasion.conversation.tenant
        metrics.DANGER.labels(tenant, kind).inc()
        log.warning(
            "Somebody reports danger.", action="danger", tenant=tenant, kind=kind, conversation=occasion.conversation.id
        )
        services = self._services
        async with services.db.transaction() as session:
            if not await services.inbox.still_ours(session, occasion.claimed.id, occasion.claimed.lease.fence):
                raise LeaseLost("the conversation went to another worker")
            if await self._said(session, occasion, "danger"):
                return
            await self._speaker.say(
                session,
                occasion.conversation,
                self._ends.guess(occasion),
                [Answer(name="utter_danger", facts={"kind": {"$word": f"label_danger_{kind}"}})],
                f"{occasion.dedupe}:danger",
            )
            assert occasion.conversation.id is not None
            await self._people.alarm(session, occasion.conversation.id, tenant, kind, occasion.text)

    async def _said(self, session: AsyncSession, occasion: Occasion, what: str) -> bool:
        """Whether an earlier try of this row has queued that already."""
        query = outbox.select().with_only_columns(outbox.c.id).where(outbox.c.dedupe == f"{occasion.dedupe}:{what}:0")
        return (await session.execute(query)).first() is not None

    async def _ask(self, request: dict[str, Any]) -> TurnResult:
        began = time.perf_counter()
        outcome = "failed"
        try:
            result = await self._services.rasa.turn(request)
            outcome = "ok"
            return result
        finally:
            metrics.RASA_SECONDS.labels(outcome).observe(time.perf_counter() - began)

    async def _with_people(self, occasion: Occasion, in_danger: bool) -> str:
        """A message to people: the bot is silent. Leaving the queue is the one thing it still understands."""
        conversation, queued = occasion.conversation, occasion.conversation.status == "queued"
        assert conversation.id is not None
        # Codes are caught here too: they must not stand in a transcript.
        choice = None if in_danger else await self._asking.choice(occasion)
        leaving = queued and choice is not None and choice["intent"] in (LEAVE, CANCEL)
        if choice is not None and picking.read(occasion.text):
            leaving = False
        async with self._services.db.transaction() as session:
            await self._keeper.write(session, occasion)
            if leaving and await self._people.left(session, conversation.id):
                outcome = "left"
            else:
                outcome = "noted"
                await self._people.wrote(session, conversation.id, danger=in_danger)
            await self._services.inbox.finish(session, occasion.claimed, {"outcome": outcome})
        return outcome

    async def _tapped(self, occasion: Occasion, choice: dict[str, Any]) -> str:
        """A tap that concerns people and not the dialogue core: a rating, a person, a message, a queue left long ago."""
        assert occasion.conversation.id is not None
        async with self._services.db.transaction() as session:
            _, owned = await self._keeper.hear(session, occasion)
            if not owned:
                person = await self._people.person(session, occasion.conversation.id)
                await self._people.tapped(session, person, choice["intent"], choice["entities"], occasion.claimed.id)
            await self._services.inbox.finish(session, occasion.claimed, {"outcome": choice["intent"]})
        return str(choice["intent"])

    async def _left(self, occasion: Occasion, request: dict[str, Any], in_danger: bool) -> bool:
        """A message for people who come later. False when it is not one: another tap, or danger."""
        conversation_id = occasion.conversation.id
        assert conversation_id is not None
        intent = (request.get("choice") or {}).get("intent", "")
        other = bool(intent) and intent not in (CANCEL, "deny", "inform_media", "inform_location")
        async with self._services.db.transaction() as session:
            if await self._people.status(session, conversation_id) != "pending" or in_danger or other:
                await self._people.drop_message(session, conversation_id)
                return False
            seq = await self._keeper.write(session, occasion)
            if intent in (CANCEL, "deny"):
                await self._people.drop_message(session, conversation_id, occasion.dedupe)
            else:
                await self._people.keep_message(session, conversation_id, seq, occasion.dedupe)
            await self._services.inbox.finish(session, occasion.claimed, {"outcome": "left"})
        return True

    async def _ring(self, claimed: Claimed) -> str:
        """A timer's time has come."""
        if not self._people.rings(claimed.payload):
            return await self._ends.ignored(claimed, "nobody knows this timer")
        async with self._services.db.transaction() as session:
            outcome = await self._people.ring(session, claimed.payload)
            await self._services.inbox.finish(session, claimed, {"outcome": outcome})
        return "timer"

    async def _note(self, occasion: Occasion) -> str:
        """Keep a message that asks nothing of the bot: a person has the conversation, or it is a reaction."""
        assert occasion.conversation.id is not None
        async with self._services.db.transaction() as session:
            await self._keeper.write(session, occasion)
            change = await outside.note(
                session, self._people, occasion.channel, occasion.conversation.id, occasion.message
            )
            await self._services.inbox.finish(session, occasion.claimed, {"outcome": change or "noted"})
        return "noted"

    async def bury(self, claimed: Claimed, reason: str) -> None:
        """Give a row up after its last try: a dead letter, and for a message an apology with the hotline."""
        metrics.DEAD.labels("in").inc()
        channel = self._services.channel(claimed.channel)
        if channel is None or claimed.kind != "message":
            async with self._services.db.transaction() as session:
                await self._services.inbox.finish(session, claimed, {}, state="dead", reason=reason[:200])
            return
        occasion = await self._open(claimed, channel, incoming_from_json(claimed.payload))
        await self._ends.given_up(occasion, reason)
