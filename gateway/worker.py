"""The loop from inbox to outbox: a few workers, each with one conversation at a time."""

from __future__ import annotations

import asyncio
import time
import uuid

import structlog

from core import lanes
from core.errors import LeaseLost
from core.inbox import QUEUE, Claimed
from core.retry import MAX_TURN_ATTEMPTS
from gateway import metrics
from gateway.lookout import Lookout
from gateway.services import Services
from gateway.turns import Turns

log = structlog.get_logger(__name__)
IDLE_SECONDS = 1.0  # the safety net under the wake-up calls


class Workers:
    """Handles inbox rows until stopped; a stop waits for the turns under way."""

    def __init__(self, services: Services, turns: Turns, on_work: asyncio.Event) -> None:
        self._services = services
        self._turns = turns
        self._answers_waiting = on_work
        self._stopping = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._name = uuid.uuid4().hex[:12]
        self._lookout = Lookout(services.inbox.new_work)

    async def start(self) -> None:
        for number in range(self._services.settings.workers):
            owner = f"{self._name}-{number}"
            self._tasks.append(asyncio.create_task(self._work_forever(owner), name=f"worker-{number}"))

    async def stop(self, seconds: float) -> None:
        """Let running turns end, then cut them off: their rows stay and their leases run out."""
        self._stopping.set()
        self._services.inbox.new_work.set()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _work_forever(self, owner: str) -> None:
        services = self._services
        seconds = services.settings.lease_seconds
        while not self._stopping.is_set():
            services.inbox.new_work.clear()
            try:
                claimed = await services.inbox.claim_next(owner, seconds)
            except Exception as error:
                log.error("The inbox cannot be read.", action="claim", error=type(error).__name__)
                await asyncio.sleep(IDLE_SECONDS)
                continue
            if claimed is None:
                await self._lookout.rest(self._pause)
                continue
            # Whoever found work wakes a neighbour: one event stands for many rows.
            services.inbox.new_work.set()
            await self._handle(claimed)

    async def _pause(self) -> float:
        """Seconds in which nothing falls due."""
        try:
            due = await lanes.next_due(self._services.db, QUEUE)
        except Exception as error:
            log.error("The inbox cannot be read.", action="rest", error=type(error).__name__)
            return IDLE_SECONDS
        return IDLE_SECONDS if due is None else min(IDLE_SECONDS, (due - self._services.db.now()).total_seconds())

    async def _handle(self, claimed: Claimed) -> None:
        began = time.perf_counter()
        waited = (self._services.db.now() - claimed.received_at).total_seconds()
        metrics.QUEUE_SECONDS.observe(max(0.0, waited))
        outcome = "error"
        try:
            if claimed.attempts > MAX_TURN_ATTEMPTS:
                await self._turns.bury(claimed, "it stopped its worker again and again")
                outcome = "dead"
            else:
                outcome = await self._turns.handle(claimed)
        except LeaseLost:
            metrics.LEASES_LOST.inc()
            outcome = "lease_lost"
            log.warning("A turn was left: another worker has the conversation.", action="turn", row=claimed.id)
        except Exception as error:
            log.error("A turn failed.", action="turn", row=claimed.id, error=type(error).__name__, exc_info=True)
            await self._give_back(claimed, type(error).__name__)
        finally:
            self._answers_waiting.set()
            metrics.TURN_SECONDS.labels(outcome).observe(time.perf_counter() - began)

    async def _give_back(self, claimed: Claimed, reason: str) -> None:
        try:
            if not await self._services.inbox.give_back(claimed, reason):
                await self._turns.bury(claimed, reason)
        except LeaseLost:
            metrics.LEASES_LOST.inc()
        except Exception as error:
            # The lease runs out by itself and another worker tries again.
            log.error("A row could not be given back.", action="give_back", row=claimed.id, error=type(error).__name__)
