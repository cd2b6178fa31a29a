"""Looks at every page of the desk as people have it: `python -m tests.desk.pictures URL FOLDER PASSWORDS.json`.

Takes a picture of each page in each language, narrow and wide, light and dark, says which are cut off or slow, and is
how the pictures of docs/operators.md were made.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

from tests.desk.conftest import CHROMIUM

PAGES = {
    "supervisor": ("", "floor", "calls", "figures", "review", "review/chosen", "ready", "ready/greet", "notices"),
    "administrator": (
        *("answers", "answers/utter_bill_amount", "hours", "staff", "staff/1", "teams", "channels", "audit"),
        *("exports", "me"),
    ),
}
WIDTHS = {"phone": (360, 740), "wide": (1280, 800)}
SLOW = 1.5
# What sticks out of the window, and words that do not fit their own box.
CUT = """() => {
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  const found = wide > 1 ? [`page ${wide}px too wide`] : [];
  const passed = "[hidden], .wide-table, nav, .tabs, .rows, .skip, .quiet, details:not([open])";
  for (const box of document.querySelectorAll("button, a, h1, h2, label, summary, th, .tag, .card b")) {
    const style = getComputedStyle(box), at = box.getBoundingClientRect();
    if (!at.width || box.closest(passed)) continue;
    const words = `${box.tagName} "${box.textContent.trim().slice(0, 30)}"`;
    if (at.right > innerWidth + 1 && style.position !== "absolute") found.push(`${words} sticks out`);
    const hides = style.overflowX !== "visible" && style.textOverflow !== "ellipsis";
    if (box.scrollWidth > box.clientWidth + 1 && hides) found.push(`${words} is cut`);
  }
  return found;
}"""


async def sign_in(browser: Browser, url: str, role: str, password: str, **options: Any) -> Page:
    context = await browser.new_context(**options)
    page = await context.new_page()
    await page.goto(f"{url}/desk/login")
    await page.fill("[name=login]", role)
    await page.fill("[name=password]", password)
    await page.press("[name=password]", "Enter")
    await page.wait_for_url("**/desk/")
    return page


async def speak(page: Page, url: str, form: str) -> None:
    await page.goto(f"{url}/desk/me")
    await page.select_option("select[name=form]", form)
    await page.click("form[action='/desk/me/language'] button")


async def look(page: Page, url: str, path: str, name: str, folder: Path) -> list[str]:
    """One page: its picture, and what is wrong with it."""
    began = time.monotonic()
    await page.goto(f"{url}/desk/{path}", wait_until="domcontentloaded")
    took = time.monotonic() - began
    await page.wait_for_timeout(250)
    found: list[str] = await page.evaluate(CUT)
    await page.screenshot(path=folder / f"{name}.png", full_page=bool(path))
    return [f"{name}: {one}" for one in found] + ([f"{name}: {took:.1f} s"] if took > SLOW else [])


async def tour(url: str, folder: Path, passwords: dict[str, str], forms: list[str], more: list[str]) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        for role, paths in PAGES.items():
            for scheme in ("light", "dark"):
                for size, (width, height) in WIDTHS.items():
                    viewport = {"width": width, "height": height}
                    options = {"viewport": viewport, "color_scheme": scheme}
                    page = await sign_in(browser, url, role, passwords[role], **options)
                    for form in forms:
                        await speak(page, url, form)
                        for path in (*paths, *(more if role == "supervisor" else ())):
                            name = f"{path.replace('/', '-').replace('?', '') or 'inbox'}-{form}-{size}-{scheme}"
                            for fault in await look(page, url, path, name, folder):
                                print(fault, flush=True)
                    await page.context.close()
        await browser.close()


if __name__ == "__main__":
    address, into, secrets = sys.argv[1:4]
    chosen = sys.argv[4].split(",") if len(sys.argv) > 4 else ["en", "bn", "hi"]
    Path(into).mkdir(parents=True, exist_ok=True)
    asyncio.run(tour(address, Path(into), json.loads(Path(secrets).read_text()), chosen, sys.argv[5:]))
