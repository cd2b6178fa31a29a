"""A billing system for tests: the protocol of docs/billing-api.md over real HTTP, answered from local data."""

from __future__ import annotations

import inspect
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from aiohttp import web

from utility.base import Account
from utility.local import LocalUtility
from utility.wire import encode

TOKEN = "a token of the double"
OF_ACCOUNT = {"bills", "bill", "payments", "prepaid"}
KINDS = {"at": datetime.fromisoformat, "on": date.fromisoformat, "month": date.fromisoformat}


class BillingDouble:
    """Serves a `LocalUtility`. `calls` holds the names of what was asked; `answer` replaces an answer."""

    def __init__(self, local: LocalUtility) -> None:
        self._local = local
        self.calls: list[str] = []
        self.answer: web.Response | None = None

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/v1/{name}", self._handle)
        return app

    async def _handle(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.json_response({"error": "token"}, status=401)
        name = request.match_info["name"]
        self.calls.append(name)
        if self.answer is not None:
            return self.answer
        method = getattr(self._local, name)
        document: dict[str, Any] = await request.json()
        if name in OF_ACCOUNT:
            document["account"] = await self._account(document.pop("utility"), document["account"])
        arguments = {key: self._value(key, value) for key, value in document.items()}
        inspect.signature(method).bind(**arguments)
        return web.json_response({"result": encode(await method(**arguments))})

    async def _account(self, utility: str, number: str) -> Account:
        tenant = self._local._tenants.tenant_of(utility)
        found = await self._local.account(tenant.slug, utility, number) if tenant else None
        assert found
        return found

    def _value(self, key: str, value: Any) -> Any:
        if value is None or not isinstance(value, str):
            return value
        if key in ("units", "load_kw"):
            return Decimal(value)
        return KINDS[key](value) if key in KINDS else value
