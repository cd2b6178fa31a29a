"""The whole way of a message on WhatsApp, as the platform sees it: every delivery five times, answers in time, the PDF."""

from __future__ import annotations

import asyncio
import itertools
import re
import subprocess
import time
from pathlib import Path

import pytest
from sqlmodel import select

from complaints.tables import Complaint
from core.tables import InboxRow
from tests.fakes.platform import FakePlatform
from tests.patience import SECONDS
from tests.replay.player import LETTERS
from tests.replay.stage import Stage

KABIR = "+8801700000002"
NUMBER = re.compile(r"\b[A-Z]{3}-[0-9A-Z]{6}\b")
LONGEST = 10.0  # from the last answer of the customer to the number: seconds, 0.1 to 0.3 on a quiet machine
TENANT = "bangladesh-power-division"

pytestmark = pytest.mark.timeout(300)


async def test_a_complaint_number_comes_in_time_and_stands_once(place: Stage) -> None:
    async with FakePlatform() as platform, place.service(TENANT, platform) as service:
        answers = await platform.say(KABIR, "কারেন্ট নাই ২ ঘন্টা ধরে", times=5, parallel=True)
        assert answers == [200] * 5
        asked = await platform.wait_for(1, to=KABIR, platform="whatsapp")
        assert asked[0].choices, "one summary with buttons"
        began = time.perf_counter()
        assert await platform.say(KABIR, "হ্যাঁ", times=5, parallel=True) == [200] * 5
        told = await platform.wait_for(2, to=KABIR, platform="whatsapp")
        took = time.perf_counter() - began
        found = NUMBER.search(told[1].text)
        assert found, told[1].text
        await asyncio.sleep(0.5)
        assert len(platform.messages(KABIR, "whatsapp")) == 2, "five deliveries are one message"
        async with service.services.db.reading() as session:
            complaints = (await session.exec(select(Complaint))).all()
            rows = (await session.exec(select(InboxRow).where(InboxRow.kind != "timer"))).all()
        assert [row.number for row in complaints] == [found.group()]
        assert len(rows) == 2
        assert took < LONGEST, f"the number came after {took:.2f} s"


async def test_a_bill_is_uploaded_and_sent_as_a_document(place: Stage, tmp_path: Path) -> None:
    async with FakePlatform() as platform, place.service(TENANT, platform) as service:
        del service
        await platform.say(KABIR, "amar bill er pdf den", times=5, parallel=True)
        async with asyncio.timeout(SECONDS):
            while not (sent := [seen for seen in platform.messages(KABIR) if seen.kind == "document"]):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        assert len(sent) == 1
        document = sent[0]
        assert document.body["document"]["id"] in platform.meta.media, "by the id of an upload, never by a link"
        assert document.file is not None
        bill = tmp_path / "bill.pdf"
        bill.write_bytes(document.file.content)
        read = ["pdftotext", "-layout", str(bill), "-"]
        words = (await asyncio.to_thread(subprocess.run, read, capture_output=True, text=True, check=True)).stdout
        assert "104231245" in words
        assert re.search(r"[\d০-৯,]+\.[\d০-৯]{2}", words), "an amount"


NONSENSE = {
    "en": ["purple seven banana", "lorem tango wibble", "zig zag marble", "tulip rocket paper", "hum drum pickle"],
    "bn": ["বেগুনি সাত কলা", "টিপ টাপ ঝুম", "নীল ঘোড়া কাগজ", "গোল মার্বেল পাখি", "হাবিজাবি ঢোল"],
    "bn-Latn": ["beguni sat kola", "tip tap jhum", "nil ghora kagoj", "gol marbel pakhi", "habijabi dhol"],
    "hi": ["बैंगनी सात केला", "टिप टाप झूम", "नीला घोड़ा कागज", "गोल कंचा चिड़िया", "अटर पटर ढोल"],
    "hi-Latn": ["baingani saat kela", "tip tap jhoom", "neela ghoda kagaz", "gol kancha chidiya", "atar patar dhol"],
}
TENANTS = {"hi": "mp-central", "hi-Latn": "mp-central"}


@pytest.mark.parametrize("form", NONSENSE)
async def test_who_is_never_understood_reaches_the_hotline(place: Stage, form: str) -> None:
    """Whatever single answers look like, five messages that mean nothing end at a telephone and never go in a circle."""
    tenant = TENANTS.get(form, TENANT)
    number = "+919811112222" if form in TENANTS else "+8801811112222"
    async with FakePlatform() as platform, place.service(tenant, platform) as service:
        account = service.services.tenants.get(tenant)
        texts: list[str] = []
        for text in NONSENSE[form]:
            count = len(platform.messages(number))
            await platform.say(number, text)
            await platform.wait_for(count + 1, to=number, seconds=20)
            await asyncio.sleep(0.3)
            texts.append("\n".join(seen.text for seen in platform.messages(number)[count:]))
        assert any(account.hotline.number in text.translate(LETTERS) for text in texts), texts
        assert all(one != two for one, two in itertools.pairwise(texts)), "never the same words twice running"
