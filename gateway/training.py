"""Train the dialogue core's model when something it depends on has changed; keep the last three.

The model's name is a fingerprint of all it is made from, so an unchanged project starts without training and two
copies of the project agree on the name.
"""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from core.errors import ConfigurationError, SathiError
from core.settings import ROOT, Settings
from gateway.rasa_process import environment, rasa_python

KEPT = 3
TIMEOUT_SECONDS = 900
# Raised when old models must not be used with new code of this module.
GENERATION = "1"
SUFFIXES = frozenset({".py", ".yml", ".tsv"})

# Run with a model, never while one is trained.
SERVING = frozenset(
    {
        *(
            f"bot/components/{name}.py"
            for name in ("channel", "context", "endpoint", "nlg", "parse_lines", "several", "turn")
        ),
        *(f"core/language/{name}.py" for name in ("clauses", "data/joiners", "data/particles")),
    }
)

Say = Callable[..., None]


class TrainingStopped(SathiError):
    """Whoever wanted the model does not want it any more."""


def sources(root: Path = ROOT) -> Iterator[Path]:
    """Every file a model is made from: bot, language tables, sentences, places, and the pinned packages.

    What only serves a model leaves it as it is, so that work on the dialogue's way costs no training.
    """
    for path in (*_files(root / "bot"), *_files(root / "core" / "language")):
        if path.relative_to(root).as_posix() not in SERVING:
            yield path
    for path in _files(root / "nlu_data"):
        if "answers" not in path.relative_to(root / "nlu_data").parts:
            yield path
    yield from sorted((root / "tenants").glob("*/utilities/*.yml"))
    yield root / "requirements" / "rasa.txt"


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES and "__pycache__" not in path.parts)


def fingerprint(root: Path = ROOT) -> str:
    """Sixteen letters that change when anything a model is made from changes."""
    digest = hashlib.sha256(GENERATION.encode())
    for path in sources(root):
        if path.is_file():
            digest.update(path.relative_to(root).as_posix().encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def model_path(settings: Settings) -> Path:
    """Where the model for the project as it is now lies, or will lie."""
    return settings.data_dir / "models" / f"{fingerprint()}.tar.gz"


def ensure_model(
    settings: Settings, say: Say = print, *, force: bool = False, stop: threading.Event | None = None
) -> Path:
    """The model for the project as it is now, trained if there is none yet.

    `ConfigurationError` says why there is none; `TrainingStopped` that `stop` was set before it was done.
    """
    path = model_path(settings).resolve()
    if path.exists() and not force:
        path.touch()
        return path
    python = rasa_python()
    if python is None:
        raise ConfigurationError("Python 3.10 for Rasa is not set up: run `make setup`")
    say("Training the model: the sentences, rules or places have changed. About a minute.")
    began = time.monotonic()
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".training-", dir=path.parent) as folder:
        made = _train(python, Path(folder), stop or threading.Event())
        made.replace(path)
    _forget(path.parent, path)
    say(f"Trained in {time.monotonic() - began:.0f} s.")
    return path


def _train(python: Path, folder: Path, stop: threading.Event) -> Path:
    """Run Rasa's training into a folder of its own, so that a training that was cut short leaves nothing behind."""
    command = [
        *(
            str(python),
            "-m",
            "rasa",
            "train",
            "--quiet",
            "--skip-validation",
            "--fixed-model-name",
            "model",
            "--out",
            str(folder),
        ),
        *("--config", str(ROOT / "bot" / "config.yml"), "--domain", str(ROOT / "bot" / "domain")),
        *("--data", str(ROOT / "bot" / "rules")),
    ]
    # The cache would keep half a gigabyte beside the models and saves nothing: one changed sentence changes every part.
    surroundings = environment("", "") | {"RASA_MAX_CACHE_SIZE": "0", "RASA_CACHE_DIRECTORY": str(folder / "cache")}
    log = folder.parent / "training.log"
    with log.open("wb") as sink:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and paths
            command, cwd=ROOT, env=surroundings, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink
        )
        try:
            _wait(process, stop, f"training took longer than {TIMEOUT_SECONDS} s; its log is {log}")
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    made = folder / "model.tar.gz"
    if process.returncode or not made.exists():
        last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-3:]
        raise ConfigurationError(f"training failed ({' / '.join(last)}); its log is {log}")
    return made


def _wait(process: subprocess.Popen[bytes], stop: threading.Event, too_long: str) -> None:
    """Return when the process has ended by itself."""
    until = time.monotonic() + TIMEOUT_SECONDS
    while process.poll() is None:
        if stop.wait(0.2):
            raise TrainingStopped("training was stopped before its end")
        if time.monotonic() > until:
            raise ConfigurationError(too_long)


def _forget(folder: Path, newest: Path) -> None:
    """Remove all but the last models."""
    models = sorted(folder.glob("*.tar.gz"), key=lambda path: (path == newest, path.stat().st_mtime), reverse=True)
    for path in models[KEPT:]:
        path.unlink(missing_ok=True)
