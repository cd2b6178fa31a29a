"""One contract, two companies' sides: our tables, and a billing system over HTTP that holds the same data."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal as D

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from core.clock import ManualClock
from core.errors import UtilityUnavailable
from tests.utility.billing_double import TOKEN, BillingDouble
from utility.base import UtilityGateway
from utility.http import AiohttpTransport, HttpUtility
from utility.local import LocalUtility

BD = "bangladesh-power-division"


@pytest.fixture
async def double(local: LocalUtility) -> AsyncIterator[tuple[BillingDouble, str]]:
    billing = BillingDouble(local)
    server = TestServer(billing.app())
    await server.start_server()
    yield billing, str(server.make_url("/"))
    await server.close()


@pytest.fixture
async def remote(double: tuple[BillingDouble, str]) -> AsyncIterator[HttpUtility]:
    utility = HttpUtility(AiohttpTransport(double[1], TOKEN, timeout_seconds=1.0))
    yield utility
    await utility.close()


@pytest.fixture(params=["local", "http"])
def gateway(request: pytest.FixtureRequest, local: LocalUtility, remote: HttpUtility) -> UtilityGateway:
    return local if request.param == "local" else remote


async def test_accounts(gateway: UtilityGateway) -> None:
    (account,) = await gateway.accounts_by_mobile(BD, "+8801700000002")
    assert account.number == "104231245" and account.area["bn"] and account.load_kw == D(3)
    assert await gateway.account(BD, "wzpdcl", "104231245") == account
    assert await gateway.account_by_meter(BD, account.meter) == account


async def test_unknown_things_are_nothing(gateway: UtilityGateway, clock: ManualClock) -> None:
    assert await gateway.accounts_by_mobile(BD, "+8801999999999") == []
    assert await gateway.accounts_by_mobile(BD, "") == []
    assert await gateway.account(BD, "desco", "99999999") is None
    assert await gateway.account(BD, "nobody", "12345678") is None
    # Another tenant's customer is unknown here.
    assert await gateway.account("mp-central", "desco", "12345678") is None
    assert await gateway.accounts_by_mobile("mp-central", "+8801700000001") == []
    assert await gateway.account_by_meter("mp-central", "012345678901") is None
    assert await gateway.application(BD, "1") is None
    assert await gateway.outages_on(BD, "no feeder", clock.now()) == []
    assert await gateway.outages_in(BD, "Atlantis", clock.now()) == []
    assert await gateway.estimate(BD, "nobody", D(1), D(1), date(2026, 9, 1)) is None


async def test_bills_and_payments(gateway: UtilityGateway) -> None:
    account = await gateway.account(BD, "desco", "12345678")
    assert account
    bills = await gateway.bills(account, 3)
    assert [bill.month.month for bill in bills] == [9, 8, 7]
    assert await gateway.bill(account) == bills[0]
    assert await gateway.bill(account, date(2026, 8, 1)) == bills[1]
    assert await gateway.bill(account, date(2020, 1, 1)) is None
    assert not bills[0].paid and bills[1].paid
    assert bills[0].slabs[0].rate == D("5.26")
    payments = await gateway.payments(account, 2)
    assert len(payments) == 2 and payments[0].paid_at > payments[1].paid_at
    assert payments[0].bill_number == bills[1].number
    assert await gateway.prepaid(account) is None


async def test_prepaid(gateway: UtilityGateway) -> None:
    account = await gateway.account_by_meter(BD, "012345678901")
    assert account
    status = await gateway.prepaid(account)
    assert status and status.balance > 0 and status.reported_at.tzinfo


async def test_outages_applications_estimates(gateway: UtilityGateway, clock: ManualClock) -> None:
    (cut,) = await gateway.outages_in(BD, "রাজশাহী", clock.now())
    assert await gateway.outages_on(BD, cut.feeders[0], clock.now()) == [cut]
    application = await gateway.application(BD, "88452100")
    assert application and application.stage == "survey"
    estimate = await gateway.estimate(BD, "desco", D(200), D(2), date(2026, 9, 1))
    assert estimate and estimate.total == D("1618.05") and not estimate.confirmed


async def test_both_say_the_same(local: LocalUtility, remote: HttpUtility) -> None:
    account = await local.account(BD, "dpdc", "23456789")
    assert account
    assert await remote.bills(account) == await local.bills(account)
    assert await remote.payments(account) == await local.payments(account)
    assert await remote.prepaid(account) == await local.prepaid(account)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"status": 500}, "answered 500"),
        ({"status": 401}, "answered 401"),
        ({"status": 302, "headers": {"Location": "https://elsewhere.example/"}}, "answered 302"),
        ({"text": "<html>"}, "no JSON"),
        ({"text": "[]"}, "no result"),
        ({"text": '{"result": {"utility": "desco"}}'}, "lacks"),
        ({"text": '{"result": 7}'}, "not an object"),
        ({"text": '{"result": "' + "x" * (1 << 20) + '"}'}, "too long"),
    ],
    ids=["500", "401", "redirect", "html", "no result", "missing fields", "wrong type", "huge"],
)
async def test_a_bad_answer_is_unavailable(
    double: tuple[BillingDouble, str], remote: HttpUtility, answer: dict, words: str
) -> None:
    double[0].answer = web.Response(**answer)
    with pytest.raises(UtilityUnavailable, match=words):
        await remote.account(BD, "desco", "12345678")


async def test_a_wrong_value_is_named_without_being_told(
    double: tuple[BillingDouble, str], remote: HttpUtility
) -> None:
    double[0].answer = web.json_response(
        {"result": {"balance": "much", "reported_at": "x", "emergency_limit": "1", "month_units": "1"}}
    )
    account = await remote_account(double, remote)
    with pytest.raises(UtilityUnavailable, match=r"PrepaidStatus\.balance is not Decimal") as caught:
        await remote.prepaid(account)
    assert "much" not in str(caught.value)


async def remote_account(double: tuple[BillingDouble, str], remote: HttpUtility):
    kept, double[0].answer = double[0].answer, None
    account = await remote.account(BD, "dpdc", "23456789")
    double[0].answer = kept
    assert account
    return account


@pytest.fixture
async def silent() -> AsyncIterator[str]:
    """A billing system that takes calls and says nothing."""
    waiting: list[asyncio.StreamWriter] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        waiting.append(writer)

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    for writer in waiting:
        writer.close()
    server.close()


async def test_silence_costs_no_more_than_the_deadline(silent: str) -> None:
    """Also with more calls than connections: nobody waits in line beyond the deadline."""
    utility = HttpUtility(AiohttpTransport(silent, TOKEN, timeout_seconds=1.0))
    began = time.monotonic()
    results = await asyncio.gather(
        *(utility.account(BD, "desco", str(number)) for number in range(60)), return_exceptions=True
    )
    assert all(isinstance(result, UtilityUnavailable) for result in results)
    assert time.monotonic() - began < 3.5, "60 calls over 16 connections, one after the other, would take four"
    # Now it is left alone: the answer comes at once and no call leaves.
    began = time.monotonic()
    with pytest.raises(UtilityUnavailable, match="left alone"):
        await utility.account(BD, "desco", "12345678")
    assert time.monotonic() - began < 1.0, "sooner than the deadline"
    await utility.close()


async def test_nobody_there(unused_tcp_port: int) -> None:
    utility = HttpUtility(AiohttpTransport(f"http://127.0.0.1:{unused_tcp_port}", TOKEN))
    with pytest.raises(UtilityUnavailable, match="cannot be reached"):
        await utility.account(BD, "desco", "12345678")
    await utility.close()
