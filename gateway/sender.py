"""The loop from outbox to platform: limits first, then one API call, then what became of it."""

from __future__ import annotations

import asyncio
import functools
import time
import uuid
from collections import Counter
from datetime import datetime, timedelta

import structlog
from sqlalchemy import bindparam, select
from sqlmodel import col

from connectors.base import Channel, Outgoing
from core import reach, store
from core.errors import LeaseLost, Refused, SendError, Throttled, Unavailable, Unreachable
from core.messages import Priority
from core.outbox import ToSend
from core.siblings import Siblings
from core.tables import ContactAddress, Conversation, Message
from gateway import metrics
from gateway.limits import Limits, is_limited
from gateway.lookout import Lookout
from gateway.services import Services
from handoff import events

log = structlog.get_logger(__name__)
IDLE_SECONDS = 1.0
LOOK_SECONDS = 0.25
LEASE_SECONDS = 120.0  # longer than an upload and a send together
WINDOW = timedelta(hours=24)
WHY_NOT = {
    reach.STOPPED: "the person does not want notices",
    reach.AWAY: "the platform said that this person cannot be reached; they have not written since",
}
# Built once, see core/lanes.py.
_CONVERSATION = (
    select(
        col(Conversation.last_incoming_id),
        col(Conversation.last_incoming_at),
        col(Message.seq),
        col(ContactAddress.reachable),
        col(ContactAddress.notices),
    )
    .outerjoin(Message, (col(Message.conversation_id) == col(Conversation.id)) & (col(Message.id) == bindparam("line")))
    .outerjoin(
        ContactAddress,
        (col(ContactAddress.tenant) == bindparam("of_tenant")) & (col(ContactAddress.address) == bindparam("person")),
    )
    .where(col(Conversation.id) == bindparam("conversation"))
)


class Senders:
    """Sends outbox rows until stopped."""

    def __init__(self, services: Services, limits: Limits, siblings: Siblings, work: asyncio.Event) -> None:
        self._services = services
        self._limits = limits
        self._siblings = siblings
        self._work = work
        self._stopping = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._name = uuid.uuid4().hex[:12]
        self._calls: Counter[str] = Counter()
        self._claiming = asyncio.Lock()
        self._lookout = Lookout(work)
        self._share = max(1, services.settings.senders * 5 // 8)

    async def start(self) -> None:
        for number in range(self._services.settings.senders):
            owner = f"{self._name}-{number}"
            self._tasks.append(asyncio.create_task(self._send_forever(owner), name=f"sender-{number}"))

    async def stop(self, seconds: float) -> None:
        """Let calls under way end, then cut them off: their rows become doubtful and are settled at the next start."""
        self._stopping.set()
        self._work.set()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _send_forever(self, owner: str) -> None:
        while not self._stopping.is_set():
            self._work.clear()
            try:
                # One after the other, so that each sees how many calls the others have under way.
                async with self._claiming:
                    busy = self._busy()
                    ranks = {key: rank for key, (rank, _) in busy.items()}
                    sent = await self._services.outbox.claim_next(owner, LEASE_SECONDS, ranks)
                    if sent is not None:
                        self._calls[sent.channel] += 1
            except Exception as error:
                log.error("The outbox cannot be read.", action="claim", error=type(error).__name__)
                await asyncio.sleep(IDLE_SECONDS)
                continue
            if sent is None:
                await self._lookout.rest(functools.partial(self._pause, busy))
                continue
            self._work.set()
            try:
                await self._one(sent)
            except LeaseLost:
                metrics.LEASES_LOST.inc()
            except Exception as error:
                # The row stays `sending`; when its lease ends it counts as doubtful.
                log.error(
                    "A send could not be noted.", action="send", row=sent.id, error=type(error).__name__, exc_info=True
                )
            finally:
                self._calls[sent.channel] -= 1

    def _busy(self) -> dict[str, tuple[int, float]]:
        """Accounts to pass over for now: those that must wait, and those that already have their share of the senders.

        So one account's dead platform or long queue keeps nobody else waiting; danger may go beyond the share.
        """
        found = {key: (Priority.REPLY.rank, IDLE_SECONDS) for key, calls in self._calls.items() if calls >= self._share}
        found |= self._limits.blocked()
        quiet = self._siblings.quiet()
        if quiet > 0:
            found |= {key: (0, quiet) for key, channel in self._services.channels.items() if is_limited(channel)}
        return found

    async def _pause(self, busy: dict[str, tuple[int, float]]) -> float:
        """Seconds in which nothing falls due."""
        pause = min([IDLE_SECONDS, *(seconds for _, seconds in busy.values())])
        if pause <= LOOK_SECONDS:  # while an account waits for a moment only, the next look is as near as any
            return pause
        try:
            due = await self._services.outbox.next_due({key: rank for key, (rank, _) in busy.items()})
        except Exception as error:
            log.error("The outbox cannot be read.", action="rest", error=type(error).__name__)
            return IDLE_SECONDS
        return pause if due is None else min(pause, (due - self._services.db.now()).total_seconds())

    async def _one(self, sent: ToSend) -> None:
        services = self._services
        channel = services.channel(sent.channel)
        if channel is None:
            await services.outbox.fail(sent, Refused("the channel is not configured", code="no_channel"))
            return
        message, debt = sent.message, self._debt(sent)
        wait = self._limits.wait(channel, sent.address, message.priority, debt, file=message.attachment is not None)
        if wait > 0:
            await services.outbox.postpone(sent, wait)
            return
        began = time.perf_counter()
        outcome = "accepted"
        try:
            outgoing = await self._outgoing(sent, channel)
            result = await services.connector(channel).send(outgoing, channel)
            await services.outbox.accept(sent, result.external_id, self._paced_until(sent, channel))
            if result.address and result.address != sent.address:
                await self._also_called(sent, channel, result.address)
            self._limits.succeeded(channel)
            self._limits.loaded(channel, result.load, result.pause)
        except SendError as error:
            outcome = await self._failed(sent, channel, error)
        except LeaseLost:
            raise
        except Exception as error:
            log.error(
                "A connector failed.",
                action="send",
                channel=channel.key,
                row=sent.id,
                error=type(error).__name__,
                exc_info=True,
            )
            outcome = await self._failed(
                sent, channel, Unavailable(f"unexpected: {type(error).__name__}", code="internal")
            )
        finally:
            metrics.SEND_SECONDS.labels(channel.key, outcome).observe(time.perf_counter() - began)

    async def _also_called(self, sent: ToSend, channel: Channel, address: str) -> None:
        """Remember what the platform calls the person: their next message may come from there (channels.md §2.1)."""
        try:
            async with self._services.db.transaction() as session:
                await store.also_called(session, self._services.db, channel.tenant, sent.address, address)
        except Exception as error:
            log.warning("An address was not kept.", action="send", row=sent.id, error=type(error).__name__)

    def _debt(self, sent: ToSend) -> float:
        """What the lane knows of the person's pace, whoever sent to them last."""
        paced_until = sent.lease.paced_until
        return max(0.0, (paced_until - self._services.db.now()).total_seconds()) if paced_until else 0.0

    def _paced_until(self, sent: ToSend, channel: Channel) -> datetime | None:
        """What the lane shall know of it after this call."""
        debt = self._limits.debt(channel, sent.address)
        return self._services.db.now() + timedelta(seconds=debt) if debt > 0 else None

    async def _outgoing(self, sent: ToSend, channel: Channel) -> Outgoing:
        window_open, last_incoming_id, sequence = True, "", 0
        if sent.conversation_id is not None:
            words = {"conversation": sent.conversation_id, "line": sent.message_id, "person": sent.address}
            words["of_tenant"] = channel.tenant
            async with self._services.db.reading() as session:
                known = (await session.execute(_CONVERSATION, words)).first()
            if known is not None:
                if reason := reach.why_not(sent.message, known.reachable, known.notices):
                    raise Refused(WHY_NOT[reason], code=reason)
                last_incoming_id, sequence = known.last_incoming_id, known.seq or 0
                if known.last_incoming_at:
                    window_open = self._services.db.now() - known.last_incoming_at < WINDOW
        return Outgoing(
            address=sent.address,
            message=sent.message,
            callback=sent.callback,
            reply_window_open=window_open,
            last_incoming_id=last_incoming_id,
            sequence=sequence,
        )

    async def _failed(self, sent: ToSend, channel: Channel, error: SendError) -> str:
        state = await self._services.outbox.fail(sent, error, self._paced_until(sent, channel))
        if isinstance(error, Throttled):
            self._limits.throttled(channel, sent.address, error)
        else:
            self._limits.failed(channel, error)
        if isinstance(error, Unreachable):
            async with self._services.db.transaction() as session:
                await reach.note(session, channel.tenant, [sent.address], reachable=False)
        if state in ("failed", "held"):
            metrics.DEAD.labels("out").inc()
        if state == "held":
            await self._tell_staff(sent, channel, error)
        log.warning(
            "A message was not sent.",
            action="send",
            channel=channel.key,
            conversation=sent.conversation_id,
            row=sent.id,
            state=state,
            code=error.code,
            reason=error.words,
        )
        return state

    async def _tell_staff(self, sent: ToSend, channel: Channel, error: SendError) -> None:
        """Somebody at the desk should know what could not be said, and why."""
        async with self._services.db.transaction() as session:
            await events.append(
                session,
                self._services.db,
                channel.tenant,
                "held",
                sent.conversation_id,
                row=sent.id,
                reason=error.code,
            )
