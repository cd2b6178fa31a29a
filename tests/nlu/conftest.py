"""The trained model as a process that reads sentences, one for all tests here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.settings import Settings
from gateway import training
from gateway.nlu_runner import Reader


@pytest.fixture(scope="session")
def reader() -> Iterator[Reader]:
    with Reader(training.ensure_model(Settings(), lambda words="": None)) as running:
        yield running
