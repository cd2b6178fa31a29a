"""The desk put together: its rules become routes, and nothing but rules does."""

from __future__ import annotations

from aiohttp import web

from desk import demo
from desk.audit import Audit
from desk.audit_page import AuditPage
from desk.base import PUBLIC, Parts, Rule
from desk.calls import Calls
from desk.doing import Doing
from desk.exports import Exports
from desk.figures import Figures
from desk.floor import Floor
from desk.guard import Guard
from desk.hours_admin import HoursAdmin
from desk.inbox import Inbox
from desk.letters import Letters
from desk.live import Live
from desk.lookups import Lookups
from desk.notices_admin import NoticesAdmin
from desk.pages import Pages
from desk.passwords import Passwords
from desk.quick import Quick
from desk.ready_admin import ReadyAdmin
from desk.review import Review
from desk.room import Room
from desk.sessions import Sessions
from desk.shift import Shift
from desk.signing_in import SigningIn
from desk.staff_admin import StaffAdmin
from desk.teams_admin import TeamsAdmin
from desk.words_admin import WordsAdmin
from desk.writing import Writing

ROOMS: tuple[type[Room], ...] = (
    Floor,
    Calls,
    Figures,
    WordsAdmin,
    ReadyAdmin,
    NoticesAdmin,
    HoursAdmin,
    TeamsAdmin,
    Letters,
    AuditPage,
    Exports,
    Review,
)


class Desk:
    """The staff's web app."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self.refresh = parts.refresh
        self.sessions = Sessions(parts.db, parts.settings)
        self.passwords = Passwords(parts.db)
        self.audit = Audit(parts.db, parts.key)
        self._pages = Pages(parts)
        self.live = Live(parts, self.sessions)
        inbox = Inbox(parts, self._pages, Lookups(parts.db, self.audit, parts.settings.desk_lookups))
        self.rules: list[Rule] = [
            Rule(method="GET", path="/desk", handler=self._home, permission=PUBLIC),
            Rule(method="GET", path="/static/desk/{version}/{name}", handler=self._pages.file, permission=PUBLIC),
            *SigningIn(parts, self._pages, self.sessions, self.passwords, self.audit).rules(),
            *inbox.rules(),
            *Shift(parts, self._pages, self.audit).rules(),
            *Doing(parts, inbox, self.audit).rules(),
            *Writing(parts, inbox, self.audit).rules(),
            *Quick(parts, inbox, self.audit).rules(),
            *self.live.rules(),
            *StaffAdmin(parts, self._pages, self.audit, self.passwords, self.sessions).rules(),
            *(rule for room in ROOMS for rule in room(parts, self._pages, self.audit).rules()),
        ]

    async def start(self) -> None:
        """Make the demo's staff where there is a demo."""
        settings = self._parts.settings
        if settings.demo:
            await demo.seed(self._parts.db, self.passwords, self._parts.key, settings.tenant)

    async def _home(self, request: web.Request) -> web.StreamResponse:
        return web.Response(status=308, headers={"Location": "/desk/"})


def routes(desk: Desk) -> list[web.RouteDef]:
    """Every route of the desk, each behind its guard."""
    return Guard(desk.sessions).routes(desk.rules)
