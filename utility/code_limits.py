"""How often a one-time code may be asked for, counted in the database so that parallel asking does not help.

Sources of the numbers: reliability.md T9–T12.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.database import Database
from utility.tables import CodeChallenge

AN_HOUR = timedelta(hours=1)
A_DAY = timedelta(days=1)
PER_HOUR = 3  # challenges of one account, and of one conversation
PER_MOBILE_HOUR = 5
PER_MOBILE_DAY = 10
NUMBERS_PER_DAY = 10  # different accounts one conversation may ask about


class CodeLimits:
    """Counts challenges of an account, a conversation and a mobile number."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def one_at_a_time(self, session: AsyncSession, *names: str) -> None:
        """Count and insert without anybody in between. SQLite's transactions are alone in any case."""
        if self._db.is_sqlite:
            return
        for name in sorted(names):
            number = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)
            await session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})

    async def too_many(
        self, session: AsyncSession, conversation_id: int, utility: str, subject: str
    ) -> datetime | None:
        """When it may be asked again, if not now."""
        now = self._db.now()
        for condition in (
            (col(CodeChallenge.utility) == utility) & (col(CodeChallenge.subject) == subject),
            col(CodeChallenge.conversation_id) == conversation_id,
        ):
            query = select(func.count(), func.min(CodeChallenge.created_at)).where(
                condition, col(CodeChallenge.created_at) > now - AN_HOUR
            )
            count, first = (await session.exec(query)).one()
            if count >= PER_HOUR:
                return _moment(first) + AN_HOUR
        recent = await session.exec(
            select(CodeChallenge.utility, CodeChallenge.subject, func.max(CodeChallenge.created_at))
            .where(CodeChallenge.conversation_id == conversation_id, col(CodeChallenge.created_at) > now - A_DAY)
            .group_by(CodeChallenge.utility, CodeChallenge.subject)
        )
        seen = {(row[0], row[1]): _moment(row[2]) for row in recent.all()}
        if len(seen) >= NUMBERS_PER_DAY and (utility, subject) not in seen:
            return min(seen.values()) + A_DAY
        return None

    async def mobile_is_calm(self, session: AsyncSession, mobile: str) -> bool:
        """Nobody's telephone is flooded, whatever accounts hang on it."""
        now = self._db.now()
        for span, most in ((AN_HOUR, PER_MOBILE_HOUR), (A_DAY, PER_MOBILE_DAY)):
            query = select(func.count()).where(
                CodeChallenge.mobile == mobile,
                col(CodeChallenge.real).is_(True),
                col(CodeChallenge.created_at) > now - span,
            )
            if (await session.exec(query)).one() >= most:
                return False
        return True


def _moment(value: Any) -> datetime:
    """What an aggregate gives back: SQLite returns the stored text."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    assert isinstance(moment, datetime)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
