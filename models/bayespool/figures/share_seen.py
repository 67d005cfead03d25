"""Sensitivity and specificity by the share of all studies that is seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bayespool.figures.series import look_of
from bayespool.figures.style import FAINT, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class SeenTable:
    """What is drawn over the share of studies that is seen.

    Attributes
    ----------
    seen : array, shape (n,)
        Shares, from 1 down.
    names : tuple of str, length q
    values : array, shape (q, 3, n)
        Of each: median, lower and upper end of the interval; proportions.
    """

    seen: Array
    names: tuple[str, ...]
    values: Array


@styled
def draw(table: SeenTable) -> Figure:
    """One panel; all studies seen stand on the left."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.0, 3.8), layout="constrained")
    axes = figure.add_subplot()
    x = 100.0 * table.seen
    for i, (name, (median, low, high)) in enumerate(zip(table.names, table.values, strict=True)):
        look = look_of(i)
        axes.fill_between(x, 100.0 * low, 100.0 * high, color=look.color, alpha=0.13, lw=0)
        for edge in (low, high):
            axes.plot(x, 100.0 * edge, color=look.color, lw=0.7, ls=look.line)
        axes.plot(x, 100.0 * median, color=look.color, lw=1.8, ls=look.line, marker=look.marker,
                  ms=5, label=name)  # fmt: skip
    axes.set_xlim(float(x.max()) + 2.0, float(x.min()) - 2.0)
    axes.set_xticks(x, [f"{at:g}" for at in x])
    axes.set_ylim(max(0.0, 100.0 * float(table.values.min()) - 4.0), 100.5)
    axes.grid(axis="y", color=FAINT, lw=0.5)
    axes.set_axisbelow(True)
    axes.set_xlabel("Share of all studies that is seen (%)")
    axes.set_ylabel("%")
    figure.legend(loc="outside lower center", ncols=2)
    return figure
