"""What plots draw: a value with its interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bayespool.figures.style import INK, MUTED
from bayespool.figures.svg import tag

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Interval:
    """A central value between its bounds, all on the scale that is drawn."""

    centre: float
    lower: float
    upper: float


DOTTED = (0, (1, 1.6))


def bar(
    axes: Axes, interval: Interval, y: float, color: str, width: float, index: int | None = None,
    line: Any = "-",
) -> None:  # fmt: skip
    """The interval as a horizontal line at height `y`; of row `index` of the table."""
    made = axes.plot([interval.lower, interval.upper], [y, y], ls=line, color=color, lw=width,
                     solid_capstyle="butt")  # fmt: skip
    tag(made[0], index)


def observed_mark(
    axes: Axes, seen: Interval, y: float, size: float = 4.5, *, partial: bool,
    index: int | None = None,
) -> None:  # fmt: skip
    """What a study found: a square on its interval; empty and dotted if reconstructed."""
    if partial:
        bar(axes, seen, y, MUTED, 1.1, index, DOTTED)
        made = axes.plot(seen.centre, y, "s", ms=size, mfc="white", mec=MUTED, mew=0.8,
                         clip_on=False)  # fmt: skip
    else:
        bar(axes, seen, y, INK, 0.9, index)
        made = axes.plot(seen.centre, y, "s", ms=size, color=INK, mew=0, clip_on=False)
    tag(made[0], index)


def external_mark(axes: Axes, seen: Interval, y: float, half: float) -> None:
    """A result from elsewhere: an open diamond, or a small one where it has no interval."""
    if seen.lower == seen.upper:
        axes.plot(seen.centre, y, "D", ms=5, mfc="white", mec=INK, mew=1.1, clip_on=False)
        return
    axes.fill([seen.lower, seen.centre, seen.upper, seen.centre], [y, y - half, y, y + half],
              facecolor="white", edgecolor=INK, lw=1.1, zorder=3)  # fmt: skip


def reconstructed() -> Any:
    """The entry of a legend for what is no full result."""
    from matplotlib.lines import Line2D

    return Line2D([], [], color=MUTED, lw=1.1, ls=DOTTED, marker="s", mfc="white", mec=MUTED,
                  ms=4.5, label="\u2020 reconstructed")  # fmt: skip
