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
    "hatch.linewidth": 0.5,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "svg.fonttype": "none",
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


def drawable(text: str, number: int | None = None) -> str:
    """A label that the font can draw, its white space single.

    Where the font lacks a character the label becomes the `number` of its row ("row 7"), or the
    character a question mark when there is no number.
    """
    flat = " ".join(text.split())
    missing = {c for c in flat if ord(c) not in _glyphs()}
    if missing and number is not None:
        return f"row {number}"
    return "".join("?" if c in missing else c for c in flat)


def label(text: str, number: int | None = None, longest: int = LABEL_LENGTH) -> str:
    """A label that can be drawn (see `drawable`) and that fits: long ones lose their middle."""
    flat = drawable(text, number)
    if len(flat) <= longest:
        return flat
    # the end of a label, such as the year, tells studies apart as often as its beginning
    tail = longest * 2 // 5
    return f"{flat[: longest - tail - 1].rstrip()}…{flat[-tail:].lstrip()}"


def write(axes: Axes, x: float, y: float, text: str, **options: Any) -> Any:
    """Text as it stands: a dollar sign is a dollar sign, not mathematics."""
    return axes.text(x, y, text, parse_math=False, **options)


def percent_axis(axes: Axes) -> None:
    """Proportions from 0 to 1 along x, written as percentages without the sign."""
    axes.set_xlim(-0.01, 1.01)
    axes.set_xticks([0.0, 0.25, 0.5, 0.75, 1.0], ["0", "25", "50", "75", "100"])


def value_axis(axes: Axes, scale: str, low: float, high: float) -> None:
    """Values from `low` to `high` along x: ``log``, ``percent`` (all of 0 to 100) or ``linear``."""
    from matplotlib.ticker import MaxNLocator

    if scale == "log":
        log_axis(axes, low, high)
    elif scale == "percent":
        percent_axis(axes)
    else:
        pad = 0.04 * (high - low)
        axes.set_xlim(low - pad, high + pad)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))


def log_axis(axes: Axes, low: float, high: float) -> None:
    """Ratios along x on a logarithmic axis, labelled 0.5, 1, 2 and not as powers of ten."""
    from matplotlib.ticker import FixedLocator, NullFormatter, NullLocator

    pad = (high / low) ** 0.04
    low, high = low / pad, high * pad
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    axes.xaxis.set_major_locator(FixedLocator(log_ticks(low, high)))
    axes.xaxis.set_major_formatter(lambda x, _: f"{x:g}")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())


def log_ticks(low: float, high: float, most: int = 7) -> list[float]:
    """Round ratios between `low` and `high`, at most about `most`, with 1 where it is inside."""
    import math

    steps: tuple[tuple[float, ...], ...] = (
        (1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.8, 2, 2.2, 2.5, 2.8, 3.2, 3.6, 4, 4.5, 5, 5.6, 6.3, 7,
         8, 9),
        (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8), (1, 1.5, 2, 3, 5, 7), (1, 2, 5), (1, 3), (1,),
    )  # fmt: skip
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks: list[float] = []
    for step in steps:
        ticks = [float(f"{m * 10.0**d:.6g}") for d in decades for m in step]
        ticks = [t for t in ticks if low <= t <= high]
        if len(ticks) <= most:
            return ticks
    skip = -(-len(ticks) // most)
    return ticks[::skip]
