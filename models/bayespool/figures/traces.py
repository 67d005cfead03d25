"""Rank plots of Markov chains: every chain should visit every part of the posterior equally often.

Vehtari et al. (2021), Bayesian Analysis 16:667-718, section 5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bayespool.figures.style import ACCENT, CONTRAST, INK, MUTED, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = 3
LINES = ((ACCENT, "-"), (CONTRAST, "--"), (INK, ":"), ("#007a5a", "-."))


@dataclass(frozen=True, eq=False)
class RankPanel:
    """One hyperparameter.

    Attributes
    ----------
    title : str
    counts : array, shape (n_chains, n_bins)
        How many draws of each chain fall in each bin of the pooled ranks.
    """

    title: str
    counts: np.ndarray


@styled
def draw(table: tuple[RankPanel, ...]) -> Figure:
    """One stepped line per chain around the level that all would have by chance."""
    from matplotlib.lines import Line2D

    from bayespool.figures.shown import Figure

    rows = -(-len(table) // COLUMNS)
    figure = Figure(figsize=(9.4, 1.9 * rows + 0.4), layout="constrained")
    chains = len(table[0].counts)
    for i, panel in enumerate(table):
        axes = figure.add_subplot(rows, COLUMNS, i + 1)
        level = panel.counts.mean()
        axes.axhline(level, color=MUTED, lw=0.8)
        for chain, counts in enumerate(panel.counts):
            color, dash = LINES[chain % len(LINES)]
            axes.stairs(counts, np.linspace(0, 1, len(counts) + 1), color=color, ls=dash,
                        lw=1.1, baseline=None)  # fmt: skip
        axes.set_ylim(0, max(2 * level, 1.1 * panel.counts.max()))
        axes.set_title(panel.title, loc="left", parse_math=False)
        axes.set_xticks([0, 1], ["lowest", "highest draws"])
        first, last = axes.get_xticklabels()
        first.set_horizontalalignment("left")
        last.set_horizontalalignment("right")
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
    handles = [
        Line2D([], [], color=LINES[c % len(LINES)][0], ls=LINES[c % len(LINES)][1], lw=1.1,
               label=f"chain {c + 1}")
        for c in range(chains)
    ]  # fmt: skip
    figure.legend(handles=handles, loc="outside lower center", ncols=chains)
    return figure
