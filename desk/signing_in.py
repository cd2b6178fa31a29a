"""Sign in and out."""

from __future__ import annotations

from aiohttp import web
from sqlmodel import select

from desk.audit import Audit
from desk.base import ME, PUBLIC, Parts, Rule
from desk.pages import Pages
from desk.passwords import Passwords
from desk.sessions import Sessions
from desk.tables import Staff
from handoff.desk_tables import Operator

LONGEST = 200


class SigningIn:
    """The login page."""

    def __init__(self, parts: Parts, pages: Pages, sessions: Sessions, passwords: Passwords, audit: Audit) -> None:
        self._parts = parts
        self._pages = pages
        self._sessions = sessions
        self._passwords = passwords
        self._audit = audit

    def rules(self) -> list[Rule]:
        return [
            Rule(method="GET", path="/desk/login", handler=self.page, permission=PUBLIC),
            Rule(method="POST", path="/desk/login", handler=self.sign_in, permission=PUBLIC),
            Rule(method="POST", path="/desk/logout", handler=self.sign_out, permission="home"),
        ]

    async def page(self, request: web.Request) -> web.StreamResponse:
        return self._pages.render(request, "login.html", fault="", login="")

    def _caller(self, request: web.Request) -> str:
        """The caller's address; behind proxies of ours the one that the outermost of them saw."""
        depth = self._parts.settings.trusted_proxies
        hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
        return hops[-depth] if depth and len(hops) >= depth else request.remote or ""

    async def sign_in(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        login, password = str(form.get("login", "")).strip().lower()[:LONGEST], str(form.get("password", ""))[:LONGEST]
        caller = self._caller(request)
        if await self._passwords.is_closed(login, caller):
            fault = "Too many wrong passwords. Try again in a quarter of an hour."
            return self._pages.render(request, "login.html", status=429, fault=fault, login=login)
        async with self._parts.db.reading() as session:
            staff = (await session.exec(select(Staff).where(Staff.login == login))).first()
        right = await self._passwords.matches(staff.password_hash if staff else "", password)
        usable = staff is not None and not staff.disabled and (self._parts.settings.demo or not staff.demo)
        if staff is None or not right or not usable:
            await self._passwords.failed(login, caller)
            async with self._parts.db.transaction() as session:
                await self._audit.note(session, f"login:{login}", "sign in refused", "session", caller=caller)
            return self._pages.render(
                request, "login.html", status=403, fault="Login or password is wrong.", login=login
            )
        await self._passwords.forgive(login)
        response = web.Response(status=303, headers={"Location": "/desk/"})
        old = await self._sessions.find(request, touch=False)
        if old is not None:
            await self._sessions.end(old.session_key, "signed in anew")
        await self._sessions.begin(staff, response)
        async with self._parts.db.transaction() as session:
            await self._audit.note(session, f"staff:{staff.id}", "sign in", "session", caller=caller)
        return response

    async def sign_out(self, request: web.Request) -> web.StreamResponse:
        me = request[ME]
        await self._sessions.end(me.session_key, "signed out")
        async with self._parts.db.transaction() as session:
            operator = await session.get(Operator, me.id)
            if operator is not None:
                operator.on_duty = False
                session.add(operator)
            await self._audit.note(session, f"staff:{me.id}", "sign out", "session")
        response = web.Response(status=303, headers={"Location": "/desk/login"})
        response.del_cookie(self._sessions.cookie, path="/", secure=self._sessions.secure, samesite="Strict")
        return response
