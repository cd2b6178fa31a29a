"""Training belongs to the service that asked for it: it ends with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from core.settings import ROOT
from gateway.rasa_process import free_port
from tests.patience import SECONDS


def _trainings(folder: Path) -> list[int]:
    """The processes that write into `folder`."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if str(folder).encode() in words:
                found.append(int(entry.name))
    return found


def test_a_service_told_to_stop_while_it_trains_ends_soon_and_takes_the_training_along(tmp_path: Path) -> None:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SATHI_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway", "run"],
        cwd=ROOT,
        env=kept | {"SATHI_DATA_DIR": str(tmp_path), "SATHI_PORT": str(free_port())},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        until = time.monotonic() + SECONDS
        while not _trainings(tmp_path):
            assert process.poll() is None and time.monotonic() < until, "no training was begun"
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=SECONDS)
    finally:
        process.kill()
    assert process.returncode == 0, said
    assert said.splitlines()[-1] == "Stopped."
    assert _trainings(tmp_path) == []
    assert not list((tmp_path / "models").glob("*/")), "a half-made model was left behind"
    assert not list((tmp_path / "models").glob("*.tar.gz"))
