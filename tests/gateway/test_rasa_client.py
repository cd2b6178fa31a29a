"""A turn is believed only when it comes back whole."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from core.errors import TurnFailed
from gateway import rasa_client
from gateway.rasa_client import RasaClient, read_turn
from tests.gateway.lying_rasa import HONEST, WAYS, LyingRasa, honest
from tests.patience import SECONDS

REQUEST = {"turn": "7-1", "sender": "7-1", "text": "hello", "metadata": {}, "state": {}}


@pytest.fixture
async def rasa() -> AsyncIterator[LyingRasa]:
    async with LyingRasa().serving() as server:
        yield server


@pytest.fixture
async def client(rasa: LyingRasa, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RasaClient]:
    monkeypatch.setattr(rasa_client, "PROBE_SECONDS", 0.05)
    client = RasaClient([rasa.url], 0.5)
    await client.start()
    await asyncio.wait_for(client.wait_ready(), SECONDS)
    yield client
    await client.stop()


async def test_an_honest_turn_comes_back(client: RasaClient) -> None:
    result = await client.turn(REQUEST)
    assert [answer.name for answer in result.answers] == ["utter_menu"]
    assert result.language == "en"


@pytest.mark.parametrize("way", WAYS)
async def test_a_lie_is_a_failure_and_never_an_empty_success(client: RasaClient, rasa: LyingRasa, way: str) -> None:
    rasa.way = way
    began = time.monotonic()
    with pytest.raises(TurnFailed):
        await client.turn(REQUEST)
    assert time.monotonic() - began < 10.0  # the limit is half a second, and a platform that hangs would cost thirty


async def test_a_failed_turn_is_not_asked_for_again(client: RasaClient, rasa: LyingRasa) -> None:
    rasa.way = "status 500"
    with pytest.raises(TurnFailed):
        await client.turn(REQUEST)
    assert len(rasa.turns) == 1


async def test_three_failures_close_a_server_and_its_canary_opens_it(client: RasaClient, rasa: LyingRasa) -> None:
    rasa.way = "no marker"
    rasa.canary_way = "status 500"
    for _ in range(rasa_client.FAILURES_TO_OPEN):
        with pytest.raises(TurnFailed):
            await client.turn(REQUEST)
    assert not client.ready
    asked = len(rasa.turns)
    with pytest.raises(TurnFailed, match="no dialogue server is ready"):
        await client.turn(REQUEST)
    assert len(rasa.turns) == asked, "a closed server must be left alone"
    rasa.way = rasa.canary_way = HONEST
    async with asyncio.timeout(SECONDS):
        while not client.ready:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert (await client.turn(REQUEST)).intent == "greet"


async def test_a_broken_connection_goes_to_the_other_server(rasa: LyingRasa, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rasa_client, "PROBE_SECONDS", 60.0)
    async with LyingRasa().serving() as second:
        client = RasaClient([second.url, rasa.url], 0.5)
        await client.start()
        await asyncio.wait_for(client.wait_ready(), SECONDS)
        async with asyncio.timeout(SECONDS):
            while not all(client.states().values()):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    # `second` is gone now, unannounced; both places in the turn's rotation must still answer.
    for _ in range(2):
        assert (await client.turn(REQUEST)).answers
    await client.stop()


async def test_a_canary_that_lies_does_not_make_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rasa_client, "PROBE_SECONDS", 0.02)
    server = LyingRasa()
    server.canary_way = "no answers"
    async with server.serving():
        client = RasaClient([server.url], 0.5)
        await client.start()
        await asyncio.sleep(0.3)
        assert not client.ready
        await client.stop()


@pytest.mark.parametrize("change", [{"answers": "x"}, {"state": None}, {"parse": []}, {"actions": None}, {"end": 1}])
def test_an_answer_of_the_wrong_shape_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(TurnFailed):
        read_turn(honest("7-1", "utter_menu") | change, "7-1")
