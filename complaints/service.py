"""The central complaint system: register once, find, add to, reopen.

A complaint exists once for an effect key, whatever is delivered again or killed in between, and the number a customer
reads is the row's. Every method works in the caller's transaction.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from complaints import numbers
from complaints.kinds import Kinds, load_kinds
from complaints.tables import Complaint, ComplaintEvent
from core.database import Database
from core.errors import DataError, EffectConflict
from core.lanes import insert_for
from core.tenant_model import ComplaintLimit
from core.tenants import Tenants, fold

log = structlog.get_logger(__name__)
OPEN = ("received", "accepted", "working")
# Solved may turn out not to be; after that a new complaint is clearer for everybody.
REOPEN_WITHIN = timedelta(days=15)
DRAWS = 30
rows: Any = Complaint.__table__  # type: ignore[attr-defined]
events: Any = ComplaintEvent.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, kw_only=True)
class NewComplaint:
    """What is known of a complaint before it has a number."""

    tenant: str
    contact_id: int
    kind: str
    conversation_id: int | None = None
    utility: str = ""
    account: str = ""
    account_proven: bool = False
    area: str = ""
    area_names: Mapping[str, str] = field(default_factory=dict)
    feeder: str = ""
    place: Mapping[str, Any] = field(default_factory=dict)
    since_at: datetime | None = None
    since_words: str = ""
    details: str = ""
    photos: Sequence[Mapping[str, Any]] = ()

    @property
    def fingerprint(self) -> str:
        """What must be equal when the same effect comes again; times may differ by the moments between two tries."""
        kept = {key: value for key, value in asdict(self).items() if key not in ("since_at", "since_words", "photos")}
        return hashlib.sha256(json.dumps(kept, sort_keys=True, default=str).encode()).hexdigest()


class Complaints:
    """The service. Nothing here commits: the caller's transaction does."""

    def __init__(self, db: Database, tenants: Tenants, kinds: Kinds | None = None) -> None:
        self._db = db
        self._tenants = tenants
        self.kinds = kinds or load_kinds()

    async def register(self, session: AsyncSession, new: NewComplaint, effect_key: str) -> Complaint:
        """Write a complaint and give its row; the same key gives the same row, other content under it is refused."""
        known = await self._by_key(session, effect_key)
        if known:
            return self._repeat(known, new)
        kind = self.kinds.get(new.kind)
        code = self._code(new)
        now = self._db.now()
        values = {
            **asdict(new),
            "area_names": dict(new.area_names),
            "place": dict(new.place),
            "photos": [dict(photo) for photo in new.photos],
            "area_key": area_key(new.area),
            "effect_key": effect_key,
            "fingerprint": new.fingerprint,
            "priority": kind.priority,
            "state": "received",
            "reopened": 0,
            "created_at": now,
            "updated_at": now,
        }
        for _ in range(DRAWS):
            values["number"] = numbers.new_number(code)
            statement = insert_for(self._db, rows).values(values).on_conflict_do_nothing().returning(rows.c.id)
            written = (await session.execute(statement)).first()
            if written:
                await self._note(session, written.id, "received", "customer", None, {"kind": kind.code})
                row = await session.get(Complaint, written.id)
                assert row is not None
                return row
            known = await self._by_key(session, effect_key)
            if known:
                return self._repeat(known, new)
        raise DataError(f"No free complaint number was found for {code} in {DRAWS} draws")

    def _repeat(self, known: Complaint, new: NewComplaint) -> Complaint:
        if known.fingerprint != new.fingerprint:
            log.error("An effect's key was used for another complaint.", action="complaint", tenant=new.tenant)
            raise EffectConflict("the effect's key belongs to another complaint")
        return known

    def _code(self, new: NewComplaint) -> str:
        tenant = self._tenants.get(new.tenant)
        utility = tenant.utility(new.utility) if new.utility else None
        return utility.code if utility else tenant.code

    async def find_open_same(
        self,
        session: AsyncSession,
        *,
        tenant: str,
        kind: str,
        contact_id: int,
        account: str = "",
        account_owned: bool = False,
        area: str = "",
    ) -> Complaint | None:
        """The same person's open complaint of the same category: same account, or same place without one.

        A complaint of somebody else is only ever found through an account that this person has shown to be theirs.
        """
        mine = rows.c.contact_id == contact_id
        matches = []
        if account:
            same = rows.c.account == account
            matches.append(same if account_owned else same & mine)
        if area:
            same_area = (rows.c.area_key == area_key(area)) & mine
            matches.append(same_area & (rows.c.account == "") if account else same_area)
        if not matches:
            return None
        query = (
            select(Complaint)
            .where(
                col(Complaint.tenant) == tenant,
                col(Complaint.state).in_(OPEN),
                col(Complaint.kind).in_(self.kinds.same_category(kind)),
                or_(*matches),
            )
            .order_by(col(Complaint.id).desc())
            .limit(1)
        )
        return (await session.exec(query)).first()

    async def by_number(self, session: AsyncSession, tenant: str, number: str) -> Complaint | None:
        """A complaint of a tenant by its number, typed in any way."""
        wanted = numbers.parse_number(number)
        if not wanted:
            return None
        query = select(Complaint).where(Complaint.tenant == tenant, Complaint.number == wanted)
        return (await session.exec(query)).first()

    async def mine(
        self,
        session: AsyncSession,
        tenant: str,
        contact_id: int,
        accounts: Sequence[str] = (),
        limit: int = 9,
        states: Sequence[str] = (),
    ) -> list[Complaint]:
        """A person's complaints, newest first: those they made, and those on accounts that are theirs."""
        query = (
            select(Complaint)
            .where(
                col(Complaint.tenant) == tenant,
                or_(col(Complaint.contact_id) == contact_id, col(Complaint.account).in_(list(accounts))),
            )
            .order_by(col(Complaint.id).desc())
            .limit(limit)
        )
        if states:
            query = query.where(col(Complaint.state).in_(list(states)))
        return list((await session.exec(query)).all())

    async def add_note(
        self,
        session: AsyncSession,
        complaint: Complaint,
        effect_key: str,
        *,
        text: str = "",
        photos: Sequence[Mapping[str, Any]] = (),
        place: Mapping[str, Any] | None = None,
    ) -> bool:
        """Add what a customer says later; False when this very message has been added before."""
        assert complaint.id is not None
        detail = {"text": text, "photos": [dict(photo) for photo in photos], "place": dict(place or {})}
        if not await self._note(session, complaint.id, "note", "customer", effect_key, detail):
            return False
        if photos:
            complaint.photos = [*complaint.photos, *(dict(photo) for photo in photos)]
        if place:
            complaint.place = dict(place)
        complaint.updated_at = self._db.now()
        session.add(complaint)
        return True

    def can_reopen(self, complaint: Complaint) -> bool:
        """Whether a settled complaint is recent enough to be opened again."""
        if complaint.state not in ("solved", "closed"):
            return False
        return (complaint.solved_at or complaint.updated_at) > self._db.now() - REOPEN_WITHIN

    async def reopen(self, session: AsyncSession, complaint: Complaint, effect_key: str, text: str = "") -> bool:
        """Open a settled complaint again; False when this very message has done it before."""
        assert complaint.id is not None
        detail = {"text": text, "from": complaint.state}
        if not await self._note(session, complaint.id, "reopened", "customer", effect_key, detail):
            return False
        complaint.state = "accepted"
        complaint.reopened += 1
        complaint.solved_at = None
        complaint.updated_at = self._db.now()
        session.add(complaint)
        return True

    async def withdraw(self, session: AsyncSession, complaint: Complaint, effect_key: str, text: str = "") -> bool:
        """Take an open complaint back at the customer's wish; False when this very message has done it before."""
        assert complaint.id is not None
        detail = {"text": text, "from": complaint.state}
        if not await self._note(session, complaint.id, "withdrawn", "customer", effect_key, detail):
            return False
        complaint.state = "cancelled"
        complaint.updated_at = self._db.now()
        session.add(complaint)
        return True

    def limits(self, complaint: Complaint) -> list[ComplaintLimit]:
        """The confirmed time limits that the company promises for this kind."""
        utility = self._tenants.utility(complaint.utility) if complaint.utility else None
        return utility.limits(complaint.kind) if utility else []

    async def _by_key(self, session: AsyncSession, effect_key: str) -> Complaint | None:
        return (await session.exec(select(Complaint).where(Complaint.effect_key == effect_key))).first()

    async def _note(
        self,
        session: AsyncSession,
        complaint_id: int,
        kind: str,
        actor: str,
        effect_key: str | None,
        detail: Mapping[str, Any],
    ) -> bool:
        statement = (
            insert_for(self._db, events)
            .values(
                complaint_id=complaint_id,
                kind=kind,
                actor=actor,
                effect_key=effect_key,
                detail=dict(detail),
                at=self._db.now(),
            )
            .on_conflict_do_nothing()
            .returning(events.c.id)
        )
        return (await session.execute(statement)).first() is not None


def area_key(area: str) -> str:
    """A place's name for comparing: letters and digits of any script, small."""
    return fold(area)[:120]
