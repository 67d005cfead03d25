"""A network of tests: which studies compared which, and how many people took part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bayespool.figures.series import look_of
from bayespool.figures.style import MUTED, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = np.ndarray
WIDEST, NARROWEST = 14.0, 1.5  # points, of a line
LARGEST, SMALLEST = 42.0, 12.0  # points, across a node


@dataclass(frozen=True, eq=False)
class NetworkTable:
    """What is drawn.

    Attributes
    ----------
    tests : tuple of str
    studies : array of int, shape (n_tests,)
        Studies of each test.
    links : tuple of (int, int, int, int)
        Two tests, studies that compare them, and the people in these.
    """

    tests: tuple[str, ...]
    studies: Array
    links: tuple[tuple[int, int, int, int], ...]


@styled
def draw(table: NetworkTable) -> Figure:
    """Tests around a circle; nodes grow with studies, lines with people."""
    from matplotlib.figure import Figure

    n = len(table.tests)
    figure = Figure(figsize=(5.6, 4.4), layout="constrained")
    axes = figure.add_subplot()
    angle = 0.5 * np.pi - 2.0 * np.pi * np.arange(n) / n
    x, y = np.cos(angle), np.sin(angle)
    most = max((people for *_, people in table.links), default=1)
    for i, j, studies, people in table.links:
        width = max(NARROWEST, WIDEST * people / most)
        axes.plot(x[[i, j]], y[[i, j]], color=MUTED, lw=width, alpha=0.5, zorder=1,
                  solid_capstyle="butt")  # fmt: skip
        round_it = {"boxstyle": "circle,pad=0.25", "fc": "white", "ec": "none"}
        axes.text(x[[i, j]].mean(), y[[i, j]].mean(), f"{studies}", ha="center", va="center",
                  zorder=3, bbox=round_it)  # fmt: skip
    size = np.sqrt(table.studies / table.studies.max()) * LARGEST
    for k, (test, studies) in enumerate(zip(table.tests, table.studies, strict=True)):
        axes.plot(x[k], y[k], "o", ms=max(SMALLEST, size[k]), color=look_of(k).color, zorder=2)
        away = 1.0 + 0.011 * max(SMALLEST, size[k])
        side = "center" if abs(x[k]) < 0.2 else "left" if x[k] > 0 else "right"
        axes.text(away * x[k], away * y[k], f"{test} ({studies})", ha=side, zorder=4,
                  va="bottom" if y[k] > 0.2 else "top" if y[k] < -0.2 else "center")  # fmt: skip
    axes.set_xlim(-2.0, 2.0)
    axes.set_ylim(-1.6, 1.7)
    axes.set_aspect("equal")
    axes.axis("off")
    return figure
