"""The audit: who did what. Each entry carries the hash of the one before, a sealed head says where it ends."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.database import Database
from core.tables import AuditEntry
from desk.tables import AuditHead

BATCH = 1000


def _hash(entry: AuditEntry) -> str:
    said = [entry.at.isoformat(), entry.actor, entry.action, entry.subject, entry.detail, entry.previous_hash]
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _seal(key: bytes, count: int, last: str) -> str:
    return hmac.new(key, f"audit {count} {last}".encode(), hashlib.sha256).hexdigest()


class Audit:
    """Appends and checks."""

    def __init__(self, db: Database, key: bytes) -> None:
        self._db = db
        self._key = key

    async def note(self, session: AsyncSession, actor: str, action: str, subject: str, **detail: Any) -> None:
        """Add an entry in the caller's transaction: what is done and the note of it stand or fall together."""
        if not self._db.is_sqlite:
            await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("audit", 0))))
        head = await session.get(AuditHead, 1, populate_existing=True)
        if head is None:
            head = AuditHead(id=1)
        entry = AuditEntry(
            at=self._db.now(), actor=actor, action=action, subject=subject, detail=detail, previous_hash=head.hash
        )
        entry.hash = _hash(entry)
        head.count, head.hash = head.count + 1, entry.hash
        head.seal = _seal(self._key, head.count, head.hash)
        session.add_all([entry, head])
        await session.flush()

    async def fault(self) -> str:
        """Nothing when the audit is whole, else where it was changed first."""
        previous, count, last_id = "", 0, 0
        async with self._db.reading() as session:
            head = await session.get(AuditHead, 1)
            while True:
                query = select(AuditEntry).where(col(AuditEntry.id) > last_id).order_by(col(AuditEntry.id)).limit(BATCH)
                entries = (await session.exec(query)).all()
                if not entries:
                    break
                for entry in entries:
                    if entry.previous_hash != previous:
                        return f"an entry before {entry.id} is missing or changed"
                    if entry.hash != _hash(entry):
                        return f"entry {entry.id} was changed"
                    previous, count, last_id = entry.hash, count + 1, entry.id or 0
        known = head or AuditHead(id=1)
        if (known.count, known.hash) != (count, previous):
            return "the last entries are missing"
        if head is not None and not hmac.compare_digest(head.seal, _seal(self._key, count, previous)):
            return "the seal is broken"
        return ""

    async def latest(self, limit: int = 100) -> list[AuditEntry]:
        async with self._db.reading() as session:
            query = select(AuditEntry).order_by(col(AuditEntry.id).desc()).limit(limit)
            return list((await session.exec(query)).all())
