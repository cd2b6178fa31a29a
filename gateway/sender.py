"""The loop from outbox to platform: limits first, then one API call, then what became of it."""

from __future__ import annotations

import asyncio
import time
import uuid
from datetime import timedelta

import structlog

from connectors.base import Channel, Outgoing
from core import lanes
from core.errors import LeaseLost, Refused, SendError, Throttled, Unavailable
from core.outbox import QUEUE, ToSend
from core.tables import Conversation, Message
from gateway import metrics
from gateway.limits import Limits
from gateway.services import Services

log = structlog.get_logger(__name__)
IDLE_SECONDS = 1.0
LEASE_SECONDS = 120.0  # longer than an upload and a send together
WINDOW = timedelta(hours=24)


class Senders:
    """Sends outbox rows until stopped."""

    def __init__(self, services: Services, limits: Limits, work: asyncio.Event) -> None:
        self._services = services
        self._limits = limits
        self._work = work
        self._stopping = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._name = uuid.uuid4().hex[:12]

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
                sent = await self._services.outbox.claim_next(owner, LEASE_SECONDS)
            except Exception as error:
                log.error("The outbox cannot be read.", action="claim", error=type(error).__name__)
                await asyncio.sleep(IDLE_SECONDS)
                continue
            if sent is None:
                await self._rest()
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

    async def _rest(self) -> None:
        try:
            due = await lanes.next_due(self._services.db, QUEUE)
            pause = IDLE_SECONDS
            if due is not None:
                pause = min(pause, max(0.01, (due - self._services.db.now()).total_seconds()))
            await asyncio.wait_for(self._work.wait(), pause)
        except TimeoutError:
            pass
        except Exception as error:
            log.error("The outbox cannot be read.", action="rest", error=type(error).__name__)
            await asyncio.sleep(IDLE_SECONDS)

    async def _one(self, sent: ToSend) -> None:
        services = self._services
        channel = services.channel(sent.channel)
        if channel is None:
            await services.outbox.fail(sent, Refused("the channel is not configured", code="no_channel"))
            return
        wait = self._limits.wait(channel, sent.address, sent.message.priority)
        if wait > 0:
            await services.outbox.postpone(sent, wait)
            return
        began = time.perf_counter()
        outcome = "accepted"
        try:
            outgoing = await self._outgoing(sent)
            result = await services.connector(channel).send(outgoing, channel)
            await services.outbox.accept(sent, result.external_id)
            self._limits.succeeded(channel)
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

    async def _outgoing(self, sent: ToSend) -> Outgoing:
        window_open, last_incoming_id, sequence = True, "", 0
        async with self._services.db.reading() as session:
            if sent.conversation_id is not None:
                conversation = await session.get(Conversation, sent.conversation_id)
                if conversation:
                    last_incoming_id = conversation.last_incoming_id
                    if conversation.last_incoming_at:
                        window_open = self._services.db.now() - conversation.last_incoming_at < WINDOW
            row = await session.get(Message, sent.message_id) if sent.message_id else None
            if row:
                sequence = row.seq
        return Outgoing(
            address=sent.address,
            message=sent.message,
            callback=sent.callback,
            reply_window_open=window_open,
            last_incoming_id=last_incoming_id,
            sequence=sequence,
        )

    async def _failed(self, sent: ToSend, channel: Channel, error: SendError) -> str:
        state = await self._services.outbox.fail(sent, error)
        if isinstance(error, Throttled):
            self._limits.throttled(channel, sent.address, error)
        else:
            self._limits.failed(channel, error)
        if state in ("failed", "held"):
            metrics.DEAD.labels("out").inc()
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
