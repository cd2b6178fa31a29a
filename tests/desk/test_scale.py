"""A thousand waiting conversations: the pages stay quick, a message shows within a second, desks agree afterwards."""

from __future__ import annotations

import asyncio
import os
import random
import statistics
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from tests.desk.crowd import crowd
from tests.desk.stage import Customer, Person, Stage, staged
from tests.desk.test_browser import sign_in
from tests.patience import MILLISECONDS, SECONDS

pytestmark = pytest.mark.asyncio(loop_scope="session")

SOAK = os.environ.get("SATHI_SOAK") == "1"
WAITING = 1000
ACTIONS = 1000 if SOAK else 16
# A fifth of each on a quiet machine.
PAGE_SECONDS, SHOWN_SECONDS = 4.0, 4.0


async def quickest(person: Person, path: str, tries: int = 3) -> float:
    """The best of a few: what the machine does besides is not what is measured."""
    spans = []
    for _ in range(tries):
        began = time.monotonic()
        answer = await person.get(path)
        await answer.read()
        assert answer.status == 200
        spans.append(time.monotonic() - began)
    return min(spans)


async def test_a_thousand_wait_and_the_desk_stays_quick(
    tmp_path: Path, record_property: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    async with staged(tmp_path) as stage:
        db = stage.service.services.db
        ids = await crowd(db, [f"Customer {number}" for number in range(WAITING)], [["no power since morning"] * 4])
        boss = await stage.person("supervisor")
        measured = {
            path: await quickest(boss, path)
            for path in (
                "/desk/?list=unassigned",
                "/desk/list?list=unassigned&page=20",
                "/desk/floor",
                "/desk/list?q=power",
            )
        }
        page = await (await boss.get("/desk/list?list=unassigned")).text()
        assert page.count('class="row') >= 50 and "more ›" in page and f">{WAITING}<" in page
        assert max(measured.values()) < PAGE_SECONDS, measured
        await boss.post(f"/desk/c/{ids[0]}/claim")
        shown = [await _seen(stage, boss, number) for number in range(5)]
        assert min(shown) < SHOWN_SECONDS, shown
        with capsys.disabled():
            words = ", ".join(f"{path} {seconds * 1000:.0f} ms" for path, seconds in measured.items())
            print(f"\n{WAITING} waiting: {words}; a message shows after {statistics.median(shown) * 1000:.0f} ms")


async def _seen(stage: Stage, person: Person, number: int) -> float:
    """Seconds from a customer's message at our door to the event at an open desk."""
    customer = stage.customer()
    await customer.say("hello")  # with so many waiting nobody is queued any more: taken from the bot
    await customer.heard(1)
    id = await customer.id()
    await person.post(f"/desk/c/{id}/why", reason="to measure")
    await person.post(f"/desk/c/{id}/claim")
    async with person.http.get(f"{person.url}/desk/events?after=999999999&c={id}") as line:
        assert line.status == 200
        arrived = asyncio.create_task(_until(line.content, "transcript"))
        await asyncio.sleep(0.6)
        began = time.monotonic()
        await customer.say(f"are you there {number}")
        await asyncio.wait_for(arrived, SECONDS)
        return time.monotonic() - began


async def _until(content: Any, name: str) -> None:
    async for line in content:
        if line.decode().strip() == f"event: {name}":
            return


LOOKS = """() => ({
  rows: [...document.querySelectorAll('a.row')].map(r => [r.dataset.id, r.querySelector('.row-words').innerText,
    [...r.querySelectorAll('.tag')].map(t => t.innerText).filter(t => !t.startsWith('waits')).join()].join('|')),
  tabs: [...document.querySelectorAll('.tabs a')].map(t => t.innerText.replace(/\\s+/g, ' ')),
  log: [...document.querySelectorAll('#log > *')].map(m => m.innerText.replace(/\\s+/g, ' ')),
  state: (document.querySelector('.head .state') || {}).innerText || '',
  labels: [...document.querySelectorAll('.side .label.on')].map(l => l.innerText),
})"""


async def act(stage: Stage, chance: random.Random, person: Person, customers: list[Customer]) -> None:
    """Something that happens at a desk or in front of one."""
    customer = chance.choice(customers)
    id = await customer.id()
    what = chance.choice(
        ("say", "say", "claim", "reply", "reply", "note", "label", "snooze", "return", "requeue", "wake")
    )
    if what == "say":
        await customer.say(f"{'a person please' if chance.random() < 0.5 else 'more'} {chance.randrange(10**6)}")
        return
    form = {
        "reply": {"text": f"answer {chance.randrange(10**6)}", "cid": f"{chance.randrange(10**9):09d}"},
        "note": {"text": f"note {chance.randrange(10**6)}"},
        "label": {"label": chance.choice(("urgent", "calm")), "off": chance.choice(("0", "1"))},
        "snooze": {"minutes": "30"},
        "return": {"seen": "999999"},
    }.get(what, {})
    await person.post(f"/desk/c/{id}/{what}", **form)


async def looks(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = await page.evaluate(LOOKS)
    return found


async def fresh(browser_page: Page) -> dict[str, Any]:
    page = await browser_page.context.new_page()
    await page.goto(browser_page.url)
    await page.wait_for_selector("body[data-line=on]")
    found = await looks(page)
    await page.close()
    return found


async def desk(browser: Browser, stage: Stage, role: str, id: int, which: str) -> Page:
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    page = await context.new_page()
    await sign_in(page, stage.url, role, stage.passwords[role])
    await page.goto(f"{stage.url}/desk/?list={which}&c={id}")
    await page.wait_for_selector("body[data-line=on]")
    return page


@pytest.mark.timeout(1500 if SOAK else 300)
async def test_three_desks_that_lose_their_line_show_what_a_fresh_one_shows(
    tmp_path: Path, browser: Browser, capsys: pytest.CaptureFixture[str]
) -> None:
    chance, began = random.Random(20261122), time.monotonic()
    async with staged(tmp_path) as stage:
        people = [await stage.person("operator"), await stage.person("supervisor")]
        customers = [stage.customer() for _ in range(3)]
        for customer in customers:
            await customer.say("a person please")
            await customer.status("queued")
        ids = [await customer.id() for customer in customers]
        pages = [
            await desk(browser, stage, "operator", ids[0], "unassigned"),
            await desk(browser, stage, "supervisor", ids[0], "team"),
            await desk(browser, stage, "supervisor", ids[1], "unassigned"),
        ]
        for number in range(ACTIONS):
            if chance.random() < 0.4:
                await chance.choice(pages).context.set_offline(chance.random() < 0.5)
            await act(stage, chance, chance.choice(people), customers)
            if SOAK and number % 50 == 49:
                acted = time.monotonic() - began
                await agreed(pages)
                with capsys.disabled():
                    print(f"{number + 1} actions after {acted:.0f} s, agreed after {time.monotonic() - began:.0f} s")
        await agreed(pages)
        for page in pages:
            await page.context.close()


async def agreed(pages: list[Page]) -> None:
    """Back on the line, each desk comes to look like a fresh one."""
    for page in pages:
        await page.context.set_offline(False)
    for page in pages:
        await page.wait_for_selector("body[data-line=on]", timeout=MILLISECONDS)
        for _ in range(40):
            mine, other = await looks(page), await fresh(page)
            if mine == other:
                break
            await page.wait_for_timeout(500)
        assert mine == other
