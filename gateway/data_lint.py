"""`sathi lint-data`: every fault in nlu_data, the held-out sentences and tenants, each with its path."""

from __future__ import annotations

import argparse
from pathlib import Path

import yaml

from core import yaml_text
from core.answer_files import load_shelves
from core.answers import Answers
from core.errors import DataError
from core.message_forms import named_in
from core.settings import ROOT
from core.tenants import Tenants
from gateway.sentence_lint import sentence_faults


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `lint-data`."""
    command = commands.add_parser("lint-data", help="name every fault in nlu_data and tenants")
    command.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    command.set_defaults(call=_lint)


def _lint(arguments: argparse.Namespace) -> int:
    faults = data_faults(arguments.root)
    for fault in faults:
        print(fault)
    print(f"{len(faults)} faults." if faults else "The data is sound.")
    return 1 if faults else 0


def data_faults(root: Path) -> list[str]:
    """Every fault under a root; files that cannot be read at all are faults too."""
    faults = registry_faults(root)
    for check in (sentence_faults, answer_faults, tenant_faults, template_faults):
        try:
            faults += check(root)
        except (OSError, KeyError, TypeError, ValueError, yaml.YAMLError) as error:
            faults.append(f"{check.__name__.partition('_')[0]} data cannot be read: {type(error).__name__}: {error}")
    return [fault.replace(f"{root}/", "") for fault in faults]


def registry_faults(root: Path) -> list[str]:
    """The register of written forms is sorted and has a folder for each."""
    path = root / "nlu_data" / "languages.yml"
    forms = list(yaml_text.load(path.read_text(encoding="utf-8")))
    faults = [f"{path}: the forms are not in alphabetical order"] if forms != sorted(forms) else []
    faults += [f"{path}: {form} has no folder" for form in forms if not (path.parent / form).is_dir()]
    faults += [
        f"{folder}: {folder.name} is not in languages.yml"
        for folder in sorted(path.parent.iterdir())
        if folder.is_dir() and folder.name not in forms and any(folder.glob("*.yml"))
    ]
    return faults


def answer_faults(root: Path) -> list[str]:
    """Placeholders, labels, choices and lengths of the answers, compared over the forms."""
    try:
        load_shelves(root)
    except DataError as error:
        return str(error).splitlines()
    return []


def template_faults(root: Path) -> list[str]:
    """Approved forms that a channel names for an answer: the answer must be there, and have the facts in its words."""
    try:
        answers, tenants = Answers.load(root), Tenants.load(root)
    except DataError:
        return []  # said already
    faults = []
    for tenant in tenants.all():
        path = root / "tenants" / tenant.slug / "channels.yml"
        for channel in tenant.channels:
            try:
                named = list(named_in(channel.options, channel.name))
            except DataError as error:
                faults.append(f"{path}: {error}")
                continue
            for answer, name, facts in named:
                own, base = (answers.text_of(tenant.slug, form, answer)[0] for form in (tenant.default_form, "en"))
                words = own or base
                if answer not in answers.names():
                    faults.append(f"{path}: {channel.name}: the form {name} stands for {answer}, which is no answer")
                faults += [
                    f"{path}: {channel.name}: {answer} has no {{{fact}}} for the form {name}"
                    for fact in facts
                    if answer in answers.names() and f"{{{fact}}}" not in words
                ]
    return faults


def tenant_faults(root: Path) -> list[str]:
    """The folders of tenants as the service reads them."""
    try:
        Tenants.load(root)
    except DataError as error:
        return str(error).splitlines()
    return []
