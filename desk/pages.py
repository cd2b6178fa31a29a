"""Templates and files of the desk. Everything shown is escaped by the templates; nothing comes from another host."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from aiohttp import web

from core.settings import ROOT
from desk import words
from desk.base import ME, Parts
from desk.catalogue import first_known
from desk.speech import Speech

HERE = Path(__file__).parent
HTMX = ROOT / "var" / "assets" / "web" / "htmx.min.js"
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
LABELS = {
    "mine": "Mine",
    "unassigned": "Unassigned",
    "team": "Team",
    "snoozed": "Snoozed",
    "resolved": "Done",
    "bot": "With the bot",
}
# Pages in the order of the menu: address, name, permission.
NAV = (
    ("/desk/", "Inbox", "home"),
    ("/desk/floor", "Floor", "supervise"),
    ("/desk/calls", "Calls", "calls"),
    ("/desk/figures", "Figures", "figures"),
    ("/desk/review", "Review", "review"),
    ("/desk/answers", "Answers", "words"),
    ("/desk/ready", "Ready answers", "ready"),
    ("/desk/notices", "Cuts", "notices"),
    ("/desk/hours", "Hours", "hours"),
    ("/desk/staff", "Staff", "staff"),
    ("/desk/teams", "Teams", "staff"),
    ("/desk/channels", "Channels", "letters"),
    ("/desk/audit", "Audit", "audit"),
    ("/desk/exports", "Exports", "export"),
)


@cache
def _templates() -> jinja2.Environment:
    """The templates of this process, compiled once."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"said": words.said, "shown": words.shown, "visible": words.visible}
    return environment


class Pages:
    """Renders templates and serves the desk's files."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._files = {path.name: path.read_bytes() for path in sorted((HERE / "static").iterdir())}
        if HTMX.is_file():
            self._files["htmx.min.js"] = HTMX.read_bytes()
        self.version = hashlib.sha256(b"".join(self._files.values())).hexdigest()[:12]
        self._templates = _templates()

    def render(self, request: web.Request, template: str, status: int = 200, **values: Any) -> web.Response:
        """A page or a piece of one."""
        me = request.get(ME)
        tenant = self._parts.tenants.get(me.tenant) if me else None
        form = me.form if me else first_known(request.headers.get("Accept-Language", ""))
        speech = Speech(self._parts.answers, tenant, form, self._parts.db.now())
        if "fault" in values:
            values["fault"] = speech.t(values["fault"])
        text = self._templates.get_template(template).render(
            me=me,
            tenant=tenant,
            version=self.version,
            labels=LABELS,
            nav=NAV,
            here=request.path,
            demo=self._parts.settings.demo,
            sms_page=self._parts.settings.demo and not self._parts.settings.sms_url,
            **speech.names(),
            **values,
        )
        return web.Response(text=text, content_type="text/html", status=status)

    async def file(self, request: web.Request) -> web.Response:
        """A stylesheet or script; its address changes with its content."""
        name = request.match_info["name"]
        if name not in self._files:
            raise web.HTTPNotFound(text="")
        current = request.match_info["version"] == self.version
        return web.Response(
            body=self._files[name],
            content_type=TYPES[Path(name).suffix],
            charset="utf-8",
            headers={"Cache-Control": "public, max-age=31536000, immutable" if current else "no-cache"},
        )
