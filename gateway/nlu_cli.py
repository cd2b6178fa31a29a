"""`sathi nlu`: parse one sentence, score a file of sentences, write the report page."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from pathlib import Path
from typing import Any

from core import settings as settings_module
from core.errors import DataError
from core.settings import ROOT
from gateway import training
from gateway.nlu_runner import Reader
from gateway.nlu_scores import entity_scores, judge, scores
from gateway.nlu_typos import misspelt

HELD_OUT = ROOT / "tests" / "nlu"
Row = dict[str, str]


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `nlu` with its own commands."""
    group = commands.add_parser(
        "nlu", help="look at and measure the understanding", description="Look at and measure the understanding."
    )
    topics = group.add_subparsers(dest="topic", required=True, metavar="topic")
    parse = topics.add_parser("parse", help="what the bot sees in one sentence")
    parse.add_argument("text")
    parse.add_argument("--language", default="", help="the written form remembered from before")
    parse.add_argument("--json", action="store_true", help="as JSON")
    parse.set_defaults(call=_parse)
    evaluate = topics.add_parser("evaluate", help="score a TSV file with the columns lang, intent and text")
    evaluate.add_argument("file", type=Path, nargs="+")
    evaluate.add_argument("--json", action="store_true", help="only JSON, for programs")
    evaluate.set_defaults(call=_evaluate)
    report = topics.add_parser("report", help="write an HTML page about the held-out sentences")
    report.add_argument("--out", type=Path, default=Path("var/nlu-report.html"))
    report.set_defaults(call=_report)


def read_rows(path: Path, needed: tuple[str, ...]) -> list[Row]:
    """The rows of a TSV file with a header."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as source:
            reader = csv.DictReader(source, delimiter="\t", quoting=csv.QUOTE_NONE)
            missing = [name for name in needed if name not in (reader.fieldnames or [])]
            if missing:
                raise DataError(f"{path}: the column {', '.join(missing)} is missing")
            return [row for row in reader if (row["text"] or "").strip()]
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from None


def _reader() -> Reader:
    def say(words: str = "") -> None:
        print(words, file=sys.stderr)

    return Reader(training.ensure_model(settings_module.load(), say))


def _parse(arguments: argparse.Namespace) -> int:
    with _reader() as reader:
        parse = reader.parse(arguments.text, {"language": arguments.language})
    if arguments.json:
        print(json.dumps(parse, ensure_ascii=False, indent=2))
        return 0
    intent = parse["intent"]
    print(f"intent     {intent['name']}{'/' + parse['topic'] if parse['topic'] else ''}  {intent['confidence']:.3f}")
    print(f"language   {parse['language'] or '-'}")
    if parse["danger"]:
        print(f"danger     {parse['danger']}")
    for item in parse["intent_ranking"][:5]:
        print(f"           {item['confidence']:.3f}  {item['name']}{'/' + item['topic'] if item.get('topic') else ''}")
    for entity in parse["entities"]:
        print(
            f"entity     {entity['entity']} = {entity['value']}  ({entity['text']!r}, {entity['start']}–{entity['end']})"
        )
    print(f"time       {parse['milliseconds']:.1f} ms")
    return 0


def _evaluate(arguments: argparse.Namespace) -> int:
    rows = [row for path in arguments.file for row in read_rows(path, ("lang", "intent", "text"))]
    if not rows:
        raise DataError(f"{arguments.file[0]}: no sentence in it")
    with _reader() as reader:
        judged = [judge(row["lang"], row["intent"], reader.parse(row["text"])) for row in rows]
    result = scores(judged)
    print(json.dumps(result, ensure_ascii=False, indent=None if arguments.json else 2))
    return 0


def measure(reader: Reader, folder: Path = HELD_OUT) -> dict[str, Any]:
    """Everything the held-out sentences tell: intents, entities, danger."""
    rows = [row for path in sorted(folder.glob("*.tsv")) for row in read_rows(path, ("lang", "intent", "text"))]
    judged = [judge(row["lang"], row["intent"], reader.parse(row["text"])) for row in rows]
    named = [
        row
        for path in sorted((folder / "entities").glob("*.tsv"))
        for row in read_rows(path, ("lang", "text", "entities"))
    ]
    entities = [(row["lang"], json.loads(row["entities"]), reader.parse(row["text"])["entities"]) for row in named]
    alarms = [
        row for path in sorted((folder / "danger").glob("*.tsv")) for row in read_rows(path, ("lang", "danger", "text"))
    ]
    return {
        "judged": judged,
        "scores": scores(judged),
        "misspelt_loss": misspelt_loss(reader, rows),
        "entities": entity_scores(entities),
        "danger": danger_scores([(row, reader.parse(row["text"])) for row in alarms]),
        "false_alarms_in_scope": sum(
            row.predicted == "report_hazard" and row.intent != "report_hazard" for row in judged
        )
        / max(1, sum(row.intent != "report_hazard" for row in judged)),
    }


def misspelt_loss(reader: Reader, rows: list[Row], every: int = 3) -> float:
    """Accuracy lost on a misspelt copy of each third sentence."""
    chosen = rows[::every]
    plain = [judge(row["lang"], row["intent"], reader.parse(row["text"])) for row in chosen]
    slips = [judge(row["lang"], row["intent"], reader.parse(misspelt(row["text"]))) for row in chosen]
    return round(float(scores(plain)["accuracy"]) - float(scores(slips)["accuracy"]), 4)


def danger_scores(rows: list[tuple[Row, dict[str, Any]]]) -> dict[str, Any]:
    """Recall and false alarms: of the detector alone, and of the answer a customer gets."""
    result: dict[str, Any] = {}
    for lang in ["all", *sorted({row["lang"] for row, _ in rows})]:
        part = [(row["danger"] == "yes", parse) for row, parse in rows if lang in ("all", row["lang"])]
        real, unreal = [parse for danger, parse in part if danger], [parse for danger, parse in part if not danger]
        result[lang] = {
            "recall": _part(bool(parse["danger"]) for parse in real),
            "false_alarms": _part(bool(parse["danger"]) for parse in unreal),
            "recall_answered": _part(parse["intent"]["name"] == "report_hazard" for parse in real),
            "false_alarms_answered": _part(parse["intent"]["name"] == "report_hazard" for parse in unreal),
            "n": len(part),
        }
    return result


def _part(outcomes: Any) -> float:
    listed = list(outcomes)
    return round(sum(listed) / len(listed), 4) if listed else 0.0


def _report(arguments: argparse.Namespace) -> int:
    from gateway.nlu_report import page

    with _reader() as reader:
        measured = measure(reader)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(page(measured), encoding="utf-8")
    print(f"Written: {arguments.out}")
    return 0
