"""The company's side asked from a real billing system, over the small JSON protocol of docs/billing-api.md.

Every call has one deadline, waiting for a free connection included, and nothing is repeated: a system that hangs costs
a turn a few seconds and no more (reliability.md R17). After several failures in a row it is left alone for a while.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol, TypeVar

import aiohttp

from core.errors import UtilityUnavailable
from utility.base import Account, Application, Bill, Estimate, Outage, PaymentRecord, PrepaidStatus
from utility.wire import Unreadable, decode, encode

T = TypeVar("T")
TIMEOUT_SECONDS = 4.0  # inside the 8 s of an action, which may ask twice
MAX_CONNECTIONS = 16
MAX_BODY = 1 << 20
FAILURES_BEFORE_REST = 5
REST_SECONDS = 10.0


class BillingTransport(Protocol):
    """Posts a JSON document; gives status and body. Raises UtilityUnavailable when no answer came in time."""

    async def post(self, path: str, document: Mapping[str, Any]) -> tuple[int, bytes]: ...

    async def close(self) -> None: ...


class AiohttpTransport:
    """HTTP with a bearer token and a bounded number of connections."""

    def __init__(self, base_url: str, token: str, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._base_url = base_url.rstrip("/")
        self._token = token
        self._timeout = timeout_seconds
        self._session: aiohttp.ClientSession | None = None

    async def post(self, path: str, document: Mapping[str, Any]) -> tuple[int, bytes]:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=MAX_CONNECTIONS),
                timeout=aiohttp.ClientTimeout(total=self._timeout),
                headers={"Authorization": f"Bearer {self._token}", "Accept": "application/json"},
            )
        try:
            async with self._session.post(f"{self._base_url}{path}", json=document, allow_redirects=False) as response:
                body = await response.content.read(MAX_BODY + 1)
                while len(body) <= MAX_BODY and not response.content.at_eof():
                    body += await response.content.read(MAX_BODY + 1 - len(body))
                if len(body) > MAX_BODY:
                    raise UtilityUnavailable("the billing system's answer is too long")
                return response.status, body
        except TimeoutError:
            raise UtilityUnavailable("the billing system did not answer in time") from None
        except aiohttp.ClientError as error:
            # The address may hold what nobody should read in a log: only the kind of fault is passed on.
            raise UtilityUnavailable(f"the billing system cannot be reached: {type(error).__name__}") from None

    async def close(self) -> None:
        if self._session:
            await self._session.close()


class HttpUtility:
    """Implements `UtilityGateway` over HTTP."""

    def __init__(self, transport: BillingTransport) -> None:
        self._transport = transport
        self._failures = 0
        self._rest_until = 0.0

    async def close(self) -> None:
        await self._transport.close()

    async def _call(self, name: str, **arguments: Any) -> Any:
        """The `result` of a call."""
        if time.monotonic() < self._rest_until:
            raise UtilityUnavailable("the billing system failed several times and is left alone for a while")
        try:
            result = await self._answer(name, arguments)
        except UtilityUnavailable:
            self._failures += 1
            if self._failures >= FAILURES_BEFORE_REST:
                self._rest_until = time.monotonic() + REST_SECONDS
                self._failures = FAILURES_BEFORE_REST - 1
            raise
        self._failures = 0
        return result

    async def _answer(self, name: str, arguments: dict[str, Any]) -> Any:
        status, body = await self._transport.post(f"/v1/{name}", encode(arguments))
        if status != 200:
            raise UtilityUnavailable(f"the billing system answered {status}")
        try:
            document = json.loads(body)
        except ValueError:
            raise UtilityUnavailable("the billing system's answer is no JSON") from None
        if not isinstance(document, dict) or "result" not in document:
            raise UtilityUnavailable("the billing system's answer has no result")
        return document["result"]

    async def _one(self, kind: type[T], name: str, **arguments: Any) -> T | None:
        result = await self._call(name, **arguments)
        return None if result is None else _read(kind, result)

    async def _many(self, kind: type[T], name: str, **arguments: Any) -> list[T]:
        result = await self._call(name, **arguments)
        if not isinstance(result, list):
            raise UtilityUnavailable("the billing system's answer is not a list")
        return [_read(kind, item) for item in result]

    async def accounts_by_mobile(self, tenant: str, mobile: str) -> list[Account]:
        return await self._many(Account, "accounts_by_mobile", tenant=tenant, mobile=mobile)

    async def account(self, tenant: str, utility: str, number: str) -> Account | None:
        return await self._one(Account, "account", tenant=tenant, utility=utility, number=number)

    async def account_by_meter(self, tenant: str, meter: str) -> Account | None:
        return await self._one(Account, "account_by_meter", tenant=tenant, meter=meter)

    async def bills(self, account: Account, limit: int = 6) -> list[Bill]:
        return await self._many(Bill, "bills", utility=account.utility, account=account.number, limit=limit)

    async def bill(self, account: Account, month: date | None = None) -> Bill | None:
        return await self._one(Bill, "bill", utility=account.utility, account=account.number, month=month)

    async def payments(self, account: Account, limit: int = 6) -> list[PaymentRecord]:
        return await self._many(PaymentRecord, "payments", utility=account.utility, account=account.number, limit=limit)

    async def prepaid(self, account: Account) -> PrepaidStatus | None:
        return await self._one(PrepaidStatus, "prepaid", utility=account.utility, account=account.number)

    async def outages_on(self, tenant: str, feeder: str, at: datetime) -> list[Outage]:
        return await self._many(Outage, "outages_on", tenant=tenant, feeder=feeder, at=at)

    async def outages_in(self, tenant: str, place: str, at: datetime) -> list[Outage]:
        return await self._many(Outage, "outages_in", tenant=tenant, place=place, at=at)

    async def application(self, tenant: str, tracking: str) -> Application | None:
        return await self._one(Application, "application", tenant=tenant, tracking=tracking)

    async def estimate(
        self, tenant: str, utility: str, units: Decimal, load_kw: Decimal, on: date, tariff_class: str = ""
    ) -> Estimate | None:
        return await self._one(
            Estimate,
            "estimate",
            tenant=tenant,
            utility=utility,
            units=units,
            load_kw=load_kw,
            on=on,
            tariff_class=tariff_class,
        )


def _read(kind: type[T], document: Any) -> T:
    try:
        return decode(kind, document)
    except Unreadable as error:
        raise UtilityUnavailable(f"the billing system's answer cannot be read: {error}") from None
