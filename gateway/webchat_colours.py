"""A tenant's colour made readable: shades of the accent with enough contrast on light and on dark."""

from __future__ import annotations

import colorsys
import re

WHITE, INK = "#ffffff", "#10201c"
LIGHT_SURFACE, DARK_SURFACE = "#ffffff", "#16211e"
ENOUGH = 4.6  # WCAG AA asks for 4.5
ENOUGH_IN_THE_DARK = 7.0  # a deep colour glows on black
CALM = 0.42  # of saturation, in the dark
FALLBACK = "#0b6b57"
HEX = re.compile(r"#[0-9a-fA-F]{6}")


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2)."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio, 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _shade(colour: str, lightness: float) -> str:
    red, green, blue = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    hue, _, saturation = colorsys.rgb_to_hls(red, green, blue)
    return "#" + "".join(f"{round(part * 255):02x}" for part in colorsys.hls_to_rgb(hue, lightness, saturation))


def _calm(colour: str, saturation: float) -> str:
    """The colour with no more than so much saturation."""
    red, green, blue = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    hue, lightness, given = colorsys.rgb_to_hls(red, green, blue)
    calm = colorsys.hls_to_rgb(hue, lightness, min(given, saturation))
    return "#" + "".join(f"{round(part * 255):02x}" for part in calm)


def _lightness(colour: str) -> float:
    red, green, blue = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    return colorsys.rgb_to_hls(red, green, blue)[1]


def readable(colour: str, ground: str, enough: float = ENOUGH) -> str:
    """The colour itself where it can be read on the ground, else its nearest shade that can."""
    step = -0.02 if luminance(ground) > 0.4 else 0.02
    lightness = _lightness(colour)
    while contrast(colour, ground) < enough and 0.0 <= lightness + step <= 1.0:
        lightness += step
        colour = _shade(colour, lightness)
    return colour


def _mixed(colour: str, ground: str, share: float) -> str:
    """So much of a colour over a ground."""
    pairs = [(int(colour[start : start + 2], 16), int(ground[start : start + 2], 16)) for start in (1, 3, 5)]
    return "#" + "".join(f"{round(one * share + other * (1 - share)):02x}" for one, other in pairs)


def on(colour: str) -> str:
    """White or ink, whichever can be read better on a colour."""
    return max((WHITE, INK), key=lambda text: contrast(text, colour))


def theme(accent: str) -> str:
    """The stylesheet with a tenant's colours, light and dark."""
    accent = accent if HEX.fullmatch(accent) else FALLBACK
    light, dark = readable(accent, LIGHT_SURFACE), readable(_calm(accent, CALM), DARK_SURFACE, ENOUGH_IN_THE_DARK)
    soft_light, soft_dark = _mixed(light, LIGHT_SURFACE, 0.09), _mixed(dark, DARK_SURFACE, 0.14)
    # In the dark the customer's own words stand on a deep shade: a large bright area would dazzle.
    mine = _mixed(dark, DARK_SURFACE, 0.3)
    return (
        f":root{{--accent:{light};--on-accent:{on(light)};--accent-soft:{soft_light};--mine:{light};--on-mine:{on(light)}}}"
        "\n@media (prefers-color-scheme:dark){"
        f":root{{--accent:{dark};--on-accent:{on(dark)};--accent-soft:{soft_dark};--mine:{mine};--on-mine:{on(mine)}}}}}\n"
    )
