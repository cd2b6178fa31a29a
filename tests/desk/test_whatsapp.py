"""A customer on WhatsApp and an operator in the browser: photo and PDF both ways to the rating, and the closed window."""

from __future__ import annotations

import io
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import Browser, Page
from sqlmodel import select

from core.clock import ManualClock
from core.tables import Conversation
from desk.demo import staff
from handoff.desk_tables import HandoffEvent, Takeover
from tests.desk.test_browser import sign_in
from tests.fakes.ledger import File
from tests.gateway.live import Live, live
from tests.patience import MILLISECONDS

pytestmark = pytest.mark.asyncio(loop_scope="session")
PHONE = "+8801700000077"
PLAIN = """async ([path, cid]) => {
  const headers = { "X-CSRF-Token": JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRF-Token"], "HX-Request": "true" };
  return (await fetch(path, { method: "POST", headers, body: new URLSearchParams({ text: "plain", cid }) })).text();
}"""
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def answering(body: dict[str, Any]) -> list[dict[str, Any]]:
    name = "utter_talk_to_operator" if "person" in (body.get("text") or "") else "utter_greet"
    return [{"name": name, "facts": {"code": "KMR234", "number": "16999"} if name.endswith("operator") else {}}]


async def sent_file(here: Live, mime: str) -> Any:
    async def there() -> Any:
        return next((seen for seen in here.platform.messages(PHONE) if seen.file and seen.file.mime == mime), None)

    return await here.until(there)


async def rates_five(here: Live) -> None:
    """The customer taps the best of the five ratings that were offered, and it is kept."""

    async def asked() -> str:
        titles = [title for seen in here.platform.messages(PHONE) for _, title in seen.choices]
        return next((title for title in titles if title[0] in "5৫५"), "")

    await here.platform.tap(PHONE, await here.until(asked))

    async def rated() -> bool:
        return [row.rating for row in await here.rows(Takeover)] == [5]

    await here.until(rated)


async def test_whatsapp_and_the_browser_with_a_photo_and_a_pdf(tmp_path: Path, browser: Browser) -> None:
    async with live(tmp_path, answering=answering, demo=True) as here:
        here.platform.auto_status = ("sent", "delivered", "read")
        passwords = {one.role: one.password for one in staff(here.service.services.key)}
        context = await browser.new_context(viewport={"width": 1280, "height": 800})
        page = await context.new_page()
        await sign_in(page, here.service.public_url, "operator", passwords["operator"])
        await page.click("#duty button")
        await page.wait_for_selector("#duty .on")
        await here.platform.say(PHONE, "a person please")
        await page.wait_for_selector("#next", timeout=MILLISECONDS)
        await page.keyboard.press("n")
        await page.wait_for_selector("#words")
        photo = io.BytesIO()
        Image.new("RGB", (40, 30), "red").save(photo, "JPEG")
        media = here.platform.meta.keep(File(name="", mime="image/jpeg", content=photo.getvalue()))
        body = {"id": media, "mime_type": "image/jpeg", "sha256": "x", "caption": "the meter"}
        await here.platform.send_whatsapp(PHONE, {"type": "image", "image": body})
        await page.locator("#log .picture").wait_for(timeout=MILLISECONDS)
        loaded = "document.querySelector('#log .picture').naturalWidth"

        async def seen() -> bool:
            return bool(await page.evaluate(loaded) == 40)

        await here.until(seen)
        await page.set_input_files("#file", {"name": "plan.pdf", "mimeType": "application/pdf", "buffer": PDF})
        await page.fill("#words", "Here is the plan")
        await page.keyboard.press("Control+Enter")
        got = await sent_file(here, "application/pdf")
        assert got.file.content == PDF
        blue = io.BytesIO()
        Image.new("RGB", (20, 10), "blue").save(blue, "PNG")
        await page.wait_for_selector("#chosen-file", state="hidden")
        await page.set_input_files("#file", {"name": "p.png", "mimeType": "image/png", "buffer": blue.getvalue()})
        await page.click("#reply .primary")
        await sent_file(here, "image/png")
        await page.locator("#log .message.operator .foot", has_text="read").first.wait_for(timeout=MILLISECONDS)
        await here.platform.say(PHONE, "thank you")
        await page.locator("#log .bubble", has_text="thank you").wait_for(timeout=MILLISECONDS)
        await page.locator("#words").blur()
        await page.keyboard.press("e")
        await page.wait_for_selector(".state.pending")
        await rates_five(here)
        await context.close()


async def test_after_the_24_hours_plain_words_are_refused_and_an_approved_template_leaves(
    tmp_path: Path, browser: Browser
) -> None:
    async with live(tmp_path, answering=answering, demo=True) as here:
        here.platform.auto_status = ("sent", "delivered")
        passwords = {one.role: one.password for one in staff(here.service.services.key)}
        context = await browser.new_context(viewport={"width": 1280, "height": 800})
        page = await context.new_page()
        await sign_in(page, here.service.public_url, "supervisor", passwords["supervisor"])
        await page.goto(f"{here.service.public_url}/desk/ready")
        form = page.locator("form[action='/desk/templates']").last
        for name, words in (("name", "complaint_solved"), ("language", "en_US"), ("text", "Complaint {{1}} is {{2}}.")):
            await form.locator(f"[name={name}]").fill(words)
        await form.locator("button").click()
        await page.locator("b", has_text="complaint_solved").wait_for()
        await page.goto(f"{here.service.public_url}/desk/")
        await page.click("#duty button")
        await page.wait_for_selector("#duty .on")
        await here.platform.say(PHONE, "a person please")
        await page.wait_for_selector("#next", timeout=MILLISECONDS)
        await page.keyboard.press("n")
        await page.wait_for_selector("#words")
        # The platform's clock is ahead of ours: it refuses what we thought it would take.
        fault = {"error": {"code": 131047, "message": "Re-engagement message"}}
        here.platform.fail("whatsapp", status=400, body=fault, times=None)
        await page.fill("#words", "Are you still there?")
        await page.keyboard.press("Control+Enter")
        refused = page.locator("#log .message.operator .foot.failed")
        await refused.wait_for(timeout=MILLISECONDS)
        assert "not sent: window closed" in await refused.inner_text() and "131047" in await refused.inner_text()
        here.platform.heal("whatsapp")
        # And a day later nobody is led to try.
        async with here.db.transaction() as session:
            [conversation] = (await session.exec(select(Conversation))).all()
            conversation.last_incoming_at = here.db.now() - timedelta(hours=24, minutes=1)
            session.add(conversation)
        await page.reload()
        assert "24 hours are over" in await page.locator(".window-closed").inner_text()
        assert await page.locator("#words").count() == 0
        told = await page.evaluate(PLAIN, [f"/desk/c/{conversation.id}/reply", uuid.uuid4().hex])
        assert "allows no free text now" in told
        box = page.locator(".templates form")
        assert "Complaint {{1}} is {{2}}." in await box.inner_text()
        await box.locator("[name=value1]").fill("DES-7K3M9Q")
        await box.locator("[name=value2]").fill("solved")
        await box.locator("button").click()

        async def template() -> Any:
            return next((seen for seen in here.platform.messages(PHONE) if seen.kind == "template"), None)

        inner = (await here.until(template)).body["template"]
        assert (inner["name"], inner["language"]["code"]) == ("complaint_solved", "en_US")
        values = [one["text"] for part in inner["components"] for one in part["parameters"]]
        assert values == ["DES-7K3M9Q", "solved"]
        last = page.locator("#log .message.operator").last
        await last.locator(".foot", has_text="delivered").wait_for(timeout=MILLISECONDS)
        assert "Template complaint_solved" in await last.inner_text()
        assert "Complaint DES-7K3M9Q is solved." in await last.inner_text()
        assert not [seen for seen in here.platform.messages(PHONE) if seen.text in ("Are you still there?", "plain")]
        await here.platform.say(PHONE, "thank you")
        await page.wait_for_selector("#words", timeout=MILLISECONDS)
        assert await page.locator(".window-closed").count() == 0, "the customer's word opens the window again"
        await context.close()


async def test_an_operator_is_gone_the_next_goes_on_gives_back_and_is_rated(tmp_path: Path, browser: Browser) -> None:
    clock = ManualClock(datetime.now(UTC))
    async with live(tmp_path, answering=answering, demo=True, clock=clock) as here:
        passwords = {one.role: one.password for one in staff(here.service.services.key)}

        async def desk(role: str) -> Page:
            context = await browser.new_context(viewport={"width": 1280, "height": 800})
            page = await context.new_page()
            await sign_in(page, here.service.public_url, role, passwords[role])
            await page.goto(f"{here.service.public_url}/desk/")
            await page.click("#duty button")
            await page.wait_for_selector("#duty .on")
            return page

        async def took(page: Page) -> None:
            await page.wait_for_selector("#next", timeout=MILLISECONDS)
            await page.keyboard.press("n")
            await page.wait_for_selector("#words")

        first = await desk("operator")
        await here.platform.say(PHONE, "a person please")
        await took(first)
        await here.platform.say(PHONE, "are you there?")
        await first.locator("#log .bubble", has_text="are you there?").wait_for(timeout=MILLISECONDS)
        await first.context.close()
        second = await desk("supervisor")
        clock.advance(timedelta(minutes=2))  # the first gives no sign of life for longer than 90 seconds
        await took(second)
        assert "are you there?" in await second.locator("#log").inner_text()
        await second.fill("#words", "I go on for my colleague")
        await second.keyboard.press("Control+Enter")
        await here.said("I go on for my colleague", PHONE)
        await second.locator("#words").blur()
        await second.keyboard.press("b")
        await second.wait_for_selector(".state.pending")
        await here.platform.say(PHONE, "hello again")

        async def answered_by_the_bot() -> bool:
            return [author for direction, author, _ in await here.transcript() if direction == "outgoing"][-1] == "bot"

        await here.until(answered_by_the_bot)
        await rates_five(here)
        moves = [row.move for row in await here.rows(HandoffEvent)]
        assert moves == ["ask", "claim", "operator_gone", "claim", "give_back"]
        await second.context.close()
