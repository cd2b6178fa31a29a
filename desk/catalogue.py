"""What the desk says to its staff in other languages than English: data in desk/labels, chosen by each for themselves.

A sentence of a page or of a fault is its own key, so one whose translation is missing still says what it means. A key
may have blanks, `{name} is no feeder of this company`: a sentence made from it elsewhere is known by it. The file of
English has words for codes only, which no other page would show to people.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from core import yaml_text

FOLDER = Path(__file__).parent / "labels"
ENGLISH = "en"
NAMES = {ENGLISH: "English", "bn": "বাংলা", "hi": "हिन्दी"}
SENTENCES = re.compile(r"(?<=[.]) ")
BLANK = re.compile(r"\{([a-z_]+)\}")
# A key with fewer letters beside its blanks would be found in sentences that were never made from it.
LEAST, LONGEST = 8, 400
Speaker = Callable[[str], str]


@cache
def catalogues(folder: Path = FOLDER) -> dict[str, Mapping[str, str]]:
    """By language, English sentences and what they are there."""
    return {path.stem: yaml_text.load(path.read_text("utf-8")) for path in sorted(folder.glob("*.yml"))}


def languages(spoken: list[str]) -> list[tuple[str, str]]:
    """Languages that pages can be in for a tenant whose customers speak these, with their own names."""
    known = [ENGLISH, *(form for form in catalogues() if form in spoken and form != ENGLISH)]
    return [(form, NAMES.get(form, form)) for form in known]


def first_known(wanted: str) -> str:
    """The language of a browser (its Accept-Language) as far as the desk has it, for whoever is not signed in."""
    for one in wanted.split(","):
        form = one.partition(";")[0].strip().partition("-")[0].lower()
        if form in catalogues():
            return form
    return ENGLISH


@cache
def _with_blanks(form: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    made = []
    for key, words in catalogues().get(form, {}).items():
        parts = BLANK.split(key)
        if len(parts) > 1 and sum(letter.isalpha() for part in parts[::2] for letter in part) >= LEAST:
            pattern = "".join(f"(?P<{part}>.+?)" if place % 2 else re.escape(part) for place, part in enumerate(parts))
            made.append((re.compile(pattern, re.DOTALL), words))
    return tuple(made)


@cache
def speaker(form: str) -> Speaker:
    """Says a sentence in a language, in English where it is not known."""
    known = catalogues().get(form, {})

    def say(words: str) -> str:
        if words in known:
            return known[words]
        if " " in words and len(words) < LONGEST:
            parts = SENTENCES.split(words)
            if len(parts) > 1 and all(say(part) != part for part in parts):
                return " ".join(say(part) for part in parts)
            for pattern, there in _with_blanks(form):
                if found := pattern.fullmatch(words):
                    return BLANK.sub(lambda blank: found[blank[1]], there)
        return words

    return say
