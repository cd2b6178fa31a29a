"""Staff who answer in the Page inbox or in the WhatsApp Business app: the bot is silent, their words are kept."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from core.clock import ManualClock
from core.tables import Conversation
from gateway.speaking import Speaker
from gateway.voice import Voice
from handoff.desk_tables import DeskEvent, HandoffEvent
from tests.gateway.live import Live, live

PSID, PHONE = "7001", "+8801700000077"
PAGE_INBOX = 263902037430900


def menu(body: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"name": "utter_kind_unknown", "facts": {}}]


async def on_messenger(here: Live, content: dict[str, Any], *, field: str = "messaging", echo: bool = False) -> None:
    """An event of the Page, as it is delivered; an echo has sender and recipient the other way round."""
    meta = here.platform.meta
    event = meta.messenger_event(PSID, content)
    if echo:
        event |= {"sender": event["recipient"], "recipient": event["sender"]}
    delivery = meta.messenger_delivery(event)
    delivery["entry"][0][field] = delivery["entry"][0].pop("messaging")
    assert await here.platform.deliver(delivery, "messenger") == [200]


async def status(here: Live, wanted: str) -> None:
    async def there() -> bool:
        return [row.status for row in await here.rows(Conversation)] == [wanted]

    await here.until(there)


async def moves(here: Live) -> list[str]:
    return [row.move for row in await here.rows(HandoffEvent)]


async def test_an_answer_in_the_page_inbox_silences_the_bot_until_they_stop(tmp_path: Path, clock: ManualClock) -> None:
    async with live(tmp_path, answering=menu, clock=clock) as here:
        await on_messenger(here, {"message": {"text": "hello"}})
        await here.platform.wait_for(1, to=PSID)
        said = {"is_echo": True, "app_id": PAGE_INBOX, "text": "Rahima here, let me look", "mid": "m_person"}
        await on_messenger(here, {"message": said}, echo=True)
        await status(here, "open")
        assert ("outgoing", "operator", "Rahima here, let me look") in await here.transcript()
        await on_messenger(here, {"message": {"text": "thank you", "mid": "m_thanks"}})

        async def noted() -> bool:
            return ("incoming", "customer", "thank you") in await here.transcript()

        await here.until(noted)
        assert len(here.rasa.turns) == 1 and len(here.platform.messages(PSID)) == 1, "the bot is silent"
        # Our own echo is a status of ours and changes nothing.
        own = {"is_echo": True, "app_id": int(here.platform.meta.app_id), "text": "x", "mid": "m_own"}
        await on_messenger(here, {"message": own}, echo=True)

        clock.advance(timedelta(minutes=31))
        looks = itertools.count()

        async def ended() -> bool:
            # Now and then, not at every look: a turn must end within the lease that began it.
            if next(looks) % 15 == 0:
                clock.advance(timedelta(minutes=6))
                here.service.services.inbox.new_work.set()
            return (await moves(here))[-1] == "outside_ended"

        await here.until(ended)
        await status(here, "pending")
        assert (await moves(here))[0] == "take_outside" and (await moves(here))[-1] == "outside_ended"


async def test_a_thread_that_is_passed_on_and_back(tmp_path: Path) -> None:
    async with live(tmp_path, answering=menu) as here:
        ours = here.platform.meta.app_id
        await on_messenger(here, {"pass_thread_control": {"new_owner_app_id": PAGE_INBOX, "metadata": "m"}})
        await status(here, "open")
        await on_messenger(here, {"message": {"text": "are you there"}}, field="standby")

        async def noted() -> bool:
            return ("incoming", "customer", "are you there") in await here.transcript()

        await here.until(noted)
        await on_messenger(here, {"pass_thread_control": {"previous_owner_app_id": "1", "new_owner_app_id": int(ours)}})
        await status(here, "pending")
        assert await moves(here) == ["take_outside", "outside_ended"]
        await on_messenger(here, {"message": {"text": "hello bot"}})
        await here.platform.wait_for(1, to=PSID)


async def test_what_is_overheard_is_never_answered_but_danger_reaches_the_desk(tmp_path: Path) -> None:
    async with live(tmp_path, answering=menu) as here:
        await on_messenger(here, {"message": {"text": "রাস্তায় তার ছিঁড়ে পড়ে আছে, আগুন জ্বলছে"}}, field="standby")
        await status(here, "open")

        async def alarmed() -> bool:
            return "danger" in [row.kind for row in await here.rows(DeskEvent)]

        await here.until(alarmed)
        assert here.platform.messages(PSID) == [] and here.rasa.turns == []


async def test_an_answer_in_the_whatsapp_app_silences_the_bot(tmp_path: Path) -> None:
    async with live(tmp_path, answering=menu) as here:
        meta = here.platform.meta
        echo = {
            "from": "15550001111",
            "to": PHONE[1:],
            "id": "wamid.APP",
            "type": "text",
            "timestamp": str(int(time.time())),
        }
        delivery = meta.whatsapp_delivery(meta.whatsapp_message(PHONE, {"type": "text", "text": {"body": "x"}}))
        change = delivery["entry"][0]["changes"][0]
        change["field"] = "smb_message_echoes"
        change["value"] = {
            "messaging_product": "whatsapp",
            "metadata": change["value"]["metadata"],
            "message_echoes": [echo | {"text": {"body": "আমি দেখছি"}}],
        }
        assert await here.platform.deliver(delivery, "whatsapp", times=3, parallel=True) == [200] * 3
        await status(here, "open")
        await here.platform.say(PHONE, "ধন্যবাদ")

        async def noted() -> bool:
            return ("incoming", "customer", "ধন্যবাদ") in await here.transcript()

        await here.until(noted)
        assert [line for line in await here.transcript() if line[1] == "operator"] == [
            ("outgoing", "operator", "আমি দেখছি")
        ]
        assert here.rasa.turns == [] and await moves(here) == ["take_outside"]


async def test_a_page_may_have_its_own_inbox_for_people(tmp_path: Path) -> None:
    """Who cannot be helped at our desk is passed to the Page's inbox, and taken back when nobody writes there any more."""
    nobody = [{"name": "utter_talk_to_operator", "facts": {}}]
    async with live(tmp_path, answering=lambda body: nobody) as here:
        services, meta = here.service.services, here.platform.meta
        key = f"messenger:{meta.page_id}"
        channel = services.channels[key]
        assert isinstance(services.channels, dict)
        services.channels[key] = replace(channel, options={**channel.options, "people": "page_inbox"})
        await on_messenger(here, {"message": {"text": "a person please"}})
        [seen] = await here.platform.wait_for(1, to=PSID)
        assert seen.body["thread_control"] == {"control_type": "pass", "app_id": str(PAGE_INBOX)}
        assert meta.threads[PSID] == str(PAGE_INBOX)
        [conversation] = await here.rows(Conversation)
        async with here.db.transaction() as session:
            voice = Voice(services, Speaker(services))
            await voice.take_thread(session, conversation.id)
        services.sends_waiting.set()

        async def taken() -> bool:
            return meta.threads[PSID] == meta.app_id

        await here.until(taken)
