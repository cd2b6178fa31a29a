"""`make soak`: the long forms of the tests that kill, flood and break things. Takes the better part of an hour."""

from __future__ import annotations

import os
import subprocess
import sys

from core.settings import ROOT


def main() -> int:
    """Run the marked tests in their long form; the exit code is pytest's."""
    environment = os.environ | {"SATHI_SOAK": "1"}
    words = sys.argv[1:] or [
        "tests/reliability",
        "tests/handoff",
        "tests/connectors",
        "tests/gateway",
        "tests/desk",
    ]
    return subprocess.call([sys.executable, "-m", "pytest", "-s", "-v", *words], cwd=ROOT, env=environment)


if __name__ == "__main__":
    raise SystemExit(main())
