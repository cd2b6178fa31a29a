"""Who blocked us, said stop or cannot be reached gets no notices, and still gets answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from complaints import alerts
from complaints.tables import AlertSubscription
from core.messages import OutgoingMessage, Priority
from core.outbox import enqueue
from core.tables import ContactAddress, Conversation
from tests.fakes.meta import fault_body
from tests.gateway.live import Live, live

PHONE, CHAT = "+8801700000077", 4711


async def notify(here: Live, words: str) -> tuple[str, str]:
    """Queue a notice for the one conversation there is; returns what became of it."""
    [conversation] = await here.rows(Conversation)
    message = OutgoingMessage(text=words, purpose="notice", priority=Priority.NOTICE)
    async with here.db.transaction() as session:
        await enqueue(
            session,
            here.db,
            channel=conversation.channel,
            address=conversation.address,
            dedupe=words,
            messages=[message],
            conversation_id=conversation.id,
        )
    here.service.services.sends_waiting.set()

    async def settled() -> Any:
        [row] = [row for row in await here.outbox() if row.dedupe == f"{words}:0"]
        return (row.state, row.error_code) if row.state not in ("queued", "sending") else None

    found: tuple[str, str] = await here.until(settled)
    return found


async def address(here: Live, **wanted: bool) -> None:
    async def so() -> bool:
        rows: list[ContactAddress] = await here.rows(ContactAddress)
        return all(getattr(row, name) is value for row in rows for name, value in wanted.items())

    await here.until(so)


async def subscription(here: Live) -> AlertSubscription:
    row: AlertSubscription
    [row] = await here.rows(AlertSubscription)
    return row


async def test_a_number_that_whatsapp_writes_otherwise_is_the_same_person(tmp_path: Path) -> None:
    async with live(tmp_path) as here:
        here.platform.meta.called[PHONE] = other = "+880017000000077"
        await here.platform.say(PHONE, "hello")
        await here.platform.wait_for(1, to=PHONE)

        async def known() -> bool:
            return {row.address for row in await here.rows(ContactAddress)} >= {
                f"whatsapp:{PHONE}",
                f"whatsapp:{other}",
            }

        await here.until(known)
        await here.platform.say(other, "it is me")
        await here.platform.wait_for(1, to=other)
        assert len(await here.rows(Conversation)) == 1


async def test_who_blocks_the_bot_gets_no_notice_until_they_write(tmp_path: Path) -> None:
    async with live(tmp_path) as here:
        await here.platform.send_telegram(CHAT, {"text": "hello"})
        await here.platform.wait_for(1, to=str(CHAT))
        member = {"old_chat_member": {"status": "member"}, "new_chat_member": {"status": "kicked"}}
        await here.platform.send_telegram(CHAT, member, kind="my_chat_member")
        await address(here, reachable=False)
        assert await notify(here, "power is back") == ("failed", "away")
        assert len(here.platform.messages(str(CHAT))) == 1, "nothing was tried"
        await here.platform.send_telegram(CHAT, {"text": "hello again"})
        await here.platform.wait_for(2, to=str(CHAT))
        await address(here, reachable=True)
        assert await notify(here, "power is back again") == ("sent", "")


async def test_stop_is_heard_and_so_is_resume(tmp_path: Path) -> None:
    async with live(tmp_path) as here:
        await here.platform.say(PHONE, "hello")
        await here.platform.wait_for(1, to=PHONE)

        async def wish(value: str, at: int) -> None:
            said = {"wa_id": PHONE[1:], "category": "marketing_messages", "value": value, "timestamp": at}
            value_ = {"messaging_product": "whatsapp", "user_preferences": [said]}
            value_["metadata"] = {"phone_number_id": here.platform.meta.phone_number_id}
            delivery = here.platform.meta.whatsapp_delivery(value_)
            delivery["entry"][0]["changes"][0]["field"] = "user_preferences"
            assert await here.platform.deliver(delivery, "whatsapp") == [200]

        async with here.db.transaction() as session:
            await alerts.subscribe(
                session, here.db, tenant="bangladesh-power-division", contact_id=1, conversation_id=1
            )
        now = int(here.db.now().timestamp())
        await wish("stop", now)
        await address(here, notices=False)
        assert await notify(here, "one") == ("failed", "stopped")
        await here.platform.say(PHONE, "is my power back?")
        await here.platform.wait_for(2, to=PHONE)
        assert await notify(here, "two") == ("failed", "stopped"), "to ask something is not to resume"
        assert not (await subscription(here)).active, "nor are notices of cuts chosen for them"
        await wish("resume", now + 1)
        await address(here, notices=True)
        assert (await subscription(here)).active
        assert await notify(here, "three") == ("sent", "")


async def test_what_the_platform_says_of_a_person_is_remembered(tmp_path: Path) -> None:
    async with live(tmp_path) as here:
        await here.platform.say(PHONE, "hello")
        await here.platform.wait_for(1, to=PHONE)
        here.platform.fail("whatsapp", status=400, body=fault_body(131026, "Undeliverable"))
        assert await notify(here, "one") == ("failed", "131026")
        await address(here, reachable=False)
        assert await notify(here, "two") == ("failed", "away")
        await here.platform.say(PHONE, "here I am")
        await address(here, reachable=True)
