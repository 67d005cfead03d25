"""Studies as points of a plane: L'Abbé's plot, Baujat's plot, and crosshairs in ROC space.

References
----------
L'Abbé, Detsky & O'Rourke (1987), Ann Intern Med 107:224-233; Baujat et al. (2002), Stat Med
21:2641-2652; Phillips, Stewart & Sutton (2010), Res Synth Methods 1:308-315 (crosshairs).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bayespool.figures.series import look_of
from bayespool.figures.style import ACCENT, FAINT, MUTED, drawable, styled, write
from bayespool.figures.svg import tag

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = np.ndarray
SMALLEST, LARGEST = 3.0, 14.0  # points of a mark


@dataclass(frozen=True, eq=False)
class PlacesTable:
    """Points, what is beside them, and the axes.

    Attributes
    ----------
    titles : (x, y)
    x, y : arrays, shape (n,)
    rows : tuple of int
        Of the table of data.
    x_ends, y_ends : arrays, shape (n, 2), or None
        95 % intervals, drawn as crosshairs.
    sizes : array, shape (n,), or None
        In proportion to the areas of the marks.
    series : tuple of int
        Group or test of each, for colours and shapes; empty for one.
    names : mapping of position to text
        Points with a label.
    curve : (x, y) or None
        What was pooled.
    shares : bool
        Both axes are proportions, and 0 to 100 %.
    diagonal : bool
        A line where both are equal.
    """

    titles: tuple[str, str]
    x: Array
    y: Array
    rows: tuple[int, ...]
    x_ends: Array | None = None
    y_ends: Array | None = None
    sizes: Array | None = None
    series: tuple[int, ...] = ()
    names: tuple[tuple[int, str], ...] = ()
    curve: tuple[Array, Array] | None = None
    shares: bool = False
    diagonal: bool = False


@styled
def draw(table: PlacesTable) -> Figure:
    """One panel, square where both axes are proportions."""
    from bayespool.figures.shown import Figure

    figure = Figure(figsize=(5.2, 5.0) if table.shares else (6.4, 4.4), layout="constrained")
    axes = figure.add_subplot()
    axes.grid(color=FAINT, lw=0.4, zorder=0)
    axes.set_axisbelow(True)
    if table.diagonal:
        axes.plot([0, 1], [0, 1], color=MUTED, lw=0.8, ls=(0, (3, 3)))
    if table.curve is not None:
        axes.plot(*table.curve, color=ACCENT, lw=1.6)
    sizes = _sizes(table)
    for i, (x, y, row) in enumerate(zip(table.x, table.y, table.rows, strict=True)):
        look = look_of(table.series[i] if table.series else 0)
        if table.x_ends is not None and table.y_ends is not None:
            for xs, ys in ((table.x_ends[i], [y, y]), ([x, x], table.y_ends[i])):
                tag(axes.plot(xs, ys, color=look.color, lw=0.8, alpha=0.8)[0], row)
        mark = axes.plot(x, y, look.marker, ms=sizes[i], mfc="white", mec=look.color, mew=1.1,
                         zorder=3)  # fmt: skip
        tag(mark[0], row)
    for i, text in table.names:
        write(axes, table.x[i], table.y[i], f"  {drawable(text, i + 1)}", va="center", fontsize=8.0)
    axes.set_xlabel(table.titles[0], parse_math=False)
    axes.set_ylabel(table.titles[1], parse_math=False)
    if table.shares:
        ticks = [0.0, 0.25, 0.5, 0.75, 1.0]
        for limits, places in ((axes.set_xlim, axes.set_xticks), (axes.set_ylim, axes.set_yticks)):
            limits(-0.02, 1.02)
            places(ticks, ["0", "25", "50", "75", "100"])
        axes.set_aspect("equal")
    else:
        axes.margins(x=0.12)
    return figure


def _sizes(table: PlacesTable) -> Array:
    if table.sizes is None:
        return np.full(len(table.x), 5.0)
    return SMALLEST + (LARGEST - SMALLEST) * np.sqrt(table.sizes / np.max(table.sizes))
