"""The staff's pages in other languages: nothing missing, nothing too much, chosen by each for themselves."""

from __future__ import annotations

import re

import pytest

from desk.catalogue import catalogues
from desk.pages import HERE, LABELS, NAV
from desk.phrases import REFUSED, STEPS
from tests.desk.stage import Stage

SAID = re.compile(r"""\bt\("((?:[^"\\]|\\.)*)"\)""")
# Said by Python, or taken from a table in a template.
ELSEWHERE = {
    *LABELS.values(),
    *(label for _, label, _ in NAV),
    *REFUSED.values(),
    *(words for words, _ in STEPS.values()),
    *("now", "{number} min", "{number} h", "{number} d"),
    *("The customer called", "A colleague asks", "Following up", "Quality of answers", "Say it in a few words."),
    "You have looked at too much in an hour. A supervisor can let you on.",
}


def said() -> set[str]:
    found = set(ELSEWHERE)
    for path in (HERE / "templates").glob("*.html"):
        text = path.read_text("utf-8")
        found |= {words.replace('\\"', '"') for words in SAID.findall(text)}
        if marks := re.search(r"set marks = \{([^}]*)\}", text):
            found |= set(re.findall(r': "([^"]+)"', marks[1]))
    return found


@pytest.mark.parametrize("form", ["bn", "hi"])
def test_every_sentence_is_there_and_no_other(form: str) -> None:
    known = catalogues()[form]
    assert sorted(said() - set(known)) == []
    assert sorted(set(known) - said()) == []
    for english, words in known.items():
        assert words.strip() and words != english
        assert sorted(re.findall(r"{\w+}", english)) == sorted(re.findall(r"{\w+}", words)), english


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
    assert "Choose one" in await (await operator.post("/desk/me/language", form="xx")).text()
    assert (await operator.post("/desk/me/language", form="en")).status == 303
    assert ">Resolve<" in await (await operator.get(f"/desk/?list=mine&c={id}")).text()
    assert (await customer.conversation()).status == "open"  # type: ignore[union-attr]
