"""Teams: make, rename, members, and what they answer for; routing and handing on go by them (handoff/routing.py)."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from sqlalchemy import update
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from desk.base import ME, Me, Rule
from desk.room import Room, bases, rules, skills_of, to
from handoff import events, routing, skills
from handoff.desk_tables import Operator, Takeover, Team

LONGEST = 40


class TeamsAdmin(Room):
    """The page of teams."""

    def rules(self) -> list[Rule]:
        return rules(
            "staff",
            {
                "GET /desk/teams": self.page,
                "POST /desk/teams": self.create,
                "POST /desk/teams/{id:\\d+}": self.save,
                "POST /desk/teams/{id:\\d+}/end": self.end,
            },
        )

    async def page(self, request: web.Request, fault: str = "") -> web.StreamResponse:
        """Every team with its members and how many wait for it."""
        me, now = request[ME], self.parts.db.now()
        patience = self.parts.bridge.patience_for(me.tenant)
        async with self.parts.db.reading() as session:
            teams = list((await routing.teams(session, me.tenant)).values())
            people = await routing.operators(session, me.tenant)
            waiting = [one.team for one in await routing.waiting(session, me.tenant) if one.team]
        return self.pages.render(
            request,
            "teams.html",
            teams=teams,
            people=people,
            there={one.id for one in people if routing.is_there(one, now, patience)},
            waiting={team.name: waiting.count(team.name) for team in teams},
            forms=bases(self.tenant(me)),
            skills=skills.names(),
            fault=fault,
            saved="saved" in request.query,
        )

    def _name(self, form: Any) -> str:
        return " ".join(str(form.get("name", "")).split())[:LONGEST]

    async def create(self, request: web.Request) -> web.StreamResponse:
        me, name = request[ME], self._name(await request.post())
        async with self.parts.db.transaction() as session:
            fault = await self._taken(session, me, name, 0)
            if not fault:
                team = Team(tenant=me.tenant, name=name)
                session.add(team)
                await session.flush()
                await self.audit.note(session, f"staff:{me.id}", "team created", f"team:{team.id}", name=name)
        return await self.page(request, fault) if fault else to("/desk/teams?saved")

    async def _taken(self, session: AsyncSession, me: Me, name: str, number: int) -> str:
        if not name:
            return "A team has a name."
        known = (await routing.teams(session, me.tenant)).get(name)
        return "There is a team of this name already." if known and known.id != number else ""

    async def _find(self, session: AsyncSession, me: Me, number: int) -> Team:
        team = await session.get(Team, number)
        if team is None or team.tenant != me.tenant:
            raise web.HTTPNotFound(text="There is no such team.")
        return team

    async def save(self, request: web.Request) -> web.StreamResponse:
        """Name, what it answers for, and who is of it. Who waits for a team that is renamed waits for it still."""
        me, form, number = request[ME], await request.post(), int(request.match_info["id"])
        name, tenant = self._name(form), self.tenant(me)
        chosen = {str(one) for one in form.getall("member", [])}
        async with self.parts.db.transaction() as session:
            team = await self._find(session, me, number)
            fault = await self._taken(session, me, name, number)
            if not fault:
                before = team.name
                await self._rename(session, me, before, name)
                team.name = name
                team.utilities = [one for one in map(str, form.getall("utility", [])) if one in tenant.utilities]
                team.languages = [one for one in map(str, form.getall("language", [])) if one in bases(tenant)]
                team.skills = skills_of(str(form.get("skills", "")))
                session.add(team)
                for one in await routing.operators(session, me.tenant):
                    if str(one.id) in chosen:
                        one.team = name
                    elif one.team == name:
                        one.team = ""
                    session.add(one)
                detail = {"name": name, "before": before, "members": sorted(chosen)}
                await self.audit.note(session, f"staff:{me.id}", "team changed", f"team:{number}", **detail)
                await events.append(session, self.parts.db, me.tenant, "presence")
        return await self.page(request, fault) if fault else to("/desk/teams?saved")

    async def end(self, request: web.Request) -> web.StreamResponse:
        """Do away with a team: its members are of none, and who waits for it is anybody's."""
        me, number = request[ME], int(request.match_info["id"])
        async with self.parts.db.transaction() as session:
            team = await self._find(session, me, number)
            await self._rename(session, me, team.name, "")
            await session.delete(team)
            await self.audit.note(session, f"staff:{me.id}", "team ended", f"team:{number}", name=team.name)
            await events.append(session, self.parts.db, me.tenant, "presence")
        return to("/desk/teams?saved")

    async def _rename(self, session: AsyncSession, me: Me, before: str, after: str) -> None:
        for table in (Operator, Takeover):
            query = update(table).where(col(table.tenant) == me.tenant, col(table.team) == before)
            await session.execute(query.values(team=after))
