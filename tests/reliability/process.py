"""The service as a real process that a test can kill."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import requests

from core.settings import ROOT
from tests.fakes.platform import FakePlatform


class ServiceProcess:
    """`sathi run` with its own data folder, started again as often as it is killed."""

    def __init__(self, platform: FakePlatform, folder: Path, port: int, more: dict[str, str]) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._log = folder / "service.log"
        kept = {key: value for key, value in os.environ.items() if not key.startswith("SATHI_")}
        self._environment = (
            kept
            | platform.environment()
            | {
                "SATHI_PORT": str(port),
                "SATHI_DATA_DIR": str(folder / "data"),
                "SATHI_SMS_URL": platform.sms_url,
                "SATHI_LEASE_SECONDS": "16",
                "SATHI_LOG_LEVEL": "warning",
                "SATHI_MESSAGES_PER_MINUTE": "0",  # few people stand for many
                **more,
            }
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, wait: bool = True) -> None:
        with self._log.open("ab") as sink:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "gateway", "run"],
                cwd=ROOT,
                env=self._environment,
                stdout=sink,
                stderr=sink,
                start_new_session=True,
            )
        if wait:
            self.wait_alive()

    def wait_alive(self, seconds: float = 60.0) -> None:
        until = time.monotonic() + seconds
        while True:
            with contextlib.suppress(requests.RequestException):
                if requests.get(f"{self.url}/healthz", timeout=2).status_code == 200:
                    return
            assert self._process is not None and self._process.poll() is None, self._log.read_text()[-3000:]
            assert time.monotonic() < until, "the service did not start"
            time.sleep(0.05)

    def ready(self) -> bool:
        with contextlib.suppress(requests.RequestException):
            return requests.get(f"{self.url}/readyz", timeout=2).status_code == 200
        return False

    def wait_ready(self, seconds: float = 60.0) -> None:
        until = time.monotonic() + seconds
        while not self.ready():
            assert time.monotonic() < until, "the service is not ready: " + self._log.read_text()[-3000:]
            time.sleep(0.1)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def stop(self) -> int:
        """Ask it to end; returns its exit code."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(45)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
