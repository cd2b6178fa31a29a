"""All tables of all rooms, on one metadata."""

from __future__ import annotations

import importlib

from sqlalchemy import MetaData
from sqlmodel import SQLModel

from core.settings import ROOT


def metadata() -> MetaData:
    """Import every room's modules of tables and give back what they declare."""
    for path in sorted(ROOT.glob("*/*tables.py")):
        importlib.import_module(f"{path.parent.name}.{path.stem}")
    return SQLModel.metadata
