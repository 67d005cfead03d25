"""Joint posterior of the pooled effect and of the variation between studies.

Regions hold the share of the draws with the highest density, of a smoothed histogram.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bayespool.figures.style import ACCENT, INK, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = np.ndarray
BINS, SMOOTH = 60, 2.4
SHARES = (0.95, 0.8, 0.5)


@dataclass(frozen=True, eq=False)
class JointTable:
    """Draws of both, shape (n_draws,), and the titles of the axes."""

    titles: tuple[str, str]
    mu: Array
    tau: Array


def levels(density: Array, shares: tuple[float, ...] = SHARES) -> list[float]:
    """Densities above which these shares of the whole lie."""
    ranked = np.sort(density.ravel())[::-1]
    inside = np.cumsum(ranked) / ranked.sum()
    return [float(ranked[np.searchsorted(inside, share)]) for share in shares]


@styled
def draw(table: JointTable) -> Figure:
    """Regions of 95, 80 and 50 % of the draws; tau is mirrored at 0 before it is smoothed."""
    from scipy.ndimage import gaussian_filter

    from bayespool.figures.shown import Figure

    figure = Figure(figsize=(6.0, 4.2), layout="constrained")
    axes = figure.add_subplot()
    ends = [np.quantile(table.mu, [0.0005, 0.9995]), (0.0, np.quantile(table.tau, 0.9995))]
    counts, x, y = np.histogram2d(table.mu, table.tau, BINS, ends)
    both = np.concatenate([counts[:, ::-1], counts], axis=1)
    density = gaussian_filter(both, SMOOTH)[:, BINS:]
    cuts = levels(density)
    middle_x, middle_y = 0.5 * (x[1:] + x[:-1]), 0.5 * (y[1:] + y[:-1])
    if len(set(cuts)) == len(cuts):
        axes.contourf(middle_x, middle_y, density.T, [*cuts, np.inf],
                      colors=["#cfe3f1", "#8dbfde", ACCENT])  # fmt: skip
    axes.plot(np.median(table.mu), np.median(table.tau), "D", ms=5, mfc="white", mec=INK)
    axes.set_xlabel(table.titles[0], parse_math=False)
    axes.set_ylabel(table.titles[1], parse_math=False)
    axes.set_ylim(bottom=0.0)
    return figure
