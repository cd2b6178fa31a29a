"""Messages in as JSON lines, parses out: the understanding of a trained model, without the dialogue.

Started by the service as `python -m bot.components.parse_lines MODEL`; it runs the model's own graph, so what it says is
what a customer's message gets.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, TextIO

from rasa.core.channels.channel import UserMessage
from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER
from rasa.engine.loader import load_predict_graph_runner
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.shared.core.trackers import DialogueStateTracker

from bot.components.several import wish, wishes
from bot.components.turn import plain

KEPT = ("intent", "intent_ranking", "entities", "topic", "language", "danger")
CONFIDENCE_DIGITS = 4


class Understanding:
    """The part of a trained model that reads a message."""

    def __init__(self, model: Path, folder: Path) -> None:
        self._metadata, self._runner = load_predict_graph_runner(folder, model, LocalModelStorage, DaskGraphRunner)
        self._tracker = DialogueStateTracker.from_events("reader", [])

    def wishes(self, text: str, metadata: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """What the channel handles one after another for this message: mostly the one reading of the whole."""

        async def read(part: str) -> dict[str, Any]:
            return self.parse(part, metadata)

        return asyncio.run(wishes(plain(text), self.parse(text, metadata), read))

    def parse(self, text: str, metadata: dict[str, Any] | None = None) -> dict[str, Any]:
        """What the channel's answer holds about a message, and how long it took."""
        message = UserMessage(text=plain(text), sender_id="reader", metadata=metadata or {})
        began = time.perf_counter()
        results = self._runner.run(
            inputs={PLACEHOLDER_MESSAGE: [message], PLACEHOLDER_TRACKER: self._tracker},
            targets=[self._metadata.nlu_target],
        )
        took = time.perf_counter() - began
        parsed = results[self._metadata.nlu_target][0].as_dict(only_output_properties=True)
        found = {key: parsed.get(key) for key in KEPT}
        for item in [found["intent"], *(found["intent_ranking"] or [])]:
            item["confidence"] = round(float(item["confidence"]), CONFIDENCE_DIGITS)
        return {"text": text, **found, "milliseconds": round(took * 1000, 3)}


def serve(model: Path, source: TextIO, sink: TextIO) -> None:
    """Answer each line until the source ends; an empty line is not answered."""
    with tempfile.TemporaryDirectory() as folder:
        understanding = Understanding(model, Path(folder))
        sink.write(json.dumps({"ready": True}) + "\n")
        sink.flush()
        for line in source:
            if line.strip():
                asked = json.loads(line)
                answer = understanding.parse(str(asked["text"]), asked.get("metadata"))
                if asked.get("several"):
                    found = understanding.wishes(str(asked["text"]), asked.get("metadata"))
                    answer["wishes"] = [":".join(part for part in wish(parse) if part) for parse in found]
                sink.write(json.dumps(answer, ensure_ascii=False) + "\n")
                sink.flush()


if __name__ == "__main__":
    serve(Path(sys.argv[1]), sys.stdin, sys.stdout)
