"""A shared telephone number, from the platform to the dialogue core: one's own is proof, anybody else's a claim."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.tables import Conversation
from tests.gateway.live import Live, live
from utility.tables import AccountLink, UtilityAccount

CHAT, OWN, OTHER = 4711, "+8801700000002", "+8801700000001"


async def account(here: Live, number: str, mobile: str) -> None:
    async with here.db.transaction() as session:
        session.add(
            UtilityAccount(
                tenant="bangladesh-power-division",
                utility="wzpdcl",
                number=number,
                mobile=mobile,
                kind="postpaid",
                holder="H",
                address="A",
                area="shantidham",
                transformer="T-1",
                load_kw=1,
                tariff_class="LT-A",
            )
        )


async def asked(here: Live, count: int) -> dict[str, Any]:
    """Wait for so many turns; returns what the last was asked."""

    async def there() -> bool:
        return len(here.rasa.turns) >= count

    await here.until(there)
    return here.rasa.turns[count - 1].get("choice") or {}


async def test_ones_own_contact_on_telegram_links_the_account(tmp_path: Path) -> None:
    async with live(tmp_path) as here:
        await account(here, "104231245", OWN)
        card = {"phone_number": OWN[1:], "first_name": "N", "user_id": CHAT}
        await here.platform.send_telegram(CHAT, {"contact": card})
        choice = await asked(here, 1)
        assert (choice["intent"], choice["entities"]) == ("inform_contact", {"phone": OWN, "proven": "1"})
        [link] = await here.rows(AccountLink)
        assert (link.account, link.mobile, link.way) == ("104231245", OWN, "contact")


async def test_every_other_contact_is_a_claim(tmp_path: Path) -> None:
    async with live(tmp_path) as here:
        await account(here, "104231245", OWN)
        card = {"phone_number": OWN[1:], "first_name": "N", "user_id": CHAT + 1}
        await here.platform.send_telegram(CHAT, {"contact": card})
        assert (await asked(here, 1))["entities"] == {"phone": OWN}
        cards = [{"name": {"formatted_name": "N"}, "phones": [{"phone": OWN, "wa_id": OWN[1:]}]}]
        await here.platform.send_whatsapp(OTHER, {"type": "contacts", "contacts": cards})
        assert (await asked(here, 2))["entities"] == {"phone": OWN}
        shared = {"mid": "m_phone", "text": OWN, "quick_reply": {"payload": OWN}}
        await here.platform.send_messenger("PSID-7", {"message": shared})
        assert (await asked(here, 3))["entities"] == {"phone": OWN}
        assert await here.rows(AccountLink) == []


async def test_stop_ends_what_is_under_way_and_else_the_notices(tmp_path: Path) -> None:
    async with live(tmp_path) as here:
        await here.platform.say(OWN, "STOP")
        assert (await asked(here, 1))["intent"] == "unsubscribe_alerts"
        await here.platform.wait_for(1, to=OWN)
        async with here.db.transaction() as session:
            conversation = await session.get(Conversation, 1)
            assert conversation is not None
            conversation.state = {"slots": {}, "active_loop": "account_form"}
        await here.platform.say(OWN, "বন্ধ করুন")
        assert (await asked(here, 2))["intent"] == "cancel"
