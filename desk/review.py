"""The review queue: say what a misunderstood sentence meant, in two clicks, and hand the decisions on for training."""

from __future__ import annotations

import yaml
from aiohttp import web
from sqlalchemy import func, update
from sqlmodel import col, select

from core.lanes import insert_for
from desk import misunderstood
from desk.base import ME, Rule
from desk.room import Room, form_of, rules, to
from desk.tables import Correction, Staff

SHOWN = 30
CHOSEN, DROPPED, EXPORTED = "chosen", "dropped", "exported"


class Review(Room):
    """The pages of the review."""

    def rules(self) -> list[Rule]:
        return rules(
            "review",
            {
                "GET /desk/review": self.page,
                "POST /desk/review": self.decide,
                "GET /desk/review/chosen": self.chosen,
                "POST /desk/review/chosen/{id:\\d+}": self.again,
                "POST /desk/review/export": self.export,
            },
        )

    async def page(self, request: web.Request, fault: str = "") -> web.StreamResponse:
        me = request[ME]
        async with self.parts.db.reading() as session:
            clusters = await misunderstood.waiting(session, me.tenant, self.parts.db.now())
            counts = dict(
                (
                    await session.execute(
                        select(col(Correction.state), func.count())
                        .where(col(Correction.tenant) == me.tenant)
                        .group_by(col(Correction.state))
                    )
                ).all()
            )
        return self.pages.render(
            request,
            "review.html",
            fault=fault,
            clusters=clusters[:SHOWN],
            how_many=len(clusters),
            counts=counts,
            intents=misunderstood.intents(),
        )

    async def decide(self, request: web.Request) -> web.StreamResponse:
        """Keep what a cluster meant, or that it is not for training."""
        me, form = request[ME], await request.post()
        intent, written = str(form.get("intent") or form.get("other") or ""), str(form.get("form", ""))
        dropped = intent == "drop"
        if written not in self.parts.answers.formats and written not in self.tenant(me).forms:
            return await self.page(request, "Load the page again.")
        if not dropped and intent not in misunderstood.intents():
            return await self.page(request, "Choose what was meant.")
        keys = [str(key) for key in form.getall("key", [])][:50]
        table = Correction.__table__  # type: ignore[attr-defined]
        async with self.parts.db.transaction() as session:
            for key in keys:
                text = misunderstood.anonymous(str(form.get(f"text:{key}", "")))
                if not dropped and not text:
                    continue
                values = {
                    "tenant": me.tenant,
                    "form": written,
                    "key": key[:200],
                    "text": text,
                    "understood": str(form.get("understood", ""))[:80],
                    "intent": "" if dropped else intent,
                    "state": DROPPED if dropped else CHOSEN,
                    "staff_id": me.id,
                    "at": self.parts.db.now(),
                }
                statement = insert_for(self.parts.db, table).values(values)
                await session.execute(statement.on_conflict_do_nothing())
            subject = f"correction:{intent}"
            await self.audit.note(session, f"staff:{me.id}", "review", subject, form=written, sentences=len(keys))
        return to("/desk/review")

    async def chosen(self, request: web.Request) -> web.StreamResponse:
        """What was decided and has not been handed on."""
        me = request[ME]
        async with self.parts.db.reading() as session:
            query = (
                select(Correction, Staff.name)
                .join(Staff, col(Staff.id) == col(Correction.staff_id))
                .where(Correction.tenant == me.tenant, Correction.state == CHOSEN)
                .order_by(Correction.intent, Correction.form, col(Correction.id))
            )
            rows = (await session.exec(query)).all()
        return self.pages.render(request, "review_chosen.html", rows=rows)

    async def again(self, request: web.Request) -> web.StreamResponse:
        """Take a decision back: the sentence waits anew."""
        me = request[ME]
        async with self.parts.db.transaction() as session:
            row = await session.get(Correction, int(request.match_info["id"]))
            if row is not None and row.tenant == me.tenant and row.state == CHOSEN:
                await session.delete(row)
                await self.audit.note(session, f"staff:{me.id}", "review taken back", f"correction:{row.intent}")
        return to("/desk/review/chosen")

    async def export(self, request: web.Request) -> web.StreamResponse:
        """A file of the decisions, for `sathi review apply`: it adds them to the sentences and checks them."""
        me = request[ME]
        await form_of(request)
        async with self.parts.db.transaction() as session:
            query = select(Correction).where(Correction.tenant == me.tenant, Correction.state == CHOSEN)
            rows = (await session.exec(query.order_by(Correction.intent, Correction.form, col(Correction.id)))).all()
            document = {
                "tenant": me.tenant,
                "made_at": self.parts.db.now().isoformat(),
                "sentences": [
                    {"intent": row.intent, "language": row.form, "text": row.text, "understood": row.understood}
                    for row in rows
                ],
            }
            await session.execute(
                update(Correction).where(col(Correction.id).in_([row.id for row in rows])).values(state=EXPORTED)
            )
            await self.audit.note(session, f"staff:{me.id}", "review exported", "corrections", sentences=len(rows))
        return web.Response(
            text=yaml.safe_dump(document, allow_unicode=True, sort_keys=False),
            content_type="application/yaml",
            headers={"Content-Disposition": f'attachment; filename="review-{self.parts.db.now():%Y%m%d-%H%M}.yml"'},
        )
