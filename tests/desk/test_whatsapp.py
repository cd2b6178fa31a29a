"""A customer on WhatsApp and an operator in the browser: both ways, with a photo and a PDF, to the rating."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.async_api import async_playwright

from desk.demo import staff
from handoff.desk_tables import Takeover
from tests.desk.test_browser import CHROMIUM, sign_in
from tests.fakes.ledger import File
from tests.gateway.live import Live, live

PHONE = "+8801700000077"
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def answering(body: dict[str, Any]) -> list[dict[str, Any]]:
    name = "utter_talk_to_operator" if "person" in (body.get("text") or "") else "utter_greet"
    return [{"name": name, "facts": {"code": "KMR234", "number": "16999"} if name.endswith("operator") else {}}]


async def sent_file(here: Live, mime: str) -> Any:
    async def there() -> Any:
        return next((seen for seen in here.platform.messages(PHONE) if seen.file and seen.file.mime == mime), None)

    return await here.until(there)


async def test_whatsapp_and_the_browser_with_a_photo_and_a_pdf(tmp_path: Path) -> None:
    async with live(tmp_path, answering=answering, demo=True) as here, async_playwright() as playwright:
        here.platform.auto_status = ("sent", "delivered", "read")
        passwords = {one.role: one.password for one in staff(here.service.services.key)}
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = await browser.new_page(viewport={"width": 1280, "height": 800})
        await sign_in(page, here.service.public_url, "operator", passwords["operator"])
        await page.click("#duty button")
        await page.wait_for_selector("#duty .on")
        await here.platform.say(PHONE, "a person please")
        await page.wait_for_selector("#next", timeout=15_000)
        await page.keyboard.press("n")
        await page.wait_for_selector("#words")
        photo = io.BytesIO()
        Image.new("RGB", (40, 30), "red").save(photo, "JPEG")
        media = here.platform.meta.keep(File(name="", mime="image/jpeg", content=photo.getvalue()))
        body = {"id": media, "mime_type": "image/jpeg", "sha256": "x", "caption": "the meter"}
        await here.platform.send_whatsapp(PHONE, {"type": "image", "image": body})
        await page.locator("#log .picture").wait_for(timeout=15_000)
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
        await page.locator("#log .message.operator .foot", has_text="read").first.wait_for(timeout=15_000)
        await here.platform.say(PHONE, "thank you")
        await page.locator("#log .bubble", has_text="thank you").wait_for(timeout=15_000)
        await page.locator("#words").blur()
        await page.keyboard.press("e")
        await page.wait_for_selector(".state.pending")

        async def asked() -> str:
            titles = [title for seen in here.platform.messages(PHONE) for _, title in seen.choices]
            return next((title for title in titles if title[0] in "5৫५"), "")

        await here.platform.tap(PHONE, await here.until(asked))

        async def rated() -> bool:
            return [row.rating for row in await here.rows(Takeover)] == [5]

        await here.until(rated)
        await browser.close()
