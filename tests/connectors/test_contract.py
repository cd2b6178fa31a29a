"""What holds for all connectors: both tables are there, every part is one call, docs exist."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from connectors import registry
from connectors._split import size
from core.messages import Attachment, Call, Link, Location, OutgoingMessage, QuickReply, outgoing_from_json, to_json
from core.settings import ROOT
from tests.connectors import (  # noqa: F401  (fills the tables' register)
    test_messenger,
    test_messenger_sending,
    test_telegram,
    test_whatsapp,
    test_whatsapp_errors,
    test_whatsapp_sending,
)
from tests.connectors.harness import TABLES, build
from tests.connectors.kinds import KINDS
from tests.fakes import rules

# Channels that no platform stands behind have their own tests: test_sms.py, tests/gateway/test_webchat*.py.
OWN = {"webchat", "sms"}


def test_every_connector_brings_both_tables() -> None:
    assert set(registry.classes()) - OWN == set(TABLES)
    assert all(tables == {"incoming", "outgoing"} for tables in TABLES.values())


def test_every_channel_has_a_page_for_its_operator() -> None:
    for name in set(registry.classes()) - {"webchat"}:
        assert (ROOT / "docs" / "channels" / f"{name}.md").exists(), name


def test_every_connector_says_what_it_needs() -> None:
    for name, kind in registry.classes().items():
        assert kind.channel_type == name
        assert kind.max_text > 0


TEXTS = st.text(st.sampled_from("abc ক্ষ।\n😀."), max_size=60) | st.integers(0, 9000).map(
    lambda count: "ক্ষ abc. " * (count // 9)
)
MESSAGES = st.builds(
    OutgoingMessage,
    text=TEXTS,
    choices=st.lists(
        st.builds(
            QuickReply,
            token=st.uuids().map(lambda value: value.hex[:22]),
            title=st.text(st.sampled_from("abক্ষ😀 \n"), max_size=40),
            description=st.text(st.sampled_from("abক্ষ "), max_size=90),
        ),
        max_size=16,
    ).map(tuple),
    link=st.none()
    | st.builds(Link, label=st.text("ab ", max_size=30), url=st.sampled_from(["https://a.example/x", "ftp://x", ""])),
    call=st.none()
    | st.builds(Call, label=st.text("ab ", max_size=30), number=st.sampled_from(["16999", "+8809666016999"])),
    attachment=st.none()
    | st.builds(
        Attachment,
        ref=st.just("bill:x"),
        name=st.just("b.pdf"),
        mime=st.sampled_from(["application/pdf", "image/png"]),
        caption=st.text("ab", max_size=30),
    ),
    ask=st.sampled_from(["", "", "location", "phone"]),
    location=st.none() | st.just(Location(latitude=23.8, longitude=90.4, label="x")),
)


@pytest.mark.parametrize("channel_type", sorted(KINDS))
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example(message=OutgoingMessage(text="a", choices=(QuickReply(token="t", title="a"),), link=Link(label="", url="")))
@given(message=MESSAGES)
def test_whatever_is_said_fits_the_platform(channel_type: str, message: OutgoingMessage) -> None:
    """Each part passes the fake platform's own rules, comes back from a queue row, and fits as it is."""
    from connectors import messenger, telegram, whatsapp

    connector, _, kind = build(channel_type)
    parts = connector.fit(message, kind.channel)
    said = "".join(part.text + (part.attachment.caption if part.attachment else "") for part in parts)
    if not message.attachment:
        wanted = "".join(message.text.split())
        assert wanted in "".join(said.split()), "words were lost"
    for part in parts:
        assert outgoing_from_json(to_json(part)) == part
        [again] = connector.fit(part, kind.channel)
        assert (again.text, again.choices, again.link, again.call) == (part.text, part.choices, part.link, part.call)
        if channel_type == "whatsapp":
            head = {"messaging_product": "whatsapp", "to": "+8801700000002"}
            rules.whatsapp(head | whatsapp.payload(part, "M"), {"M": object()})
        elif channel_type == "messenger":
            body = {"recipient": {"id": "1"}, "messaging_type": "RESPONSE", "message": messenger.payload(part, "A")}
            rules.messenger(body, {"A": object()}, False)
        else:
            keyboard = telegram.markup(part)
            body = {"chat_id": "1", "text": part.text, "reply_markup": keyboard.to_dict() if keyboard else {}}
            if part.attachment:
                assert size(part.attachment.caption) <= 1024
            elif not part.location:
                rules.telegram("sendMessage", body, {})
