"""The demo's staff: one login for each role. Passwords come from this copy's key, good for nothing elsewhere."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field

from sqlmodel import select

from core.database import Database
from desk.base import load_roles
from desk.passwords import Passwords
from desk.tables import Staff
from handoff.desk_tables import Operator

NAMES = {
    "operator": "Nasrin",
    "supervisor": "Kamal",
    "officer": "Farid",
    "authority": "Rehana",
    "administrator": "Tareq",
}
ANSWERING = ("operator", "supervisor")


@dataclass(frozen=True, kw_only=True)
class DemoLogin:
    """A login to try the desk with."""

    role: str
    login: str
    password: str = field(repr=False)
    name: str


def staff(key: bytes) -> list[DemoLogin]:
    """One login for each role, for whoever starts the demo to read."""
    return [
        DemoLogin(role=role, login=role, password=_password(key, role), name=NAMES.get(role, role.title()))
        for role in load_roles()
    ]


def _password(key: bytes, login: str) -> str:
    digest = hmac.new(key, f"demo staff {login}".encode(), hashlib.sha256).digest()
    word = base64.b32encode(digest).decode().lower()[:12]
    return "-".join((word[:4], word[4:8], word[8:]))


async def seed(db: Database, passwords: Passwords, key: bytes, tenant: str) -> None:
    """Create the demo's logins in one tenant, or give them this copy's passwords; nobody else's login is touched."""
    for person in staff(key):
        async with db.reading() as session:
            known = (await session.exec(select(Staff).where(Staff.login == person.login))).first()
        if known is not None and (not known.demo or await passwords.matches(known.password_hash, person.password)):
            continue
        hashed = await passwords.hash(person.password)
        async with db.transaction() as session:
            known = (await session.exec(select(Staff).where(Staff.login == person.login))).first()
            row = known or Staff(
                login=person.login,
                tenant=tenant,
                name=person.name,
                role=person.role,
                password_hash="",
                demo=True,
                created_at=db.now(),
            )
            row.password_hash = hashed
            session.add(row)
            await session.flush()
            if row.role in ANSWERING and row.id is not None and await session.get(Operator, row.id) is None:
                session.add(Operator(id=row.id, tenant=row.tenant, name=row.name))
