"""Staff sessions: rows on the server that can be ended, a cookie that only names them, and what a form must carry.

A session ends after 15 idle minutes, 12 hours, at sign-out, when the account is disabled, or with the demo (T15, T16).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta
from urllib.parse import urlsplit

from aiohttp import web
from sqlalchemy import update
from sqlmodel import col, select

from core.database import Database
from core.settings import Settings
from desk.base import Me, load_roles
from desk.tables import Staff, StaffSession

IDLE, ABSOLUTE = timedelta(minutes=15), timedelta(hours=12)
TOUCH = timedelta(seconds=30)
LOOPBACK = ("127.0.0.1", "localhost", "[::1]", "::1")


class Sessions:
    """Begins, finds and ends sessions."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self._db = db
        self._demo = settings.demo
        self._public = urlsplit(settings.base_url)
        self._roles = load_roles()
        self.secure = self._public.scheme == "https" or self._public.hostname not in LOOPBACK
        # A __Host- cookie needs https; only on loopback may it be plain.
        self.cookie = "__Host-desk" if self.secure else "desk"

    async def begin(self, staff: Staff, response: web.StreamResponse) -> None:
        """A new session with a new token: what a browser brought before the sign-in is worth nothing."""
        token, now = secrets.token_urlsafe(32), self._db.now()
        assert staff.id is not None
        async with self._db.transaction() as session:
            session.add(
                StaffSession(
                    key=_key(token), staff_id=staff.id, csrf=secrets.token_urlsafe(24), created_at=now, seen_at=now
                )
            )
        response.set_cookie(
            self.cookie, token, httponly=True, secure=self.secure, samesite="Strict", path="/", max_age=12 * 3600
        )

    async def find(self, request: web.Request, *, touch: bool = True) -> Me | None:
        """Who is signed in, or None."""
        token = request.cookies.get(self.cookie, "")
        return await self.of_key(_key(token), touch=touch) if 20 <= len(token) <= 100 else None

    async def of_key(self, key: str, *, touch: bool) -> Me | None:
        """The same by the session's key; a session that is over is None."""
        now = self._db.now()
        async with self._db.reading() as session:
            query = select(StaffSession, Staff).join(Staff, col(Staff.id) == col(StaffSession.staff_id))
            found = (await session.exec(query.where(StaffSession.key == key))).first()
        if found is None:
            return None
        row, staff = found
        over = row.ended_at is not None or now - row.seen_at > IDLE or now - row.created_at > ABSOLUTE
        if over or staff.disabled or (staff.demo and not self._demo) or staff.id is None:
            return None
        if touch and now - row.seen_at > TOUCH:
            async with self._db.transaction() as session:
                await session.execute(update(StaffSession).where(col(StaffSession.key) == key).values(seen_at=now))
        return Me(
            id=staff.id,
            login=staff.login,
            name=staff.name,
            role=staff.role,
            tenant=staff.tenant,
            csrf=row.csrf,
            may=self._roles.get(staff.role, frozenset()),
            session_key=key,
            form=staff.form,
        )

    async def end(self, key: str, why: str) -> None:
        """End one session."""
        async with self._db.transaction() as session:
            await session.execute(
                update(StaffSession)
                .where(col(StaffSession.key) == key, col(StaffSession.ended_at).is_(None))
                .values(ended_at=self._db.now(), ended_why=why)
            )

    async def end_all(self, staff_id: int, why: str) -> None:
        """End every session of somebody."""
        async with self._db.transaction() as session:
            await session.execute(
                update(StaffSession)
                .where(col(StaffSession.staff_id) == staff_id, col(StaffSession.ended_at).is_(None))
                .values(ended_at=self._db.now(), ended_why=why)
            )

    def is_ours(self, request: web.Request) -> bool:
        """Whether a write comes from our own page: browsers say so in Origin, and in Sec-Fetch-Site where they can."""
        if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            return False
        origin = urlsplit(request.headers.get("Origin", ""))
        return bool(origin.netloc) and origin.netloc in (request.host, self._public.netloc)


def carries_token(me: Me, given: str) -> bool:
    """Whether a form or header carries the session's own token."""
    return hmac.compare_digest(me.csrf.encode(), given.encode())


def _key(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
