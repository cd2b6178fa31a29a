"""A real browser on a real server with a scripted worker. Nothing but this machine is reached."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from tests.gateway.webchat_double import Double, alone, serving

CHROMIUM = "/usr/bin/chromium"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE, DESKTOP = (360, 740), (1280, 800)


@dataclass
class Visit:
    """A page that was opened, and everything it did that a visitor does not see."""

    page: Page
    context: BrowserContext
    url: str
    double: Double
    complaints: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)
    expected: tuple[str, ...] = ()

    async def say(self, text: str) -> None:
        await self.page.fill("#words", text)
        await self.page.click("#send")

    async def ready(self) -> None:
        await self.page.wait_for_selector("html[data-line=online]")

    async def texts(self, who: str = "bot") -> list[str]:
        return await self.page.locator(f".message.{who} .bubble").all_inner_texts()

    async def answered(self, count: int) -> None:
        await self.page.wait_for_function("n => document.querySelectorAll('.message.bot').length >= n", arg=count)


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def double(tmp_path: Path) -> AsyncIterator[Double]:
    async with alone(tmp_path) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def url(double: Double) -> AsyncIterator[str]:
    async with serving(double) as address:
        yield address


Open = Callable[..., Awaitable[Visit]]


@pytest_asyncio.fixture(loop_scope="session")
async def visit(browser: Browser, double: Double, url: str) -> AsyncIterator[Open]:
    """Open the page; at the end fail for any console error, policy report or foreign host."""
    visits: list[Visit] = []

    async def open_page(
        language: str = "en",
        size: tuple[int, int] = PHONE,
        scheme: Any = "light",
        context: BrowserContext | None = None,
        path: str = "/",
        **options: Any,
    ) -> Visit:
        context = context or await browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=scheme,
            locale=language,
            **options,
        )
        page = await context.new_page()
        seen = Visit(page, context, url, double)
        visits.append(seen)
        page.on(
            "console", lambda message: message.type in ("error", "warning") and seen.complaints.append(message.text)
        )
        page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        page.on("request", lambda request: seen.hosts.add(request.url.split("/")[2]))
        page.on("websocket", lambda socket: seen.hosts.add(socket.url.split("/")[2]))
        await page.add_init_script(
            "document.addEventListener('securitypolicyviolation',"
            " event => console.error('CSP ' + event.violatedDirective + ' ' + event.blockedURI))"
        )
        await page.goto(url + path)
        return seen

    yield open_page
    for seen in visits:
        told = [line for line in seen.complaints if not any(part in line for part in seen.expected)]
        await seen.context.close()
        assert told == [], told
        assert {host for host in seen.hosts if host and not host.startswith("127.0.0.1:")} == set()
