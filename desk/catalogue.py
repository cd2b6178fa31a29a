"""What the desk says to its operators in other languages than English: data in desk/labels, chosen by each for themselves.

A sentence of a template is its own key, so a page whose translation is missing still says what it means.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from core import yaml_text

FOLDER = Path(__file__).parent / "labels"
ENGLISH = "en"
NAMES = {ENGLISH: "English", "bn": "বাংলা", "hi": "हिन्दी"}


@cache
def catalogues(folder: Path = FOLDER) -> dict[str, Mapping[str, str]]:
    """By language, English sentences and what they are there."""
    return {path.stem: yaml_text.load(path.read_text("utf-8")) for path in sorted(folder.glob("*.yml"))}


def languages(spoken: list[str]) -> list[tuple[str, str]]:
    """Languages that pages can be in for a tenant whose customers speak these, with their own names."""
    known = [ENGLISH, *(form for form in catalogues() if form in spoken)]
    return [(form, NAMES.get(form, form)) for form in known]


def speaker(form: str) -> Callable[[str], str]:
    """Says a sentence in a language, in English where it is not known."""
    known = catalogues().get(form, {})
    return lambda words: known.get(words, words)
