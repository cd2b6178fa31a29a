"""Logins: make, change, switch off, give a new password; and everybody's own password.

A password that was given is shown once, to whoever made it, and stands nowhere else.
"""

from __future__ import annotations

import re
import secrets
from typing import Any

from aiohttp import web
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from desk import demo
from desk.audit import Audit
from desk.base import ME, Me, Parts, Rule, load_roles, whole
from desk.catalogue import ENGLISH, languages
from desk.pages import Pages
from desk.passwords import Passwords
from desk.room import Room, bases, form_of, rules, skills_of, to
from desk.sessions import Sessions
from desk.tables import Staff
from handoff import routing
from handoff.desk_tables import Operator

LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{2,39}")
SHORTEST, LONGEST = 12, 200
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
MOST_AT_ONCE = 50


def new_password() -> str:
    """Four groups of four signs that nobody confuses: 79 bits."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(4))


class StaffAdmin(Room):
    """The pages of logins."""

    def __init__(self, parts: Parts, pages: Pages, audit: Audit, passwords: Passwords, sessions: Sessions) -> None:
        super().__init__(parts, pages, audit)
        self._passwords = passwords
        self._sessions = sessions
        self._roles = load_roles()

    def rules(self) -> list[Rule]:
        return [
            *rules(
                "staff",
                {
                    "GET /desk/staff": self.page,
                    "POST /desk/staff": self.create,
                    "GET /desk/staff/{id:\\d+}": self.one,
                    "POST /desk/staff/{id:\\d+}": self.save,
                    "POST /desk/staff/{id:\\d+}/password": self.reset,
                },
            ),
            *rules(
                "home",
                {
                    "GET /desk/me": self.me,
                    "POST /desk/me": self.change_own,
                    "POST /desk/me/language": self.change_language,
                },
            ),
        ]

    async def page(self, request: web.Request, fault: str = "") -> web.StreamResponse:
        """Everybody of the tenant."""
        me = request[ME]
        async with self.parts.db.reading() as session:
            query = select(Staff).where(Staff.tenant == me.tenant).order_by(col(Staff.disabled), col(Staff.name))
            people = (await session.exec(query)).all()
            operators = {one.id: one for one in await self._operators(session, me.tenant)}
        return self.pages.render(
            request, "staff.html", people=people, operators=operators, roles=list(self._roles), fault=fault
        )

    async def _operators(self, session: AsyncSession, tenant: str) -> list[Operator]:
        return list((await session.exec(select(Operator).where(Operator.tenant == tenant))).all())

    async def create(self, request: web.Request) -> web.StreamResponse:
        me, form = request[ME], await form_of(request)
        login, name, role = form.get("login", "").lower(), form.get("name", "")[:80], form.get("role", "")
        if not LOGIN.fullmatch(login) or not name or role not in self._roles:
            return await self.page(
                request, "A login has 3 to 40 small letters, digits, dots or dashes; name and role too."
            )
        password = new_password()
        hashed = await self._passwords.hash(password)
        async with self.parts.db.transaction() as session:
            if (await session.exec(select(Staff).where(Staff.login == login))).first() is not None:
                return await self.page(request, "This login is taken.")
            row = Staff(
                login=login,
                tenant=me.tenant,
                name=name,
                role=role,
                password_hash=hashed,
                created_at=self.parts.db.now(),
            )
            session.add(row)
            await session.flush()
            assert row.id is not None
            await self._give_desk(session, row)
            await self.audit.note(session, f"staff:{me.id}", "staff created", f"staff:{row.id}", role=role)
        return await self._shown(request, row.id, password=password)

    async def _give_desk(self, session: AsyncSession, row: Staff) -> None:
        """Who may converse can be given conversations."""
        assert row.id is not None
        answering = "converse" in self._roles.get(row.role, frozenset()) and not row.disabled
        operator = await session.get(Operator, row.id)
        if operator is None and answering:
            session.add(Operator(id=row.id, tenant=row.tenant, name=row.name))
        elif operator is not None:
            operator.name = row.name
            if not answering:
                operator.on_duty = operator.automatic = False
            session.add(operator)
        await session.flush()

    async def _find(self, me: Me, number: int) -> Staff:
        async with self.parts.db.reading() as session:
            row = await session.get(Staff, number)
        if row is None or row.tenant != me.tenant:
            raise web.HTTPNotFound(text="There is no such login.")
        return row

    async def _shown(
        self, request: web.Request, number: int, fault: str = "", password: str = "", saved: bool = False
    ) -> web.StreamResponse:
        me = request[ME]
        row = await self._find(me, number)
        async with self.parts.db.reading() as session:
            operator = await session.get(Operator, number)
            teams = list(await routing.teams(session, me.tenant))
        values: dict[str, Any] = {"person": row, "operator": operator, "teams": teams, "roles": list(self._roles)}
        return self.pages.render(
            request,
            "staff_one.html",
            fault=fault,
            password=password,
            saved=saved,
            forms=bases(self.tenant(me)),
            **values,
        )

    async def one(self, request: web.Request) -> web.StreamResponse:
        return await self._shown(request, int(request.match_info["id"]), saved="saved" in request.query)

    async def save(self, request: web.Request) -> web.StreamResponse:
        """Name, role, on or off, and what they may be given. Nobody changes their own role or locks themselves out."""
        me, number = request[ME], int(request.match_info["id"])
        await self._find(me, number)
        form = await request.post()
        name, role = str(form.get("name", "")).strip()[:80], str(form.get("role", ""))
        disabled = form.get("disabled") == "1"
        capacity = str(form.get("capacity", "5"))
        if not name or role not in self._roles or not 1 <= whole(capacity) <= MOST_AT_ONCE:
            return await self._shown(request, number, f"A name, a role, and 1 to {MOST_AT_ONCE} conversations.")
        if number == me.id and (disabled or role != me.role):
            return await self._shown(request, number, "Another administrator must change your own role.")
        async with self.parts.db.transaction() as session:
            row = await session.get(Staff, number)
            assert row is not None
            before = {"role": row.role, "disabled": row.disabled}
            row.name, row.role, row.disabled = name, role, disabled
            session.add(row)
            await self._give_desk(session, row)
            operator = await session.get(Operator, number)
            if operator is not None:
                known = self.tenant(me).utilities
                team = str(form.get("team", ""))
                operator.team = team if team in await routing.teams(session, me.tenant) else ""
                spoken = bases(self.tenant(me))
                operator.languages = [one for one in map(str, form.getall("language", [])) if one in spoken]
                operator.utilities = [one for one in map(str, form.getall("utility", [])) if one in known]
                operator.skills = skills_of(str(form.get("skills", "")))
                operator.capacity = whole(capacity)
                session.add(operator)
            after = {"role": role, "disabled": disabled}
            subject = f"staff:{number}"
            await self.audit.note(session, f"staff:{me.id}", "staff changed", subject, before=before, after=after)
        if disabled:
            await self._sessions.end_all(number, "switched off")
        return to(f"/desk/staff/{number}?saved")

    async def reset(self, request: web.Request) -> web.StreamResponse:
        """A new password; every session of theirs ends."""
        me, number = request[ME], int(request.match_info["id"])
        await self._find(me, number)
        password = new_password()
        await self._set(me, number, password)
        await self._sessions.end_all(number, "new password")
        return await self._shown(request, number, password=password)

    async def _set(self, me: Me, number: int, password: str) -> None:
        hashed = await self._passwords.hash(password)
        async with self.parts.db.transaction() as session:
            row = await session.get(Staff, number)
            assert row is not None
            row.password_hash = hashed
            session.add(row)
            await self.audit.note(session, f"staff:{me.id}", "password changed", f"staff:{number}")
        await self._passwords.forgive(row.login)

    async def me(self, request: web.Request, fault: str = "") -> web.StreamResponse:
        known = languages(bases(self.tenant(request[ME])))
        return self.pages.render(request, "me.html", fault=fault, saved="saved" in request.query, languages=known)

    async def change_language(self, request: web.Request) -> web.StreamResponse:
        """The language of one's own pages."""
        me, chosen = request[ME], (await form_of(request)).get("form", "")
        if chosen not in dict(languages(bases(self.tenant(me)))):
            return await self.me(request, "Choose one of the languages.")
        async with self.parts.db.transaction() as session:
            row = await session.get(Staff, me.id)
            assert row is not None
            row.form = "" if chosen == ENGLISH else chosen
            session.add(row)
        return to("/desk/me?saved")

    async def change_own(self, request: web.Request) -> web.StreamResponse:
        """One's own password, for whoever knows the old one."""
        me = request[ME]
        form = await request.post()
        old, new, again = (str(form.get(name, "")) for name in ("old", "new", "again"))
        row = await self._find(me, me.id)
        if await self._passwords.is_closed(row.login, "own"):
            return await self.me(request, "Too many wrong passwords. Wait a quarter of an hour.")
        if len(old) > LONGEST or not await self._passwords.matches(row.password_hash, old):
            await self._passwords.failed(row.login, "own")
            return await self.me(request, "The present password is another.")
        if not SHORTEST <= len(new) <= LONGEST or new != again:
            return await self.me(request, f"Type a new password of at least {SHORTEST} characters, twice the same.")
        if row.demo and any(new == one.password for one in demo.staff(self.parts.key)):
            return await self.me(request, "Choose a password of your own.")
        await self._set(me, me.id, new)
        await self._sessions.end_all(me.id, "new password")
        return to("/desk/login")
