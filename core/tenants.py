"""Loads tenants/: who we serve, in which languages, with which numbers, places, tariffs and rules.

Everything is checked at the start; all faults are named at once. A folder with a tenant.yml is a tenant; what a whole
country or state shares (tariffs, fees, mobile numbers) stands once in `_regions/<region>.yml`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path

from rapidfuzz import fuzz

from core.errors import DataError
from core.tenant_loader import Loader
from core.tenant_model import Names, Tenant, Utility, plain_number
from core.tenant_reader import unique

__all__ = ["Tenant", "Tenants", "Utility", "candidates", "find_utility", "plain_number", "word"]

CLOSE_ENOUGH = 84  # of 100: one letter in six may be wrong


class Tenants:
    """All tenants by slug."""

    def __init__(self, tenants: Mapping[str, Tenant]) -> None:
        self._tenants = dict(tenants)
        self._utilities = {
            slug: (tenant, utility) for tenant in self._tenants.values() for slug, utility in tenant.utilities.items()
        }

    @classmethod
    def load(cls, root: Path) -> Tenants:
        """Read every tenant of the project, or of a tenants folder; `DataError` lists all faults with their place."""
        faults: list[str] = []
        root = root / "tenants" if (root / "tenants").is_dir() else root
        folders = sorted(path.parent for path in root.glob("*/tenant.yml") if not path.parent.name.startswith("_"))
        if not folders:
            raise DataError(f"{root}: no tenant found (a folder with a tenant.yml)")
        tenants = [Loader(root, folder, faults).tenant() for folder in folders]
        unique(faults, "code", ((tenant.code, tenant.slug) for tenant in tenants))
        utilities = [utility for tenant in tenants for utility in tenant.utilities.values()]
        unique(
            faults,
            "code",
            [(tenant.code, tenant.slug) for tenant in tenants]
            + [(utility.code, f"{utility.tenant}/{utility.slug}") for utility in utilities],
        )
        # References of documents name the company alone, so its slug belongs to one tenant.
        unique(faults, "utility", ((utility.slug, utility.tenant) for utility in utilities))
        if faults:
            raise DataError("\n".join(dict.fromkeys(faults)))
        return cls({tenant.slug: tenant for tenant in tenants})

    def get(self, slug: str) -> Tenant:
        """A tenant; `DataError` names those there are."""
        if slug not in self._tenants:
            raise DataError(f"There is no tenant {slug!r}; there are {', '.join(self._tenants)}")
        return self._tenants[slug]

    def all(self) -> tuple[Tenant, ...]:
        return tuple(self._tenants.values())

    def utility(self, slug: str) -> Utility | None:
        """A company by its slug, whoever its tenant is."""
        found = self._utilities.get(slug)
        return found[1] if found else None

    def tenant_of(self, utility: str) -> Tenant | None:
        found = self._utilities.get(utility)
        return found[0] if found else None


def word(names: Names, form: str) -> str:
    """The word for a written form, else for its language, else for a sister form in the same letters, else English."""
    base = form.split("-")[0]
    for key in (form, base) if "-" not in form else (form, "en", base):
        if names.get(key):
            return names[key]
    return names.get("en") or next(iter(names.values()), "")


def candidates(tenant: Tenant, number: str, kind: str = "") -> list[str]:
    """The companies whose number format fits, in the tenant's order. `kind` narrows to account or meter numbers."""
    return [
        utility.slug
        for utility in tenant.utilities.values()
        if any(
            identifier.canonical(number)
            for identifier in utility.identifiers
            if identifier.kind == kind or (not kind and identifier.kind in ("account", "meter"))
        )
    ]


def find_utility(tenant: Tenant, words: str) -> Utility | None:
    """The company that somebody names, in any script and with small mistakes; None when it could be several or none."""
    typed = fold(words)
    if not typed:
        return None
    named: list[str] = []
    close: dict[str, float] = {}
    for utility in tenant.utilities.values():
        for name in _names_of(utility):
            if len(name) >= 3 and _contains(typed, name):
                named.append(utility.slug)
            elif len(name) >= 4:
                score = fuzz.ratio(typed.replace(" ", ""), name.replace(" ", ""))
                close[utility.slug] = max(close.get(utility.slug, 0), score)
    if not named and close:
        best = max(close.values())
        named = [slug for slug, score in close.items() if score == best and best >= CLOSE_ENOUGH]
    return tenant.utilities[named[0]] if len(set(named)) == 1 else None


def fold(text: str) -> str:
    """Text for comparing: composed, small letters, letters and digits of any script kept, everything else a space."""
    kept = []
    for letter in unicodedata.normalize("NFC", text).casefold():
        if letter in "\u200c\u200d" or unicodedata.category(letter) == "Cf":
            continue
        kept.append(letter if unicodedata.category(letter)[0] in "LMN" else " ")
    return " ".join("".join(kept).split())


def _contains(typed: str, name: str) -> bool:
    # A case ending may follow the name ("ডেসকোর", "desco te"), a letter may not stand before it.
    return re.search(rf"(?:^|\s){re.escape(name)}", typed) is not None or typed.replace(" ", "") == name.replace(
        " ", ""
    )


def _names_of(utility: Utility) -> set[str]:
    names = {utility.slug, *utility.name.values(), *utility.full_name.values(), *utility.aliases}
    return {folded for folded in map(fold, names) if folded}
