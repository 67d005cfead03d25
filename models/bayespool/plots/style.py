"""The look that all figures share: fonts, colours, labels that are drawn as they are written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, wraps
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's blue and vermilion, which colour-blind readers tell apart; shapes differ too.
ACCENT = "#0072b2"
CONTRAST = "#b34700"
INK = "#1a1a1a"
MUTED = "#5c5c5c"
FAINT = "#d0d0d0"
LABEL_LENGTH = 28
RC = {
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.labelsize": 9.0,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.unicode_minus": True,
    "axes.formatter.useoffset": False,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "svg.fonttype": "path",
    "svg.hashsalt": "bayespool",
}


@contextmanager
def look() -> Iterator[None]:
    """Matplotlib's defaults and the house style, whatever the user's own settings are."""
    import matplotlib.style

    with matplotlib.style.context(["default", RC]):
        yield


def styled[Table](draw: Callable[[Table], Figure]) -> Callable[[Table], Figure]:
    """Run a drawing function in the house style."""

    @wraps(draw)
    def inner(table: Table) -> Figure:
        with look():
            return draw(table)

    return inner


@cache
def _glyphs() -> frozenset[int]:
    from matplotlib.font_manager import findfont
    from matplotlib.ft2font import FT2Font

    return frozenset(FT2Font(findfont("DejaVu Sans")).get_charmap())


def label(text: str, number: int | None = None) -> str:
    """A label that fits and that the font can draw.

    Long labels lose their middle. Where the font lacks a character the label becomes the
    `number` of its row ("row 7"), or the character a question mark when there is no number.
    """
    flat = " ".join(text.split())
    missing = {c for c in flat if ord(c) not in _glyphs()}
    if missing and number is not None:
        return f"row {number}"
    flat = "".join("?" if c in missing else c for c in flat)
    if len(flat) <= LABEL_LENGTH:
        return flat
    # the end of a label, such as the year, tells studies apart as often as its beginning
    tail = LABEL_LENGTH * 2 // 5
    return f"{flat[: LABEL_LENGTH - tail - 1].rstrip()}…{flat[-tail:].lstrip()}"


def write(axes: Axes, x: float, y: float, text: str, **options: Any) -> Any:
    """Text as it stands: a dollar sign is a dollar sign, not mathematics."""
    return axes.text(x, y, text, parse_math=False, **options)


def percent_axis(axes: Axes) -> None:
    """Proportions from 0 to 1 along x, written as percentages without the sign."""
    axes.set_xlim(-0.01, 1.01)
    axes.set_xticks([0.0, 0.25, 0.5, 0.75, 1.0], ["0", "25", "50", "75", "100"])
