"""Words and tenants, read once for all services of a run: reading them takes most of a second, and the files stay as they are."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from unittest import mock

from core.answers import Answers
from core.settings import Settings
from core.tenants import Tenants
from gateway.app import Service, running

words = functools.cache(Answers.load)
tenants = functools.cache(Tenants.load)


@asynccontextmanager
async def started(settings: Settings, **more: Any) -> AsyncIterator[Service]:
    """A running service that got the words and tenants read before. Only its start: whoever reads later reads anew."""
    async with AsyncExitStack() as stack:
        with mock.patch.object(Answers, "load", words), mock.patch.object(Tenants, "load", tenants):
            service = await stack.enter_async_context(running(settings, **more))
        yield service
