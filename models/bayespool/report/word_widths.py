"""How wide the columns of a Word table are, and whether it needs a page on its side."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bayespool.report.blocks import Table

PORTRAIT_CM, LANDSCAPE_CM = 17.0, 25.7
POINTS, SMALL_POINTS = 8.5, 7.0
PADDING_CM = 0.42
EM_CM = 0.0353  # of one point
SPARE = 1.08  # other fonts than Arial, and bold heads, are a little wider
MOST_LINES = 3  # in a cell of numbers before the page is turned
_BREAKS = re.compile(r"[ \n\t]+")
_WIDTHS = {  # of Arial, in ems; all other characters are as wide as a digit
    **dict.fromkeys("iljtfrI.,:;'|()[]!/- \u00a0", 0.31),
    **dict.fromkeys("mwMW%@—", 0.89),
    **dict.fromkeys("ABCDEFGHKNOPQRSTUVXYZ", 0.71),
}


@dataclass(frozen=True)
class Layout:
    """Widths in English Metric Units, size of the letters, and whether the page is turned."""

    widths: tuple[int, ...]
    points: float
    wide: bool


def layout(table: Table) -> Layout:
    """Upright if every word fits on a line and no cell of numbers needs many lines."""
    columns = list(zip(table.head, *table.rows, strict=True))
    longest = [max(map(_ems, column)) for column in columns]
    words = [max(_ems(part) for text in column for part in _BREAKS.split(text))
             for column in columns]  # fmt: skip
    for wide, points in ((False, POINTS), (True, POINTS), (True, SMALL_POINTS)):
        available = LANDSCAPE_CM if wide else PORTRAIT_CM
        widths = _widths(longest, words, available, points)
        if widths is not None and (wide or table.words or _short(longest, widths, points)):
            break
    else:
        widths = _squeezed([_cm(n, points) for n in words])
    return Layout(tuple(round(360_000 * w) for w in widths), points, wide)


def _ems(text: str) -> float:
    return sum(1.0 if c > "\u2e80" else _WIDTHS.get(c, 0.56) for c in text)


def _cm(ems: float, points: float) -> float:
    return PADDING_CM + ems * points * EM_CM * SPARE


def _widths(
    longest: list[float], words: list[float], available: float, points: float
) -> list[float] | None:
    """Each column as wide as its text, or between its longest word and its text; or none."""
    most = [_cm(n, points) for n in longest]
    least = [_cm(n, points) for n in words]
    if sum(least) > available:
        return None
    if sum(most) <= available:
        # a table that is almost as wide as the page is made as wide as it
        scale = available / sum(most) if sum(most) > 0.6 * available else 1.0
        return [w * scale for w in most]
    # wide columns give way first, as texts wrap better than numbers
    room, spread = available - sum(least), sum(m - w for m, w in zip(most, least, strict=True))
    return [w + room * (m - w) / spread for m, w in zip(most, least, strict=True)]


def _squeezed(least: list[float]) -> list[float]:
    """Of a table that no page is wide enough for: the widest columns give way, all alike."""
    left, open_ = LANDSCAPE_CM, len(least)
    out = [0.0] * open_
    for i in sorted(range(len(least)), key=least.__getitem__):
        out[i] = min(least[i], left / open_)
        left, open_ = left - out[i], open_ - 1
    return out


def _short(longest: list[float], widths: list[float], points: float) -> bool:
    return all(
        _cm(n, points) <= MOST_LINES * width
        for n, width in zip(longest[1:], widths[1:], strict=True)
    )
