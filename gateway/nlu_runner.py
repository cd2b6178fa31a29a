"""The trained model's understanding as a process beside the command line: text in, parse out."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from core.errors import ConfigurationError
from core.settings import ROOT
from gateway.rasa_process import environment, rasa_python

Parse = dict[str, Any]


class Reader:
    """Runs the very pipeline that serves customers, in Rasa's own environment."""

    def __init__(self, model: Path) -> None:
        self._model = model
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Reader:
        python = rasa_python()
        if python is None:
            raise ConfigurationError("Python 3.10 for Rasa is not set up: run `make setup`")
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [str(python), "-m", "bot.components.parse_lines", str(self._model)],
            cwd=ROOT,
            env=environment("", ""),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
        )
        self._answer()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process:
            assert self._process.stdin and self._process.stdout
            self._process.stdin.close()
            self._process.stdout.close()
            self._process.wait(timeout=30)

    def parse(self, text: str, metadata: dict[str, Any] | None = None, several: bool = False) -> Parse:
        """One message. With `several` its key `wishes` names what would be handled one after another."""
        assert self._process and self._process.stdin
        asked = {"text": text, "metadata": metadata or {}, "several": several}
        # A line is a message: line breaks travel inside the JSON string.
        self._process.stdin.write(json.dumps(asked, ensure_ascii=False) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def parses(self, texts: Iterable[str]) -> Iterator[Parse]:
        """One message after another."""
        for text in texts:
            yield self.parse(text)

    def _answer(self) -> Parse:
        assert self._process and self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise ConfigurationError("the model could not be loaded: train it anew with `sathi train`")
        answer: Parse = json.loads(line)
        return answer
