"""Ready answers of the operators, in each written form, and the message forms that a platform approved."""

from __future__ import annotations

import re
from typing import Any

from aiohttp import web

from core.message_forms import TEMPLATE, MessageForm, faults, split_facts
from core.publications import CANNED, Publications
from desk import canned
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
        return self.pages.render(
            request,
            "ready.html",
            known=await self._known(me),
            templates=self.parts.message_forms(me.tenant, ""),
            answers=sorted(self.parts.answers.names()),
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
        typed = MessageForm(
            name=form.get("name", "")[:64],
            language=form.get("language", "")[:8],
            text=form.get("text", "")[:1024],
            answer=form.get("answer", ""),
            facts=split_facts(form.get("facts", "")),
        )
        gone = form.get("do") == "gone"
        if not gone and (found := faults(typed, self.parts.answers.names())):
            return await self.page(request, " ".join(found))
        value = {} if gone else {"text": typed.text, "answer": typed.answer, "facts": list(typed.facts)}
        async with self.parts.db.transaction() as session:
            await self._store().put(session, me.tenant, TEMPLATE, typed.name, value, form=typed.language, staff=me.name)
            await self.audit.note(session, f"staff:{me.id}", "template", typed.key, value=value)
        await self.parts.refresh()
        return to("/desk/ready")
