"""The inbox in a real browser, wide and narrow: keys, live lines, hostile text, nothing from elsewhere."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from tests.desk.stage import staged
from tests.patience import MILLISECONDS

pytestmark = pytest.mark.asyncio(loop_scope="session")

WIDEST = (
    "Math.max(...[...document.querySelectorAll('body *')].filter("
    "e => !e.closest('.quiet, .skip, nav, details, .head-who, .row'))"
    ".map(e => e.getBoundingClientRect().right))"
)
HOSTILE = (
    "person <img src=x onerror=window.ran=1><script>window.ran=1</script> \u202eexe.gpj\u202c https://evil.example"
)


async def sign_in(page: Page, url: str, login: str, password: str) -> None:
    await page.goto(f"{url}/desk/login")
    await page.fill("[name=login]", login)
    await page.fill("[name=password]", password)
    await page.keyboard.press("Enter")
    await page.wait_for_selector("body.inbox[data-line=on]")


@pytest.mark.parametrize(("width", "height", "scheme"), [(1280, 800, "light"), (360, 740, "dark")])
async def test_a_conversation_by_keys_live(
    tmp_path: Path, browser: Browser, width: int, height: int, scheme: str
) -> None:
    complaints: list[str] = []
    hosts: set[str] = set()
    async with staged(tmp_path) as stage:
        context = await browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]
        page = await context.new_page()
        page.on("console", lambda line: line.type in ("error", "warning") and complaints.append(line.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
        await page.add_init_script(
            "document.addEventListener('securitypolicyviolation', e => console.error('CSP ' + e.violatedDirective))"
        )
        await sign_in(page, stage.url, "operator", stage.passwords["operator"])
        await page.click("#duty button")
        await page.wait_for_selector("#duty .on")
        customer = stage.customer()
        await customer.say(HOSTILE, name="<b onmouseover=window.ran=1>R\u202eahima</b>")
        await page.wait_for_selector("#next", timeout=MILLISECONDS)
        await page.keyboard.press("n")
        await page.wait_for_selector("#words")
        await page.wait_for_selector("html body[data-line=on]")
        await page.keyboard.press("r")
        await page.keyboard.type("আমি দেখছি, একটু সময় দিন।")
        await page.keyboard.press("Control+Enter")
        await page.wait_for_selector(".message.operator")
        assert await page.input_value("#words") == "", "what was sent does not stand in the box any more"
        await page.fill("#words", "a draft")
        await customer.say("are you still there")
        await page.locator("#log .bubble", has_text="are you still there").wait_for(timeout=MILLISECONDS)
        assert await page.input_value("#words") == "a draft", "a redraw takes nobody's words away"
        assert (await customer.heard(1, "operator"))[0].text.startswith("আমি দেখছি")
        assert await page.evaluate("window.ran") is None
        assert await page.locator("#log a[href*='evil.example']").count() == 0
        assert await page.locator("#log .hidden-sign").count() == 2
        wide = await page.evaluate(WIDEST)
        assert wide <= width + 1, "nothing sticks out"
        await page.fill("#words", "")
        await page.keyboard.press("Escape")
        await page.wait_for_timeout(300)
        await page.keyboard.press("e")
        await customer.status("pending")
        await page.wait_for_selector(".state.pending")
        assert complaints == []
        assert hosts == {stage.url.split("/")[2]}
        await context.close()


async def test_after_a_broken_line_the_desk_shows_the_same_as_a_fresh_one(tmp_path: Path, browser: Browser) -> None:
    async with staged(tmp_path) as stage:
        context = await browser.new_context()
        page = await context.new_page()
        await sign_in(page, stage.url, "operator", stage.passwords["operator"])
        await page.click("#duty button")
        await page.wait_for_selector("#duty .on")
        customer = stage.customer()
        await customer.say("a person please")
        await page.wait_for_selector("#next", timeout=MILLISECONDS)
        await page.click("#next")
        await page.wait_for_selector("#words")
        await context.set_offline(True)
        for number in range(5):
            await customer.say(f"while you were away {number}")
        await asyncio.sleep(1)
        await context.set_offline(False)
        await page.locator("#log .bubble", has_text="away 4").wait_for(timeout=MILLISECONDS)
        await page.wait_for_timeout(1000)
        fresh = await context.new_page()
        await fresh.goto(page.url)
        ids = (
            "[...document.querySelectorAll('#log .message[id]')].map(m => m.id + m.querySelector('.bubble').innerText)"
        )
        assert await page.evaluate(ids) == await fresh.evaluate(ids)
        await context.close()
