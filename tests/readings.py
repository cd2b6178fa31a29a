"""Words and tenants, read once for all services of a run: reading them takes most of a second, and the files stay as they are."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from core.answers import Answers
from core.tenants import Tenants

words = functools.cache(Answers.load)
tenants = functools.cache(Tenants.load)


@contextmanager
def read_once() -> Iterator[None]:
    """Services that start in here get the words and tenants read before; what was published is theirs alone."""
    with mock.patch.object(Answers, "load", words), mock.patch.object(Tenants, "load", tenants):
        yield
