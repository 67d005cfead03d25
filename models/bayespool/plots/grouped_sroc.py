"""Summary ROC plot of several groups or tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool.plots.marks import DOTTED
from bayespool.plots.series import look_of
from bayespool.plots.sroc import SrocTable, bias_entries, bias_signs, frame, reconstructed_study
from bayespool.plots.style import INK, MUTED, label, styled, write

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = np.ndarray
MOST_REGIONS = 2  # prediction regions of more groups would hide one another


@dataclass(frozen=True, eq=False)
class GroupedSrocTable:
    """One `SrocTable` for each group or test, and the lines that join results of one study.

    Attributes
    ----------
    parts : tuple of (label, SrocTable)
    joined : tuple of arrays, shape (n, 2)
        False-positive proportion and sensitivity of the results of one study.
    comparators : tuple of (label, x, y)
    """

    parts: tuple[tuple[str, SrocTable], ...]
    joined: tuple[Array, ...] = ()
    comparators: tuple[tuple[str, float, float], ...] = ()

    @property
    def predicts(self) -> bool:
        """Prediction regions are drawn."""
        return len(self.parts) <= MOST_REGIONS


@styled
def draw(table: GroupedSrocTable) -> Figure:
    """The summary ROC plot."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 7.0), layout="constrained")
    axes = frame(figure)
    for points in table.joined:
        axes.plot(points[:, 0], points[:, 1], color=MUTED, lw=0.6, zorder=1)
    most = max(
        (int(p.groups.sum(axis=1).max()) for _, p in table.parts if len(p.groups)), default=1
    )
    for i, (_, part) in enumerate(table.parts):
        _part(axes, part, i, most, predicts=table.predicts)
    for name, x, y in table.comparators:
        axes.plot(x, y, "*", ms=11, mfc="white", mec=INK, mew=1.2, zorder=4)
        side, at = ("right", x - 0.02) if x > 0.6 else ("left", x + 0.02)
        write(axes, at, y - 0.035, label(name), ha=side, va="center", fontsize=8.5)
    _legend(figure, table)
    return figure


def _part(axes: Any, part: SrocTable, i: int, most: int, *, predicts: bool) -> None:
    look = look_of(i)
    if len(part.studies):
        area = 12.0 + 130.0 * part.groups.sum(axis=1) / most
        for partial, face, line in ((False, f"{look.color}22", "solid"), (True, "none", DOTTED)):
            own = part.reconstructed == partial
            axes.scatter(part.studies[own, 0], part.studies[own, 1], s=area[own],
                         marker=look.marker, facecolors=face, edgecolors=look.color,
                         linewidths=0.7, linestyles=[line], clip_on=False, zorder=2)  # fmt: skip
    bias_signs(axes, part)
    axes.fill(*part.credible, facecolor=look.color, alpha=0.16, lw=0, zorder=3)
    axes.fill(*part.credible, facecolor="none", edgecolor=look.color, lw=1.4, ls=look.line,
              zorder=3)  # fmt: skip
    if predicts:
        axes.fill(*part.prediction, facecolor="none", edgecolor=look.color, lw=0.8, ls=look.line,
                  zorder=3)  # fmt: skip
    axes.plot(*part.curve, color=look.color, lw=2.0, ls=look.line, zorder=3)
    for piece in part.outside:
        axes.plot(*piece, color=look.color, lw=0.9, ls=(0, (1, 2.5)))
    axes.plot(*part.summary, look.marker, ms=10, color=look.color, mec="white", mew=1.0, zorder=5)


def _legend(figure: Any, table: GroupedSrocTable) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = []
    for i, (name, _) in enumerate(table.parts):
        look = look_of(i)
        handles.append(
            Line2D([], [], color=look.color, lw=2, ls=look.line, marker=look.marker, ms=9,
                   mec="white", label=f"{label(name)}: pooled point, curve")
        )  # fmt: skip
    handles += [
        Line2D([], [], marker=look_of(0).marker, lw=0, ms=6, mfc="#e4e4e4", mec=MUTED,
               label="study (same marker, open)"),
        Patch(facecolor="#e4e4e4", edgecolor=INK, label="95 % credible region, pooled"),
    ]  # fmt: skip
    if any(part.reconstructed.any() for _, part in table.parts):
        handles.append(reconstructed_study())
    handles += bias_entries({word for _, part in table.parts for word in part.bias})
    if table.predicts:
        handles.append(
            Patch(
                facecolor="none", edgecolor=INK, lw=0.8, label="95 % prediction region, new study"
            )
        )
    if any(part.outside for _, part in table.parts):
        handles.append(
            Line2D([], [], color=INK, lw=0.9, ls=(0, (1, 2.5)), label="curve beyond the studies")
        )
    if table.joined:
        handles.append(Line2D([], [], color=MUTED, lw=0.6, label="results of one study"))
    if table.comparators:
        handles.append(
            Line2D([], [], marker="*", lw=0, ms=9, mfc="white", mec=INK, label="external")
        )
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
