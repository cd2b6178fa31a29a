"""Case codes: what a telephone operator sees when a customer reads six signs out, and their result back in the chat."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core import codes, store
from core.database import Database
from core.tables import Contact, Conversation, Message
from core.tenants import plain_number
from handoff import brief, events
from handoff.brief import Brief
from handoff.moves import By, HandoffRefused
from handoff.tables import HandoffCase
from handoff.voice import Voice

LONGEST = 1500


@dataclass(frozen=True, kw_only=True)
class CaseView:
    """All that a telephone operator needs. `language` is the written form; `transcript` is in order, newest last."""

    case: HandoffCase
    contact: Contact
    conversation: Conversation
    language: str
    account: str
    place: str
    brief: Brief
    transcript: tuple[Message, ...]


class Cases:
    """The service. Nothing here commits: the caller's transaction does."""

    def __init__(self, db: Database, voice: Voice) -> None:
        self._db = db
        self._voice = voice

    async def look_up(
        self, session: AsyncSession, tenant: str, typed: str, by: By, latest: int = 100
    ) -> CaseView | None:
        """The case of a code as it was heard: case, blanks and signs that sound alike do not matter. None: no such case.

        Who looked is kept on the case.
        """
        query = select(HandoffCase).where(
            HandoffCase.tenant == tenant, HandoffCase.code == codes.mend(plain_number(typed))
        )
        case = (await session.exec(query)).first()
        if case is None:
            return None
        case.opened_by, case.opened_at = by.id, self._db.now()
        session.add(case)
        conversation = await session.get(Conversation, case.conversation_id)
        contact = await session.get(Contact, case.contact_id)
        assert conversation is not None and contact is not None
        made = await brief.of(session, self._db, conversation.tenant, case.conversation_id)
        assert made is not None
        known = case.summary or {}
        messages = await store.transcript(session, case.conversation_id, max(0, conversation.last_seq - latest), latest)
        return CaseView(
            case=case,
            contact=contact,
            conversation=conversation,
            language=case.language or contact.language,
            account=str(known.get("account") or next(iter(known.get("accounts") or ()), "")),
            place=str(known.get("area") or ""),
            brief=made,
            transcript=tuple(messages),
        )

    async def answer(
        self, session: AsyncSession, tenant: str, case_id: int, by: By, words: str, client_id: str
    ) -> HandoffCase:
        """Send what came of the telephone call into the chat. The same `client_id` again sends nothing twice."""
        words = words.strip()[:LONGEST]
        case = await session.get(HandoffCase, case_id)
        if case is None or case.tenant != tenant:
            raise HandoffRefused("unknown", "there is no such case")
        if not words:
            raise HandoffRefused("empty", "write what came of the call")
        conversation = await events.lock_conversation(session, self._db, case.conversation_id)
        facts = {"operator": by.name, "code": case.code, "result": words}
        await self._voice.say(session, conversation, "utter_case_result", facts, f"case:{case.id}:{client_id}")
        await session.execute(
            update(HandoffCase)
            .where(col(HandoffCase.id) == case_id)
            .values(result=words, result_by=by.id, result_at=self._db.now())
        )
        await session.refresh(case)
        await events.append(session, self._db, tenant, "message", case.conversation_id)
        return case
