"""The weight function: how probable a study is to be seen, by its p value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bayespool.figures.style import ACCENT, FAINT, INK, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class WeightTable:
    """Weights between p values.

    Attributes
    ----------
    edges : array, shape (n + 1,)
        One-sided p values from 0 to 1.
    mean, lower, upper : array, shape (n,)
        Of the weight between two edges, relative to the smallest p values.
    p : array, shape (n_studies,)
        Of the studies.
    """

    edges: Array
    mean: Array
    lower: Array
    upper: Array
    p: Array


@styled
def draw(table: WeightTable) -> Figure:
    """Intervals of p values side by side, equally wide, so that the small ones can be seen."""
    from bayespool.figures.shown import Figure

    n = len(table.mean)
    figure = Figure(figsize=(7.0, 3.6), layout="constrained")
    axes = figure.add_subplot()
    places = np.arange(n + 1)
    axes.stairs(table.upper, places, baseline=table.lower, fill=True, color=ACCENT, alpha=0.18,
                lw=0, label="95 % credible interval")  # fmt: skip
    axes.stairs(table.mean, places, baseline=None, color=ACCENT, lw=2.0, label="posterior mean")
    axes.plot(np.interp(table.p, table.edges, places), np.zeros(len(table.p)), "|", color=INK,
              ms=9, clip_on=False, label="studies")  # fmt: skip
    axes.set_xticks(places, [f"{edge:g}" for edge in table.edges])
    axes.set_ylim(0.0, max(1.02, float(table.upper.max()) * 1.02))
    axes.grid(axis="y", color=FAINT, lw=0.5)
    axes.set_axisbelow(True)
    axes.set_xlabel("One-sided p value")
    axes.set_ylabel("Relative probability of being seen")
    figure.legend(loc="outside lower center", ncols=3)
    return figure
