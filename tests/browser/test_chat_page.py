"""The chat page in Chromium: what a customer sees, with which line, in which language, with which tools."""

from __future__ import annotations

import asyncio
import io
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from core.messages import Link, OutgoingMessage, QuickReply
from tests.browser.conftest import DESKTOP, PHONE, Open, Visit
from tests.gateway.webchat_double import PDF
from tests.patience import MILLISECONDS

# One browser serves all tests, so they share its event loop.
pytestmark = pytest.mark.asyncio(loop_scope="session")
LANGUAGES = ("bn", "hi", "en")
BUDGET = 150_000  # bytes of a first visit over the line
TOUCH = 44  # pixels; WCAG 2.5.5


async def test_a_message_is_answered(visit: Open) -> None:
    seen = await visit("bn")
    await seen.ready()
    await seen.say("বিদ্যুৎ নেই")
    await seen.answered(1)
    assert await seen.texts("mine") == ["বিদ্যুৎ নেই"]
    assert await seen.texts() == ["echo: বিদ্যুৎ নেই"]
    await seen.page.wait_for_selector(".mine[data-state=seen]")
    assert await seen.page.input_value("#words") == ""


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_page_speaks_the_visitor_s_language(visit: Open, language: str) -> None:
    seen = await visit(language)
    title = {"bn": "বিজলি সাথী", "hi": "बिजली साथी", "en": "Bijli Sathi"}[language]
    assert await seen.page.inner_text("h1") == title
    assert await seen.page.get_attribute("html", "lang") == language
    assert "{{" not in await seen.page.content()
    await seen.ready()


async def test_the_language_can_be_changed_and_is_remembered(visit: Open) -> None:
    seen = await visit("en")
    await seen.ready()
    await seen.page.click("#menu-button")
    await seen.page.click("#languages [lang=hi]")
    await seen.page.wait_for_selector("html[lang=hi]")
    assert await seen.page.get_attribute("#words", "placeholder") == "यहाँ लिखिए"
    assert await seen.page.get_attribute("#send", "aria-label") == "भेजें"
    await seen.page.reload()
    assert await seen.page.inner_text("h1") == "बिजली साथी"


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_first_visit_is_small(visit: Open, language: str) -> None:
    seen = await visit(language)
    await seen.ready()
    await seen.page.evaluate("document.fonts.ready")
    sizes: dict[str, int] = await seen.page.evaluate(
        "Object.fromEntries(['navigation', 'resource'].flatMap(kind => performance.getEntriesByType(kind))"
        ".map(entry => [new URL(entry.name).pathname, entry.transferSize]))"
    )
    assert any(name.endswith(".woff2") for name in sizes), "the fonts are not installed: scripts/fetch-assets"
    print(f"first visit, {language}: {sum(sizes.values())} bytes in {len(sizes)} files")
    assert sum(sizes.values()) < BUDGET, sizes


async def test_quick_replies_are_taps(visit: Open) -> None:
    seen = await visit()
    await seen.ready()
    await seen.say("choose")
    await seen.page.click(".choice >> text=Two")
    await seen.answered(2)
    assert await seen.texts("mine") == ["choose", "Two"]
    assert await seen.texts() == ["Which one?", "chosen"]
    assert await seen.page.locator(".choice.chosen").inner_text() == "Two"


async def test_many_choices_can_be_searched(visit: Open) -> None:
    seen = await visit()
    await seen.ready()
    await seen.say("many")
    await seen.answered(1)
    await seen.page.fill(".search", "area 19")
    assert await seen.page.locator(".choice:visible").all_inner_texts() == ["Area 19"]
    await seen.page.click(".choice:visible")
    await seen.answered(2)


async def test_choices_with_a_description_stand_in_rows(visit: Open) -> None:
    seen = await visit()
    await seen.ready()
    await seen.say("rows")
    await seen.answered(1)
    assert await seen.page.locator(".rows .choice small").first.inner_text() == "Ward 1"


async def test_a_bill_can_be_downloaded(visit: Open) -> None:
    seen = await visit()
    await seen.ready()
    await seen.say("pdf")
    await seen.answered(1)
    async with seen.page.expect_download() as waiting:
        await seen.page.click("a.document")
    download = await waiting.value
    assert download.suggested_filename == "বিল-2026-09.pdf"
    content = await asyncio.to_thread(Path(await download.path()).read_bytes)
    assert content == PDF


async def test_the_hotline_is_a_call_and_a_link_asks_first(visit: Open) -> None:
    seen = await visit()
    await seen.ready()
    await seen.say("call")
    await seen.answered(1)
    assert await seen.page.get_attribute(".message a.action", "href") == "tel:16999"
    await seen.say("link")
    await seen.answered(2)
    link = seen.page.locator("a.action.plain")
    assert await link.get_attribute("rel") == "noopener noreferrer nofollow"
    await link.click()
    assert "example.com" in await seen.page.inner_text("#question-text")
    await seen.page.click("#question [value=no]")
    assert len(seen.context.pages) == 1


LINKS = [
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "file:///etc/passwd",
    " java\tscript:alert(1)",
    "//",
    "https://",
]


async def test_a_link_that_is_none_is_not_shown(visit: Open) -> None:
    seen = await visit()
    await seen.ready()
    seen.double.answer = lambda message: [
        OutgoingMessage(text=url, link=Link(label="Go", url=url)) for url in [*LINKS, "https://еxample.com/"]
    ]
    await seen.say("go")
    await seen.answered(len(LINKS) + 1)
    links = seen.page.locator("a.action.plain")
    assert await links.count() == 1
    assert "xn--" in await links.locator("small").inner_text()


async def test_the_place_is_given_only_when_asked(visit: Open) -> None:
    seen = await visit(geolocation={"latitude": 23.8103, "longitude": 90.4125}, permissions=["geolocation"])
    await seen.ready()
    await seen.say("place")
    await seen.answered(1)
    await seen.page.click("text=Share my location")
    await seen.answered(2)
    assert (await seen.texts())[-1] == "place 23.81"


async def test_a_refused_place_asks_for_the_address(visit: Open) -> None:
    seen = await visit(permissions=[])
    await seen.ready()
    await seen.say("place")
    await seen.page.click("text=Share my location")
    await seen.page.wait_for_selector("#notice:visible >> text=Please type the address")
    assert await seen.page.evaluate("document.activeElement.id") == "words"


def photo(side: int = 2400) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((side, side // 2), 60).convert("RGB").save(out, "JPEG", quality=95)
    return out.getvalue()


async def test_a_photo_is_made_smaller_and_sent(visit: Open) -> None:
    seen = await visit()
    await seen.ready()
    content = photo()
    await seen.page.set_input_files("#file", {"name": "meter.jpg", "mimeType": "image/jpeg", "buffer": content})
    await seen.page.wait_for_selector(".held img")
    await seen.say("")
    await seen.answered(1)
    assert await seen.texts() == ["1 file, image/jpeg"]
    (stored,) = [
        path for path in (seen.double.settings.data_dir / "uploads").rglob("*") if path.is_file() and not path.suffix
    ]
    with Image.open(stored) as image:
        assert max(image.size) == 1600
    assert stored.stat().st_size < len(content)


async def test_a_file_of_another_kind_is_refused_before_it_leaves(visit: Open) -> None:
    seen = await visit()
    await seen.ready()
    await seen.page.set_input_files("#file", {"name": "a.exe", "mimeType": "application/x-msdownload", "buffer": b"MZ"})
    await seen.page.wait_for_selector("#notice:visible")
    assert await seen.page.locator(".held").count() == 0


async def test_a_photo_that_is_none_is_marked_as_failed(visit: Open) -> None:
    seen = await visit()
    seen.expected = ("415",)
    await seen.ready()
    await seen.page.set_input_files("#file", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"<html>"})
    await seen.page.wait_for_selector(".held")
    await seen.say("")
    await seen.page.wait_for_selector(".message.failed")
    await seen.say("still here")
    await seen.answered(1)
    await seen.page.click(".mend >> text=Discard")
    assert await seen.page.locator(".message.failed").count() == 0


async def test_words_written_offline_leave_once_and_in_order(visit: Open) -> None:
    seen = await visit()
    seen.expected = ("ERR_INTERNET_DISCONNECTED", "WebSocket connection")
    await seen.ready()
    await seen.say("before")
    await seen.answered(1)
    await seen.context.set_offline(True)
    await seen.page.wait_for_selector("#banner:visible >> text=offline")
    for text in ("one", "two", "three"):
        await seen.say(text)
    await asyncio.sleep(0.5)
    assert len(seen.double.turns) == 1
    await seen.context.set_offline(False)
    await seen.answered(4)
    await seen.page.wait_for_selector("#banner", state="hidden")
    assert await seen.texts() == ["echo: before", "echo: one", "echo: two", "echo: three"]
    assert await seen.texts("mine") == ["before", "one", "two", "three"]
    assert len(seen.double.turns) == len(set(seen.double.turns)) == 4


async def test_a_line_cut_at_any_moment_loses_and_doubles_nothing(visit: Open) -> None:
    seen = await visit()
    await seen.ready()
    for number in range(6):
        await seen.say(f"word {number}")
        for line in [line for lines in seen.double.hub._lines.values() for line in lines]:
            if (transport := line.pipe._request.transport) is not None:  # type: ignore[attr-defined]
                transport.abort()
        await seen.page.wait_for_selector("html[data-line=online]", timeout=MILLISECONDS)
    await seen.answered(6)
    assert await seen.texts("mine") == [f"word {number}" for number in range(6)]
    assert sorted(await seen.texts()) == [f"echo: word {number}" for number in range(6)]
    assert len(seen.double.turns) == len(set(seen.double.turns)) == 6


async def test_unsent_words_outlive_a_reload(visit: Open) -> None:
    seen = await visit()
    seen.expected = ("Failed to load resource", "WebSocket")
    await seen.ready()
    await seen.page.evaluate(
        "sessionStorage.setItem('sathi-unsent',"
        " JSON.stringify([{frame: {t: 'msg', text: 'kept', cid: 'k-1'}, text: 'kept'}]))"
    )
    await seen.page.reload()
    await seen.answered(1)
    assert await seen.texts("mine") == ["kept"]
    assert await seen.page.evaluate("sessionStorage.getItem('sathi-unsent')") == "[]"


async def test_two_tabs_show_the_same(visit: Open) -> None:
    one = await visit()
    await one.ready()
    two = await visit(context=one.context)
    await two.ready()
    await one.say("from one")
    await two.answered(1)
    await two.say("from two")
    await one.answered(2)
    await two.answered(2)
    for seen in (one, two):
        assert await seen.texts("mine") == ["from one", "from two"]
        assert await seen.texts() == ["echo: from one", "echo: from two"]


async def test_a_reload_brings_the_conversation_back(visit: Open) -> None:
    seen = await visit()
    await seen.ready()
    await seen.say("hello")
    await seen.answered(1)
    await seen.page.reload()
    await seen.answered(1)
    assert (await seen.texts("mine"), await seen.texts()) == (["hello"], ["echo: hello"])


async def test_leaving_forgets_on_this_device(visit: Open) -> None:
    seen = await visit()
    await seen.ready()
    await seen.say("hello")
    await seen.answered(1)
    await seen.page.click("#menu-button")
    await seen.page.click("#leave")
    async with seen.page.expect_navigation():
        await seen.page.click("#question-yes")
    await seen.ready()
    assert await seen.texts() == []


async def test_where_sockets_are_blocked_polling_serves(visit: Open) -> None:
    seen = await visit(path="/healthz")
    seen.expected = ("404",)
    await seen.page.add_init_script("window.WebSocket = class { constructor() { throw new Error('blocked'); } }")
    await seen.page.goto(seen.url)
    await seen.page.wait_for_selector("html[data-line=online]", timeout=MILLISECONDS)
    await seen.say("hello")
    await seen.say("again")
    await seen.answered(2)
    assert await seen.texts() == ["echo: hello", "echo: again"]
    assert await seen.texts("mine") == ["hello", "again"]


async def test_the_page_opens_without_a_line(visit: Open) -> None:
    seen = await visit()
    seen.expected = ("ERR_INTERNET_DISCONNECTED", "Failed to load", "WebSocket")
    await seen.ready()
    await seen.page.evaluate("navigator.serviceWorker.ready")
    kept = await seen.page.evaluate(
        "caches.keys().then(names => caches.open(names[0]))"
        ".then(cache => cache.keys()).then(all => all.map(one => one.url))"
    )
    assert any(address.endswith("/chat.js") for address in kept)
    assert not any(re.search("/chat/(file|poll|send|session|ws)", address) for address in kept)
    await seen.context.set_offline(True)
    await seen.page.reload()
    await seen.page.wait_for_selector("#banner:visible")
    assert await seen.page.inner_text("h1") == "Bijli Sathi"


async def test_it_can_be_installed(visit: Open) -> None:
    seen = await visit("bn")
    await seen.ready()
    client = await seen.context.new_cdp_session(seen.page)
    answer = await client.send("Page.getAppManifest")
    assert answer["errors"] == []
    problems = await client.send("Page.getInstallabilityErrors")
    assert [item["errorId"] for item in problems["installabilityErrors"] if item["errorId"] != "in-incognito"] == []
    for item in (await seen.page.evaluate("fetch('/manifest.webmanifest').then(answer => answer.json())"))["icons"]:
        response = await seen.page.request.get(seen.url + item["src"])
        assert response.ok
        if item["type"] == "image/png":
            with Image.open(io.BytesIO(await response.body())) as image:
                assert f"{image.width}x{image.height}" == item["sizes"]


TRICKS = [
    "<script>console.error('ran')</script>",
    "<img src=x onerror=console.error('ran')>",
    "<svg onload=console.error('ran')>",
    "</p><iframe src=javascript:console.error('ran')>",
    "{{constructor.constructor('console.error(1)')()}}",
    "javascript:console.error('ran')",
    "\u202e<b>txet</b>",
]


async def test_markup_in_any_field_is_only_text(visit: Open) -> None:
    seen = await visit()
    await seen.ready()
    seen.double.answer = lambda message: [
        OutgoingMessage(
            text=trick,
            choices=(QuickReply(token="", title=trick, description=trick),),
            link=Link(label=trick, url="https://example.com/"),
        )
        for trick in TRICKS
    ]
    await seen.say(TRICKS[1])
    await seen.answered(len(TRICKS))
    assert await seen.page.locator("#log script, #log iframe, #log b:not(.document b), #log img").count() == 0
    assert (await seen.texts())[:6] == TRICKS[:6]
    assert "\u202e" not in (await seen.texts())[6]


async def test_joiners_of_indic_scripts_stay(visit: Open) -> None:
    text = "র\u200d্যাম ক্ষ ন্ধ্র क्\u200dष श्र"
    seen = await visit("bn")
    await seen.ready()
    await seen.say(text)
    await seen.answered(1)
    assert (await seen.page.locator(".mine .bubble").text_content()) == text
    assert (await seen.page.locator(".bot .bubble").text_content()) == f"echo: {text}"


SCREENS = [(language, PHONE, scheme) for language in LANGUAGES for scheme in ("light", "dark")]
SCREENS += [("bn", DESKTOP, "light"), ("en", DESKTOP, "dark")]


@pytest.mark.parametrize(("language", "size", "scheme"), SCREENS, ids=[f"{a}-{b[0]}-{c}" for a, b, c in SCREENS])
async def test_the_page_fits_and_can_be_read(visit: Open, language: str, size: tuple[int, int], scheme: str) -> None:
    seen = await visit(language, size, scheme)
    await seen.ready()
    for text in ("pdf", "rows", "call", "place", "choose " + "W" * 300):
        await seen.say(text)
    await seen.answered(5)
    report = await look(seen)
    assert report["wide"] == [], "something is wider than the screen"
    assert report["small"] == [], "something is too small for a finger"
    assert report["nameless"] == [], "something has no name for a screen reader"
    assert report["pale"] == [], "some words can hardly be read"
    assert report["headings"][0] == 1 and all(
        b - a <= 1 for a, b in zip(report["headings"], report["headings"][1:], strict=False)
    )
    assert report["doubled"] == []
    await seen.page.click("#menu-button")
    assert (await look(seen))["pale"] == []


async def look(seen: Visit) -> dict[str, Any]:
    """Check what is on the screen as an auditor would."""
    source = (Path(__file__).parent / "audit.js").read_text("utf-8")
    report: dict[str, Any] = await seen.page.evaluate(source, TOUCH)
    return report


async def test_it_can_be_used_with_the_keyboard_alone(visit: Open) -> None:
    seen = await visit(size=DESKTOP)
    await seen.ready()
    keyboard = seen.page.keyboard
    await keyboard.press("Tab")
    assert await seen.page.evaluate("document.activeElement.className") == "skip"
    await keyboard.press("Enter")
    assert await seen.page.evaluate("document.activeElement.id") == "words"
    await keyboard.type("choose")
    await keyboard.press("Enter")
    await seen.answered(1)
    assert await seen.page.evaluate("document.activeElement.id") == "words"
    for _ in range(12):
        await keyboard.press("Shift+Tab")
        if await seen.page.evaluate("document.activeElement.className") == "choice":
            break
    await keyboard.press("Enter")
    await seen.answered(2)
    await seen.page.focus("#menu-button")
    await keyboard.press("Enter")
    assert await seen.page.get_attribute("#menu-button", "aria-expanded") == "true"
    await keyboard.press("Escape")
    assert await seen.page.evaluate("document.activeElement.id") == "menu-button"
    assert await seen.page.get_attribute("#menu-button", "aria-expanded") == "false"


async def test_a_screen_reader_hears_what_is_new_and_who_says_it(visit: Open) -> None:
    seen = await visit("en")
    await seen.ready()
    await seen.say("hello")
    await seen.answered(1)
    log = seen.page.locator("#log")
    assert await log.get_attribute("role") == "log" and await log.get_attribute("aria-live") == "polite"
    spoken = await seen.page.locator(".message").all_text_contents()
    assert spoken[0].startswith("You: hello") and spoken[1].startswith("Bijli Sathi: echo")
    await seen.say("বিদ্যুৎ নেই")
    await seen.answered(2)
    assert await seen.page.locator(".mine .bubble").last.get_attribute("lang") == "bn"


async def test_the_typing_dots_come_and_go(visit: Open) -> None:
    seen = await visit()
    seen.double.delay = 0.6
    await seen.ready()
    await seen.say("hello")
    await seen.page.wait_for_selector("#typing:visible")
    await seen.answered(1)
    await seen.page.wait_for_selector("#typing", state="hidden")


async def test_system_fonts_do_where_ours_are_missing(visit: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = await visit("bn")
    await seen.ready()
    await seen.page.route("**/*.woff2", lambda route: route.abort())
    seen.expected = ("ERR_FAILED",)
    await seen.page.reload()
    await seen.ready()
    await seen.say("বিদ্যুৎ নেই")
    await seen.answered(1)
