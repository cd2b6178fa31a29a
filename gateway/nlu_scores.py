"""How well sentences were understood: accuracy, F1, calibration, what is out of scope, danger, entities.

Plain arithmetic over (expected, parsed) pairs; `nlu_fallback` and a clarification count as out of scope.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

OUT_OF_SCOPE = "out_of_scope"
FALLBACKS = frozenset({"nlu_fallback", "clarify", OUT_OF_SCOPE})
BINS = 15
NUMBERS = frozenset(
    """account_number meter_number bill_number complaint_number tracking_number phone token transaction_id
    amount units load""".split()
)


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One sentence with what was expected and what was understood."""

    lang: str
    text: str
    intent: str
    predicted: str
    confidence: float
    in_scope: float
    language: str
    milliseconds: float


def judge(lang: str, intent: str, parse: dict[str, Any]) -> Judged:
    """Bring a parse into the form that is scored."""
    found = parse["intent"]["name"]
    ranking = parse.get("intent_ranking") or []
    best = next((item["confidence"] for item in ranking if item["name"] != OUT_OF_SCOPE), 0.0)
    return Judged(
        lang=lang,
        text=parse["text"],
        intent=intent.partition("/")[0],
        predicted=OUT_OF_SCOPE if found in FALLBACKS else found,
        confidence=float(ranking[0]["confidence"]) if ranking else 0.0,
        in_scope=float(best),
        language=parse.get("language") or "",
        milliseconds=float(parse.get("milliseconds") or 0.0),
    )


def scores(rows: Sequence[Judged]) -> dict[str, Any]:
    """Everything `sathi nlu evaluate` prints."""
    languages = sorted({row.lang for row in rows})
    return {
        "n": len(rows),
        "accuracy": _share(row.intent == row.predicted for row in rows),
        "macro_f1": macro_f1(rows),
        "by_lang": {
            lang: {
                "n": len(part),
                "accuracy": _share(row.intent == row.predicted for row in part),
                "macro_f1": macro_f1(part),
                "language_accuracy": _share(row.language == lang for row in part),
                "oos": out_of_scope(part),
            }
            for lang in languages
            if (part := [row for row in rows if row.lang == lang])
        },
        "by_intent": by_intent(rows),
        "confusions": confusions(rows),
        "oos": out_of_scope(rows),
        "language_accuracy": _share(row.language == row.lang for row in rows),
        "calibration_error": calibration_error(rows),
        "latency_ms": {
            "p50": percentile([row.milliseconds for row in rows], 50),
            "p95": percentile([row.milliseconds for row in rows], 95),
        },
    }


def by_intent(rows: Sequence[Judged]) -> dict[str, dict[str, float]]:
    """Precision, recall and F1 of each expected intent."""
    right = Counter(row.intent for row in rows if row.intent == row.predicted)
    expected = Counter(row.intent for row in rows)
    predicted = Counter(row.predicted for row in rows)
    result = {}
    for intent in sorted(expected):
        precision = right[intent] / predicted[intent] if predicted[intent] else 0.0
        recall = right[intent] / expected[intent]
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        result[intent] = {
            "precision": _round(precision),
            "recall": _round(recall),
            "f1": _round(f1),
            "n": expected[intent],
        }
    return result


def macro_f1(rows: Sequence[Judged]) -> float:
    """The mean F1 of the intents that were expected."""
    each = by_intent(rows)
    return _round(sum(item["f1"] for item in each.values()) / len(each)) if each else 0.0


def confusions(rows: Sequence[Judged], most: int = 40) -> list[dict[str, Any]]:
    """The commonest mistakes, each with one sentence."""
    wrong: dict[tuple[str, str], list[Judged]] = defaultdict(list)
    for row in rows:
        if row.intent != row.predicted:
            wrong[row.intent, row.predicted].append(row)
    ordered = sorted(wrong.items(), key=lambda item: (-len(item[1]), item[0]))
    return [
        {"expected": pair[0], "predicted": pair[1], "n": len(found), "example": found[0].text, "lang": found[0].lang}
        for pair, found in ordered[:most]
    ]


def out_of_scope(rows: Sequence[Judged]) -> dict[str, float | int]:
    """Recall of what is out of scope, and the share of the rest that was turned away."""
    outside = [row for row in rows if row.intent == OUT_OF_SCOPE]
    inside = [row for row in rows if row.intent != OUT_OF_SCOPE]
    return {
        "recall": _share(row.predicted == OUT_OF_SCOPE for row in outside),
        "false_rejection": _share(row.predicted == OUT_OF_SCOPE for row in inside),
        "auroc": auroc([row.in_scope for row in inside], [row.in_scope for row in outside]),
        "n": len(outside),
    }


def auroc(higher: Sequence[float], lower: Sequence[float]) -> float:
    """The chance that a score of the first list is above one of the second."""
    if not higher or not lower:
        return 0.0
    ranked = sorted([(score, 1) for score in higher] + [(score, 0) for score in lower])
    below, wins, place = 0, 0.0, 0
    while place < len(ranked):
        end = place
        while end < len(ranked) and ranked[end][0] == ranked[place][0]:
            end += 1
        ups = sum(kind for _, kind in ranked[place:end])
        downs = end - place - ups
        wins += ups * (below + downs / 2)
        below += downs
        place = end
    return _round(wins / (len(higher) * len(lower)))


def bins(rows: Sequence[Judged], number: int = BINS) -> list[tuple[float, float, int]]:
    """Mean confidence, accuracy and count of equal steps of confidence. Judged is the model, before its gate."""
    parts: list[list[Judged]] = [[] for _ in range(number)]
    for row in rows:
        parts[min(int(row.confidence * number), number - 1)].append(row)
    return [
        (
            sum(row.confidence for row in part) / len(part),
            sum(row.intent == row.predicted for row in part) / len(part),
            len(part),
        )
        for part in parts
        if part
    ]


def calibration_error(rows: Sequence[Judged]) -> float:
    """Expected calibration error over the rows that were understood as an intent."""
    trusted = [row for row in rows if row.predicted != OUT_OF_SCOPE or row.intent == OUT_OF_SCOPE]
    if not trusted:
        return 0.0
    return _round(sum(abs(confidence - right) * count for confidence, right, count in bins(trusted)) / len(trusted))


def entity_scores(rows: Iterable[tuple[str, list[dict[str, Any]], list[dict[str, Any]]]]) -> dict[str, Any]:
    """Exact-match F1 by kind and form over (form, expected, found); a match is the value or the text as typed."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    forms: dict[str, Counter[str]] = defaultdict(Counter)
    for form, expected, found in rows:
        left = list(found)
        for gold in expected:
            hit = next((item for item in left if item["entity"] == gold["entity"] and _same(gold["value"], item)), None)
            outcome = "right" if hit else "missed"
            if hit:
                left.remove(hit)
            counts[gold["entity"]][outcome] += 1
            forms[form][outcome] += 1
        for item in left:
            counts[item["entity"]]["extra"] += 1
            forms[form]["extra"] += 1
    numbers: Counter[str] = Counter()
    for kind in NUMBERS & set(counts):
        numbers.update(counts[kind])
    return {
        "numbers_f1": _f1(numbers),
        "by_entity": {kind: {"f1": _f1(counter), **counter} for kind, counter in sorted(counts.items())},
        "by_lang": {form: {"f1": _f1(counter), **counter} for form, counter in sorted(forms.items())},
    }


def _same(expected: str, found: dict[str, Any]) -> bool:
    wanted = str(expected).strip().casefold()
    return wanted in (str(found.get("value", "")).strip().casefold(), str(found.get("text", "")).strip().casefold())


def _f1(counter: Counter[str]) -> float:
    right, wrong = counter["right"], counter["missed"] + counter["extra"]
    return _round(2 * right / (2 * right + wrong)) if right else 0.0


def percentile(values: Sequence[float], share: float) -> float:
    """A percentile by rank."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return _round(ordered[min(len(ordered) - 1, int(len(ordered) * share / 100))])


def _share(outcomes: Iterable[bool]) -> float:
    listed = list(outcomes)
    return _round(sum(listed) / len(listed)) if listed else 0.0


def _round(value: float) -> float:
    return round(value, 4)
