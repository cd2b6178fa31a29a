"""WhatsApp, what it refuses: every row of channels.md §2.7."""

from __future__ import annotations

from connectors.whatsapp import ERRORS
from core.errors import (
    Ambiguous,
    ChannelDown,
    Refused,
    SendError,
    Throttled,
    Unavailable,
    Unreachable,
    WindowClosed,
)
from core.messages import (
    OutgoingMessage,
)
from tests.connectors.doubles import Reply
from tests.connectors.harness import OutgoingCase, outgoing_cases


def fault(code: int, **more: object) -> dict[str, object]:
    return {"error": {"message": "(#x) words", "type": "OAuthException", "code": code, "fbtrace_id": "A"} | more}


# Every row of channels.md §2.7: code, HTTP status, error, then scope or wait.
ROWS: list[tuple[int, int, type[SendError], str, float | None]] = [
    *((code, 401, ChannelDown, "", None) for code in (0, 190)),
    *((code, 403, ChannelDown, "", None) for code in (3, 10, 200, 230, 299)),
    *((code, 400, Throttled, "account", 60.0) for code in (4, 80007)),
    *((code, 400, Refused, "", None) for code in (100, 131008, 131009)),
    (130429, 429, Throttled, "account", None),
    (131056, 400, Throttled, "person", None),
    (131048, 400, Throttled, "account", 3600.0),
    (133016, 400, Throttled, "account", 3600.0),
    (131064, 400, Refused, "", None),
    *((code, 500, Unavailable, "", None) for code in (131000, 131016, 135000)),
    (131057, 500, Unavailable, "", 60.0),
    (131047, 400, WindowClosed, "", None),
    (131026, 400, Unreachable, "", None),
    (130497, 403, Unreachable, "", None),
    *((code, 400, Refused, "", None) for code in (131021, 131030, 131049, 131050, 130472, 131051, 131052, 131062)),
    (131053, 400, Unavailable, "", None),
    *((code, 403, ChannelDown, "", None) for code in (131031, 368, 131042)),
    *((code, 400, Refused, "", None) for code in (132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016)),
    (137000, 400, Refused, "", None),
    (999999, 400, Refused, "", None),
    (999998, 500, Unavailable, "", None),
]
CASES = [
    OutgoingCase(
        f"error {code}",
        OutgoingMessage(text="x"),
        [Reply(status, fault(code))],
        raises=kind,
        code=str(code),
        scope=scope,
        retry_after=wait,
    )
    for code, status, kind, scope, wait in ROWS
]
CASES += [
    OutgoingCase(
        "unknown error that says it is transient",
        OutgoingMessage(text="x"),
        [Reply(400, fault(777777, is_transient=True))],
        raises=Unavailable,
    ),
    OutgoingCase(
        "error with HTTP 200", OutgoingMessage(text="x"), [Reply(200, fault(131026))], raises=Unreachable, code="131026"
    ),
    OutgoingCase(
        "error with a subcode",
        OutgoingMessage(text="x"),
        [Reply(400, fault(100, error_subcode=33))],
        raises=Refused,
        code="100-33",
    ),
    *(
        OutgoingCase(
            f"a code is never sent twice: {label}",
            OutgoingMessage(text="123456", purpose="code"),
            [reply],
            raises=kind,
        )
        for label, reply, kind in (
            ("500", Reply(500), Ambiguous),
            ("502 of a proxy", Reply(502, b"<html>"), Ambiguous),
            ("131000", Reply(500, fault(131000)), Ambiguous),
            ("503 was not taken", Reply(503), Unavailable),
            ("131016 was not taken", Reply(500, fault(131016)), Unavailable),
            ("429 was not taken", Reply(429), Throttled),
        )
    ),
    OutgoingCase("redirect is a wrong address", OutgoingMessage(text="x"), [Reply(302)], raises=ChannelDown),
    OutgoingCase("404 without words of Meta", OutgoingMessage(text="x"), [Reply(404, b"nope")], raises=ChannelDown),
]
test_outgoing = outgoing_cases("whatsapp", CASES)


def test_every_rule_of_the_error_table_is_tested() -> None:
    assert {code for code in ERRORS if isinstance(code, int)} - {code for code, *_ in ROWS} == {1, 2}
