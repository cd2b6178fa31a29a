"""`sathi new-tenant` and `sathi new-language`: the folders to fill, with every key in place; and the stand-in platform."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from core import yaml_text
from core.errors import ConfigurationError
from core.settings import ROOT

SLUG = re.compile(r"[a-z][a-z0-9-]{1,40}")
FORM = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?")
FILL = "FILL IN"


def add_commands(commands: Any) -> None:
    """Add the scaffolds to the command line."""
    tenant = commands.add_parser("new-tenant", help="start a tenant's folder")
    tenant.add_argument("name", help="its slug, e.g. nesco")
    tenant.set_defaults(call=lambda arguments: _tell(new_tenant(ROOT, arguments.name)))
    language = commands.add_parser("new-language", help="start a written form's folder")
    language.add_argument("name", help="e.g. vi or bn-Latn")
    language.set_defaults(call=lambda arguments: _tell(new_language(ROOT, arguments.name)))
    platform = commands.add_parser(
        "fake-platform", help="a stand-in for WhatsApp, Messenger and Telegram on this machine"
    )
    platform.add_argument("words", nargs=argparse.REMAINDER)
    platform.set_defaults(call=_fake_platform)


def _tell(paths: list[Path]) -> int:
    for path in paths:
        print(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)
    print(f"Fill in what says “{FILL}”, then run `make lint-data`.")
    return 0


def new_tenant(root: Path, slug: str) -> list[Path]:
    """Write the files of a tenant with one utility; refuses a name that is taken or not a slug."""
    if not SLUG.fullmatch(slug):
        raise ConfigurationError(f"{slug!r} is no slug: small letters, digits and dashes, e.g. nesco")
    folder = root / "tenants" / slug
    if folder.exists():
        raise ConfigurationError(f"tenants/{slug} is there already")
    model = next(path for path in sorted((root / "tenants").glob("*/tenant.yml")))
    shape = yaml_text.load(model.read_text(encoding="utf-8"))
    # The region decides currency, tariffs and limits; most new tenants are neighbours of one that is there.
    tenant = _blank(shape) | {"region": shape["region"], "utilities": [slug]}
    utility_model = next(path for path in sorted((model.parent / "utilities").glob("*.yml")))
    utility = _blank(yaml_text.load(utility_model.read_text(encoding="utf-8")))
    for document in (tenant, utility):
        if "slug" in document:
            document["slug"] = slug
    written = {
        folder / "tenant.yml": tenant,
        folder / "channels.yml": {"channels": []},
        folder / "utilities" / f"{slug}.yml": utility,
    }
    return _write(written)


def new_language(root: Path, form: str) -> list[Path]:
    """Write a form's folder: a file for each required intent and each English answer, with the English beside it."""
    if not FORM.fullmatch(form):
        raise ConfigurationError(f"{form!r} is no written form: a language, perhaps with a script, e.g. vi or bn-Latn")
    folder = root / "nlu_data" / form
    if folder.exists():
        raise ConfigurationError(f"nlu_data/{form} is there already")
    intents = yaml_text.load((root / "nlu_data" / "intents.yml").read_text(encoding="utf-8"))
    names = [name for name, about in intents["intents"].items() if about.get("importance") == "required"]
    names += [f"faq/{topic}" for topic in intents["faq"]]
    written: dict[Path, dict[str, Any]] = {}
    for name in names:
        about = intents["intents"].get(name)
        example = about["example"] if about else intents["faq"][name.partition("/")[2]]
        rows = [{"intent": name, "examples": f"- {FILL}: {example}\n"}]
        written[folder / f"{name}.yml"] = {"version": "3.1", "language": form, "nlu": rows}
    for path in sorted((root / "nlu_data" / "en" / "answers").glob("*.yml")):
        document = yaml_text.load(path.read_text(encoding="utf-8"))
        written[folder / "answers" / path.name] = {**document, "language": form}
    return _write(written)


def _blank(value: Any) -> Any:
    """The same shape with every word to be filled in; numbers and lists keep their first item as a pattern."""
    if isinstance(value, dict):
        return {key: _blank(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_blank(value[0])] if value else []
    return FILL if isinstance(value, str) else value


def _write(written: dict[Path, dict[str, Any]]) -> list[Path]:
    for path, document in written.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=120), encoding="utf-8")
    return sorted(written)


def _fake_platform(arguments: argparse.Namespace) -> int:
    return subprocess.call([sys.executable, "-m", "tests.fakes", *arguments.words], cwd=ROOT)  # noqa: S603 - our own module
