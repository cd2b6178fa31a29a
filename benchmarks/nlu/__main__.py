"""`make bench-nlu`: ours, Rasa DIET, Rasa LogisticRegressionClassifier and nlp.js on the same sentences.

Each system runs in a process of its own. `--rows` training sentences are drawn, the same share of every label and form (0
takes all); DIET gets 8 epochs: it needs 4 to 7 ms for a sentence and an epoch, and by then
its training accuracy is past 0.98.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import Any

from core.settings import ROOT
from gateway.nlu_cli import HELD_OUT, read_rows
from gateway.nlu_scores import OUT_OF_SCOPE, Judged, percentile, scores
from gateway.rasa_process import environment, rasa_python
from gateway.sentence_lint import Corpus

FOLDER = ROOT / "var" / "bench-nlu"
RASA_SYSTEMS = {"ours": "ours", "diet": "Rasa DIET, 8 epochs", "logistic": "Rasa LogisticRegression"}
NODE = "nlp.js (node-nlp)"
TIMEOUT = 4 * 3600


def sample(rows: list[tuple[str, str, str]], number: int, seed: int = 1) -> list[tuple[str, str, str]]:
    """So many rows, the same share of each form and label."""
    if not number or number >= len(rows):
        return rows
    piles: dict[tuple[str, str], list[tuple[str, str, str]]] = defaultdict(list)
    for row in rows:
        piles[row[0], row[1]].append(row)
    source, drawn = random.Random(seed), []
    for pile in piles.values():
        source.shuffle(pile)
        drawn += [((place + source.random()) / len(pile), row) for place, row in enumerate(pile)]
    return [row for _, row in sorted(drawn)[:number]]


def run(command: list[str], folder: Path, env: dict[str, str]) -> dict[str, Any] | None:
    """One system; what it says of itself is a JSON file."""
    out = folder / "result.json"
    out.unlink(missing_ok=True)
    with (folder / "log.txt").open("wb") as log:
        done = subprocess.run(
            [*command, str(FOLDER / "data.json"), str(out)],
            cwd=folder,
            env=env,
            stdout=log,
            stderr=log,
            timeout=TIMEOUT,
        )
    if done.returncode or not out.exists():
        print(f"  failed; see {folder / 'log.txt'}")
        return None
    result: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return result


def node_setup() -> Path | None:
    """node-nlp in a folder of its own, installed when it is not there."""
    folder = FOLDER / "node"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "bench.mjs"):
        (folder / name).write_bytes((Path(__file__).parent / "node" / name).read_bytes())
    if not (folder / "node_modules" / "node-nlp").is_dir():
        done = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"], cwd=folder)
        if done.returncode:
            return None
    return folder


def judged(test: list[dict[str, str]], result: dict[str, Any]) -> list[Judged]:
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


def main() -> None:
    """Run all, print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5000, help="training sentences, 0 for all")
    parser.add_argument("--only", nargs="*", default=["ours", "logistic", "node", "diet"])
    arguments = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    training = sample([(item.form, item.label, item.text) for item in Corpus.read(ROOT).training], arguments.rows)
    test = [row for path in sorted(HELD_OUT.glob("*.tsv")) for row in read_rows(path, ("lang", "intent", "text"))]
    data = {"training": training, "test": [row["text"] for row in test]}
    (FOLDER / "data.json").write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
    forms = sorted({row["lang"] for row in test})
    print(
        f"{len(training)} training sentences, {len(test)} held-out ones, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores."
    )
    head = f"{'system':26}{'acc':>7}{'F1':>7}" + "".join(f"{form:>9}" for form in forms)
    print(f"{head}{'oos':>7}{'away':>7}{'p50 ms':>8}{'p95':>7}{'train s':>9}{'MB':>7}")
    for system in arguments.only:
        if system == "node":
            folder = node_setup()
            command, env, name = ["node", "--max-old-space-size=8192", "bench.mjs"], dict(os.environ), NODE
        else:
            folder, name = FOLDER / system, RASA_SYSTEMS[system]
            folder.mkdir(exist_ok=True)
            command = [str(rasa_python()), "-m", "benchmarks.nlu.rasa_side", system]
            env = environment("", "") | {"RASA_MAX_CACHE_SIZE": "0", "RASA_CACHE_DIRECTORY": str(folder / "cache")}
        result = run(command, folder, env) if folder else None
        if not result:
            print(f"{name:26}could not be run")
            continue
        rows = judged(test, result)
        found = scores(rows)
        by_form = "".join(f"{found['by_lang'][form]['accuracy']:9.3f}" for form in forms)
        p50, p95 = (percentile(result["milliseconds"], share) for share in (50, 95))
        print(
            f"{name:26}{found['accuracy']:7.3f}{found['macro_f1']:7.3f}{by_form}{found['oos']['recall']:7.3f}"
            f"{found['oos']['false_rejection']:7.3f}{p50:8.2f}{p95:7.2f}{result['train_seconds']:9.1f}{result['memory_mb']:7.0f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
