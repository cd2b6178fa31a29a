"""Lets wordings and message forms that staff publish count in every running service within two seconds, without a restart."""

from __future__ import annotations

import asyncio
import contextlib

import structlog

from core.answers import Answers
from core.database import Database
from core.message_forms import MessageForms
from core.publications import ANSWER, LABEL, Publications, wording_of

log = structlog.get_logger(__name__)
LOOK_EVERY = 2.0


class Publisher:
    """Reads what was published and puts it over the files."""

    def __init__(self, db: Database, answers: Answers, forms: MessageForms) -> None:
        self._db = db
        self._answers = answers
        self._forms = forms
        self._rows = Publications(db)
        self._seen = -1
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self.refresh()
        self._task = asyncio.create_task(self._look_forever())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def refresh(self) -> None:
        """Read anew if something was published since the last look."""
        async with self._db.reading() as session:
            newest = await self._rows.newest(session)
            if newest == self._seen:
                return
            rows = await self._rows.current(session)
        self._answers.publish(wording_of(row) for row in rows if row.kind in (ANSWER, LABEL))
        self._forms.publish(rows)
        self._seen = newest

    async def _look_forever(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY)
            try:
                await self.refresh()
            except Exception as error:
                log.warning("What was published could not be read.", action="publish", error=type(error).__name__)
