"""Funnel plots: estimates against their standard errors, with contours of significance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool.figures.style import ACCENT, CONTRAST, FAINT, INK, MUTED, log_ticks, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = np.ndarray
CONTOURS = ((0.1, "#f2f2f2"), (0.05, "#e2e2e2"), (0.01, "#cfcfcf"))
NORMAL = {0.1: 1.6448536, 0.05: 1.9599640, 0.01: 2.5758293}


@dataclass(frozen=True, eq=False)
class FunnelTable:
    """What a funnel plot draws.

    Attributes
    ----------
    title : str
        Of the x axis.
    estimate, se : array, shape (n,)
        On the scale of analysis.
    null : float or None
        Where no effect lies on that scale; contours are around it. None draws none.
    main, adjusted : float or None
        Pooled values, without and with bias in the model.
    line : array, shape (2, m), or None
        Standard errors and the expected estimate there (PET, PEESE).
    ratio : bool
        x is the logarithm of a ratio, and is labelled as the ratio.
    y_title : str
    """

    title: str
    estimate: Array
    se: Array
    null: float | None
    main: float | None = None
    adjusted: float | None = None
    line: Array | None = None
    ratio: bool = False
    y_title: str = "Standard error"


@styled
def draw(table: FunnelTable) -> Figure:
    """One panel, the precise studies on top."""
    from bayespool.figures.shown import Figure

    figure = Figure(figsize=(7.0, 4.6), layout="constrained")
    axes = figure.add_subplot()
    bottom = 1.08 * float(table.se.max())
    _contours(axes, table, bottom)
    axes.plot(table.estimate, table.se, "o", ms=4.5, mfc="white", mec=INK, mew=0.9, zorder=3)
    if table.main is not None:
        axes.axvline(table.main, color=ACCENT, lw=1.4, label="as pooled")
    if table.adjusted is not None:
        axes.axvline(table.adjusted, color=CONTRAST, lw=1.4, ls=(0, (4, 2)),
                     label="with bias in the model")  # fmt: skip
    if table.line is not None:
        axes.plot(table.line[1], table.line[0], color=CONTRAST, lw=1.2, label="expected estimate")
    axes.set_ylim(bottom, 0.0)
    axes.set_ylabel(table.y_title)
    axes.set_xlabel(table.title, parse_math=False)
    _x_axis(axes, table)
    figure.legend(loc="outside lower center", ncols=3)
    return figure


def _contours(axes: Any, table: FunnelTable, bottom: float) -> None:
    if table.null is None:
        return
    before = 0.0
    for p, color in CONTOURS:
        wide = NORMAL[p]
        for side in (-1.0, 1.0):
            x = [table.null + side * before * bottom, table.null, table.null + side * wide * bottom]
            axes.fill(x, [bottom, 0.0, bottom], color=color, lw=0, zorder=0,
                      label=f"p > {p:g}" if side > 0 else None)  # fmt: skip
        before = wide
    axes.axvline(table.null, color=MUTED, lw=0.7, zorder=1)


def _x_axis(axes: Any, table: FunnelTable) -> None:
    spread = [*table.estimate, *(x for x in (table.main, table.adjusted, table.null)
                                 if x is not None)]  # fmt: skip
    low, high = min(spread), max(spread)
    pad = 0.08 * (high - low or 1.0)
    axes.set_xlim(low - pad, high + pad)
    axes.grid(axis="x", color=FAINT, lw=0.4, zorder=0)
    if table.ratio:
        ticks = log_ticks(float(np.exp(low - pad)), float(np.exp(high + pad)))
        axes.set_xticks(np.log(ticks), [f"{x:g}" for x in ticks])
