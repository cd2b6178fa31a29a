"""The report page on the held-out sentences: one HTML file, pictures drawn as inline SVG, nothing fetched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from gateway.nlu_plots import bars, calibration, matrix
from gateway.nlu_scores import Judged

WORST = 40
STYLE = """
:root{--ink:#1d2733;--soft:#5b6b7c;--line:#dfe5eb;--good:#1f7a4d;--bad:#b3372f;--bar:#2f6db3;--paper:#fff;--band:#f5f7f9}
@media (prefers-color-scheme:dark){:root{--ink:#e4e9ee;--soft:#9fb0c0;--line:#33404d;--good:#4cb782;--bad:#e0766d;
 --bar:#4d8fd6;--paper:#161b21;--band:#1d242c}}
body{font:15px/1.5 system-ui,"Noto Sans Bengali","Noto Sans Devanagari",sans-serif;color:var(--ink);
 background:var(--paper);max-width:1080px;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2.4rem}p.note{color:var(--soft);margin-top:-.4rem}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(420px,1fr));gap:0 2rem;align-items:start}
td,th{padding:.25rem .6rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.good{color:var(--good)}.bad{color:var(--bad)}svg{max-width:100%;height:auto}text{fill:var(--ink);font-size:12px}
text.soft{fill:var(--soft)}text.strong{font-weight:600}text.small{font-size:10px}rect.band{fill:var(--band)}
"""
WORST_FORM = "Macro-F1, worst form"
# What is aimed at: (what, value to reach, more is better).
TARGETS = {
    "Macro-F1, all": (0.90, True),
    WORST_FORM: (0.87, True),
    "Out-of-scope recall": (0.80, True),
    "In-scope turned away": (0.05, False),
    "Calibration error": (0.06, False),
    "Accuracy lost on a misspelt copy": (0.04, False),
    "Written form decided": (0.97, True),
    "Numbers, F1": (0.95, True),
    "Places, F1": (0.80, True),
    "Danger recall": (1.00, True),
    "Danger false alarms, ordinary messages": (0.01, False),
}


def page(measured: dict[str, Any]) -> str:
    """The whole page."""
    rows: list[Judged] = measured["judged"]
    scores = measured["scores"]
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>",
        f"<title>Understanding, held-out sentences</title><style>{STYLE}</style>",
        f"<h1>Understanding of {scores['n']} held-out sentences</h1>",
        "<p class=note>None of them was trained on. A fallback counts as out of scope.</p>",
        _targets(measured),
        "<div class=pair><div><h2>Macro-F1 by written form</h2>",
        bars([(lang, item["macro_f1"]) for lang, item in scores["by_lang"].items()], TARGETS[WORST_FORM][0]),
        "</div><div><h2>Calibration</h2><p class=note>On the line, it is right as often as it is sure.</p>",
        calibration(rows),
        "</div></div>",
        "<h2>Intents</h2>",
        _intents(scores["by_intent"]),
        "<h2>Confusion matrix</h2><p class=note>Rows are what was meant, columns what was understood; "
        "darker is more, a number is so many mistakes.</p><div class=wide>",
        matrix(rows),
        "</div>",
        "<h2>Worst mistakes</h2><p class=note>Most confident first.</p>",
        _mistakes(rows),
        "<h2>Entities</h2>",
        _entities(measured["entities"]),
        "<h2>Danger</h2>",
        _danger(measured["danger"]),
        "</html>",
    ]
    return "\n".join(parts)


def values(measured: dict[str, Any]) -> dict[str, float]:
    """What was reached, under the names of TARGETS."""
    scores = measured["scores"]
    return {
        "Macro-F1, all": scores["macro_f1"],
        WORST_FORM: min(item["macro_f1"] for item in scores["by_lang"].values()),
        "Out-of-scope recall": scores["oos"]["recall"],
        "In-scope turned away": scores["oos"]["false_rejection"],
        "Calibration error": scores["calibration_error"],
        "Accuracy lost on a misspelt copy": measured["misspelt_loss"],
        "Written form decided": scores["language_accuracy"],
        "Numbers, F1": measured["entities"]["numbers_f1"],
        "Places, F1": measured["entities"]["by_entity"].get("place", {}).get("f1", 0.0),
        "Danger recall": measured["danger"]["all"]["recall_answered"],
        "Danger false alarms, ordinary messages": measured["false_alarms_in_scope"],
    }


def _targets(measured: dict[str, Any]) -> str:
    reached = values(measured)
    lines = []
    for name, (wanted, more) in TARGETS.items():
        fine = reached[name] >= wanted if more else reached[name] <= wanted
        sign = "≥" if more else "≤"
        lines.append(
            f"<tr><td>{name}<td class=n>{sign} {wanted:.2f}<td class='n {'good' if fine else 'bad'}'>{reached[name]:.3f}"
        )
    lines.append(f"<tr><td>One message, p95<td class=n><td class=n>{measured['scores']['latency_ms']['p95']:.1f} ms")
    return _table(("what", "target", "reached"), lines, numbers=2)


def _table(head: Sequence[str], lines: Iterable[str], numbers: int = 0) -> str:
    cells = "".join(
        f"<th{' class=n' if place >= len(head) - numbers else ''}>{escape(name)}" for place, name in enumerate(head)
    )
    return f"<table><tr>{cells}{''.join(lines)}</table>"


def _intents(by_intent: dict[str, dict[str, float]]) -> str:
    ordered = sorted(by_intent.items(), key=lambda item: item[1]["f1"])
    return _table(
        ("intent", "precision", "recall", "F1", "sentences"),
        (
            f"<tr><td>{escape(name)}<td class=n>{item['precision']:.3f}<td class=n>{item['recall']:.3f}"
            f"<td class=n>{item['f1']:.3f}<td class=n>{item['n']}"
            for name, item in ordered
        ),
        numbers=4,
    )


def _mistakes(rows: list[Judged]) -> str:
    wrong = sorted((row for row in rows if row.intent != row.predicted), key=lambda row: -row.confidence)[:WORST]
    return _table(
        ("sentence", "form", "meant", "understood", "confidence"),
        (
            f"<tr><td>{escape(row.text)}<td>{escape(row.lang)}<td>{escape(row.intent)}<td>{escape(row.predicted)}"
            f"<td class=n>{row.confidence:.2f}"
            for row in wrong
        ),
        numbers=1,
    )


def _entities(entities: dict[str, Any]) -> str:
    return _table(
        ("entity", "F1", "right", "missed", "extra"),
        (
            f"<tr><td>{escape(name)}<td class=n>{item['f1']:.3f}<td class=n>{item.get('right', 0)}"
            f"<td class=n>{item.get('missed', 0)}<td class=n>{item.get('extra', 0)}"
            for name, item in entities["by_entity"].items()
        ),
        numbers=4,
    )


def _danger(danger: dict[str, Any]) -> str:
    note = (
        "<p class=note>“Answered” is what the customer gets: the detector and the classifier together."
        " The other half of these sentences only look dangerous.</p>"
    )
    return note + _table(
        ("form", "recall", "false alarms", "recall answered", "false alarms answered", "sentences"),
        (
            f"<tr><td>{escape(lang)}<td class=n>{item['recall']:.3f}<td class=n>{item['false_alarms']:.3f}"
            f"<td class=n>{item['recall_answered']:.3f}<td class=n>{item['false_alarms_answered']:.3f}<td class=n>{item['n']}"
            for lang, item in danger.items()
        ),
        numbers=5,
    )
