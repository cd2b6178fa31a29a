"""Passwords: argon2id in a thread, so that a login holds up no customer, and a door that closes on guessers."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, func
from sqlmodel import col, select

from core.database import Database
from desk.tables import LoginFailure

# OWASP's least for argon2id: 19 MiB, two passes, one lane.
HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
AT_ONCE = 2
WINDOW = timedelta(minutes=15)
PER_LOGIN, PER_CALLER = 5, 20


class Passwords:
    """Hashes and compares; counts failures in the database, so a restart forgives nothing."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._room = asyncio.Semaphore(AT_ONCE)

    async def hash(self, password: str) -> str:
        async with self._room:
            return await asyncio.to_thread(HASHER.hash, password)

    async def matches(self, hashed: str, password: str) -> bool:
        """Whether a password is right. An unknown login is compared with nothing, which takes as long."""
        async with self._room:
            return await asyncio.to_thread(_verify, hashed or _nothing(), password)

    async def is_closed(self, login: str, caller: str) -> bool:
        """Whether too many wrong passwords came for this login or from this caller."""
        since = self._db.now() - WINDOW
        async with self._db.reading() as session:
            for key, most in ((f"login:{login}", PER_LOGIN), (f"caller:{caller}", PER_CALLER)):
                query = select(func.count()).where(col(LoginFailure.key) == key, col(LoginFailure.at) > since)
                if (await session.execute(query)).scalar_one() >= most:
                    return True
        return False

    async def failed(self, login: str, caller: str) -> None:
        """Count a wrong password."""
        now = self._db.now()
        async with self._db.transaction() as session:
            await session.execute(delete(LoginFailure).where(col(LoginFailure.at) <= now - WINDOW))
            session.add_all(LoginFailure(key=key, at=now) for key in (f"login:{login}", f"caller:{caller}"))

    async def forgive(self, login: str) -> None:
        """The right password came."""
        async with self._db.transaction() as session:
            await session.execute(delete(LoginFailure).where(col(LoginFailure.key) == f"login:{login}"))


_known_nothing: list[str] = []


def _nothing() -> str:
    if not _known_nothing:
        _known_nothing.append(HASHER.hash("nobody has this password"))
    return _known_nothing[0]


def _verify(hashed: str, password: str) -> bool:
    try:
        return HASHER.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False
