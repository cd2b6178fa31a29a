"""Live desks: the event log as server-sent events, from the last id a desk has seen.

The page is drawn after the log's newest id was read, then follows from there; each event only says what to fetch anew,
so a desk that missed or repeated some shows the same as one that was just loaded (R24).
"""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

from aiohttp import web
from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.tables import Conversation, OutboxRow
from desk.base import ME, Me, Parts, Rule, whole
from desk.sessions import Sessions
from handoff import events
from handoff.desk_tables import Operator

POLL_SECONDS = 0.4
CHECK_EVERY = 5  # polls between two looks at the session: a disabled operator is cut off within seconds
BEAT_EVERY = 30  # polls between two signs of life on a quiet line
LIFE = timedelta(minutes=30)
PER_PERSON = 6


class Live:
    """The stream of events, and the operators' signs of life."""

    def __init__(self, parts: Parts, sessions: Sessions) -> None:
        self._parts = parts
        self._sessions = sessions
        self._tasks: dict[int, list[asyncio.Task[object]]] = {}
        self._given_up: set[asyncio.Task[object]] = set()

    def rules(self) -> list[Rule]:
        return [
            Rule(method="GET", path="/desk/events", handler=self.stream, permission="home"),
            Rule(method="POST", path="/desk/alive", handler=self.alive, permission="converse"),
        ]

    async def alive(self, request: web.Request) -> web.StreamResponse:
        """A sign of life of somebody's page; without it they count as gone."""
        async with self._parts.db.transaction() as session:
            operator = await session.get(Operator, request[ME].id)
            if operator is not None:
                operator.seen_at = self._parts.db.now()
                session.add(operator)
        return web.Response(status=204)

    async def stream(self, request: web.Request) -> web.StreamResponse:
        me = request[ME]
        task = asyncio.current_task()
        assert task is not None
        mine = self._tasks.setdefault(me.id, [])
        if len(mine) >= PER_PERSON:
            # The page that was just loaded is the one somebody looks at: the oldest gives way.
            self._given_up.add(mine.pop(0))
        mine.append(task)
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        )
        try:
            # Looked at before the page hears that the line is open: whatever it then fetches is not older than this.
            async with self._parts.db.reading() as session:
                mark = await self._mark(session, me, self._watched(request))
            await response.prepare(request)
            await self._follow(request, response, me, mark)
        except (ConnectionError, asyncio.CancelledError):
            pass  # the browser comes back with the last id it has seen
        finally:
            self._given_up.discard(task)
            if task in mine:
                mine.remove(task)
        return response

    async def close(self, _app: web.Application) -> None:
        """End every stream, so that a stop of the service need not wait for open desks."""
        for task in [*self._given_up, *(task for mine in self._tasks.values() for task in mine)]:
            task.cancel()

    async def _follow(self, request: web.Request, response: web.StreamResponse, me: Me, mark: str) -> None:
        given = request.headers.get("Last-Event-ID") or request.query.get("after", "0")
        last = whole(given)
        conversation_id = self._watched(request)
        began, beat = self._parts.db.now(), 0
        async with self._parts.db.reading() as session:
            if last and last < await events.oldest(session, me.tenant) - 1:
                # Away for longer than the log is kept.
                await response.write(b"event: reload\ndata: {}\n\n")
                last = await events.newest(session, me.tenant)
        await response.write(b"retry: 1000\n\n")
        while self._parts.db.now() - began < LIFE:
            if request.transport is None or request.transport.is_closing():
                return  # the page is gone
            if asyncio.current_task() in self._given_up:
                await response.write(b"event: elsewhere\ndata: {}\n\n")
                return
            if beat % CHECK_EVERY == 0 and await self._sessions.of_key(me.session_key, touch=False) is None:
                await response.write(b"event: signed-out\ndata: {}\n\n")
                return
            async with self._parts.db.reading() as session:
                found = await events.after(session, me.tenant, last)
                now_mark = await self._mark(session, me, conversation_id)
            for event in found:
                last = event.id or last
                data = json.dumps({"conversation": event.conversation_id, **event.detail})
                await response.write(f"id: {last}\nevent: {event.kind}\ndata: {data}\n\n".encode())
            if now_mark != mark:
                mark = now_mark
                await response.write(b"event: transcript\ndata: {}\n\n")
            beat += 1
            if beat % BEAT_EVERY == 0:
                await response.write(b": alive\n\n")
            await asyncio.sleep(POLL_SECONDS)

    @staticmethod
    def _watched(request: web.Request) -> int:
        """The conversation on the screen, 0 for none."""
        return whole(request.query.get("c", ""))

    async def _mark(self, session: AsyncSession, me: Me, conversation_id: int) -> str:
        """A sign that changes with each message and each receipt of the conversation on the screen."""
        if not conversation_id:
            return ""
        seq = (
            await session.exec(
                select(Conversation.last_seq).where(
                    Conversation.id == conversation_id, Conversation.tenant == me.tenant
                )
            )
        ).first()
        if seq is None:
            return ""
        query = (
            select(OutboxRow.state, func.count())
            .where(OutboxRow.conversation_id == conversation_id)
            .group_by(col(OutboxRow.state))
            .order_by(col(OutboxRow.state))
        )
        return f"{seq} {(await session.execute(query)).all()}"
