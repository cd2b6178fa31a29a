"""The web chat's parts without a socket: frames, sessions, origins, limits, colours, pages."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import make_mocked_request
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import registry
from connectors.base import Channel, Outgoing, Tools, Webhook
from connectors.webchat import BadFrame, Frame, WebchatConnector, decode, read_frame
from core.clock import ManualClock
from core.errors import Malformed, NotGenuine
from core.messages import Ignored, IncomingMessage, Kind, OutgoingMessage, Quarantined, QuickReply, Template
from core.settings import ROOT, Settings
from gateway.webchat_colours import DARK_SURFACE, ENOUGH, LIGHT_SURFACE, contrast, on, readable, theme
from gateway.webchat_pages import choose, policy
from gateway.webchat_sessions import Origins, Rate, Sessions, caller
from tests.gateway.webchat_double import alone, serving

SESSION = "0123456789abcdef" * 2
CHANNEL = Channel(key="web:example", type="webchat", tenant="example", account_id="example")
connector = WebchatConnector(cast(Tools, SimpleNamespace()))


def payload(*frames: Any) -> dict[str, Any]:
    return {"session": SESSION, "at": "2026-10-20T06:00:00+00:00", "frames": list(frames)}


def test_frames_become_neutral_messages() -> None:
    events = connector.parse(
        payload(
            {"t": "msg", "cid": "a", "text": "বিদ্যুৎ নেই"},
            {"t": "choice", "cid": "b", "id": "tok", "msg_seq": 2},
            {"t": "location", "cid": "c", "lat": 23.8, "lon": 90.4},
            {"t": "msg", "cid": "d", "text": "see", "media": [{"id": "f1"}, {"id": "f2"}]},
            {"t": "typing"},
            {"t": "dance"},
            None,
        ),
        CHANNEL,
    )
    kinds = [(type(event), getattr(event, "kind", None)) for event in events]
    assert kinds == [
        (IncomingMessage, Kind.TEXT),
        (IncomingMessage, Kind.CHOICE),
        (IncomingMessage, Kind.LOCATION),
        (IncomingMessage, Kind.MEDIA),
        (Ignored, None),
        (Quarantined, None),
        (Quarantined, None),
    ]
    first = events[0]
    assert isinstance(first, IncomingMessage)
    assert (first.external_id, first.addresses) == (f"{SESSION}:a", (f"web:{SESSION}",))
    assert first.occurred_at == datetime(2026, 10, 20, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    "bad", [None, [], "x", {}, {"session": "x", "at": "", "frames": []}, payload() | {"at": "now"}]
)
def test_a_payload_that_is_none_is_malformed(bad: Any) -> None:
    with pytest.raises(Malformed):
        connector.parse(bad, CHANNEL)


def test_the_web_chat_has_no_webhook() -> None:
    with pytest.raises(NotGenuine):
        connector.verify(Webhook(headers={}, body=b""), CHANNEL)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
NAMES = ("v", "cid", "text", "id", "msg_seq", "lat", "lon", "seq", "last_seq", "token", "session", "media")
frame_like = st.builds(
    lambda kind, fields: {"t": kind, **fields},
    st.sampled_from(["hello", "msg", "choice", "location", "read", "typing", "ping", "", None, 1]) | anything,
    st.dictionaries(st.sampled_from(NAMES), anything, max_size=6),
)


@settings(max_examples=500, deadline=None)
@given(frame_like)
def test_any_object_is_a_frame_or_refused(document: dict[str, Any]) -> None:
    try:
        assert isinstance(read_frame(document), Frame)
    except BadFrame as error:
        assert error.code
    assert len(connector.parse(payload(document), CHANNEL)) == 1


@settings(max_examples=300, deadline=None)
@given(st.text() | frame_like.map(lambda document: json.dumps(document)[:-1]))
def test_any_text_is_a_frame_or_refused(data: str) -> None:
    try:
        read_frame(decode(data))
    except BadFrame as error:
        assert error.code


def test_nesting_without_end_is_refused() -> None:
    with pytest.raises(BadFrame):
        decode("[" * 30_000)


def test_text_is_kept_but_for_what_no_database_takes() -> None:
    kept = "র\u200d্যাম\u200c 👩‍🌾"
    (event,) = connector.parse(payload({"t": "msg", "cid": "a", "text": kept + "\x00\ud800"}), CHANNEL)
    assert isinstance(event, IncomingMessage) and event.text == kept + "\ufffd"


def test_a_message_is_sent_as_it_is() -> None:
    message = OutgoingMessage(text="?", choices=tuple(QuickReply(token=str(n), title=str(n)) for n in range(30)))
    assert connector.fit(message, CHANNEL) == [message]


def test_only_a_text_beyond_the_limit_is_divided() -> None:
    choices = (QuickReply(token="t", title="Yes"),)
    parts = connector.fit(OutgoingMessage(text="শব্দ " * 3000, choices=choices), CHANNEL)
    assert len(parts) == 2 and all(len(part.text) <= 8000 for part in parts)
    assert [bool(part.choices) for part in parts] == [False, True]
    assert parts[0].notes == ("split in 2",)


def test_a_template_is_left_out_with_a_note() -> None:
    (part,) = connector.fit(OutgoingMessage(text="a", template=Template(name="n", language="bn")), CHANNEL)
    assert part.template is None and part.notes == ("template left out",)


async def test_sending_wakes_the_session() -> None:
    pushed: list[tuple[str, int]] = []

    class Hub:
        async def push(self, address: str, sequence: int) -> None:
            pushed.append((address, sequence))

        async def typing(self, address: str, on: bool) -> None:
            pushed.append((address, -1))

    waking = WebchatConnector(cast(Tools, SimpleNamespace()), Hub())
    outgoing = Outgoing(address=f"web:{SESSION}", message=OutgoingMessage(text="a"), callback="c", sequence=7)
    assert (await waking.send(outgoing, CHANNEL)).external_id == f"{SESSION}:7"
    await waking.acknowledge(f"web:{SESSION}", "x", CHANNEL)
    assert pushed == [(f"web:{SESSION}", 7), (f"web:{SESSION}", -1)]


def test_the_registry_finds_the_web_chat() -> None:
    assert registry.classes()["webchat"] is WebchatConnector


def test_a_session_is_known_by_its_seal_alone(clock: ManualClock) -> None:
    ours, theirs = Sessions(b"a" * 32, clock.now), Sessions(b"b" * 32, clock.now)
    session = ours.new()
    assert len(session) == 32 and session != ours.new()
    assert ours.of_cookie(ours.sealed(session)) == session
    assert theirs.of_cookie(ours.sealed(session)) == ""
    assert ours.of_token(ours.token(session)) == session
    assert ours.of_token(ours.sealed(session)) == "" and ours.of_cookie(ours.token(session)) == ""
    assert ours.of_link(ours.link(session, 3, 0)) == (session, 3, 0)
    assert theirs.of_link(ours.link(session, 3, 0)) is None
    for broken in ("", ".", "é", "\ud800", "a.b.c", "x" * 10_000):
        assert (ours.of_cookie(broken), ours.of_token(broken), ours.of_link(broken)) == ("", "", None)


ORIGINS = [
    ("", "chat.example", "https://chat.example", True),
    ("", "127.0.0.1:8080", "http://127.0.0.1:8080", True),
    ("", "127.0.0.1:8080", "http://localhost:8080", False),
    ("", "chat.example", "ftp://chat.example", False),
    ("https://chat.example", "inner:8080", "https://chat.example", True),
    ("https://chat.example/", "inner:8080", "https://CHAT.example", True),
    ("https://chat.example:443", "inner:8080", "https://chat.example", True),
    ("https://chat.example", "inner:8080", "http://inner:8080", False),
    ("https://chat.example", "inner:8080", "https://chat.example.evil", False),
    ("https://chat.example", "inner:8080", "null", False),
]


@pytest.mark.parametrize(("public", "host", "origin", "wanted"), ORIGINS)
def test_origins(public: str, host: str, origin: str, wanted: bool) -> None:
    origins = Origins(Settings(public_url=public, _env_file=None))
    request = make_mocked_request("GET", "/chat/ws", headers={"Host": host, "Origin": origin})
    assert origins.permits(request) is wanted


def peer(address: str, **headers: str) -> Any:
    transport = SimpleNamespace(get_extra_info=lambda name, default=None: (address, 1) if name == "peername" else None)
    return make_mocked_request("GET", "/", headers=headers, transport=cast(Any, transport))


CALLERS = [
    ("203.0.113.9", {}, 0, "203.0.113.9"),
    ("10.0.0.1", {"X-Forwarded-For": "198.51.100.7, 203.0.113.9"}, 0, "10.0.0.1"),
    ("10.0.0.1", {"X-Forwarded-For": "198.51.100.7, 203.0.113.9"}, 1, "203.0.113.9"),
    ("10.0.0.1", {"X-Forwarded-For": "198.51.100.7, 203.0.113.9"}, 2, "198.51.100.7"),
    ("10.0.0.1", {"X-Forwarded-For": "203.0.113.9"}, 3, "10.0.0.1"),
    ("2001:db8::1:2", {}, 0, "2001:db8::/64"),
]


@pytest.mark.parametrize(("address", "headers", "proxies", "wanted"), CALLERS)
def test_who_calls(address: str, headers: dict[str, str], proxies: int, wanted: str) -> None:
    assert caller(peer(address, **headers), proxies) == wanted


def test_a_rate_gives_back_with_time() -> None:
    now = [0.0]
    rate = Rate(5, 5.0, lambda: now[0])
    assert [rate.wait("a") for _ in range(5)] == [0.0] * 5
    assert rate.wait("a") == pytest.approx(1.0) and rate.wait("b") == 0.0
    now[0] = 1.0
    assert rate.wait("a") == 0.0 and rate.wait("a") > 0
    for number in range(12_000):
        rate.wait(str(number))
    now[0] = 100.0
    rate.wait("late")
    assert len(rate._level) == 1


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 0xFFFFFF).map(lambda value: f"#{value:06x}"))
def test_any_accent_can_be_read(accent: str) -> None:
    for ground in (LIGHT_SURFACE, DARK_SURFACE):
        shade = readable(accent, ground)
        assert contrast(shade, ground) >= min(ENOUGH, 4.5)
        assert contrast(on(shade), shade) >= 4.5


def test_a_colour_that_is_none_is_replaced() -> None:
    assert theme("red;} body{display:none") == theme("#0b6b57")


LANGUAGES = [
    ("bn-BD,bn;q=0.9,en;q=0.8", "bn"),
    ("hi-IN", "hi"),
    ("fr,en-GB;q=0.5", "en"),
    ("fr", "bn"),
    ("", "bn"),
    ("en;q=0.3,hi;q=0.8", "hi"),
    ("en;q=x,hi;q=0", "bn"),
    ("*", "bn"),
    ("a" * 10_000, "bn"),
]


@pytest.mark.parametrize(("header", "wanted"), LANGUAGES)
def test_the_language_of_a_visitor(header: str, wanted: str) -> None:
    assert choose(header, ["bn", "hi", "en"], "bn") == wanted


def test_a_strange_host_does_not_reach_the_policy() -> None:
    assert "evil" not in policy("evil; script-src *")
    assert "wss://chat.example:8443" in policy("chat.example:8443")


@pytest.fixture
async def url(tmp_path: Path, clock: ManualClock) -> AsyncIterator[str]:
    async with alone(tmp_path, clock, accent="#123456") as double, serving(double) as address:
        yield address


async def test_the_page_and_its_files(url: str) -> None:
    async with ClientSession(auto_decompress=False) as http:
        async with http.get(url, headers={"Accept-Language": "hi"}) as answer:
            page = gzip.decompress(await answer.read()).decode()
            directives = answer.headers["Content-Security-Policy"]
            tag = answer.headers["ETag"]
        assert "unsafe" not in directives and "default-src 'none'" in directives
        assert "<script>" not in page and " style=" not in page and " onclick" not in page
        assert "बिजली वितरण कंपनी" in page and "16999" in page and "{{" not in page
        async with http.get(url, headers={"Accept-Language": "hi", "If-None-Match": tag}) as answer:
            assert answer.status == 304
        addresses = {part.split('"')[0] for part in page.split('href="')[1:] + page.split('src="')[1:]}
        for address in sorted(addresses):
            if address.startswith("/"):
                async with http.get(url + address) as answer:
                    assert answer.status == 200, address
                    assert answer.headers["X-Content-Type-Options"] == "nosniff"
                    if "/chat/app/" in address:
                        assert "immutable" in answer.headers["Cache-Control"]
        version = page.split("/chat/app/")[1].split("/")[0]
        async with http.get(f"{url}/chat/app/{version}/theme.css", headers={"Accept-Encoding": ""}) as answer:
            assert "#123456" in await answer.text()


@pytest.mark.parametrize(
    "path",
    ["index.html", "sw.js", "icons/draw.py", "../core/settings.py", "%2e%2e/core/settings.py", "labels/xx.json"],
)
async def test_nothing_else_is_served(url: str, path: str) -> None:
    async with ClientSession() as http, http.get(f"{url}/chat/app/x/{path}") as answer:
        assert answer.status == 404
    async with ClientSession() as http, http.get(f"{url}/static/fonts/{path}") as answer:
        assert answer.status == 404


def test_every_language_has_every_label() -> None:
    labels = {path.stem: json.loads(path.read_text("utf-8")) for path in (ROOT / "web" / "labels").glob("*.json")}
    assert {"bn", "hi", "en"} <= set(labels)
    for language, words in labels.items():
        assert set(words) == set(labels["en"]), language
        assert all(text for name, text in words.items() if name != "day_parts"), language


def test_every_label_of_the_page_exists() -> None:
    words = set(json.loads((ROOT / "web" / "labels" / "en.json").read_text("utf-8")))
    page = (ROOT / "web" / "index.html").read_text("utf-8")
    used = {part.split("}}")[0] for part in page.split("{{label.")[1:]}
    for attribute in ("data-label", "data-label-aria", "data-label-placeholder"):
        used |= {part.split('"')[0] for part in page.split(f'{attribute}="')[1:]}
    used |= {f"say_{part.split(chr(34))[0]}" for part in page.split('data-say="')[1:]}
    assert used <= words, used - words
