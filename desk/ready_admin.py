"""Ready answers of the operators, in each written form, and the message forms that a platform approved."""

from __future__ import annotations

import re
from typing import Any

from aiohttp import web

from core.publications import CANNED, Publications
from desk import canned, message_forms
from desk.base import ME, Me, Rule
from desk.room import Room, form_of, rules, to

NAME = re.compile(r"[a-z0-9_]{1,40}")
LONGEST = 2000
KNOWN = frozenset({"operator", "name", "hotline", "account", "complaint"})


class ReadyAdmin(Room):
    """The page of ready answers."""

    def rules(self) -> list[Rule]:
        return rules(
            "ready",
            {
                "GET /desk/ready": self.page,
                "GET /desk/ready/{name}": self.one,
                "POST /desk/ready/{name}": self.save,
                "POST /desk/templates": self.template,
            },
        )

    def _store(self) -> Publications:
        return Publications(self.parts.db)

    async def _known(self, me: Me) -> list[canned.Canned]:
        async with self.parts.db.reading() as session:
            return canned.merged(canned.load(), await self._store().current(session, me.tenant, CANNED))

    async def page(self, request: web.Request, fault: str = "") -> web.StreamResponse:
        me = request[ME]
        async with self.parts.db.reading() as session:
            rows = await self._store().current(session, me.tenant, message_forms.TEMPLATE)
        return self.pages.render(
            request,
            "ready.html",
            known=await self._known(me),
            templates=[message_forms.of(row) for row in rows],
            forms=self.tenant(me).forms,
            fault=fault,
        )

    async def one(
        self, request: web.Request, fault: str = "", typed: canned.Canned | None = None
    ) -> web.StreamResponse:
        me, name = request[ME], request.match_info["name"]
        if not NAME.fullmatch(name):
            raise web.HTTPNotFound(text="")
        found = next((one for one in await self._known(me) if one.name == name), None)
        async with self.parts.db.reading() as session:
            history = await self._store().history(session, me.tenant, CANNED, name)
        return self.pages.render(
            request,
            "ready_one.html",
            name=name,
            found=typed or found or canned.Canned(name=name, title="", words={}),
            forms=self.tenant(me).forms,
            history=history,
            variables=sorted(KNOWN),
            fault=fault,
        )

    async def save(self, request: web.Request) -> web.StreamResponse:
        """Publish a ready answer, take it away, or give it back to the file."""
        me, form = request[ME], await form_of(request)
        name = form.get("name", "") if request.match_info["name"] == "new" else request.match_info["name"]
        name = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
        if not NAME.fullmatch(name):
            return await self.page(request, "A short name has Latin letters, digits and low lines.")
        value: dict[str, Any] = {"gone": True}
        if form.get("do") == "file":
            value = {}
        elif form.get("do") != "gone":
            forms = self.tenant(me).forms
            words = {one: form.get(f"words_{one}", "").replace("\r\n", "\n")[:LONGEST] for one in forms}
            typed = canned.Canned(name=name, title=form.get("title", "")[:60], words=words)
            unknown = {found for text in words.values() for found in canned.VARIABLE.findall(text)} - KNOWN
            if not typed.title or not any(words.values()) or unknown:
                fault = (
                    f"Not known: {', '.join(sorted(unknown))}."
                    if unknown
                    else "A title and words in one form at least."
                )
                if request.match_info["name"] == "new":
                    return await self.page(request, fault)
                return await self.one(request, fault, typed)
            value = {"title": typed.title, "words": {one: text for one, text in words.items() if text}}
        async with self.parts.db.transaction() as session:
            await self._store().put(session, me.tenant, CANNED, name, value, staff=me.name)
            await self.audit.note(session, f"staff:{me.id}", "ready answer published", name, value=value)
        return to("/desk/ready")

    async def template(self, request: web.Request) -> web.StreamResponse:
        """Register a message form as it was approved, or take it off."""
        me, form = request[ME], await form_of(request)
        name, language, text = form.get("name", ""), form.get("language", ""), form.get("text", "")[:1024]
        value = {} if form.get("do") == "gone" else {"text": text}
        if value and (faults := message_forms.faults(name, language, text)):
            return await self.page(request, " ".join(faults))
        async with self.parts.db.transaction() as session:
            await self._store().put(
                session, me.tenant, message_forms.TEMPLATE, name[:64], value, form=language[:8], staff=me.name
            )
            await self.audit.note(session, f"staff:{me.id}", "template", f"{name}:{language}", value=value)
        return to("/desk/ready")
