"""Whether a place as somebody typed it names an area, in any script and with case endings and small mistakes."""

from __future__ import annotations

from collections.abc import Iterable

from rapidfuzz import fuzz

from core.tenant_model import Area
from core.tenants import fold

CLOSE_ENOUGH = 86  # of 100, on whole names of five letters or more
# Endings that mean "in", "of", "at" in Bangla and Hindi, in both alphabets.
ENDINGS = ("তে", "ে", "য়", "র", "ের", "এ", " e", " te", " er", " me", " mein", " में", " मे", " के", " का", " পাড়া")


def names_of(area: Area) -> set[str]:
    """Every spelling of an area, folded."""
    return {fold(name) for name in (*area.name.values(), *area.spellings)}


def matches(typed: str, names: Iterable[str]) -> bool:
    """Whether the place typed is one of these names, contains one, or is nearly one."""
    place = fold(typed)
    if len(place) < 3:
        return False
    forms = {place} | {place[: -len(ending)].strip() for ending in ENDINGS if place.endswith(ending)}
    for name in map(fold, names):
        if len(name) < 3:
            continue
        if any(form == name or f" {name} " in f" {form} " for form in forms):
            return True
        if len(name) >= 5 and any(fuzz.ratio(form, name) >= CLOSE_ENOUGH for form in forms):
            return True
        # A well-known part of a longer name: "Mirpur" finds "Mirpur 10".
        if len(place) >= 4 and any(f" {form} " in f" {name} " for form in forms if len(form) >= 4):
            return True
    return False


def find_areas(areas: Iterable[Area], typed: str) -> list[Area]:
    """The areas that a place may mean."""
    return [area for area in areas if matches(typed, names_of(area))]
