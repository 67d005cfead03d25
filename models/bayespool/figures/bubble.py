"""Bubble plot: accuracy of every study against a numeric covariate, and the regression line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool.figures.series import look_of
from bayespool.figures.style import FAINT, INK, label, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = np.ndarray
TITLES = ("Sensitivity", "Specificity")
LARGEST = 220.0  # area of a bubble, in square points
MOST_BANDS = 2


@dataclass(frozen=True, eq=False)
class Line:
    """Posterior median at each x, its 95 % credible band, and the band of a new study.

    Each of ``median``, ``lower``, ``upper``, ``new_lower``, ``new_upper`` has shape (2, n): of
    sensitivity and specificity, as proportions.
    """

    label: str
    x: Array
    median: Array
    lower: Array
    upper: Array
    new_lower: Array
    new_upper: Array


@dataclass(frozen=True, eq=False)
class BubbleTable:
    """One covariate.

    Attributes
    ----------
    covariate : str
    x : array, shape (n,)
    observed, people : arrays, shape (2, n)
        Observed sensitivity and specificity (NaN where nobody is in the group), and group sizes.
    series : array of int, shape (n,)
        Which line a study belongs to.
    lines : tuple of Line
    """

    covariate: str
    x: Array
    observed: Array
    people: Array
    series: Array
    lines: tuple[Line, ...]


@styled
def draw(table: BubbleTable) -> Figure:
    """Two panels side by side."""
    from bayespool.figures.shown import Figure

    figure = Figure(figsize=(9.4, 4.6), layout="constrained")
    for i, title in enumerate(TITLES):
        axes = figure.add_subplot(1, 2, i + 1)
        _panel(axes, table, i)
        axes.set_title(f"{title} (%)", loc="left")
        axes.set_xlabel(label(table.covariate), parse_math=False)
    _legend(figure, table)
    return figure


def _panel(axes: Any, table: BubbleTable, i: int) -> None:
    axes.set_ylim(-0.02, 1.02)
    ticks = np.linspace(0, 1, 6)
    axes.set_yticks(ticks, [f"{100 * t:.0f}" for t in ticks])
    axes.grid(color=FAINT, lw=0.5)
    axes.set_axisbelow(True)
    axes.locator_params(axis="x", nbins=6)
    axes.xaxis.set_major_formatter(lambda x, _: f"{x:g}")
    bands = len(table.lines) <= MOST_BANDS
    for k, line in enumerate(table.lines):
        look = look_of(k)
        if bands:
            axes.fill_between(line.x, line.lower[i], line.upper[i], color=look.color, alpha=0.18,
                              lw=0)  # fmt: skip
            for edge in (line.new_lower[i], line.new_upper[i]):
                axes.plot(line.x, edge, color=look.color, lw=0.8, ls=(0, (2, 2)))
        axes.plot(line.x, line.median[i], color=look.color, lw=2.0, ls=look.line)
        own = (table.series == k) & np.isfinite(table.observed[i])
        area = 8.0 + LARGEST * table.people[i] / table.people[i].max()
        axes.scatter(table.x[own], table.observed[i][own], s=area[own], marker=look.marker,
                     facecolors=f"{look.color}22", edgecolors=look.color, linewidths=0.8,
                     clip_on=False, zorder=3)  # fmt: skip


def _legend(figure: Any, table: BubbleTable) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = []
    for k, line in enumerate(table.lines):
        look = look_of(k)
        text = f"{label(line.label)}: median" if line.label else "posterior median"
        handles.append(Line2D([], [], color=look.color, lw=2, ls=look.line, marker=look.marker,
                              mfc="white", label=text))  # fmt: skip
    if len(table.lines) <= MOST_BANDS:
        handles += [
            Patch(color=INK, alpha=0.18, lw=0, label="95 % credible band"),
            Line2D([], [], color=INK, lw=0.8, ls=(0, (2, 2)), label="95 % prediction band"),
        ]
    figure.legend(handles=handles, loc="outside lower center", ncols=4)
