"""Fake platforms: Meta's, Telegram's and an SMS gateway, as one real HTTP server with a ledger of its own."""

from __future__ import annotations

from tests.fakes.ledger import Call, Fault, File, Seen
from tests.fakes.platform import FakePlatform

__all__ = ["Call", "FakePlatform", "Fault", "File", "Seen"]
