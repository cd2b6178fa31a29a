"""Channels' health, what could not be sent or handled, and what could not be read: see, mend, try again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web
from sqlalchemy import func
from sqlmodel import col, select

from core.outbox import outbox
from core.tables import InboxRow, OutboxRow, Quarantine
from desk.base import ME, Me, Rule
from desk.room import Room, form_of, rules, to

DEAD = ("failed", "held", "expired")
WAITING = ("queued", "errored", "sending", "doubtful")
LOOKED_BACK = timedelta(hours=24)
SHOWN = 50
LONGEST = 4000
LONGEST_BODY = 20_000
WHAT = {"failed": "not delivered", "held": "the window was closed", "expired": "too old when its turn came"}


@dataclass(frozen=True, kw_only=True)
class Health:
    """How a channel does."""

    key: str
    kind: str
    is_open: bool
    heard_at: datetime | None
    sent_at: datetime | None
    counts: dict[str, int]

    def of(self, *states: str) -> int:
        return sum(self.counts.get(state, 0) for state in states)


class Letters(Room):
    """The page of channels and dead letters."""

    def rules(self) -> list[Rule]:
        return rules(
            "letters",
            {
                "GET /desk/channels": self.page,
                "POST /desk/letters/out/{id:\\d+}": self.send,
                "POST /desk/letters/in/{id:\\d+}": self.handle,
                "POST /desk/letters/unread/{id:\\d+}": self.read,
            },
        )

    def _channels(self, me: Me) -> list[str]:
        return [key for key, tenant in self.parts.channel_tenants.items() if tenant == me.tenant]

    async def page(self, request: web.Request, fault: str = "") -> web.StreamResponse:
        me = request[ME]
        keys = self._channels(me)
        async with self.parts.db.reading() as session:
            dead = select(OutboxRow).where(col(OutboxRow.state).in_(DEAD), col(OutboxRow.channel).in_(keys))
            unsent = (await session.exec(dead.order_by(col(OutboxRow.id).desc()).limit(SHOWN))).all()
            lost = select(InboxRow).where(InboxRow.state == "dead", col(InboxRow.channel).in_(keys))
            unhandled = (await session.exec(lost.order_by(col(InboxRow.id).desc()).limit(SHOWN))).all()
            strange = select(Quarantine).where(Quarantine.outcome == "", col(Quarantine.channel).in_(keys))
            unread = (await session.exec(strange.order_by(col(Quarantine.id).desc()).limit(SHOWN))).all()
            health = await self._health(session, keys)
        return self.pages.render(
            request,
            "letters.html",
            fault=fault,
            done="done" in request.query,
            health=health,
            unsent=unsent,
            unhandled=unhandled,
            unread=unread,
            what=WHAT,
        )

    async def _health(self, session: Any, keys: list[str]) -> list[Health]:
        since = self.parts.db.now() - LOOKED_BACK
        heard = dict(
            (
                await session.execute(
                    select(col(InboxRow.channel), func.max(col(InboxRow.id)))
                    .where(col(InboxRow.channel).in_(keys), col(InboxRow.kind) == "message")
                    .group_by(col(InboxRow.channel))
                )
            ).all()
        )
        sent = dict(
            (
                await session.execute(
                    select(col(OutboxRow.channel), func.max(col(OutboxRow.id)))
                    .where(col(OutboxRow.channel).in_(keys), col(OutboxRow.sent_at).is_not(None))
                    .group_by(col(OutboxRow.channel))
                )
            ).all()
        )
        counts: dict[str, dict[str, int]] = {}
        query = (
            select(col(OutboxRow.channel), col(OutboxRow.state), func.count())
            .where(col(OutboxRow.channel).in_(keys), col(OutboxRow.created_at) >= since)
            .group_by(col(OutboxRow.channel), col(OutboxRow.state))
        )
        for channel, state, count in (await session.execute(query)).all():
            counts.setdefault(channel, {})[state] = count
        is_open = self.parts.open_channels()
        found = []
        for key in keys:
            last_in = await session.get(InboxRow, heard[key]) if key in heard else None
            last_out = await session.get(OutboxRow, sent[key]) if key in sent else None
            found.append(
                Health(
                    key=key,
                    kind=self.parts.channel_types.get(key, ""),
                    is_open=is_open.get(key, True),
                    heard_at=last_in.received_at if last_in else None,
                    sent_at=last_out.sent_at if last_out else None,
                    counts=counts.get(key, {}),
                )
            )
        return found

    async def send(self, request: web.Request) -> web.StreamResponse:
        """Send a dead letter again, with other words when they were the fault."""
        me, form, number = request[ME], await form_of(request), int(request.match_info["id"])
        async with self.parts.db.transaction() as session:
            row = await session.get(OutboxRow, number)
            if row is None or row.channel not in self._channels(me):
                raise web.HTTPNotFound(text="There is no such message.")
            text = form.get("text", "").replace("\r\n", "\n")[:LONGEST]
            if text and row.purpose == "code":
                return await self.page(request, "A one-time code is never sent again: the customer asks for a new one.")
            if text and row.state in DEAD and text != row.payload.get("text"):
                payload = {**row.payload, "text": text}
                await session.execute(outbox.update().where(outbox.c.id == number).values(payload=payload))
            await self.audit.note(session, f"staff:{me.id}", "sent again", f"outbox:{number}")
        if row.purpose == "code":
            return await self.page(request, "A one-time code is never sent again: the customer asks for a new one.")
        if not await self.parts.outbox.replay(number):
            return await self.page(request, "This message is on its way already.")
        self.parts.wake()
        return to("/desk/channels?done")

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Let a message that was given up be handled again."""
        me, number = request[ME], int(request.match_info["id"])
        async with self.parts.db.reading() as session:
            row = await session.get(InboxRow, number)
        if row is None or row.channel not in self._channels(me):
            raise web.HTTPNotFound(text="There is no such message.")
        if not await self.parts.inbox.replay(number):
            return await self.page(request, "This message was handled already.")
        async with self.parts.db.transaction() as session:
            await self.audit.note(session, f"staff:{me.id}", "handled again", f"inbox:{number}")
        self.parts.wake()
        return to("/desk/channels?done")

    async def read(self, request: web.Request) -> web.StreamResponse:
        """Read again what could not be read, mended or as it came, or put it aside."""
        me, number, form = request[ME], int(request.match_info["id"]), await request.post()
        who = f"staff:{me.id}"
        async with self.parts.db.transaction() as session:
            row = await session.get(Quarantine, number, with_for_update=True)
            if row is None or row.channel not in self._channels(me):
                raise web.HTTPNotFound(text="There is no such payload.")
            if form.get("do") == "aside":
                fault = self.parts.put_aside(session, row, who)
            else:
                # A page shows only the beginning of what is very long: then it is read as it came.
                body = str(form.get("body", "")) if len(row.body) <= LONGEST_BODY else ""
                fault = await self.parts.read_again(session, row, body or row.body, who)
            if not fault:
                await self.audit.note(session, who, f"unread: {row.outcome}", f"quarantine:{number}")
        if fault:
            return await self.page(request, f"{fault[0].upper()}{fault[1:]}.")
        self.parts.wake()
        return to("/desk/channels?done")
