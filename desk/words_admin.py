"""The bot's answers: read, write anew, look at in each script, publish without training, bring back any version."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml
from aiohttp import web

from core.answer_files import PLACEHOLDER
from core.answers import Rendered
from core.errors import DataError
from core.publications import ANSWER, LABEL, Publications
from core.tenants import Tenant
from desk.audit import Audit
from desk.base import ME, Me, Parts, Rule
from desk.catalogue import ENGLISH
from desk.pages import Pages
from desk.room import Room, form_of, number_of, rules, to

SAMPLES = Path(__file__).parent / "samples.yml"
NAME = re.compile(r"(?:utter|label)_[a-z0-9_]{1,80}")
LONGEST = 3000
SHOWN = 60


class WordsAdmin(Room):
    """The pages of the bot's answers."""

    def __init__(self, parts: Parts, pages: Pages, audit: Audit) -> None:
        super().__init__(parts, pages, audit)
        self._rows = Publications(parts.db)
        self._samples: dict[str, Any] = yaml.safe_load(SAMPLES.read_text("utf-8"))

    def rules(self) -> list[Rule]:
        return rules(
            "words",
            {
                "GET /desk/answers": self.page,
                "GET /desk/answers/{name}": self.one,
                "POST /desk/answers/{name}": self.write,
                "POST /desk/answers/{name}/undo": self.undo,
            },
        )

    async def page(self, request: web.Request) -> web.StreamResponse:
        """Every answer whose name or words hold what is looked for."""
        me, wanted = request[ME], request.query.get("q", "").strip()[:80]
        forms = self.tenant(me).forms
        async with self.parts.db.reading() as session:
            rows = [row for row in await self._rows.current(session, me.tenant) if row.kind in (ANSWER, LABEL)]
        published = {row.name for row in rows}
        english = self.parts.answers.shelves[("", "en")]
        found = []
        for name in sorted(
            [*english.answers, *english.labels], key=lambda name: (name not in published, name in english.labels, name)
        ):
            texts = [self._text(me, form, name) for form in dict.fromkeys((me.form or ENGLISH, ENGLISH, *forms))]
            if not wanted or any(wanted.casefold() in text.casefold() for text in (name, *texts)):
                found.append((name, next(filter(None, texts), ""), name in published))
        return self.pages.render(request, "answers.html", found=found[:SHOWN], how_many=len(found), wanted=wanted)

    def _text(self, me: Me, form: str, name: str) -> str:
        return self.parts.answers.text_of(me.tenant, form, name, is_label=name.startswith("label_"))[0]

    def _facts(self, text: str) -> dict[str, Any]:
        names = set(PLACEHOLDER.findall(text)) - {"tenant", "hotline"}
        return {name: self._samples.get(name, f"‹{name}›") for name in names}

    def _preview(self, tenant: Tenant, form: str, name: str, text: str) -> Rendered | None:
        try:
            return self.parts.answers.preview(tenant, form, name, text, self._facts(text))
        except DataError:
            return None

    def _name(self, request: web.Request) -> str:
        name = request.match_info["name"]
        english = self.parts.answers.shelves[("", "en")]
        if not NAME.fullmatch(name) or name not in (english.labels if name.startswith("label_") else english.answers):
            raise web.HTTPNotFound(text="There is no such answer.")
        return name

    async def one(
        self,
        request: web.Request,
        faults: list[str] | None = None,
        typed: dict[str, str] | None = None,
        previewed: str = "",
    ) -> web.StreamResponse:
        """An answer in each form: what is said now, what was typed, how it looks, and every version before."""
        me, name = request[ME], self._name(request)
        tenant, is_label = self.tenant(me), name.startswith("label_")
        shown = []
        async with self.parts.db.reading() as session:
            for form in tenant.forms:
                text, published = self.parts.answers.text_of(me.tenant, form, name, is_label=is_label)
                draft = (typed or {}).get(form, text)
                history = await self._rows.history(session, me.tenant, LABEL if is_label else ANSWER, name, form)
                shown.append(
                    {
                        "form": form,
                        "text": text,
                        "draft": draft,
                        "published": published,
                        "history": history,
                        "preview": self._preview(tenant, form, name, draft) if draft and not is_label else None,
                    }
                )
        english = self._text(me, "en", name)
        return self.pages.render(
            request,
            "answer.html",
            name=name,
            is_label=is_label,
            shown=shown,
            faults=faults or [],
            previewed=previewed,
            known=sorted(set(PLACEHOLDER.findall(english)) | {"tenant", "hotline"}),
            said=request.query.get("done", ""),
        )

    async def write(self, request: web.Request) -> web.StreamResponse:
        """Look at a text, or publish it."""
        me, name, form = request[ME], self._name(request), await form_of(request)
        written, text = form.get("form", ""), form.get("text", "").replace("\r\n", "\n").strip()[:LONGEST]
        if written not in self.tenant(me).forms:
            raise web.HTTPNotFound(text="There is no such written form.")
        is_label = name.startswith("label_")
        faults = self.parts.answers.faults(name, text, is_label=is_label)
        if faults or form.get("do") == "look":
            return await self.one(request, faults, {written: text}, written)
        await self._publish(me, name, written, {"text": text}, form.get("note", ""))
        return to(f"/desk/answers/{name}?done=published#{written}")

    async def undo(self, request: web.Request) -> web.StreamResponse:
        """Bring back a version, or the file's own words; that is a publication as well."""
        me, name, form = request[ME], self._name(request), await form_of(request)
        written, wanted = form.get("form", ""), number_of(form, "version")
        async with self.parts.db.reading() as session:
            kind = LABEL if name.startswith("label_") else ANSWER
            history = await self._rows.history(session, me.tenant, kind, name, written)
        version = next((row for row in history if row.id == wanted), None)
        if wanted and version is None:
            raise web.HTTPNotFound(text="There is no such version.")
        value = dict(version.value) if version else {}
        if value and (faults := self.parts.answers.faults(name, str(value["text"]), is_label=kind == LABEL)):
            return await self.one(request, faults)
        await self._publish(me, name, written, value, f"brought back {version.id}" if version else "back to the file")
        return to(f"/desk/answers/{name}?done=published#{written}")

    async def _publish(self, me: Me, name: str, form: str, value: dict[str, Any], note: str) -> None:
        kind = LABEL if name.startswith("label_") else ANSWER
        async with self.parts.db.transaction() as session:
            await self._rows.put(session, me.tenant, kind, name, value, form=form, staff=me.name, note=note)
            await self.audit.note(session, f"staff:{me.id}", "answer published", f"{name}:{form}", value=value)
        await self.parts.refresh()
