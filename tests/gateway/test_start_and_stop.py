"""A service that whoever runs it leaves by an error stops as orderly as any other: nothing of it is left running."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.gateway.live import live


async def test_a_failure_in_the_middle_leaves_nothing_behind(tmp_path: Path) -> None:
    before = asyncio.all_tasks()
    with pytest.raises(ZeroDivisionError):
        async with live(tmp_path) as here:
            await here.platform.say("+8801700000077", "hello")
            raise ZeroDivisionError
    left = {task.get_name() for task in asyncio.all_tasks() - before}
    assert not left
    assert not here.db._connections, "every connection is closed"
