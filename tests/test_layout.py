"""The rooms and who may know whom (docs/design: arrows go one way), read from the source without importing it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MAX_LINES = 500

# Each room and the rooms it may import from, besides itself.
ARROWS: dict[str, set[str]] = {
    "core": set(),
    "connectors": {"core"},
    "utility": {"core"},
    "complaints": {"core", "utility"},
    "handoff": {"core"},
    "desk": {"handoff", "complaints", "utility", "core"},
    "actions": {"core", "utility", "complaints", "handoff"},
    "gateway": {"core", "connectors", "utility", "complaints", "handoff", "desk", "actions"},
    "bot": set(),
    # Finds every room's tables by their place; a migration itself knows no room.
    "migrations": {"core"},
}
# Single doors through the walls, each with its reason.
DOORS = {
    # Rasa's components and the service must fold letters and name languages in the same way.
    ("bot", "core.language"),
}
ROOMS = frozenset(ARROWS)
CODE = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
# The slugs of tenants and of the companies they serve.
SLUGS = sorted(
    {path.parent.name for path in ROOT.glob("tenants/*/tenant.yml")}
    | {path.stem for path in ROOT.glob("tenants/*/utilities/*.yml")}
)


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(source: str, module: str) -> list[tuple[int, str]]:
    """Every module a source imports, anywhere in it, with the line; relative names made whole."""
    found: list[tuple[int, str]] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join([*module.split(".")[: -node.level], *filter(None, [base])])
            # `from core import language` reaches core.language.
            found += [(node.lineno, f"{base}.{alias.name}") for alias in node.names]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
            first = node.args[0] if node.args else None
            if called in ("import_module", "__import__") and isinstance(first, ast.Constant):
                found.append((node.lineno, str(first.value)))
    return found


def is_at(module: str, place: str) -> bool:
    return module == place or module.startswith(place + ".")


def wrong_arrows(source: str, module: str) -> list[str]:
    room = module.split(".")[0]
    faults = []
    for line, target in imports_of(source, module):
        other = target.split(".")[0]
        if other == "rasa" and not is_at(module, "bot.components"):
            faults.append(f"line {line}: only bot/components may import rasa")
        if other not in ROOMS or other == room or other in ARROWS[room]:
            continue
        if any(is_at(module, source_) and is_at(target, target_) for source_, target_ in DOORS):
            continue
        faults.append(f"line {line}: {room} may not know {target}")
    return faults


@pytest.mark.parametrize("path", CODE, ids=lambda path: name_of(path))
def test_imports_follow_the_arrows(path: Path) -> None:
    assert wrong_arrows(path.read_text(encoding="utf-8"), name_of(path)) == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("core.inbox", "import connectors.base"),
        ("core.inbox", "def late():\n    from gateway import app"),
        ("connectors.whatsapp", "from handoff.bridge import Bridge"),
        ("connectors.whatsapp", "import importlib\nimportlib.import_module('desk.app')"),
        ("utility.local", "from complaints import tables"),
        ("complaints.register", "from desk.pages import show"),
        ("handoff.bridge", "from complaints.register import register"),
        ("desk.pages", "from actions import bill"),
        ("actions.bill", "from gateway.services import Services"),
        ("actions.bill", "import rasa.shared"),
        ("bot.components.channel", "from core.tables import Contact"),
        ("core.language.script", "from ..migrate import x\nfrom ...gateway import y"),
    ],
)
def test_a_wrong_arrow_is_seen(module: str, source: str) -> None:
    assert wrong_arrows(source, module) != []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("gateway.app", "from desk.pages import show\nfrom connectors.base import Channel"),
        (
            "bot.components.nlu",
            "import rasa.engine\nfrom core.language import normalise\nfrom core.language.script import x",
        ),
        ("core.outbox", "from core import lanes\nfrom . import retry\nimport asyncio"),
        ("actions.bill", "from rasa_sdk import Action"),
    ],
)
def test_a_right_arrow_is_let_through(module: str, source: str) -> None:
    assert wrong_arrows(source, module) == []


@pytest.mark.parametrize(
    "path", [path for path in CODE if path.parent.name != "versions"], ids=lambda path: name_of(path)
)
def test_a_module_is_not_too_long(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES


def test_every_package_is_a_room() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages - {"tests", "benchmarks"} <= ROOMS


@pytest.mark.parametrize("path", CODE, ids=lambda path: name_of(path))
def test_no_code_asks_which_tenant_it_is(path: Path) -> None:
    """Tenants and their companies are data. One default names a tenant: SATHI_TENANT, fixed by the outside contract."""
    allowed = {"core/settings.py": {"bangladesh-power-division"}}.get(str(path.relative_to(ROOT)), set())
    strings = {
        node.value
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    named = {slug for slug in SLUGS for text in strings if slug == text or f"{slug}/" in text}
    assert named <= allowed


def test_there_are_slugs_to_look_for() -> None:
    assert "bangladesh-power-division" in SLUGS
    assert len(SLUGS) > 5
