"""What all forms share: when a message is about something else, and what happens when it is not clear."""

from __future__ import annotations

import re

from actions.people import to_a_person
from actions.turn import HANDLERS, Turn
from core.tenant_model import plain_number

# Words that only mean something as an answer: never another matter.
ANSWER_WORDS = frozenset(
    {
        "affirm",
        "deny",
        "skip",
        "inform",
        "inform_contact",
        "inform_media",
        "inform_location",
        "code_result",
        "nlu_fallback",
    }
)
# Leave the form, whatever was asked.
ALWAYS_OTHER = frozenset({"report_hazard", "cancel", "talk_to_operator", "change_language", "start", "clarified"})
SURE = 0.55
# An answer such as a place or a time can look like a question about it ("Mirpur 10" like outage_info).
SURE_DESPITE_FIT = 0.9
MOST_OF_IT = 0.5
ALL_OF_IT = 0.95
NUMBER = re.compile(r"[A-Za-z]?[ .-]?[0-9০-৯०-९](?:[ .\-]{0,2}[0-9০-৯०-९]){4,22}")
TOO_OFTEN = 3
LONGEST_NAME = 3  # words
LONGEST_PLACE = 120
SINCE = ("duration", "time", "date")


def share(turn: Turn, *entities: str) -> float:
    """How much of the message was recognised as one of these kinds, from 0 to 1."""
    said = sum(len(span) for name in entities for span in turn.spans.get(name, ()))
    length = len(turn.text.strip())
    return said / length if length else 0.0


def fits(turn: Turn, *entities: str) -> bool:
    """Whether what was recognised of these kinds makes up most of the message."""
    return share(turn, *entities) >= MOST_OF_IT


def other_matter(turn: Turn, *expected: str, words: bool = False) -> bool:
    """Whether a message is about something else than the question, judged by its intent, the classifier's confidence
    and the kind of answer expected: free text must not swallow a question of the customer. `words` says that any words
    are an answer, so that only a sure classifier speaks against it."""
    if turn.intent in ALWAYS_OTHER:
        return True
    if turn.intent in ANSWER_WORDS or turn.intent not in HANDLERS:
        return False
    if turn.chosen:
        return True
    if share(turn, *expected) >= ALL_OF_IT:
        return False
    return turn.confidence >= (SURE_DESPITE_FIT if words or fits(turn, *expected) else SURE)


def like_a_name(turn: Turn) -> bool:
    """Whether a message could be a place that no list holds: such names are short and sound like anything."""
    return len(turn.text.split()) <= LONGEST_NAME and not turn.text.rstrip().endswith("?")


def an_address(turn: Turn) -> bool:
    """Whether a message is made like an address: parts set off by commas, numbers of houses and roads.

    A classifier of wishes can only guess at one ("house 12, road 5, Dhanmondi").
    """
    rest = turn.text
    if turn.chosen or turn.intent in ALWAYS_OTHER or "?" in rest:
        return False
    named = turn.spans.get("place", ())
    for span in [*named, *(span for kind in SINCE for span in turn.spans.get(kind, ()))]:
        rest = rest.replace(span, " ", 1)
    parts, numbered = "," in rest or "،" in rest, any(letter.isdigit() for letter in rest)
    return parts or numbered if named else parts and numbered


def place_said(turn: Turn) -> str:
    """The answer to "where?" in the customer's own words, with road and house, without what it says about since when.

    A longer message gives the recognised name alone; what else it says stands in the transcript.
    """
    span, name = (
        next(iter(turn.spans.get("place", turn.spans.get("area", ()))), ""),
        str(turn.value("place", "area") or ""),
    )
    words = " ".join(turn.text.split())
    if turn.chosen or (not name and not any(letter.isalpha() for letter in words)):
        return name
    for since in [one for kind in SINCE for one in turn.spans.get(kind, ())]:
        before, _, after = words.partition(since)
        words = before if span in before or not after else after
    words = words.strip(" ,;:.।-")
    return words if len(words) <= LONGEST_PLACE and (span in words or not name) else name


def typed_numbers(turn: Turn, *entities: str) -> list[str]:
    """Numbers in a message: those recognised as one of these kinds, else whatever looks like a longer number."""
    found = [str(value) for name in entities for value in turn.entities.get(name, ())]
    if not found and not turn.chosen:
        found = [match.group().strip() for match in NUMBER.finditer(turn.text)]
    return [plain_number(number) for number in found]


async def unclear(turn: Turn, question: str, easier: str, **facts: object) -> None:
    """Not understood at a question: ask again, then more easily with buttons, then the hotline with a case code."""
    tries = int(turn.get("tries") or 0) + 1
    turn.set("tries", tries)
    if tries >= TOO_OFTEN:
        await to_a_person(turn, "stuck")
        return
    if tries == 1:
        turn.say("utter_unclear_here")
        turn.ask(turn.asked, question, **facts)
    else:
        turn.ask(turn.asked, easier, **facts)
