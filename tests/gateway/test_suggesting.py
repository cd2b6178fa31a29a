"""What the bot would answer is shown to a person and done by nobody."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from complaints.service import Complaints
from core.database import Database
from core.tables import Message, OutboxRow
from gateway.action_endpoint import NOT_DONE, TOKEN_HEADER, ActionEndpoint
from gateway.context import ON_TRIAL, Contexts
from gateway.suggesting import Suggesting
from handoff.service import Handoff
from handoff.tables import CallbackRequest
from tests.gateway.counter import Counter, result
from tests.handoff.people import person


async def test_the_bots_answer_and_next_step_are_shown_and_nothing_is_done(database: Database) -> None:
    here = Counter(database)
    suggesting = Suggesting(here.services)
    await here.say("hello", result("utter_greet"))
    number = (await here.conversation()).id or 0
    operator = await here.operator()
    async with database.transaction() as session:
        await here.people.bridge.take(session, number, operator, person(1))
    here.core.next = result("utter_out_of_scope", NOT_DONE, "utter_stuck", intent="bill_pdf")
    await here.say("please send my bill", here.core.next)
    before = len(await here.rows(Message)), len(await here.rows(OutboxRow))
    found = await suggesting.of(here.tenant, number)
    assert found is not None
    assert (found.text, found.intent, found.step, found.confidence) == (
        "please send my bill",
        "bill_pdf",
        "send_bill",
        0.9,
    )
    [text] = found.texts
    assert text.startswith("I am sorry, I can only help with electricity")
    assert here.core.asked[-1]["metadata"][ON_TRIAL] is True
    assert (len(await here.rows(Message)), len(await here.rows(OutboxRow))) == before
    here.core.next = None
    assert await suggesting.of(here.tenant, number) is None, "the dialogue core is away"
    assert await suggesting.of("another", number) is None


@pytest.mark.parametrize("on_trial", [True, False])
async def test_an_action_on_trial_has_no_effect(database: Database, on_trial: bool) -> None:
    here = Counter(database)
    await here.say("hello", result("utter_greet"))
    conversation = await here.conversation()

    async def none(*args: Any) -> list[Any]:
        return []

    here.services.ownership = SimpleNamespace(accounts_of=none)  # type: ignore[assignment]
    contexts = Contexts(here.services, Complaints(database, here.tenants), Handoff(database, here.tenants))
    endpoint = ActionEndpoint("token", contexts.of, 5.0)
    metadata = {"conversation_id": conversation.id, "inbox_id": 99, "fence": 1, ON_TRIAL: on_trial}
    call = {
        "next_action": "action_request_callback",
        "sender_id": "trial",
        "tracker": {
            "sender_id": "trial",
            "slots": {},
            "events": [],
            "active_loop": {},
            "latest_message": {
                "intent": {"name": "request_callback", "confidence": 0.9},
                "entities": [{"entity": "phone", "value": "01700000001", "text": "01700000001"}],
                "metadata": metadata,
            },
        },
        "domain": {},
    }
    async with TestClient(TestServer(endpoint.app())) as client:
        answer = await client.post("/actions", json=call, headers={TOKEN_HEADER: "token"})
        assert answer.status == (200 if on_trial else 409)
        if on_trial:
            assert (await answer.json())["responses"] == [{"response": NOT_DONE}]
    assert await here.rows(CallbackRequest) == []
