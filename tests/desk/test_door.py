"""Who comes in, what each role may, and that nothing can be written from elsewhere (T15, T16, T32)."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from argon2 import Type, extract_parameters
from sqlalchemy import update
from sqlmodel import col, select

from core.clock import ManualClock
from core.database import Database
from core.settings import Settings
from core.tables import AuditEntry
from desk import demo
from desk.audit import Audit
from desk.base import PUBLIC, load_roles
from desk.passwords import HASHER, PER_LOGIN, Passwords
from desk.sessions import ABSOLUTE, IDLE, Sessions
from desk.tables import Staff, StaffSession
from tests.desk.stage import Stage, staged

on_stage = pytest.mark.asyncio(loop_scope="session")

OPEN = {"/desk", "/desk/login", "/static/desk/{version}/{name}"}
KEY = b"a key of a test, long enough"


def filled(path: str, id: str = "1") -> str:
    """An address of a rule: numbers are 1, words the last of those allowed."""
    path = path.replace("{id:\\d+}", id)
    words = re.sub(r"{\w+:([^{}]*)}", lambda found: "1" if "\\d" in found[1] else found[1].split("|")[-1], path)
    return re.sub(r"{\w+}", "greet", words)


@on_stage
async def test_every_route_of_the_desk_has_a_rule_and_a_known_permission(stage: Stage) -> None:
    permissions = {word for words in load_roles().values() for word in words} | {PUBLIC}
    rules = {(rule.method, rule.path): rule for rule in stage.desk.rules}
    found = set()
    for route in stage.app.router.routes():
        path = route.resource.canonical if route.resource else ""
        if path.startswith(("/desk", "/static/desk")):
            found.add((route.method, path))
    assert len(found) >= 20
    plain = {(method, re.sub(r":[^{}]*}", "}", path)) for method, path in rules}
    # A GET answers HEAD too.
    assert {one for one in found if one[0] != "HEAD"} <= plain
    assert all(rule.permission in permissions for rule in rules.values())
    assert {rule.path for rule in rules.values() if rule.permission == PUBLIC} == OPEN


@on_stage
async def test_each_role_gets_what_its_row_says_and_nothing_else(stage: Stage) -> None:
    customer = stage.customer()
    await customer.say("hello")
    await customer.heard(1)
    id = await customer.id()
    for role, may in load_roles().items():
        person = await stage.person(role, on_duty=False)
        if "converse" in may:
            assert (await person.post(f"/desk/c/{id}/why", reason="to try every route")).status == 303
        for rule in stage.desk.rules:
            if rule.permission == PUBLIC or rule.path in ("/desk/logout", "/desk/events"):
                continue
            path = filled(rule.path, str(id))
            answer = await (person.get(path) if rule.method == "GET" else person.post(path))
            assert (answer.status == 403) == (rule.permission not in may), (role, rule.method, rule.path, answer.status)


@on_stage
async def test_a_stranger_is_sent_to_the_door(stage: Stage) -> None:
    stranger = stage.stranger()
    for rule in stage.desk.rules:
        if rule.permission == PUBLIC:
            continue
        path = filled(rule.path)
        answer = await (stranger.get(path) if rule.method == "GET" else stranger.post(path))
        assert answer.status in (303, 401), (rule.method, rule.path)
        assert answer.headers.get("Location", "/desk/login") == "/desk/login"


STRANGE = (
    "",
    "-1",
    "0",
    "99999999999999999999999",
    "1e9",
    "NaN",
    "x" * 200,
    "😀'\"<%_",
    "2026-13-45",
    "১২",
    "²",
    "\u202e",
)
FIELDS = (*("q", "c", "list", "before", "page", "days", "month", "from", "to", "team", "form", "name", "text", "code"),)
FIELDS += (
    *(
        "cid",
        "number",
        "kind",
        "utility",
        "account",
        "area",
        "at",
        "reason",
        "conversation",
        "login",
        "role",
        "id",
        "seen",
        "version",
    ),
)


@on_stage
@pytest.mark.parametrize("role", ["operator", "supervisor", "administrator"])
async def test_strange_values_are_answered_and_break_nothing(stage: Stage, role: str) -> None:
    """Every route, with numbers too big for a database, words where numbers belong, and signs nobody types."""
    person = await stage.person(role)
    broken = []
    for number, rule in enumerate(stage.desk.rules):
        if rule.path in ("/desk/logout", "/desk/events", "/desk/login"):
            continue
        for id in ("0", "99999999999999999999999"):
            value = STRANGE[(number + len(id)) % len(STRANGE)]
            path = filled(rule.path, id)
            given = dict.fromkeys(FIELDS, value)
            answer = await (
                person.get(f"{path}?{urlencode(given)}") if rule.method == "GET" else person.post(path, **given)
            )
            if answer.status >= 500:
                broken.append((rule.method, path, value, answer.status))
            nul = await (person.get(f"{path}?q=a%00b") if rule.method == "GET" else person.post(path, text="a\0b"))
            if nul.status not in (400, 404):
                broken.append((rule.method, path, "NUL", nul.status))
    assert not broken


@on_stage
async def test_writes_from_elsewhere_or_without_the_token_are_refused(stage: Stage) -> None:
    person = await stage.person("operator")
    writes = [rule for rule in stage.desk.rules if rule.method == "POST"]
    for rule in writes:
        path = filled(rule.path)
        for origin in ("https://evil.example", "null", ""):
            assert (await person.post(path, origin=origin)).status == 403, (path, origin)
        if rule.permission != PUBLIC:
            assert (await person.post(path, csrf="")).status == 403, path
            assert (await person.post(path, csrf="x" * len(person.csrf))).status == 403, path
    assert not [rule for rule in stage.desk.rules if rule.method not in ("GET", "POST")]


@on_stage
async def test_the_cookie_and_the_headers_are_strict(stage: Stage) -> None:
    person = stage.stranger()
    answer = await person.post("/desk/login", login="operator", password=stage.passwords["operator"])
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("desk=") and "HttpOnly" in cookie and "SameSite=Strict" in cookie and "Path=/" in cookie
    page = await person.get("/desk/")
    assert page.headers["Cache-Control"] == "no-store"
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_on_https_the_cookie_is_bound_to_the_host() -> None:
    for address in ("https://chat.example.gov.bd", "http://chat.example.gov.bd"):
        sessions = Sessions(None, Settings(_env_file=None, public_url=address))  # type: ignore[arg-type]
        assert sessions.cookie == "__Host-desk" and sessions.secure


@on_stage
async def test_a_new_sign_in_ends_the_old_session_and_signing_out_the_new(stage: Stage) -> None:
    person = await stage.person("operator")
    old = {cookie.key: cookie.value for cookie in person.http.cookie_jar}["desk"]
    await person.sign_in("operator", stage.passwords["operator"])
    new = {cookie.key: cookie.value for cookie in person.http.cookie_jar}["desk"]
    assert old != new
    stranger = stage.stranger()
    assert (await stranger.get("/desk/", Cookie=f"desk={old}")).status == 303
    assert (await stranger.get("/desk/", Cookie=f"desk={new}")).status == 200
    await person.post("/desk/logout")
    assert (await stranger.get("/desk/", Cookie=f"desk={new}")).status == 303


@on_stage
async def test_a_disabled_operator_is_out_at_once(stage: Stage) -> None:
    person = await stage.person("operator")
    async with stage.service.services.db.transaction() as session:
        await session.execute(update(Staff).where(col(Staff.login) == "operator").values(disabled=True))
    assert (await person.get("/desk/")).status == 303
    assert await stage.stranger().sign_in("operator", stage.passwords["operator"]) == 403


@on_stage
async def test_guessing_closes_the_door_also_for_the_right_password(stage: Stage) -> None:
    stranger = stage.stranger()
    for _ in range(PER_LOGIN):
        assert await stranger.sign_in("operator", "wrong") == 403
    assert await stranger.sign_in("operator", stage.passwords["operator"]) == 429
    assert await stranger.sign_in("supervisor", stage.passwords["supervisor"]) == 303


@pytest.mark.parametrize(("idle", "steps"), [(IDLE + timedelta(seconds=1), 1), (IDLE - timedelta(minutes=1), 60)])
async def test_a_session_ends_when_idle_and_after_half_a_day(
    database: Database, clock: ManualClock, idle: timedelta, steps: int
) -> None:
    sessions = Sessions(database, Settings(_env_file=None))
    async with database.transaction() as session:
        staff = Staff(login="a", tenant="t", name="A", role="operator", password_hash="", created_at=database.now())
        session.add(staff)
        await session.flush()
        now = database.now()
        session.add(StaffSession(key="k", staff_id=staff.id, csrf="c", created_at=now, seen_at=now))
    began = database.now()
    for _ in range(steps):
        clock.advance(idle)
        if await sessions.of_key("k", touch=True) is None:
            break
    else:
        raise AssertionError("the session never ended")
    assert database.now() - began > (IDLE if steps == 1 else ABSOLUTE)


def test_a_password_costs_a_guesser_what_it_should() -> None:
    found = extract_parameters(HASHER.hash("a password"))
    assert found.type is Type.ID and found.memory_cost >= 19_456 and found.time_cost >= 2


async def test_demo_staff_are_worth_nothing_outside_the_demo(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        person = await stage.person("administrator")
        cookie = {one.key: one.value for one in person.http.cookie_jar}["desk"]
        passwords = stage.passwords
    async with staged(tmp_path, demo=False) as stage:
        for role, password in passwords.items():
            assert await stage.stranger().sign_in(role, password) == 403
        assert (await stage.stranger().get("/desk/", Cookie=f"desk={cookie}")).status == 303


async def test_demo_staff_is_created_only_in_the_demo(tmp_path: Path) -> None:
    async with staged(tmp_path, demo=False) as stage, stage.service.services.db.reading() as session:
        assert (await session.exec(select(Staff))).first() is None


async def test_a_real_login_is_never_given_a_demo_password(database: Database) -> None:
    passwords = Passwords(database)
    async with database.transaction() as session:
        mine = {"tenant": "t", "name": "A", "role": "operator", "created_at": database.now()}
        session.add(Staff(login="operator", password_hash="mine", **mine))
    await demo.seed(database, passwords, KEY, "t")
    async with database.reading() as session:
        rows = (await session.exec(select(Staff))).all()
    assert next(row for row in rows if row.login == "operator").password_hash == "mine"
    assert {row.role for row in rows} == set(load_roles())


@pytest.mark.parametrize("fault", ["alter", "delete the first", "delete the middle", "delete the last", "forge"])
async def test_a_changed_audit_is_noticed(database: Database, fault: str) -> None:
    audit = Audit(database, KEY)
    for number in range(5):
        async with database.transaction() as session:
            await audit.note(session, "staff:1", "reply", f"conversation:{number}", number=number)
    assert await audit.fault() == ""
    table = AuditEntry.__table__  # type: ignore[attr-defined]
    async with database.transaction() as session:
        ids = [row.id for row in (await session.execute(select(table.c.id).order_by(table.c.id))).all()]
        if fault == "alter":
            await session.execute(table.update().where(table.c.id == ids[2]).values(subject="conversation:99"))
        elif fault == "forge":
            other = Audit(database, b"not the service's key")
            await other.note(session, "staff:1", "nothing", "at all")
        else:
            place = {"delete the first": 0, "delete the middle": 2, "delete the last": 4}[fault]
            await session.execute(table.delete().where(table.c.id == ids[place]))
    assert await audit.fault() != ""
