"""Draws the app's icons as PNG from the shapes of mark.svg: `python web/icons/draw.py`."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

GREEN, WHITE = "#0b6b57", "#ffffff"
OVERSAMPLE = 4
HERE = Path(__file__).parent


def curve(start: tuple[float, float], *points: tuple[float, float], steps: int = 24) -> list[tuple[float, float]]:
    """A cubic curve as a line of points."""
    one, two, end = points
    line = []
    for step in range(1, steps + 1):
        t = step / steps
        a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
        line.append(
            (
                a * start[0] + b * one[0] + c * two[0] + d * end[0],
                a * start[1] + b * one[1] + c * two[1] + d * end[1],
            )
        )
    return line


def path(start: tuple[float, float], *moves: tuple[float, ...]) -> list[tuple[float, float]]:
    """Relative lines (two numbers) and curves (six) on a field of 48 by 48."""
    line, (x, y) = [start], start
    for move in moves:
        pairs = [(x + move[place], y + move[place + 1]) for place in range(0, len(move), 2)]
        line += curve((x, y), *pairs) if len(pairs) == 3 else pairs
        x, y = line[-1]
    return line


BUBBLE = path(
    (24, 4),
    (-11.6, 0, -20, 7.7, -20, 17.6),
    (0, 5.6, 2.7, 10.4, 7, 13.6),
    (0, 7.1),
    (0, 1.2, 1.3, 1.9, 2.3, 1.2),
    (6.2, -4.5),
    (1.5, 0.2, 3, 0.3, 4.5, 0.3),
    (11.6, 0, 20, -7.8, 20, -17.7),
    (0, -9.9, -8.4, -17.5, -20, -17.5),
)
BOLT = path(
    (26.4, 10.5),
    (-10.8, 12.9),
    (-0.6, 0.7, -0.1, 1.8, 0.8, 1.8),
    (5.1, 0),
    (-2, 8),
    (-0.3, 1.1, 1.1, 1.8, 1.9, 0.9),
    (11, -13),
    (0.6, -0.7, 0.1, -1.8, -0.8, -1.8),
    (-5.2, 0),
    (1.9, -7.9),
    (0.3, -1.1, -1.1, -1.8, -1.9, -0.9),
)


def draw(size: int, share: float, ground: str | None, bubble: str, bolt: str) -> Image.Image:
    """The mark, `share` of the picture wide."""
    field = size * OVERSAMPLE
    image = Image.new("RGBA", (field, field), ground or (0, 0, 0, 0))
    scale, margin = field * share / 48, field * (1 - share) / 2
    pen = ImageDraw.Draw(image)
    for shape, colour in ((BUBBLE, bubble), (BOLT, bolt)):
        pen.polygon([(margin + x * scale, margin + y * scale) for x, y in shape], fill=colour)
    return image.resize((size, size), Image.Resampling.LANCZOS)


def main() -> None:
    for size in (192, 512):
        draw(size, 1.0, None, GREEN, WHITE).quantize(64).save(HERE / f"icon-{size}.png", optimize=True)
    # A launcher may cut a maskable icon to a circle of 80 %.
    draw(512, 0.62, GREEN, WHITE, GREEN).quantize(32).save(HERE / "icon-maskable-512.png", optimize=True)


if __name__ == "__main__":
    main()
