"""`make bench-nlu`: ours, Rasa DIET, Rasa LogisticRegressionClassifier and nlp.js on the same sentences.

Each system runs in a process of its own, with a time limit, and has its result in a file as soon as it ends; one that
does not end in time stands in the table as such. `--rows` training sentences are drawn for all alike, the same share of
every label and form (0 takes all). DIET gets 8 epochs: it needs 4 to 7 ms for a sentence and an epoch, and by then its
training accuracy is past 0.98. LogisticRegressionClassifier runs as Rasa ships it (lbfgs, balanced, 100 rounds at most).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from core.settings import ROOT
from gateway.nlu_cli import HELD_OUT, read_rows
from gateway.nlu_scores import OUT_OF_SCOPE, Judged, percentile, scores
from gateway.rasa_process import environment, rasa_python
from gateway.sentence_lint import Corpus

FOLDER = ROOT / "var" / "bench-nlu"
NAMES = {
    "ours": "ours",
    "logistic": "Rasa LogisticRegressionClassifier",
    "node": "nlp.js (node-nlp)",
    "diet": "Rasa DIET, 8 epochs",
}
Row = tuple[str, str, str]
Outcome = dict[str, Any]


def sample(rows: list[Row], number: int, seed: int = 1) -> list[Row]:
    """So many rows, the same share of each form and label."""
    if not number or number >= len(rows):
        return rows
    piles: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        piles[row[0], row[1]].append(row)
    source, drawn = random.Random(seed), []
    for pile in piles.values():
        source.shuffle(pile)
        drawn += [((place + source.random()) / len(pile), row) for place, row in enumerate(pile)]
    return [row for _, row in sorted(drawn)[:number]]


def run(command: list[str], folder: Path, env: dict[str, str], limit: float) -> Outcome:
    """One system; what it says of itself is a JSON file, `fault` says why there is none."""
    out = folder / "result.json"
    out.unlink(missing_ok=True)
    began = time.monotonic()
    with (folder / "log.txt").open("wb") as log:
        # A session of its own, so that nothing it starts outlives it.
        process = subprocess.Popen(
            [*command, str(FOLDER / "data.json"), str(out)],
            cwd=folder,
            env=env,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            code = process.wait(limit)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return {"fault": f"did not finish in {limit / 60:.0f} min"}
    took = time.monotonic() - began
    if code or not out.exists():
        return {"fault": f"failed after {took:.0f} s (its log is {folder / 'log.txt'})"}
    return {**json.loads(out.read_text(encoding="utf-8")), "seconds": took}


def node_setup() -> Path | None:
    """node-nlp in a folder of its own, installed when it is not there."""
    folder = FOLDER / "node"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "bench.mjs"):
        (folder / name).write_bytes((Path(__file__).parent / "node" / name).read_bytes())
    if not (folder / "node_modules" / "node-nlp").is_dir():
        command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"]
        if subprocess.run(command, cwd=folder, timeout=600).returncode:
            return None
    return folder


def contend(system: str, limit: float) -> Outcome:
    """Train and ask one system."""
    if system == "node":
        folder = node_setup()
        if folder is None:
            return {"fault": "node-nlp could not be installed"}
        return run(["node", "--max-old-space-size=8192", "bench.mjs"], folder, dict(os.environ), limit)
    python = rasa_python()
    if python is None:
        return {"fault": "Python 3.10 for Rasa is not set up"}
    folder = FOLDER / system
    folder.mkdir(exist_ok=True)
    env = environment("", "") | {"RASA_MAX_CACHE_SIZE": "0", "RASA_CACHE_DIRECTORY": str(folder / "cache")}
    return run([str(python), "-m", "benchmarks.nlu.rasa_side", system], folder, env, limit)


def judged(test: list[dict[str, str]], result: Outcome) -> list[Judged]:
    """The predictions of a system in the form that is scored."""
    rows = []
    for row, (label, confidence), took in zip(test, result["predictions"], result["milliseconds"], strict=True):
        intent = str(label).partition("/")[0]
        rows.append(
            Judged(
                lang=row["lang"], text=row["text"], intent=row["intent"].partition("/")[0],
                predicted=OUT_OF_SCOPE if intent in ("nlu_fallback", "None", "") else intent,
                confidence=confidence, in_scope=confidence if intent != OUT_OF_SCOPE else 0.0, language="", milliseconds=took,
            )
        )  # fmt: skip
    return rows


def line(name: str, test: list[dict[str, str]], result: Outcome) -> str:
    """A row of the table."""
    if "fault" in result:
        return f"| {name} | {result['fault']} |"
    found = scores(judged(test, result))
    shares = [found["accuracy"], found["macro_f1"]]
    shares += [item["accuracy"] for _, item in sorted(found["by_lang"].items())]
    shares += [found["oos"]["recall"], found["oos"]["false_rejection"]]
    p50, p95 = (percentile(result["milliseconds"], share) for share in (50, 95))
    cells = [*(f"{share:.3f}" for share in shares), f"{p50:.1f} / {p95:.1f}"]
    cells += [f"{result['train_seconds']:.0f}", f"{result['memory_mb']:.0f}"]
    return f"| {name} | " + " | ".join(cells) + " |"


def main() -> None:
    """Run all, print one table, keep it in var/bench-nlu/table.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5000, help="training sentences, 0 for all")
    parser.add_argument("--only", nargs="*", choices=NAMES, default=list(NAMES))
    parser.add_argument("--minutes", type=float, default=20.0, help="the most one system may take")
    arguments = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    training = sample([(item.form, item.label, item.text) for item in Corpus.read(ROOT).training], arguments.rows)
    test = [row for path in sorted(HELD_OUT.glob("*.tsv")) for row in read_rows(path, ("lang", "intent", "text"))]
    data = {"training": training, "test": [row["text"] for row in test]}
    (FOLDER / "data.json").write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
    forms = sorted({row["lang"] for row in test})
    head = ["system", "accuracy", "macro-F1", *forms, "oos recall", "turned away", "p50 / p95 ms", "training s", "MB"]
    say(f"{len(training)} training sentences, {len(test)} held-out ones, {os.cpu_count()} cores.\n", fresh=True)
    say("| " + " | ".join(head) + " |")
    say("|" + "---|" * len(head))
    for system in arguments.only:
        load = os.getloadavg()[0]
        result = contend(system, arguments.minutes * 60)
        say(line(f"{NAMES[system]} (load {load:.1f})", test, result))


def say(words: str, *, fresh: bool = False) -> None:
    """On the screen and in the file, at once: a run that is cut short keeps what it has."""
    print(words, flush=True)
    with (FOLDER / "table.md").open("w" if fresh else "a", encoding="utf-8") as table:
        table.write(words + "\n")


if __name__ == "__main__":
    main()
