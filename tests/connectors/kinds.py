"""What the harness must know of each kind of channel: an account, how it signs, how it batches."""

from __future__ import annotations

import copy
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from connectors.base import Channel

APP_SECRET = "app-secret-of-the-harness-0001"
SECRETS = {
    "access_token": "token-of-the-harness-0001",
    "app_secret": APP_SECRET,
    "app_secret_previous": "app-secret-before-the-harness-1",
    "verify_token": "verify-token-of-the-harness",
}
TELEGRAM_SECRETS = {"bot_token": "700000001:token-of-the-harness", "secret_token": "secret_token_of_the_harness"}


def meta_signature(body: bytes, secret: str = APP_SECRET) -> dict[str, str]:
    return {"x-hub-signature-256": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


def telegram_signature(body: bytes, secret: str = TELEGRAM_SECRETS["secret_token"]) -> dict[str, str]:
    return {"x-telegram-bot-api-secret-token": secret}


def entries(payloads: list[Any]) -> Any:
    """Several Meta deliveries in one: all entries, one after the other."""
    joined = copy.deepcopy(payloads[0])
    joined["entry"] = [entry for payload in payloads for entry in payload["entry"]]
    return joined


@dataclass(frozen=True, kw_only=True)
class ChannelKind:
    """A kind under test. `batch` is None where a delivery holds one event only."""

    channel: Channel
    sign: Callable[..., dict[str, str]]
    header: str
    sample: str
    batch: Callable[[list[Any]], Any] | None
    send_reply: dict[str, Any]
    address: str


def _secrets(values: dict[str, str]) -> dict[str, SecretStr]:
    return {name: SecretStr(value) for name, value in values.items()}


KINDS = {
    "whatsapp": ChannelKind(
        channel=Channel(
            key="whatsapp:PNID",
            type="whatsapp",
            tenant="demo",
            account_id="PNID",
            base_url="http://127.0.0.1:1/v25.0",
            secrets=_secrets(SECRETS),
        ),
        sign=meta_signature,
        header="x-hub-signature-256",
        sample="text.json",
        batch=entries,
        send_reply={
            "messaging_product": "whatsapp",
            "contacts": [{"input": "+8801700000002", "wa_id": "8801700000002"}],
            "messages": [{"id": "wamid.X"}],
        },
        address="whatsapp:+8801700000002",
    ),
    "messenger": ChannelKind(
        channel=Channel(
            key="messenger:PAGE",
            type="messenger",
            tenant="demo",
            account_id="PAGE",
            base_url="http://127.0.0.1:1/v25.0",
            secrets=_secrets(SECRETS),
            options={"app_id": "4055"},
        ),
        sign=meta_signature,
        header="x-hub-signature-256",
        sample="text.json",
        batch=entries,
        send_reply={"recipient_id": "PSID", "message_id": "m_X"},
        address="messenger:PSID",
    ),
    "telegram": ChannelKind(
        channel=Channel(
            key="telegram:700000001",
            type="telegram",
            tenant="demo",
            account_id="700000001",
            base_url="http://127.0.0.1:1",
            secrets=_secrets(TELEGRAM_SECRETS),
        ),
        sign=telegram_signature,
        header="x-telegram-bot-api-secret-token",
        sample="text.json",
        batch=None,
        send_reply={
            "ok": True,
            "result": {"message_id": 42, "date": 1, "chat": {"id": 4211, "type": "private"}, "text": "x"},
        },
        address="telegram:4211",
    ),
}
