"""How wide a text is, and how it stands on several lines: labels are shown whole."""

from __future__ import annotations

from functools import cache
from typing import Any

from bayespool.figures.style import drawable

SIZE = 8.5  # points
POINTS = 72.0  # an inch
MOST_LINES = 6


@cache
def _font(weight: str) -> Any:
    from matplotlib.font_manager import FontProperties, findfont
    from matplotlib.ft2font import FT2Font

    path = findfont(FontProperties(family="DejaVu Sans", weight=weight))
    font = FT2Font(path)
    font.set_size(100.0, POINTS)
    return font


@cache
def width(text: str, size: float = SIZE, weight: str = "normal") -> float:
    """Of one line, in inches."""
    font = _font(weight)
    font.set_text(text, 0.0)
    units: float = font.get_width_height()[0] / 64.0
    return units * size / 100.0 / POINTS


def wrapped(
    text: str, number: int, widest: float, size: float = SIZE, weight: str = "normal"
) -> tuple[str, ...]:
    """The lines of a label, each at most `widest` inches; broken between words where that can be.

    A label with a sign that the font lacks is ``row 7`` (see `style.drawable`); `number` 0 is
    none. One of more than six lines ends in an ellipsis.
    """
    lines: list[str] = []
    for word in drawable(text, number or None).split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width(longer, size, weight) <= widest:
            lines[-1] = longer
            continue
        lines += _pieces(word, widest, size, weight)
    if len(lines) > MOST_LINES:
        last = lines[MOST_LINES - 1]
        while last and width(f"{last}\u2026", size, weight) > widest:
            last = last[:-1]
        lines[MOST_LINES - 1] = f"{last}\u2026"
    return tuple(lines[:MOST_LINES]) or ("",)


def _pieces(word: str, widest: float, size: float, weight: str) -> list[str]:
    """A word, or the parts of one that is wider than a line."""
    parts = [""]
    for sign in word:
        if parts[-1] and width(parts[-1] + sign, size, weight) > widest:
            parts.append("")
        parts[-1] += sign
    return parts
