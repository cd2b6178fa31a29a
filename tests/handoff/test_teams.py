"""What a team says for its members, and what they say for themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from core.clock import ManualClock
from core.database import Database
from handoff import routing
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
