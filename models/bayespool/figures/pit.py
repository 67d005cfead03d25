"""Leave-one-out probability integral transforms in order, against a uniform distribution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bayespool.figures.style import ACCENT, FAINT, INK, MUTED, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class PitTable:
    """Sorted values, their expected places, and pointwise 95 % bands; all shape (n,)."""

    expected: np.ndarray
    values: np.ndarray
    lower: np.ndarray
    upper: np.ndarray


@styled
def draw(table: PitTable) -> Figure:
    """Points near the diagonal: the other studies predict each one as well as they claim."""
    from bayespool.figures.shown import Figure

    figure = Figure(figsize=(4.6, 4.3), layout="constrained")
    axes = figure.add_subplot()
    axes.set_aspect("equal")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.grid(color=FAINT, lw=0.5)
    axes.set_axisbelow(True)
    axes.fill_between(table.expected, table.lower, table.upper, color=ACCENT, alpha=0.15, lw=0)
    axes.plot([0, 1], [0, 1], color=MUTED, lw=0.8, ls=(0, (4, 3)))
    axes.plot(table.expected, table.values, "o", ms=4.5, mfc="white", mec=INK, clip_on=False)
    axes.set_xlabel("Expected if the model is right")
    axes.set_ylabel("Leave-one-out PIT, sorted")
    return figure
