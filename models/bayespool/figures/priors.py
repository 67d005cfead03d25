"""Priors beside posteriors, one small panel per hyperparameter."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np

from bayespool.figures.style import ACCENT, CONTRAST, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = np.ndarray
COLUMNS = 3
WIDEST = 38  # characters of a title over one panel


@dataclass(frozen=True, eq=False)
class PriorPanel:
    """One hyperparameter.

    Attributes
    ----------
    title : str
    x, density : arrays, shape (n,)
        Prior density.
    edges, heights : arrays, shapes (m + 1,) and (m,)
        Histogram of the posterior, as a density.
    ticks : tuple of (position, text)
        Empty for plain numbers.
    """

    title: str
    x: Array
    density: Array
    edges: Array
    heights: Array
    ticks: tuple[tuple[float, str], ...] = ()


@styled
def draw(table: tuple[PriorPanel, ...]) -> Figure:
    """Line: prior. Filled steps: posterior."""
    from matplotlib.layout_engine import ConstrainedLayoutEngine
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    from bayespool.figures.shown import Figure

    rows = -(-len(table) // COLUMNS)
    spaced = ConstrainedLayoutEngine(wspace=0.08, hspace=0.08)
    figure = Figure(figsize=(9.4, 2.25 * rows + 0.4), layout=spaced)
    for i, panel in enumerate(table):
        axes = figure.add_subplot(rows, COLUMNS, i + 1)
        axes.stairs(panel.heights, panel.edges, fill=True, color=ACCENT, alpha=0.45)
        axes.plot(panel.x, panel.density, color=CONTRAST, lw=1.6, ls=(0, (5, 2)))
        axes.set_title(fill(panel.title, WIDEST), loc="left", parse_math=False)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.set_ylim(bottom=0)
        axes.set_xlim(panel.edges[0], panel.edges[-1])
        axes.locator_params(axis="x", nbins=5)
        if panel.ticks:
            axes.set_xticks([at for at, _ in panel.ticks], [text for _, text in panel.ticks])
    handles = [
        Line2D([], [], color=CONTRAST, lw=1.6, ls=(0, (5, 2)), label="prior"),
        Patch(color=ACCENT, alpha=0.45, label="posterior"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
    return figure
