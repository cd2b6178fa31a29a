"""The staff's pages in other languages: nothing missing, nothing too much, chosen by each for themselves."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.answers import Answers
from core.settings import ROOT
from core.tenants import Tenants
from desk import canned
from desk.base import load_roles
from desk.calls import FAULTS, OUTCOMES, STATES
from desk.catalogue import BLANK, catalogues, first_known, speaker
from desk.figures import SPANS
from desk.hours_admin import DAYS
from desk.letters import WHAT
from desk.notices_admin import KIND_WORDS
from desk.pages import HERE, LABELS, NAV
from desk.phrases import REFUSED, STEPS
from desk.speech import Speech
from gateway.calling import REASONS
from gateway.matters import DELICATE_KINDS, REOPENED
from handoff import brief, skills
from tests.desk.stage import Person, Stage

FORMS = ("bn", "hi")
SAID = re.compile(r"""\bt\("((?:[^"\\]|\\.)*)\"""")
JINJA = r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}"
PIECES = re.compile(rf'({JINJA}|</?[a-zA-Z!](?:{JINJA}|"(?:{JINJA}|[^"])*"|[^<>"])*>)', re.DOTALL)
SHOWN_ATTRIBUTE = re.compile(rf'\s(?:placeholder|title|aria-label|alt|data-sure)="((?:{JINJA}|[^"])*)"', re.DOTALL)
BLOCK_OF_CODES = re.compile(r"\{% block (?:kind|body_data) %\}.*?\{% endblock %\}", re.DOTALL)
ENGLISH_WORD = re.compile(r"[A-Za-z]{2,}")
# What is the same in every language: the product, keys of a keyboard, examples of codes that are typed in Latin letters.
SAME = {"Bijli", "Sathi", "SMS", "Ctrl", "Enter", "KMR", "billing", "prepaid", "area", "since", "bn"}
# Said by Python, or taken from a table in a template.
ELSEWHERE = {
    *LABELS.values(),
    *(label for _, label, _ in NAV),
    *REFUSED.values(),
    *FAULTS.values(),
    *(words for words, _ in STEPS.values()),
    *("now", "{number} min", "{number} h", "{number} d"),
    *SPANS.values(),
    *OUTCOMES.values(),
    *STATES.values(),
    *WHAT.values(),
    *KIND_WORDS.values(),
    *DAYS,
    *load_roles(),
    *brief.NAMES,
    *brief.FILLED,
    *REASONS.values(),
    *DELICATE_KINDS.values(),
    *skills.names(),
    *(one.title for one in canned.load()),
    *("danger", "anger", "turn failed", "operator's wish", "answered outside", "message left", REOPENED),
}


def sources() -> str:
    """Everything that may say a sentence or name a code."""
    rooms = ("desk", "handoff", "core", "utility", "gateway", "complaints", "connectors", "actions", "bot/domain")
    paths = [path for room in rooms for path in (ROOT / room).rglob("*") if path.suffix in (".py", ".html", ".yml")]
    paths += [ROOT / "nlu_data" / "intents.yml", ROOT / "nlu_data" / "languages.yml"]
    return "\n".join(path.read_text("utf-8") for path in paths if "labels" not in path.parts).lower()


def said() -> set[str]:
    """The sentences of the templates."""
    found = set(ELSEWHERE)
    for path in (HERE / "templates").glob("*.html"):
        text = path.read_text("utf-8")
        found |= {words.replace('\\"', '"') for words in SAID.findall(text)}
        for table in re.findall(r"set (?:marks|moves) = \{([^}]*)\}", text):
            found |= set(re.findall(r': "([^"]+)"', table))
    return found


def sentences(path: Path) -> Iterator[str]:
    """Strings of a module that somebody reads: whole sentences, without docstrings and logs; blanks are filled."""
    tree = ast.parse(path.read_text("utf-8"))
    passed: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            passed.add(node.value)
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith(("log.", "ConfigurationError")):
            passed |= set(ast.walk(node))
        if isinstance(node, ast.JoinedStr):
            passed |= set(ast.walk(node)) - {node}
    for node in ast.walk(tree):
        words = ""
        if node not in passed and isinstance(node, ast.Constant):
            words = str(node.value)
        elif node not in passed and isinstance(node, ast.JoinedStr):
            words = "".join(str(part.value) if isinstance(part, ast.Constant) else "77" for part in node.values)
        if re.fullmatch(r"[A-Z77][^/<>]* [^/<>]*[.?]", words):
            yield words


@pytest.mark.parametrize("form", FORMS)
def test_every_sentence_is_there(form: str) -> None:
    known, say = catalogues()[form], speaker(form)
    assert sorted(said() - set(known)) == []
    for path in sorted((ROOT / "desk").glob("*.py")):
        assert [words for words in sentences(path) if say(words) == words] == [], path.name
    for english, words in known.items():
        assert words.strip() and words != english
        assert sorted(BLANK.findall(english)) == sorted(BLANK.findall(words)), english


def test_both_languages_say_the_same_and_nothing_nobody_says() -> None:
    assert set(catalogues()["bn"]) == set(catalogues()["hi"])
    text, unsaid = sources(), []
    for key in {*catalogues()["bn"], *catalogues()["en"]}:
        parts = [part for part in BLANK.split(key.lower().rstrip("."))[::2] if part.strip()]
        verb, _, rest = key.partition(" ")
        if verb in ("call", "unread:", "export"):  # made of two words
            parts = [rest]
        if not all(part in text or part.replace('"', '\\"') in text for part in parts):
            unsaid.append(key)
    assert not unsaid, "\n".join(unsaid)


def test_no_template_has_bare_words() -> None:
    """What stands in a template in letters, outside of expressions, is shown in English to everybody."""
    for path in sorted((HERE / "templates").glob("*.html")):
        text = BLOCK_OF_CODES.sub("", path.read_text("utf-8"))
        for piece in PIECES.split(text):
            if piece.startswith("{"):
                continue
            shown = SHOWN_ATTRIBUTE.findall(piece) if piece.startswith("<") else [piece]
            for words in shown:
                bare = re.sub(rf"{JINJA}|&[a-z]+;", "", words, flags=re.DOTALL)
                assert set(ENGLISH_WORD.findall(bare)) <= SAME, f"{path.name}: {bare.strip()}"


def test_a_sentence_made_elsewhere_is_known_by_its_blanks() -> None:
    say = speaker("bn")
    assert say("F-12 is no feeder of this company.") == "F-12 এই কোম্পানির ফিডার নয়।"
    several = say("Choose the company. F-12 is no feeder of this company.")
    assert several == "কোম্পানি বেছে নিন। F-12 এই কোম্পানির ফিডার নয়।"
    # What people write is left as it is, also where it looks like a short sentence of ours.
    assert say("I was there for 3 d") == "I was there for 3 d"
    assert speaker("en")("Choose the company.") == "Choose the company."
    assert [first_known(one) for one in ("bn-BD,bn;q=0.9,en", "fr, hi;q=0.5", "", "*")] == ["bn", "hi", "en", "en"]


def test_times_and_figures_are_those_of_the_language() -> None:
    answers, tenant = Answers.load(ROOT), Tenants.load(ROOT).get("bangladesh-power-division")
    now = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
    bangla, english = (Speech(answers, tenant, form, now) for form in ("bn", ""))
    assert bangla.clock(now) == "১৫:৩০" and english.clock(now) == "15:30"
    assert bangla.clock(datetime(2026, 10, 3, 0, 5, tzinfo=UTC)) == "৩ অক্টোবর ০৬:০৫"
    assert english.clock(datetime(2026, 10, 3, 0, 5, tzinfo=UTC)) == "3 Oct 06:05"
    assert bangla.names()["since"](datetime(2026, 11, 22, 9, 18, tzinfo=UTC)) == "১২ মি."
    assert bangla.named("question", "complaint_form:area") == "অভিযোগ · জায়গা"
    assert bangla.named("state", "working") == "কাজ চলছে" and bangla.named("account", "12345678") == "12345678"
    assert str(bangla.t("Good day, {name}", name="<b>")) == "শুভেচ্ছা, &lt;b&gt;"


def english_of(page: str) -> set[str]:
    """English words that a page shows, without what people wrote, codes, and names that stay as they are."""
    page = re.sub(r"<(bdi|code|pre|textarea|datalist|title|style|script)\b.*?</\1>", " ", page, flags=re.DOTALL)
    page = re.sub(r'<(span|td|p|div|label)[^>]*dir="auto".*?</\1>|data-words="[^"]*"', " ", page, flags=re.DOTALL)
    page = re.sub(r'<option[^>]* lang="[^"]*".*?</option>', " ", page, flags=re.DOTALL)
    page = re.sub(r'<select name="feeder".*?</select>', " ", page, flags=re.DOTALL)
    page = re.sub(r'<(span|button)[^>]*class="hidden-sign".*?</\1>', " ", page, flags=re.DOTALL)
    shown = [re.sub(r"<[^>]*>", " ", page), *SHOWN_ATTRIBUTE.findall(page)]
    return {word for text in shown for word in ENGLISH_WORD.findall(re.sub(r"&[#a-z0-9]+;|\bSUP-\S+", " ", text))}


# Names of people and companies, units, and what stands for itself in any language.
KEPT = SAME | {"Nasrin", "Kamal", "Farid", "Rehana", "Tareq", "PDF", "Asia", "Dhaka", "NESCO", "DESCO", "DPDC", "BPDB"}
KEPT |= {"BREB", "WZPDCL", "bangladesh", "power", "division", "utter", "label", "JSON", "en", "GB", "hi"}


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("form", FORMS)
async def test_no_page_shows_english(stage: Stage, form: str) -> None:
    operator, _, id = await stage.claimed()
    await operator.post(f"/desk/c/{id}/note", text="দেখছি")
    _, waits = await stage.waiting()
    people = {"operator": operator, **{role: await stage.person(role) for role in ("supervisor", "administrator")}}
    await people["administrator"].post("/desk/teams", name="দল")
    await people["administrator"].post("/desk/staff", name="রহিম", login=f"rahim-{form}", role="operator")
    await people["supervisor"].post("/desk/floor/assign", conversation=str(waits), to="0")
    paths = {
        "operator": [f"/desk/?list=mine&c={id}", f"/desk/c/{id}/suggest", "/desk/calls", "/desk/case?code=ABC234"],
        "supervisor": [path for path, _, may in NAV if may in load_roles()["supervisor"]],
        "administrator": [path for path, _, may in NAV if may in load_roles()["administrator"]]
        + ["/desk/me", "/desk/staff/1", "/desk/answers/utter_greet", "/desk/ready/greet", "/desk/review/chosen"],
    }
    faulty = [
        ("operator", f"/desk/c/{id}/reply", {"cid": "x"}),
        ("operator", f"/desk/c/{id}/do/complaint", {"cid": "12345678", "kind": "none"}),
        ("administrator", "/desk/hours", {"days0": "1", "opens0": "09:00", "closes0": "09:00"}),
        ("administrator", "/desk/notices", {"utility": "x", "kind": "x", "planned": "1"}),
        ("administrator", "/desk/staff", {"login": "A", "name": "", "role": "x"}),
        ("administrator", "/desk/ready/new", {"name": "?", "title": ""}),
        ("administrator", "/desk/answers/utter_greet", {"form": "bn", "text": "", "do": "publish"}),
        ("administrator", "/desk/templates", {"name": "No Name", "language": "?"}),
        ("supervisor", "/desk/staff", {}),
    ]
    shown: list[str] = []
    for role, someone in people.items():
        assert (await someone.post("/desk/me/language", form=form)).status == 303
        for path in paths[role]:
            answer = await someone.get(path)
            page = await answer.text()
            assert answer.status in (200, 204), (path, answer.status, page[:300])
            shown += [f"{path}: {words}" for words in sorted(english_of(page) - KEPT)]
    for role, path, given in faulty:
        page = await (await people[role].post(path, **given)).text()
        shown += [f"{path}: {words}" for words in sorted(english_of(page) - KEPT)]
    assert not shown, "\n".join(shown)


@pytest.mark.asyncio(loop_scope="session")
async def test_the_door_speaks_the_browsers_language(stage: Stage) -> None:
    stranger: Person = stage.stranger()
    page = await (await stranger.get("/desk/login", **{"Accept-Language": "bn-BD,en;q=0.5"})).text()
    assert '<html lang="bn">' in page and english_of(page) <= KEPT
    assert ">Sign in<" in await (await stranger.get("/desk/login")).text()


@pytest.mark.asyncio(loop_scope="session")
async def test_each_chooses_for_themselves(stage: Stage) -> None:
    operator, customer, id = await stage.claimed()
    boss = await stage.person("supervisor", on_duty=False)
    assert (await operator.post("/desk/me/language", form="bn")).status == 303
    page = await (await operator.get(f"/desk/?list=mine&c={id}")).text()
    known = catalogues()["bn"]
    assert '<html lang="bn">' in page
    for words in ("Inbox", "Mine", "Resolve", "Back to the bot", "On duty", "Labels", "Sign out"):
        assert f">{known[words]}" in page and f">{words}<" not in page, words
    assert known["Somebody else has this conversation."]
    assert known["With {name}"].format(name="Nasrin") in page
    other = await (await boss.get("/desk/")).text()
    assert ">Inbox<" in other and '<html lang="en">' in other
    assert (await operator.post("/desk/me/language", form="en")).status == 303
    assert "Choose one" in await (await operator.post("/desk/me/language", form="xx")).text()
    assert ">Resolve<" in await (await operator.get(f"/desk/?list=mine&c={id}")).text()
    assert (await customer.conversation()).status == "open"  # type: ignore[union-attr]
