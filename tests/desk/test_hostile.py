"""Whatever a customer writes, in every field they control: nothing runs, nothing is fetched, no CSP report (T18–T20)."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser
from sqlmodel import select

from complaints.tables import Complaint
from core.tables import InboxRow, OutboxRow, Quarantine
from handoff.record_tables import TurnRecord
from handoff.tables import CallbackRequest, HandoffCase
from tests.desk.crowd import CHANNEL, TENANT, crowd
from tests.desk.payloads import PAYLOADS
from tests.desk.stage import Stage, staged
from tests.desk.test_browser import sign_in

pytestmark = pytest.mark.asyncio(loop_scope="session")

AT_ONCE = 10  # payloads in one name or summary
MADE = (
    "script:not([src]), iframe, object, embed, base, math, video, source, style, meta[http-equiv], body form[action^=java],"
    " [onerror], [onload], [onfocus], [ontoggle], [onmouseover], [srcdoc], a[href^='javascript'], a[href*='evil.example']"
)
WATCH = """
window.reports = [];
document.addEventListener('securitypolicyviolation', e => window.reports.push(e.violatedDirective + ' ' + e.blockedURI));
window.alert = window.confirm = window.prompt = () => { window.ran = 1; };
"""


async def fill(stage: Stage) -> list[str]:
    """Every payload in every field; returns the pages that show them."""
    db = stage.service.services.db
    now = db.now()
    groups = [" ".join(PAYLOADS[start : start + AT_ONCE]) for start in range(0, len(PAYLOADS), AT_ONCE)]
    third = [PAYLOADS[0:170], PAYLOADS[170:340], PAYLOADS[340:500]]
    payloads = [
        [
            {
                "media": [{"kind": payload, "ref": "x", "mime": "application/pdf", "name": payload, "size": 1}],
                "location": {"latitude": 23.8, "longitude": 90.4, "label": payload},
                "choices": [{"title": payload}],
                "attachment": {"ref": "x", "name": payload, "mime": "application/pdf", "caption": payload},
                "reply_to": payload,
            }
            for payload in part
        ]
        for part in third
    ]
    whole = await crowd(db, [part[0] for part in third], third, payloads=payloads)
    summaries = [{"area": group, "account": group, "details": group} for group in groups]
    many = await crowd(db, groups, [[group] for group in groups], summaries=summaries)
    async with db.transaction() as session:
        for place, (id, group) in enumerate(zip(many, groups, strict=True)):
            contact = id  # contacts and conversations were made together
            session.add(
                Complaint(
                    number=f"DES-{place:06d}",
                    effect_key=f"h{place}",
                    fingerprint="",
                    tenant=TENANT,
                    contact_id=contact,
                    conversation_id=id,
                    kind="OUT-HOME",
                    priority=1,
                    area=group,
                    details=group,
                    created_at=now,
                    updated_at=now,
                )
            )
            session.add(
                CallbackRequest(
                    effect_key=f"h{place}",
                    tenant=TENANT,
                    contact_id=contact,
                    conversation_id=id,
                    phone=group,
                    wanted_words=group,
                    summary={"area": group},
                    created_at=now,
                    due_at=now,
                )
            )
            session.add(
                TurnRecord(
                    inbox_id=10**7 + place,
                    tenant=TENANT,
                    conversation_id=id,
                    seq=1,
                    at=now,
                    language="en",
                    intent="nlu_fallback",
                    confidence=0.1,
                    outcome="unclear",
                )
            )
            session.add(Quarantine(channel=CHANNEL, reason=group, body=group, received_at=now))
            session.add(
                OutboxRow(
                    dedupe=f"h{place}",
                    channel=CHANNEL,
                    lane=f"h{place}",
                    address="web:h",
                    conversation_id=id,
                    payload={"text": group},
                    state="failed",
                    error_code=group[:60],
                    error_words=group,
                    due_at=now,
                    created_at=now,
                )
            )
            session.add(
                InboxRow(
                    channel=CHANNEL,
                    external_id=f"h{place}",
                    lane=f"h{place}",
                    kind="message",
                    payload={"text": group},
                    state="dead",
                    reason=group,
                    due_at=now,
                    received_at=now,
                )
            )
        session.add(
            HandoffCase(
                code="KMR234",
                effect_key="h",
                tenant=TENANT,
                contact_id=whole[0],
                conversation_id=whole[0],
                reason="asked",
                language=groups[0],
                summary={"account": groups[1], "area": groups[2], "details": groups[3]},
                created_at=now,
            )
        )
        assert len((await session.exec(select(HandoffCase))).all()) == 1
    return [
        *(f"/desk/?list=unassigned&c={id}" for id in (*whole, many[7])),
        "/desk/?list=unassigned",
        "/desk/?q=%3Cscript%3E",
        "/desk/floor",
        "/desk/calls",
        "/desk/case?code=KMR234",
        "/desk/review",
        "/desk/channels",
    ]


async def test_five_hundred_payloads_in_every_field_run_nothing(tmp_path: Path, browser: Browser) -> None:
    hosts: set[str] = set()
    troubles: list[str] = []
    async with staged(tmp_path) as stage:
        pages = await fill(stage)
        context = await browser.new_context(viewport={"width": 1280, "height": 900})
        page = await context.new_page()
        page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
        page.on("dialog", lambda dialog: troubles.append(dialog.message))
        page.on("console", lambda line: "Content Security Policy" in line.text and troubles.append(line.text))
        await page.add_init_script(WATCH)
        await sign_in(page, stage.url, "supervisor", stage.passwords["supervisor"])
        for path in pages:
            await page.goto(stage.url + path)
            await page.wait_for_timeout(150)
            # Hover and focus everything that could listen.
            await page.evaluate(
                "document.querySelectorAll('main *').forEach(e => {"
                " for (const kind of ['mouseover', 'focus', 'toggle', 'error', 'load']) e.dispatchEvent(new Event(kind)); })"
            )
            assert await page.evaluate("window.ran") is None, path
            assert await page.evaluate("window.reports") == [], path
            assert await page.locator(MADE).count() == 0, path
            text = await page.evaluate("document.body.innerText")
            assert not [sign for sign in "\u202e\u2066\u200b\ufeff\u0000" if sign in text], path
        await page.goto(stage.url + pages[0])
        shown = await page.evaluate("[...document.querySelectorAll('#log .bubble bdi')].map(e => e.innerText)")
        assert shown[:25] == [payload for payload in PAYLOADS[:25]], "they are shown as they were written"
        assert await page.locator("#log .hidden-sign").count() == 0
        await page.goto(stage.url + pages[1])
        assert await page.locator("#log .hidden-sign").count() > 100
        await context.close()
    assert troubles == []
    assert hosts == {stage.url.split("/")[2]}
