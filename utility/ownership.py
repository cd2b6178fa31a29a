"""Who may see an account: those whose channel proves its mobile number, and those who typed a one-time code sent to it.

A channel proves a number with each message (WhatsApp), or once, when somebody shares their own (Telegram): the accounts
that have the number then are linked. A number that is only named is proven by a code sent to it.

Asking for a code tells nothing: an unknown number, a stranger's number and one's own get the same answer after the same
work and the same time. Guessing is bounded in the database, so parallel guesses do not help (reliability.md T9–T12).
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import time
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.database import Database
from core.tenants import Tenant, Tenants, plain_number
from utility.base import Account, UtilityGateway
from utility.challenge import Asker, Challenge, ChallengeState, CodeRequest, CodeResult, SendSms
from utility.code_limits import CodeLimits
from utility.codes import code_in, hash_code, new_code, sms_text
from utility.tables import AccountLink, CodeChallenge

log = structlog.get_logger(__name__)

LIFE = timedelta(minutes=5)
REMEMBERED = timedelta(minutes=30)  # how long an old code is told to be old
TRIES = 5
FLOOR_SECONDS = 0.25  # no answer to a request for a code comes sooner


class Ownership:
    """Decides whose account it is."""

    def __init__(
        self,
        db: Database,
        tenants: Tenants,
        utility: UtilityGateway,
        key: bytes,
        send_sms: SendSms,
        *,
        floor_seconds: float = FLOOR_SECONDS,
    ) -> None:
        self._db = db
        self._tenants = tenants
        self._utility = utility
        self._key = hmac.digest(key, b"one-time codes", hashlib.sha256)
        self._send_sms = send_sms
        self._floor = floor_seconds
        self._limits = CodeLimits(db)

    async def accounts_of(self, contact_id: int, phone: str, tenant: str) -> list[Account]:
        """The accounts a person may see: linked ones first, then those of the number that the channel proves."""
        async with self._db.reading() as session:
            query = (
                select(AccountLink)
                .where(AccountLink.contact_id == contact_id, AccountLink.tenant == tenant)
                .order_by(col(AccountLink.verified_at), col(AccountLink.id))
            )
            links = (await session.exec(query)).all()
        found: dict[tuple[str, str], Account] = {}
        for link in links:
            account = await self._utility.account(tenant, link.utility, link.account)
            # A new number on the account may be a new customer: the proof was for the old one.
            if account and account.mobile == link.mobile:
                found[account.utility, account.number] = account
        if phone:
            for account in await self._utility.accounts_by_mobile(tenant, phone):
                found.setdefault((account.utility, account.number), account)
        return list(found.values())

    async def is_owner(self, contact_id: int, phone: str, tenant: str, utility: str, number: str) -> bool:
        """Whether a person may see an account. To be asked before every bill, receipt and amount."""
        owned = await self.accounts_of(contact_id, phone, tenant)
        return any((account.utility, account.number) == (utility, number) for account in owned)

    async def unlink(self, asker: Asker, utility: str, number: str) -> bool:
        """Forget that a person proved an account; False when there was nothing to forget."""
        async with self._db.transaction() as session:
            await asker.guard(session)
            query = select(AccountLink).where(
                AccountLink.contact_id == asker.contact_id,
                AccountLink.utility == utility,
                AccountLink.account == number,
            )
            link = (await session.exec(query)).first()
            if link:
                await session.delete(link)
        return link is not None

    async def link_phone(self, contact_id: int, tenant: str, phone: str, effect_key: str) -> None:
        """Link the accounts that have a mobile number now: the channel has just shown that it is this person's own."""
        accounts = await self._utility.accounts_by_mobile(tenant, phone)
        async with self._db.transaction() as session:
            for account in accounts:
                link = {"utility": account.utility, "account": account.number, "mobile": phone, "way": "contact"}
                key = f"{effect_key}:{account.utility}:{account.number}"
                await self._link(session, contact_id=contact_id, tenant=tenant, effect_key=key, **link)

    async def request_code(self, asker: Asker, utility: str, number: str, purpose: str = "link") -> CodeRequest:
        """Ask for a code for an account or meter number: same answer, work and time whether it is known or not."""
        began = time.monotonic()
        try:
            account = await self._find(asker.tenant, utility, number)
            subject = account.number if account else self._subject(asker.tenant, utility, number)
            key = asker.key(f"code:{utility}:{plain_number(number)[:40]}")
            mobile = account.mobile if account else ""
            return await self._challenge(asker, key, utility, subject, purpose, mobile)
        finally:
            await asyncio.sleep(max(0.0, began + self._floor - time.monotonic()))

    async def request_phone_code(self, asker: Asker, phone: str, purpose: str = "link") -> CodeRequest:
        """Ask for a code for whatever accounts have a mobile number: the same whether there are any or not."""
        began = time.monotonic()
        try:
            accounts = await self._utility.accounts_by_mobile(asker.tenant.slug, phone)
            opens = [[account.utility, account.number] for account in accounts]
            key = asker.key(f"code:{phone[:40]}")
            return await self._challenge(asker, key, "", phone, purpose, phone if opens else "", opens)
        finally:
            await asyncio.sleep(max(0.0, began + self._floor - time.monotonic()))

    async def _challenge(
        self,
        asker: Asker,
        key: str,
        utility: str,
        subject: str,
        purpose: str,
        mobile: str,
        opens: list[list[str]] | None = None,
    ) -> CodeRequest:
        code, salt = new_code(), secrets.token_hex(16)
        digest = self._digest(salt, code, asker.conversation_id, utility, subject, purpose)
        message = sms_text(asker.language or asker.tenant.default_form, code, int(LIFE.total_seconds() // 60))
        async with self._db.transaction() as session:
            await asker.guard(session)
            await self._limits.one_at_a_time(session, f"conversation:{asker.conversation_id}", f"{utility}:{subject}")
            again = await session.exec(select(CodeChallenge.id).where(CodeChallenge.effect_key == key))
            if again.first() is not None:
                return CodeRequest(asked=True)
            retry_at = await self._limits.too_many(session, asker.conversation_id, utility, subject)
            if retry_at:
                log.warning(
                    "Too many one-time codes were asked for.",
                    action="code",
                    tenant=asker.tenant.slug,
                    conversation=asker.conversation_id,
                )
                return CodeRequest(asked=False, retry_at=retry_at)
            await self._close_open(session, asker.conversation_id)
            calm = await self._limits.mobile_is_calm(session, mobile)
            now = self._db.now()
            session.add(
                CodeChallenge(
                    effect_key=key,
                    conversation_id=asker.conversation_id,
                    contact_id=asker.contact_id,
                    tenant=asker.tenant.slug,
                    utility=utility,
                    subject=subject,
                    purpose=purpose,
                    mobile=mobile,
                    opens=opens or [[utility, subject]],
                    real=bool(mobile) and calm,
                    salt=salt,
                    code_hash=digest,
                    created_at=now,
                    expires_at=now + LIFE,
                )
            )
            await session.flush()
            if mobile and calm:
                await self._send_sms(mobile, message, key, session=session)
        return CodeRequest(asked=True)

    async def _find(self, tenant: Tenant, utility: str, number: str) -> Account | None:
        company = tenant.utility(utility)
        if company is None:
            return None
        if canonical := company.canonical(number):
            return await self._utility.account(tenant.slug, utility, canonical)
        if meter := company.canonical(number, "meter"):
            account = await self._utility.account_by_meter(tenant.slug, meter)
            return account if account and account.utility == utility else None
        return None

    def _subject(self, tenant: Tenant, utility: str, number: str) -> str:
        company = tenant.utility(utility)
        return (company.canonical(number) if company else "") or plain_number(number)[:40]

    def _digest(self, salt: str, code: str, conversation_id: int, utility: str, subject: str, purpose: str) -> str:
        return hash_code(self._key, salt, code, conversation_id, utility, subject, purpose)

    async def _close_open(self, session: AsyncSession, conversation_id: int) -> None:
        """A new code makes the older ones of the conversation worthless."""
        await session.execute(
            update(CodeChallenge)
            .where(col(CodeChallenge.conversation_id) == conversation_id, col(CodeChallenge.closed_at).is_(None))
            .values(closed_at=self._db.now())
        )

    def looks_like_code(self, text: str) -> bool:
        """Whether a message is six digits of any script with little else."""
        return bool(code_in(text))

    async def pending(self, conversation_id: int) -> Challenge | None:
        """The code that was asked of this conversation, also when it has just expired or was tried too often."""
        async with self._db.reading() as session:
            row = await self._newest(session, conversation_id)
        if row is None or row.closed_at is not None:
            return None
        return Challenge(
            tenant=row.tenant,
            utility=row.utility,
            account=row.subject,
            purpose=row.purpose,
            state=self._state(row),
            tries_left=max(0, TRIES - row.tries),
            expires_at=row.expires_at,
        )

    async def _newest(self, session: AsyncSession, conversation_id: int) -> CodeChallenge | None:
        query = (
            select(CodeChallenge)
            .where(
                CodeChallenge.conversation_id == conversation_id,
                col(CodeChallenge.created_at) > self._db.now() - REMEMBERED,
            )
            .order_by(col(CodeChallenge.id).desc())
            .limit(1)
        )
        return (await session.exec(query)).first()

    def _state(self, row: CodeChallenge) -> ChallengeState:
        if row.tries >= TRIES:
            return ChallengeState.LOCKED
        return ChallengeState.EXPIRED if row.expires_at <= self._db.now() else ChallengeState.OPEN

    async def try_code(
        self, *, conversation_id: int, text: str, contact_id: int | None = None, effect_key: str = ""
    ) -> CodeResult:
        """Check a typed code; a right one links the account, once. The same `effect_key` gives the same answer."""
        typed = code_in(text)
        async with self._db.transaction() as session:
            row = await self._newest(session, conversation_id)
            if row is None or (contact_id is not None and row.contact_id != contact_id):
                return CodeResult(ok=False, reason="none")
            if effect_key and row.last_key == effect_key:
                return self._result(row, row.closed_at is not None)
            if row.closed_at is not None:
                return CodeResult(ok=False, reason="none")
            # Counted before it is compared, in one statement: of parallel guesses only five get further.
            counted = await session.execute(
                update(CodeChallenge)
                .where(
                    col(CodeChallenge.id) == row.id,
                    col(CodeChallenge.tries) < TRIES,
                    col(CodeChallenge.closed_at).is_(None),
                    col(CodeChallenge.expires_at) > self._db.now(),
                )
                .values(tries=col(CodeChallenge.tries) + 1, last_key=effect_key)
                .returning(col(CodeChallenge.tries))
                .execution_options(synchronize_session=False)
            )
            tries = counted.scalar_one_or_none()
            await session.refresh(row)
            if tries is None:
                return self._result(row, False)
            if not self._matches(row, typed):
                return self._result(row, False)
            row.closed_at = self._db.now()
            session.add(row)
            key = effect_key or f"code:{row.id}"
            # A challenge from before `opens` was kept speaks of one account.
            for place, (utility, account) in enumerate(row.opens or [[row.utility, row.subject]]):
                await self._link(
                    session,
                    contact_id=row.contact_id,
                    tenant=row.tenant,
                    utility=utility,
                    account=account,
                    mobile=row.mobile,
                    way="code",
                    effect_key=f"{key}:{place}" if place else key,
                )
            return self._result(row, True)

    def _matches(self, row: CodeChallenge, typed: str) -> bool:
        digest = self._digest(row.salt, typed, row.conversation_id, row.utility, row.subject, row.purpose)
        # Codes that were never sent match nothing, though they are compared all the same.
        return hmac.compare_digest(digest, row.code_hash) and row.real

    def _result(self, row: CodeChallenge, ok: bool) -> CodeResult:
        common: dict[str, Any] = {
            "tenant": row.tenant,
            "utility": row.utility,
            "account": row.subject,
            "purpose": row.purpose,
            "tries_left": max(0, TRIES - row.tries),
        }
        if ok:
            return CodeResult(ok=True, **common)
        state = self._state(row)
        reason = "wrong" if state is ChallengeState.OPEN else state.value
        return CodeResult(ok=False, reason=reason, **common)

    async def _link(self, session: AsyncSession, **proof: Any) -> None:
        """Write that a person proved an account; a new proof takes an older one's place."""
        query = select(AccountLink).where(
            AccountLink.contact_id == proof["contact_id"],
            AccountLink.utility == proof["utility"],
            AccountLink.account == proof["account"],
        )
        link = (await session.exec(query)).first() or AccountLink(**proof, verified_at=self._db.now())
        link.mobile, link.way, link.effect_key = proof["mobile"], proof["way"], proof["effect_key"]
        link.verified_at = self._db.now()
        session.add(link)
        await session.flush()
