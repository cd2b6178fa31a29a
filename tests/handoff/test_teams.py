"""What a team says for its members, and what they say for themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import yaml

from core.clock import ManualClock
from core.database import Database
from core.settings import ROOT
from handoff import routing, skills
from handoff.desk_tables import Operator, Takeover, Team
from tests.handoff.people import TENANT, Scene


@pytest.mark.parametrize(
    ("operator", "team", "wanted", "given"),
    [
        ({}, {}, {"utility": "desco"}, True),
        ({}, {"utilities": ["desco"]}, {"utility": "desco"}, True),
        ({}, {"utilities": ["desco"]}, {"utility": "dpdc"}, False),
        ({}, {"utilities": ["desco"]}, {}, True),
        ({"utilities": ["dpdc"]}, {"utilities": ["desco"]}, {"utility": "dpdc"}, True),
        ({"utilities": ["dpdc"]}, {"utilities": ["desco"]}, {"utility": "desco"}, False),
        ({}, {"languages": ["bn"]}, {"language": "bn-Latn"}, True),
        ({}, {"languages": ["bn"]}, {"language": "hi"}, False),
        ({"languages": ["hi"]}, {"languages": ["bn"]}, {"language": "hi"}, True),
        ({}, {}, {"skill": "billing"}, False),
        ({}, {"skills": ["billing"]}, {"skill": "billing"}, True),
        ({"skills": ["prepaid"]}, {"skills": ["billing"]}, {"skill": "billing"}, True),
        ({}, {}, {"team": "Billing"}, True),
        ({}, {"languages": ["bn"]}, {"team": "Billing", "language": "en"}, True),
        ({}, {}, {"team": "Meters"}, False),
    ],
)
def test_who_may_be_given_what(
    clock: ManualClock, operator: dict[str, Any], team: dict[str, Any], wanted: dict[str, Any], given: bool
) -> None:
    someone = Operator(id=1, tenant=TENANT, name="Nasrin", team="Billing", **operator)
    takeover = Takeover(tenant=TENANT, queued_at=clock.now(), **wanted)
    assert routing.fits(someone, takeover, clock.now(), Team(tenant=TENANT, name="Billing", **team)) is given


@pytest.mark.parametrize(
    ("reason", "summary", "skill"),
    [
        ("asked", {}, ""),
        ("asked", {"intent": "payment_failed"}, "billing"),
        ("asked", {"kind": "PRE-TOKEN", "intent": "report_outage"}, "prepaid"),
        ("theft report", {"intent": "bill_amount"}, "theft"),
        ("asked", {"kind": "OUT-HOME"}, ""),
    ],
)
def test_what_a_matter_wants(reason: str, summary: dict[str, Any], skill: str) -> None:
    assert skills.wanted(reason, summary) == skill
    assert not skill or skill in skills.names()


def test_only_known_intents_and_kinds_want_a_skill() -> None:
    table = yaml.safe_load(skills.FILE.read_text("utf-8"))
    intents = yaml.safe_load((ROOT / "nlu_data" / "intents.yml").read_text("utf-8"))["intents"]
    kinds = yaml.safe_load((ROOT / "complaints" / "kinds.yml").read_text("utf-8"))["kinds"]
    assert set(table["intents"]) <= set(intents)
    assert set(table["kinds"]) <= {kind.partition("-")[0] for kind in kinds}


async def test_a_skill_is_asked_for_while_somebody_there_has_it(database: Database, clock: ManualClock) -> None:
    scene = Scene(database)
    await scene.operator(1, automatic=True)
    taken = await scene.ask(await scene.customer(), skill="theft")
    assert (taken.assignee_id, taken.skill) == (1, ""), "nobody has it: whoever is there"
    await scene.operator(2, team="Field", automatic=True, capacity=0)
    async with database.transaction() as session:
        session.add(Team(tenant=TENANT, name="Field", skills=["theft"]))
    waiting = await scene.ask(await scene.customer(), skill="theft")
    assert (waiting.assignee_id, waiting.skill) == (None, "theft"), "waits for who knows it"
    await scene.operator(2, team="Field", on_duty=False)
    await scene.operator(1, automatic=True)
    clock.advance(timedelta(minutes=2, seconds=1))
    await scene.operator(1, automatic=True)
    await scene.ring()
    found = await scene.takeover(waiting.id)
    assert (found.assignee_id, found.skill) == (1, ""), "they went home: whoever is there"


async def test_the_queue_goes_by_the_team_and_language_gives_way_after_a_while(
    database: Database, clock: ManualClock
) -> None:
    scene = Scene(database)
    operator = await scene.operator(1, team="Billing", automatic=True)
    other = await scene.operator(2, team="Meters", automatic=True, capacity=1)
    async with database.transaction() as session:
        session.add(Team(tenant=TENANT, name="Billing", languages=["bn"], utilities=["desco"]))
        session.add(Team(tenant=TENANT, name="Meters", languages=["hi"], utilities=["dpdc"]))
    given = [
        await scene.ask(await scene.customer(), language="bn", utility="desco"),
        await scene.ask(await scene.customer(), language="hi", utility="dpdc"),
        await scene.ask(await scene.customer(), language="en", utility="desco"),
    ]
    assert [one.assignee_id for one in given] == [operator.id, other.id, None]
    async with database.reading() as session:
        assert await routing.next_for(session, database, operator) is None
    clock.advance(routing.ANY_LANGUAGE_AFTER + timedelta(seconds=1))
    async with database.reading() as session:
        found = await routing.next_for(session, database, operator)
        assert found is not None and found.id == given[2].id
        assert await routing.next_for(session, database, other) is None
