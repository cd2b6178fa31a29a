"""The door of every route: signed in, allowed by role, and for writes: from our own page, with the session's token.

Deny by default: a route exists only as a `Rule`, and a rule without a permission cannot be written.
"""

from __future__ import annotations

from collections.abc import Iterable

import structlog
from aiohttp import web

from desk.base import ME, PUBLIC, Me, Rule
from desk.catalogue import speaker
from desk.sessions import Sessions, carries_token

log = structlog.get_logger(__name__)
SAFE = ("GET", "HEAD")
LONGEST_NUMBER = 18  # digits that fit 64 bits
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Permissions-Policy": "geolocation=(), camera=(), microphone=(), payment=(), usb=()",
    # Not no-referrer: with it browsers send "null" as the Origin of a form, and nothing could be told apart.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Guard:
    """Turns rules into routes."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def routes(self, rules: Iterable[Rule]) -> list[web.RouteDef]:
        return [self._route(rule) for rule in rules]

    def _route(self, rule: Rule) -> web.RouteDef:
        async def guarded(request: web.Request) -> web.StreamResponse:
            response = await self._handle(rule, request)
            if not response.prepared:
                for name, value in HEADERS.items():
                    response.headers.setdefault(name, value)
            return response

        return web.route(rule.method, rule.path, guarded)

    async def _handle(self, rule: Rule, request: web.Request) -> web.StreamResponse:
        try:
            await _storable(request)
            if request.method not in SAFE and not self._sessions.is_ours(request):
                log.warning("A write from elsewhere was refused.", action="desk", path=rule.path)
                raise web.HTTPForbidden(text="This request did not come from the desk's own page.")
            if rule.permission != PUBLIC:
                me = await self._sessions.find(request, touch="X-Background" not in request.headers)
                if me is None:
                    return self._sign_in(request)
                request[ME] = me
                await self._allow(rule, request, me)
            return await rule.handler(request)
        except web.HTTPException as error:
            if ME in request and error.text:
                error.text = speaker(request[ME].form)(error.text)
            for name, value in HEADERS.items():
                error.headers.setdefault(name, value)
            raise

    async def _allow(self, rule: Rule, request: web.Request, me: Me) -> None:
        if rule.permission not in me.may:
            raise web.HTTPForbidden(text="Your role does not allow this.")
        if request.method not in SAFE:
            given = request.headers.get("X-CSRF-Token", "") or str((await request.post()).get("csrf", ""))
            if not carries_token(me, given):
                raise web.HTTPForbidden(text="The form is not from this session. Load the page again.")

    def _sign_in(self, request: web.Request) -> web.Response:
        if "HX-Request" in request.headers:
            return web.Response(status=401, headers={"HX-Redirect": "/desk/login"})
        if request.method in SAFE and wants_page(request):
            return web.Response(status=303, headers={"Location": "/desk/login"})
        return web.Response(status=401)


async def _storable(request: web.Request) -> None:
    """Refuse what no database can keep or look for: NUL in text, and numbers beyond any row's (reliability.md T26)."""
    if any(value.isdigit() and len(value) > LONGEST_NUMBER for value in request.match_info.values()):
        raise web.HTTPNotFound(text="There is nothing with this number.")
    given = [*request.query.values(), request.path]
    if request.content_type == "application/x-www-form-urlencoded":
        given += [value for value in (await request.post()).values() if isinstance(value, str)]
    if any("\x00" in value for value in given):
        raise web.HTTPBadRequest(text="This holds a sign that cannot be stored. Take it out and send again.")


def wants_page(request: web.Request) -> bool:
    """Whether somebody opens an address, rather than a script or an image tag."""
    accepted = request.headers.get("Accept", "*/*")
    return "text/html" in accepted or accepted == "*/*"
