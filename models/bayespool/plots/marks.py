"""What plots draw: a value with its interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bayespool.plots.style import INK, MUTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Interval:
    """A central value between its bounds, all on the scale that is drawn."""

    centre: float
    lower: float
    upper: float


def bar(axes: Axes, interval: Interval, y: float, color: str, width: float) -> None:
    """The interval as a horizontal line at height `y`."""
    axes.plot([interval.lower, interval.upper], [y, y], "-", color=color, lw=width,
              solid_capstyle="butt")  # fmt: skip


DOTTED = (0, (1, 1.6))


def observed_mark(axes: Axes, seen: Interval, y: float, *, partial: bool) -> None:
    """What a study found: an open circle on its interval; grey and dotted if reconstructed."""
    if partial:
        axes.plot([seen.lower, seen.upper], [y, y], color=MUTED, lw=1.1, ls=DOTTED)
        axes.plot(seen.centre, y, "o", ms=4.5, mfc="white", mec=MUTED, mew=0.7, clip_on=False)
        return
    bar(axes, seen, y, MUTED, 0.9)
    axes.plot(seen.centre, y, "o", ms=4.5, mfc="white", mec=INK, mew=0.9, clip_on=False)


def reconstructed() -> Any:
    """The entry of a legend for what is no full result."""
    from matplotlib.lines import Line2D

    return Line2D([], [], color=MUTED, lw=1.1, ls=DOTTED, marker="o", mfc="white", mec=MUTED,
                  ms=4.5, label="\u2020 reconstructed")  # fmt: skip
