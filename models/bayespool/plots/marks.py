"""What plots draw: a value with its interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

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
