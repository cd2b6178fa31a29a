"""A customer in a real browser and the whole real service behind it: complain in Bangla, get the number, get the bill."""

from __future__ import annotations

import asyncio
import re
import subprocess
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.browser.conftest import CHROMIUM, PHONE, QUIET
from tests.fakes.platform import FakePlatform
from tests.patience import MILLISECONDS, SECONDS
from tests.replay.stage import Stage

LETTERS = str.maketrans("০১২৩৪৫৬৭৮৯", "0123456789")
NUMBER = re.compile(r"\b[A-Z]{3}-[0-9A-Z]{6}\b")


async def say(page: Page, text: str) -> str:
    """Write something and wait for what comes back; returns the newest words of the bot."""
    before = await page.locator(".message.bot").count()
    await page.fill("#words", text)
    await page.click("#send")
    await page.wait_for_function(
        "n => document.querySelectorAll('.message.bot').length > n", arg=before, timeout=MILLISECONDS
    )
    await page.wait_for_timeout(400)
    texts = await page.locator(".message.bot .bubble").all_inner_texts()
    return "\n".join(texts[before:])


async def until_number(page: Page) -> str:
    """Answer the questions of the complaint as they come until its number is told."""
    said = await say(page, "আমাদের বাসায় ২ ঘন্টা ধরে বিদ্যুৎ নেই")
    for answer in ("12345678", "ডেসকো", "মিরপুর ১২", "হ্যাঁ"):
        found = NUMBER.search(said)
        if found:
            break
        said = await say(page, answer)
    found = NUMBER.search(said)
    assert found, f"no complaint number in {said!r}"
    return found.group()


@pytest.mark.timeout(300)
async def test_complain_in_bangla_and_download_the_bill(place: Stage, tmp_path: Path) -> None:
    async with (
        FakePlatform() as platform,
        place.service("bangladesh-power-division", platform, sms_url=platform.sms_url) as service,
        async_playwright() as playwright,
    ):
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        context = await browser.new_context(
            viewport={"width": PHONE[0], "height": PHONE[1]}, locale="bn-BD", accept_downloads=True
        )
        page = await context.new_page()
        await page.goto(service.public_url)
        await page.wait_for_selector("html[data-line=online]")
        number = await until_number(page)
        assert number.startswith("DES-")

        said = await say(page, "আমার বিলের পিডিএফ দিন")
        for answer in ("12345678", "ডেসকো"):
            if platform.sms:
                break
            said = await say(page, answer)
        async with asyncio.timeout(SECONDS):
            while not platform.sms:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        assert platform.sms[-1]["to"] == "+8801700000001", "the code goes to the mobile on the account"
        code = re.search(r"\d{6}", platform.sms[-1]["text"].translate(LETTERS))
        assert code, said
        await say(page, code.group())
        card = page.locator(".message.bot a[download], .message.bot .file a, .message.bot a.file").last
        await expect(card).to_be_visible(timeout=MILLISECONDS)
        async with page.expect_download(timeout=MILLISECONDS) as download:
            await card.click()
        bill = tmp_path / "bill.pdf"
        await (await download.value).save_as(bill)
        await page.screenshot(path=tmp_path / "chat.png")
        await page.reload()
        await page.wait_for_selector("html[data-line=online]")
        await expect(page.locator(".message.mine .bubble").first).to_be_visible(timeout=MILLISECONDS)
        kept = " ".join(await page.locator(".message .bubble").all_inner_texts())
        assert number in kept
        assert code.group() not in kept, "nothing keeps a code"
        await browser.close()
    read = ["pdftotext", str(bill), "-"]
    words = (await asyncio.to_thread(subprocess.run, read, capture_output=True, text=True, check=True)).stdout
    assert "12345678" in words
    assert "রফিকুল ইসলাম" in words
