"""What runs in Rasa's environment: our classifier, or a stock pipeline trained by Rasa itself."""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

STOCK = [
    {"name": "WhitespaceTokenizer"},
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
]
LAST = {
    "diet": {"name": "DIETClassifier", "epochs": 8, "constrain_similarities": True, "entity_recognition": False},
    "logistic": {"name": "LogisticRegressionClassifier"},
}
FALLBACK = {"name": "FallbackClassifier", "threshold": 0.3, "ambiguity_threshold": 0.1}
Outcome = dict[str, Any]


def ours(training: list[list[str]], test: list[str]) -> Outcome:
    """Our model and gate on these rows alone, with the settings of bot/config.yml."""
    from bot.components.classifier import SathiClassifier
    from bot.components.features import Features
    from bot.components.gate import OUT_OF_SCOPE, choose, group, grouped
    from bot.components.linear import softmax, train
    from bot.components.noise import misspelt

    config = SathiClassifier.get_default_config()
    began = time.perf_counter()
    texts, labels = [row[2] for row in training], [row[1] for row in training]
    features = Features(weights=tuple(config["blocks"]))
    model, unseen, scores = train(
        texts, labels, features, config["cost"], config["minimum"], misspelt(texts, config["noise"])
    )
    intents, places = group(model.labels)
    gate = choose(
        grouped(softmax(scores * model.temperature), places, len(intents)),
        intents,
        [labels[row] for row in unseen],
        config["rejected"],
    )
    took = time.perf_counter() - began
    classifier = SathiClassifier(config, None, None, model, gate)  # type: ignore[arg-type]

    def predict(text: str) -> tuple[str, float]:
        ranking = classifier.ranking(text)
        first, second = ranking[0], ranking[1]
        passed = first["name"] == OUT_OF_SCOPE or gate.passes(first["confidence"], second["confidence"])
        return (first["name"] if passed else "nlu_fallback"), first["confidence"]

    return {"train_seconds": took, **measured(predict, test)}


def stock(system: str, training: list[list[str]], test: list[str], folder: Path) -> Outcome:
    """A pipeline of Rasa's own parts, trained and loaded by Rasa."""
    import yaml
    from rasa.model_training import train_nlu

    from bot.components.parse_lines import Understanding

    by_label: dict[str, list[str]] = {}
    for _, label, text in training:
        # A slash would make it a retrieval intent, which wants answers.
        by_label.setdefault(label.replace("/", "__"), []).append(text)
    nlu = [{"intent": label, "examples": "".join(f"- {text}\n" for text in texts)} for label, texts in by_label.items()]
    (folder / "nlu.yml").write_text(
        yaml.safe_dump({"version": "3.1", "nlu": nlu}, allow_unicode=True), encoding="utf-8"
    )
    pipeline = [*STOCK, LAST[system], FALLBACK]
    config = {"recipe": "default.v1", "assistant_id": "bench", "language": "xx", "pipeline": pipeline, "policies": []}
    (folder / "config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    began = time.perf_counter()
    path = train_nlu(str(folder / "config.yml"), str(folder / "nlu.yml"), str(folder), fixed_model_name="bench")
    took = time.perf_counter() - began
    understanding = Understanding(Path(str(path)), folder / "loaded")

    def predict(text: str) -> tuple[str, float]:
        parse = understanding.parse(text)
        return str(parse["intent"]["name"]).replace("__", "/"), float(parse["intent"]["confidence"])

    return {"train_seconds": took, **measured(predict, test)}


def measured(predict: Any, test: list[str]) -> Outcome:
    """Predictions and the time of each, warm."""
    for text in test[:20]:
        predict(text)
    predictions, times = [], []
    for text in test:
        began = time.perf_counter()
        predictions.append(predict(text))
        times.append(round((time.perf_counter() - began) * 1000, 3))
    return {"predictions": predictions, "milliseconds": times}


def main() -> None:
    """`python -m benchmarks.nlu.rasa_side SYSTEM DATA RESULT`."""
    system, data, out = sys.argv[1:]
    rows = json.loads(Path(data).read_text(encoding="utf-8"))
    if system == "ours":
        result = ours(rows["training"], rows["test"])
    else:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "loaded").mkdir()
            result = stock(system, rows["training"], rows["test"], Path(folder))
    own, children = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    result["memory_mb"] = max(own, children) / 1024
    Path(out).write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main()
