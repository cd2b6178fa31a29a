"""The pictures of the report page as inline SVG: bars, calibration, confusion matrix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape

from gateway.nlu_scores import Judged, bins

MARKS = (0.0, 0.25, 0.5, 0.75, 1.0)


def bars(items: Sequence[tuple[str, float]], wanted: float, low: float = 0.5) -> str:
    """A bar for each name, from `low` to one, with a line where all should reach."""
    left, row, full = 78, 30, 330
    height = row * len(items)

    def place(value: float) -> float:
        return left + max(0.0, (value - low) / (1 - low)) * full

    drawn = []
    for mark in (low, (low + 1) / 2, 1.0):
        drawn.append(f"<line x1={place(mark):.0f} x2={place(mark):.0f} y1=0 y2={height} stroke='var(--line)'/>")
        drawn.append(f"<text x={place(mark):.0f} y={height + 16} text-anchor=middle class=soft>{mark:.2f}</text>")
    for number, (name, value) in enumerate(items):
        top = number * row + 5
        colour = "var(--bar)" if value >= wanted else "var(--bad)"
        drawn.append(f"<text x={left - 8} y={top + 14} text-anchor=end>{escape(name)}</text>")
        drawn.append(f"<rect x={left} y={top} width={place(value) - left:.0f} height=20 rx=3 fill='{colour}'/>")
        drawn.append(f"<text x={place(value) + 6:.0f} y={top + 14} class=strong>{value:.3f}</text>")
    line = f"x1={place(wanted):.0f} x2={place(wanted):.0f} y1=0 y2={height}"
    drawn.append(f"<line {line} stroke='var(--ink)' stroke-dasharray='4 3'/>")
    drawn.append(f"<text x={place(wanted):.0f} y={height + 30} text-anchor=middle>target {wanted:.2f}</text>")
    return _svg(f"0 -4 {left + full + 24} {height + 40}", "macro-F1 of each written form", drawn)


def calibration(rows: Sequence[Judged]) -> str:
    """How often the model is right at each confidence."""
    size = 290
    drawn = [f"<line x1=0 y1={size} x2={size} y2=0 stroke='var(--soft)' stroke-dasharray='4 4'/>"]
    for mark in MARKS:
        at = mark * size
        drawn.append(f"<line x1={at} x2={at} y1=0 y2={size} stroke='var(--line)'/>")
        drawn.append(f"<line x1=0 x2={size} y1={size - at} y2={size - at} stroke='var(--line)'/>")
        drawn.append(f"<text x={at} y={size + 16} text-anchor=middle class=soft>{mark:.2f}</text>")
        drawn.append(f"<text x=-6 y={size - at + 4} text-anchor=end class=soft>{mark:.2f}</text>")
    for confidence, right, count in bins(rows):
        drawn.append(
            f"<circle cx={confidence * size:.0f} cy={size - right * size:.0f} r={3 + min(9.0, count**0.5 / 4):.1f}"
            " fill='var(--bar)' opacity=.75>"
            f"<title>{count} sentences, confidence {confidence:.2f}, right {right:.2f}</title></circle>"
        )
    drawn.append(f"<text x={size / 2} y={size + 34} text-anchor=middle>how sure it was</text>")
    drawn.append(f"<text transform='translate(-40,{size / 2}) rotate(-90)' text-anchor=middle>how often right</text>")
    return _svg(f"-54 -14 {size + 74} {size + 54}", "calibration", drawn)


def matrix(rows: Sequence[Judged]) -> str:
    """What was meant against what was understood; only mistakes carry a number."""
    names = sorted({row.intent for row in rows} | {row.predicted for row in rows})
    counts = Counter((row.intent, row.predicted) for row in rows)
    totals = Counter(row.intent for row in rows)
    cell, left, top = 17, 165, 140
    side = len(names) * cell
    drawn = []
    for y, meant in enumerate(names):
        if y % 2:
            drawn.append(f"<rect x={left} y={top + y * cell} width={side} height={cell} class=band />")
        drawn.append(f"<text x={left - 6} y={top + y * cell + 12} text-anchor=end>{escape(meant)}</text>")
        drawn.append(
            f"<text transform='translate({left + y * cell + 12},{top - 6}) rotate(-55)'>{escape(meant)}</text>"
        )
    for y, meant in enumerate(names):
        for x, understood in enumerate(names):
            number = counts[meant, understood]
            if not number:
                continue
            share = number / totals[meant]
            colour = "var(--good)" if x == y else "var(--bad)"
            strength = 0.15 + 0.85 * share if x == y else min(1.0, 0.15 + 4 * share)
            at = f"x={left + x * cell} y={top + y * cell} width={cell - 1} height={cell - 1}"
            words = f"{escape(meant)} understood as {escape(understood)}: {number} of {totals[meant]}"
            drawn.append(f"<rect {at} rx=2 fill='{colour}' opacity={strength:.2f}><title>{words}</title></rect>")
            if x != y and number > 1:
                where = f"x={left + x * cell + 8} y={top + y * cell + 12}"
                drawn.append(f"<text {where} text-anchor=middle class=small>{number}</text>")
    return _svg(f"0 0 {left + side + 90} {top + side + 10}", "confusion matrix", drawn)


def _svg(box: str, words: str, drawn: list[str]) -> str:
    width = box.split()[2]
    return f"<svg viewBox='{box}' width={width} role=img aria-label='{escape(words)}'>{''.join(drawn)}</svg>"
