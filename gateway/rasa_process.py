"""Start Rasa servers beside the service, watch them, start them again, and leave none behind."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import structlog

from core.settings import ROOT

log = structlog.get_logger(__name__)
RESTART_SECONDS = (1.0, 2.0, 5.0, 10.0)
PR_SET_PDEATHSIG = 1


def free_port() -> int:
    """A port of loopback that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def rasa_python() -> Path | None:
    """The interpreter of Rasa's environment, or None when it could not be set up."""
    python = ROOT / ".venv-rasa" / "bin" / "python"
    return python if python.exists() else None


def _die_with_parent() -> None:
    # Linux alone offers this; elsewhere an orderly stop ends the child.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def environment(action_url: str, action_token: str) -> dict[str, str]:
    """What the Rasa process may know: where the actions are, and nothing else of ours (no secret, no database)."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SATHI_")}
    return kept | {
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "ignore",
        "PYTHONUNBUFFERED": "1",
        "RASA_TELEMETRY_ENABLED": "false",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "SATHI_ACTION_URL": action_url,
        "SATHI_ACTION_TOKEN": action_token,
    }


def command(python: Path, model: Path, port: int) -> list[str]:
    """How a Rasa server is started, on loopback."""
    return [
        str(python),
        *("-m", "rasa", "run", "-i", "127.0.0.1", "-p", str(port)),
        *("--model", str(model)),
        *("--credentials", str(ROOT / "bot" / "credentials.yml")),
        *("--endpoints", str(ROOT / "bot" / "endpoints.yml")),
    ]


class RasaProcess:
    """One Rasa server on loopback, started again when it ends."""

    def __init__(self, model: Callable[[], Path], log_file: Path, action_url: str, action_token: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._model = model
        self._log_file = log_file
        self._environment = environment(action_url, action_token)
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._keep_running(), name=f"rasa-{self.port}")

    async def _keep_running(self) -> None:
        python = rasa_python()
        assert python is not None
        failures = 0
        while True:
            started = asyncio.get_running_loop().time()
            with self._log_file.open("ab") as sink:
                self._process = await asyncio.create_subprocess_exec(
                    *command(python, self._model(), self.port),
                    cwd=ROOT,
                    env=self._environment,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=sink,
                    stderr=sink,
                    preexec_fn=_die_with_parent,
                    start_new_session=True,
                )
            log.info("A Rasa server was started.", action="rasa_start", pid=self._process.pid, port=self.port)
            code = await self._process.wait()
            lived = asyncio.get_running_loop().time() - started
            failures = 0 if lived > 60 else failures + 1
            delay = RESTART_SECONDS[min(failures, len(RESTART_SECONDS) - 1)]
            log.warning("A Rasa server ended.", action="rasa_end", code=code, seconds=round(lived), again_in=delay)
            await asyncio.sleep(delay)

    async def stop(self) -> None:
        """End the server: politely, then for certain."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), 5)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
