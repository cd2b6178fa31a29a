"""Telegram: every update of channels.md §4.2, every outgoing form and error of §4.3 and §4.4."""

from __future__ import annotations

import asyncio
import json
import warnings
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from telegram.error import BadRequest, ChatMigrated, Forbidden, NetworkError, RetryAfter, TimedOut

from connectors import _telegram_bot
from connectors.telegram import TelegramConnector
from core.errors import (
    Ambiguous,
    ChannelDown,
    Refused,
    SendError,
    Throttled,
    Unavailable,
    Unreachable,
)
from core.messages import (
    Actor,
    Attachment,
    Call,
    Kind,
    Link,
    Location,
    MediaRef,
    OutgoingMessage,
    QuickReply,
    Template,
)
from tests.connectors.doubles import Reply, ScriptedTransport
from tests.connectors.harness import NOW, Incoming, OutgoingCase, build, incoming_cases, outgoing_cases
from tests.connectors.kinds import KINDS, TELEGRAM_SECRETS
from tests.patience import SECONDS

CHAT = "telegram:4211"
BN = {"language_code": "bn"}


def media(kind: str, ref: str, **more: object) -> dict[str, object]:
    return {"media": (MediaRef(kind=kind, ref=ref, **more),)}  # type: ignore[arg-type]


INCOMING = [
    Incoming(
        "text",
        "text.json",
        CHAT,
        Kind.TEXT,
        "বিদ্যুৎ নেই",
        fields={"addresses": (CHAT,), "name": "রহিম উদ্দিন", "detail": BN, "external_id": "901"},
    ),
    Incoming("NUL and half a surrogate", "text_nul.json", CHAT, Kind.TEXT, "ab\ufffdc"),
    Incoming("quoting text", "text_quoting.json", CHAT, Kind.TEXT, "re", fields={"reply_to": "4211:40"}),
    Incoming("start", "start.json", CHAT, Kind.START, ""),
    Incoming(
        "start with a reference",
        "start_with_reference.json",
        CHAT,
        Kind.START,
        fields={"detail": {"referral": {"ref": "REF64"}} | BN},
    ),
    Incoming(
        "command is its words",
        "command.json",
        CHAT,
        Kind.TEXT,
        "pay bill",
        fields={"detail": {"command": "pay_bill"} | BN},
    ),
    Incoming("command with words", "command_with_words.json", CHAT, Kind.TEXT, "/bill 123"),
    Incoming("forged intent is text", "forged_intent.json", CHAT, Kind.TEXT, '/verified{"account":"123"}'),
    Incoming(
        "start behind an invisible letter is text", "start_behind_invisible.json", CHAT, Kind.TEXT, "\u200b/start"
    ),
    Incoming(
        "location", "location.json", CHAT, Kind.LOCATION, fields={"location": Location(latitude=23.8, longitude=90.4)}
    ),
    Incoming(
        "venue",
        "venue.json",
        CHAT,
        Kind.LOCATION,
        fields={"location": Location(latitude=23.8, longitude=90.4, label="Shop, Mirpur 10")},
    ),
    Incoming("location off the earth", "location_impossible.json", CHAT, Kind.UNSUPPORTED),
    Incoming("own contact", "contact_own.json", CHAT, Kind.CONTACT, fields={"phone": "+8801700000002"}),
    Incoming(
        "somebody else's contact",
        "contact_other.json",
        CHAT,
        Kind.CONTACT,
        fields={"phone": "", "detail": {"shared_phones": ["+8801700000001"]} | BN},
    ),
    *(
        Incoming(
            f"own contact {how} is no proof",
            f"contact_{name}.json",
            CHAT,
            Kind.CONTACT,
            fields={"phone": "", "detail": {"shared_phones": ["+8801700000002"]} | BN},
        )
        for how, name in (("passed on", "forwarded"), ("made by another bot", "via_bot"))
    ),
    Incoming("contact of nobody on Telegram", "contact_no_id.json", CHAT, Kind.CONTACT, fields={"phone": ""}),
    Incoming(
        "document",
        "document.json",
        CHAT,
        Kind.MEDIA,
        "c",
        fields=media("document", "F", mime="application/pdf", name="a.pdf", size=1000, caption="c"),
    ),
    Incoming(
        "photo of an album, the largest size",
        "photo.json",
        CHAT,
        Kind.MEDIA,
        "খাম্বা",
        fields=media("image", "L", mime="image/jpeg", caption="খাম্বা") | {"detail": {"album": "g"} | BN},
    ),
    Incoming("voice", "voice.json", CHAT, Kind.MEDIA, fields=media("voice", "V", mime="audio/ogg")),
    Incoming("audio", "audio.json", CHAT, Kind.MEDIA, fields=media("audio", "audio")),
    Incoming("video", "video.json", CHAT, Kind.MEDIA, fields=media("video", "video")),
    Incoming("round video", "video_note.json", CHAT, Kind.MEDIA, fields=media("video", "video_note")),
    Incoming("animation", "animation.json", CHAT, Kind.MEDIA, fields=media("video", "animation")),
    Incoming(
        "sticker", "sticker.json", CHAT, Kind.MEDIA, fields=media("sticker", "ST") | {"detail": {"emoji": "😀"} | BN}
    ),
    Incoming(
        "photo without id", "photo_without_id.json", CHAT, Kind.UNSUPPORTED, fields={"detail": {"type": "photo"} | BN}
    ),
    Incoming("poll", "poll.json", CHAT, Kind.UNSUPPORTED, fields={"detail": {"type": "poll"} | BN}),
    Incoming("edited", "edited.json", CHAT, Kind.EDIT, "new"),
    Incoming("live location moves", "live_location.json", CHAT, Kind.EDIT, ""),
    Incoming(
        "tap under an old message",
        "tap.json",
        CHAT,
        Kind.CHOICE,
        "হ্যাঁ",
        fields={"token": "tok-1", "reply_to": "4211:40", "occurred_at": NOW},
    ),
    Incoming("tap, bare", "tap_bare.json", CHAT, Kind.CHOICE, "", fields={"token": "tok-1"}),
    Incoming("tap under an inline message", "tap_inline.json", ignored="tap"),
    Incoming("tap by somebody else", "tap_by_somebody_else.json", quarantined="somebody else"),
    Incoming("tap in a group", "tap_in_group.json", ignored="group"),
    Incoming(
        "blocked",
        "blocked.json",
        CHAT,
        Kind.PREFERENCE,
        fields={"actor": Actor.SYSTEM, "detail": {"category": "blocked", "value": "stop"}},
    ),
    Incoming(
        "unblocked",
        "unblocked.json",
        CHAT,
        Kind.PREFERENCE,
        fields={"detail": {"category": "blocked", "value": "resume"}},
    ),
    Incoming("membership of a group", "member_of_group.json", ignored="group"),
    Incoming("reaction", "reaction.json", CHAT, Kind.REACTION, "👍", fields={"reply_to": "4211:40"}),
    Incoming(
        "reaction removed", "reaction_removed.json", CHAT, Kind.REACTION, "", fields={"detail": {"removed": True}}
    ),
    Incoming("reaction in a group", "reaction_in_group.json", ignored="group"),
    Incoming("group", "group.json", ignored="supergroup"),
    Incoming("written by a bot", "from_a_bot.json", ignored="bot"),
    Incoming("service message", "service.json", ignored="pinned_message"),
    Incoming("channel post", "channel_post.json", ignored="channel_post"),
    Incoming("inline query", "inline_query.json", ignored="inline_query"),
    Incoming("update of nothing", "only_id.json", ignored="empty"),
    Incoming("no update id", "no_update_id.json", quarantined="without id"),
    Incoming("update id as text", "update_id_text.json", quarantined="without id"),
    Incoming("no date", "no_date.json", quarantined="time"),
    Incoming("no chat", "no_chat.json", quarantined="chat"),
    Incoming("no secret", "text.json", headers={}, refused=401),
    Incoming("wrong secret", "text.json", headers={"x-telegram-bot-api-secret-token": "no"}, refused=401),
]
test_incoming = incoming_cases("telegram", INCOMING)

OK = Reply(200, KINDS["telegram"].send_reply)
BILL = Attachment(ref="bill:x", name="bill.pdf", mime="application/pdf")
CHART = Attachment(ref="chart:x", name="chart.png", mime="image/png")
PAY = Link(label="Pay", url="https://pay.example/1")
REMOVE = {"remove_keyboard": True}


def message(text: str, markup: dict[str, object] | None = None, **more: object) -> dict[str, object]:
    head = {"chat_id": 4211, "text": text, "link_preview_options": {"is_disabled": True}}
    return head | {"reply_markup": markup or REMOVE} | more


def choices(count: int, title: str = "Choice {}", description: str = "") -> tuple[QuickReply, ...]:
    return tuple(
        QuickReply(token=f"t{number}", title=title.format(number), description=description)
        for number in range(1, count + 1)
    )


def keys(*rows: list[QuickReply], link: Link | None = None) -> dict[str, object]:
    shown: list[list[dict[str, str]]] = [
        [{"text": item.title, "callback_data": item.token} for item in row] for row in rows
    ]
    if link:
        shown.append([{"text": link.label, "url": link.url}])
    return {"inline_keyboard": shown}


def column(items: tuple[QuickReply, ...]) -> dict[str, object]:
    return keys(*([item] for item in items))


def read(value: object) -> object:
    return json.loads(str(value)) if str(value).startswith("{") else value


def file_form(method: str, field: str, **fields: str) -> object:
    def check(transport: ScriptedTransport) -> None:
        [sent] = transport.sent
        assert sent.url.endswith(f"/bot{TELEGRAM_SECRETS['bot_token']}/{method}")
        assert sent.form is not None
        names = [value.name for value in sent.form.values() if not isinstance(value, str)]
        assert names == [field]
        for name, value in fields.items():
            assert read(sent.form[name]) == read(value), sent.form

    return check


SEND = [
    OutgoingCase("text", OutgoingMessage(text="নমস্কার <b>"), [OK], [message("নমস্কার <b>")], result="4211:42"),
    OutgoingCase(
        "quoting",
        OutgoingMessage(text="x", reply_to="4211:7"),
        [OK],
        [message("x", reply_parameters={"message_id": 7, "allow_sending_without_reply": True})],
    ),
    OutgoingCase(
        "2 short choices share a row",
        OutgoingMessage(text="?", choices=choices(2)),
        [OK],
        [message("?", keys(list(choices(2))))],
    ),
    OutgoingCase(
        "3 long choices do not",
        OutgoingMessage(text="?", choices=choices(3, "A long choice {}")),
        [OK],
        [message("?", column(choices(3, "A long choice {}")))],
    ),
    *(
        OutgoingCase(
            f"{count} choices",
            OutgoingMessage(text="?", choices=choices(count)),
            [OK],
            [message("?", column(choices(count)))],
        )
        for count in (4, 10, 13, 14, 100)
    ),
    OutgoingCase("101 choices are numbered", OutgoingMessage(text="?", choices=choices(101)), notes=("101 choices",)),
    OutgoingCase(
        "descriptions go into the text",
        OutgoingMessage(text="?", choices=choices(1, description="d")),
        [OK],
        [message("?\nChoice 1: d", keys(list(choices(1))))],
        notes=("descriptions",),
    ),
    OutgoingCase(
        "choice and link",
        OutgoingMessage(text="?", choices=choices(1), link=PAY),
        [OK],
        [message("?", keys(list(choices(1)), link=PAY))],
    ),
    OutgoingCase("link", OutgoingMessage(text="Pay", link=PAY), [OK], [message("Pay", keys(link=PAY))]),
    OutgoingCase(
        "link that Telegram would refuse",
        OutgoingMessage(text="Pay", link=Link(label="Pay", url="http://localhost/x")),
        [OK],
        [message("Pay\nPay: http://localhost/x")],
        notes=("link was written",),
    ),
    OutgoingCase(
        "call",
        OutgoingMessage(text="Help", call=Call(label="Hotline", number="16999")),
        [OK],
        [message("Help\nHotline: 16999")],
        notes=("number was written",),
    ),
    OutgoingCase(
        "location is asked for with a key",
        OutgoingMessage(text="Where?", ask="location", choices=choices(1, "Skip"), labels={"share_location": "জায়গা"}),
        [OK],
        [
            message(
                "Where?",
                {
                    "keyboard": [[{"text": "জায়গা", "request_location": True}], [{"text": "Skip"}]],
                    "resize_keyboard": True,
                    "one_time_keyboard": True,
                },
            )
        ],
    ),
    OutgoingCase(
        "phone is asked for with a key",
        OutgoingMessage(text="Number?", ask="phone"),
        [OK],
        [
            message(
                "Number?",
                {
                    "keyboard": [[{"text": "📱", "request_contact": True}]],
                    "resize_keyboard": True,
                    "one_time_keyboard": True,
                },
            )
        ],
    ),
    OutgoingCase(
        "place",
        OutgoingMessage(location=Location(latitude=23.8, longitude=90.4)),
        [OK],
        [{"chat_id": 4211, "latitude": 23.8, "longitude": 90.4}],
    ),
    OutgoingCase("text of 4,096 letters", OutgoingMessage(text="x" * 4096), [OK], [message("x" * 4096)]),
    OutgoingCase("text of 4,097 letters", OutgoingMessage(text="x" * 4097), parts=2, notes=("split into 2",)),
    OutgoingCase(
        "document with words",
        OutgoingMessage(text="আপনার বিল", attachment=BILL),
        [OK],
        check=file_form("sendDocument", "bill.pdf", caption="আপনার বিল"),  # type: ignore[arg-type]
    ),
    OutgoingCase(
        "document with choices",
        OutgoingMessage(text="Bill", attachment=BILL, choices=choices(1)),
        [OK],
        check=file_form(  # type: ignore[arg-type]
            "sendDocument",
            "bill.pdf",
            caption="Bill",
            reply_markup='{"inline_keyboard": [[{"text": "Choice 1", "callback_data": "t1"}]]}',
        ),
    ),
    OutgoingCase("picture", OutgoingMessage(attachment=CHART), [OK], check=file_form("sendPhoto", "chart.png")),  # type: ignore[arg-type]
    OutgoingCase(
        "document with long words", OutgoingMessage(text="x" * 1025, attachment=BILL), parts=2, notes=("split into 2",)
    ),
    OutgoingCase(
        "template of another channel",
        OutgoingMessage(text="x", template=Template(name="n", language="bn")),
        [OK],
        [message("x")],
        notes=("template was left out",),
    ),
    OutgoingCase("no window: old conversations may be written to", OutgoingMessage(text="x"), [OK], window_open=False),
    OutgoingCase(
        "token of 65 bytes",
        OutgoingMessage(text="?", choices=(QuickReply(token="x" * 65, title="x"),)),
        [],
        raises=Refused,
        code="token",
    ),
    OutgoingCase(
        "token of 22 letters and 66 bytes",
        OutgoingMessage(text="?", choices=(QuickReply(token="বি" * 11, title="x"),)),
        [],
        raises=Refused,
        code="token",
    ),
    OutgoingCase(
        "chat moved",
        OutgoingMessage(text="x"),
        [
            Reply(400, {"ok": False, "error_code": 400, "description": "x", "parameters": {"migrate_to_chat_id": 99}}),
            OK,
        ],
        [message("x"), message("x") | {"chat_id": 99}],
    ),
]


def fault(status: int, description: str, **parameters: object) -> Reply:
    document: dict[str, object] = {"ok": False, "error_code": status, "description": description}
    return Reply(status, document | ({"parameters": parameters} if parameters else {}))


ROWS: list[tuple[Reply, type[SendError], float | None]] = [
    (fault(429, "Too Many Requests: retry after 5", retry_after=5), Throttled, 5.0),
    (fault(429, "Too Many Requests"), Throttled, None),
    (fault(403, "Forbidden: bot was blocked by the user"), Unreachable, None),
    (fault(403, "Forbidden: user is deactivated"), Unreachable, None),
    (fault(400, "Bad Request: message text is empty"), Refused, None),
    (fault(400, "Bad Request: query is too old and response timeout expired"), Refused, None),
    (fault(400, "Bad Request: message is not modified"), Refused, None),
    (fault(400, "Bad Request: chat not found"), Unreachable, None),
    (fault(401, "Unauthorized"), ChannelDown, None),
    (fault(404, "Not Found"), ChannelDown, None),
    (fault(409, "Conflict: terminated by other getUpdates request"), ChannelDown, None),
    (fault(500, "Internal Server Error"), Unavailable, None),
    (Reply(502, b"<html>"), Unavailable, None),
    (Reply(404, b"<html>"), ChannelDown, None),
]
SEND += [
    OutgoingCase(f"answer {number}: {reply.status}", OutgoingMessage(text="x"), [reply], raises=kind, retry_after=wait)
    for number, (reply, kind, wait) in enumerate(ROWS)
]
SEND += [
    OutgoingCase(
        "a code is never sent twice: 500",
        OutgoingMessage(text="x", purpose="code"),
        [fault(500, "x")],
        raises=Ambiguous,
    ),
    OutgoingCase(
        "a code is never sent twice: 503 was not taken",
        OutgoingMessage(text="x", purpose="code"),
        [Reply(503)],
        raises=Unavailable,
    ),
]
test_outgoing = outgoing_cases("telegram", SEND)


@pytest.mark.parametrize("wait", [7, timedelta(seconds=7)])
@pytest.mark.parametrize("as_timedelta", ["", "1"])
def test_retry_after_in_both_forms(wait: int | timedelta, as_timedelta: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", as_timedelta)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library warns as soon as its own error is made
        flood = RetryAfter(wait)
    error = _telegram_bot.error_of(flood)
    assert type(error) is Throttled and error.retry_after == 7


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (BadRequest("x"), Refused),
        (TimedOut(), Ambiguous),
        (NetworkError("x"), Unavailable),
        (Forbidden("x"), Unreachable),
        (ChatMigrated(7), Unreachable),
        (KeyError("result"), Ambiguous),
    ],
)
def test_the_librarys_errors(error: Exception, kind: type[SendError]) -> None:
    assert type(_telegram_bot.error_of(error)) is kind


def test_a_fault_of_ours_stays_a_fault() -> None:
    with pytest.raises(ZeroDivisionError):
        _telegram_bot.error_of(ZeroDivisionError())


async def test_a_tap_is_answered_and_typing_shown() -> None:
    done = Reply(200, {"ok": True, "result": True})
    connector, transport, kind = build("telegram", [done, done, done])
    await connector.acknowledge(CHAT, "925.77123", kind.channel)
    assert [sent.url.rpartition("/")[2] for sent in transport.sent] == ["answerCallbackQuery", "sendChatAction"]
    assert transport.sent[0].json == {"callback_query_id": "77123"}
    await connector.acknowledge(CHAT, "926", kind.channel)
    assert transport.sent[2].json == {"chat_id": 4211, "action": "typing"}


class SlowBot:
    """A bot on a slow line."""

    def __init__(self) -> None:
        self.answered = asyncio.Event()

    async def answer_callback_query(self, query: str) -> None:
        await asyncio.sleep(0.02)
        self.answered.set()


async def test_a_tap_is_answered_also_when_the_turn_is_over_sooner() -> None:
    connector, _, kind = build("telegram")
    assert isinstance(connector, TelegramConnector)
    slow: Any = SlowBot()
    connector._bots[kind.channel.key] = slow
    acknowledging = asyncio.create_task(connector.acknowledge(CHAT, "925.77123", kind.channel))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    acknowledging.cancel()
    await asyncio.wait_for(slow.answered.wait(), SECONDS)


async def test_a_file_is_loaded_by_its_id() -> None:
    found = Reply(200, {"ok": True, "result": {"file_id": "F", "file_path": "documents/file_1.pdf"}})
    connector, transport, kind = build("telegram", [found, Reply(200, b"%PDF")])
    file = await connector.fetch(MediaRef(kind="document", ref="F", mime="application/pdf", name="a.pdf"), kind.channel)
    assert (file.name, file.content) == ("a.pdf", b"%PDF")
    transport.finish()


@pytest.mark.parametrize("path", ["../../etc/passwd", "https://evil.example/x", "/etc/passwd", "a/../b", "", None])
async def test_a_file_path_leads_nowhere_else(path: str | None) -> None:
    connector, transport, kind = build("telegram", [Reply(200, {"ok": True, "result": {"file_path": path}})])
    with pytest.raises(Refused):
        await connector.fetch(MediaRef(kind="document", ref="F"), kind.channel)
    transport.finish()


async def test_a_file_too_big_is_not_asked_for() -> None:
    connector, transport, kind = build("telegram", [])
    with pytest.raises(Refused):
        await connector.fetch(MediaRef(kind="document", ref="F", size=21 << 20), kind.channel)
    assert transport.sent == []


def test_a_tap_counts_from_its_arrival() -> None:
    assert datetime(2026, 11, 22, tzinfo=UTC) < NOW
