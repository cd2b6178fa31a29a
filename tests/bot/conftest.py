"""Rasa and the packages it pins warn a great deal; those warnings are not ours to mend, so only ours stay errors."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import pytest

os.environ["SQLALCHEMY_SILENCE_UBER_WARNING"] = "1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import rasa.core.agent
    import rasa.engine.recipes.default_components
    import rasa.model_training  # noqa: F401

    import bot.components.channel  # noqa: F401

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            for kind in (
                "DeprecationWarning",
                "PendingDeprecationWarning",
                "FutureWarning",
                "ResourceWarning",
                "UserWarning",
            ):
                item.add_marker(pytest.mark.filterwarnings(f"ignore::{kind}"))
