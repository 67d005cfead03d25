"""Summary ROC plot: studies, pooled point, regions and summary curve."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool.plots.marks import DOTTED
from bayespool.plots.style import ACCENT, CONTRAST, FAINT, INK, MUTED, label, styled, write
from bayespool.plots.traffic_light import LIGHTS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = np.ndarray
Path = tuple[Array, Array]  # false-positive proportion, sensitivity
SIGN_SIZE = 5.0  # points


@dataclass(frozen=True, eq=False)
class SrocTable:
    """Everything as proportions, x the false-positive proportion and y the sensitivity.

    Attributes
    ----------
    studies : array, shape (n, 2)
    groups : array, shape (n, 2)
        Number without and with the target condition: width and height of the study's ellipse.
    summary : (x, y)
    credible, prediction : closed outlines
    curve : inside the observed range
    outside : pieces of the curve beyond it
    comparators : tuple of (label, x, y)
    joined : tuple of arrays, shape (m, 2)
        Points of the results of one study, which a line joins.
    partial : array of bool, shape (n,), optional
        Studies whose tables are reconstructed.
    bias : tuple of str, optional
        Risk of bias of every study, a word of `LIGHTS` where it is judged.
    """

    studies: Array
    groups: Array
    summary: tuple[float, float]
    credible: Path
    prediction: Path
    curve: Path
    outside: tuple[Path, ...]
    comparators: tuple[tuple[str, float, float], ...] = ()
    joined: tuple[Array, ...] = ()
    partial: Array | None = None
    bias: tuple[str, ...] = ()

    @property
    def reconstructed(self) -> Array:
        """Studies whose tables are reconstructed, (n,)."""
        return np.zeros(len(self.studies), bool) if self.partial is None else self.partial


@styled
def draw(table: SrocTable) -> Figure:
    """The summary ROC plot."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 6.9), layout="constrained")
    axes = frame(figure)
    axes.fill(*table.prediction, facecolor="none", edgecolor=INK, lw=1.0, ls=(0, (5, 3)), zorder=3)
    axes.fill(*table.credible, facecolor=ACCENT, alpha=0.18, lw=0)
    axes.fill(*table.credible, facecolor="none", edgecolor=ACCENT, lw=1.4, zorder=3)
    _studies(axes, table)
    for points in table.joined:
        axes.plot(points[:, 0], points[:, 1], color=MUTED, lw=0.6)
    axes.plot(*table.curve, color=CONTRAST, lw=2.0, zorder=3)
    for piece in table.outside:
        axes.plot(*piece, color=CONTRAST, lw=1.0, ls=(0, (2, 2)))
    axes.plot(*table.summary, "D", ms=8, color=ACCENT, mec="white", mew=0.8, zorder=4)
    for name, x, y in table.comparators:
        axes.plot(x, y, "^", ms=8, mfc="white", mec=CONTRAST, mew=1.4)
        side, at = ("right", x - 0.02) if x > 0.6 else ("left", x + 0.02)
        write(axes, at, y - 0.035, label(name), ha=side, va="center", fontsize=8.5, color=CONTRAST)
    _legend(figure, table)
    return figure


def frame(figure: Figure) -> Any:
    """Empty axes: false-positive proportion along x, sensitivity along y, in percent."""
    axes = figure.add_subplot()
    axes.set_aspect("equal")
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(-0.02, 1.02)
    ticks = np.linspace(0, 1, 6)
    percent = [f"{100 * t:.0f}" for t in ticks]
    axes.set_xticks(ticks, percent)
    axes.set_yticks(ticks, percent)
    axes.grid(color=FAINT, lw=0.5)
    axes.set_axisbelow(True)
    axes.plot([0, 1], [0, 1], color=MUTED, lw=0.6, ls=(0, (1, 3)))
    axes.set_xlabel("False-positive proportion, 1 − specificity (%)")
    axes.set_ylabel("Sensitivity (%)")
    return axes


def _studies(axes: Any, table: SrocTable) -> None:
    from matplotlib.collections import EllipseCollection

    if not len(table.studies):
        return
    largest = 0.085 / (1.0 + len(table.studies) / 60)
    size = np.sqrt(table.groups) / np.sqrt(table.groups.max()) * largest
    size = np.maximum(size, 0.14 * largest)
    for partial, face, line in ((False, (0.4, 0.4, 0.4, 0.18), "solid"), (True, "none", DOTTED)):
        own = table.reconstructed == partial
        axes.add_collection(
            EllipseCollection(
                size[own, 0], size[own, 1], np.zeros(own.sum()), units="xy",
                offsets=table.studies[own], offset_transform=axes.transData, facecolors=face,
                edgecolors=MUTED, linewidths=0.8, linestyles=[line], clip_on=False,
            )
        )  # fmt: skip
    bias_signs(axes, table)


def bias_signs(axes: Any, table: SrocTable) -> None:
    """The symbol of its risk of bias in the middle of every study that is judged."""
    for word in LIGHTS:
        own = [said == word for said in table.bias]
        if any(own):
            axes.plot(*table.studies[own].T, marker=_sign(word), ms=SIGN_SIZE, color=INK, mew=0,
                      ls="", clip_on=False, zorder=3.5)  # fmt: skip


def bias_entries(words: Collection[str]) -> list[Any]:
    """The entries of a legend for those judgements that there are."""
    from matplotlib.lines import Line2D

    return [
        Line2D([], [], marker=_sign(word), lw=0, ms=SIGN_SIZE, color=INK, mew=0,
               label=f"{word} risk of bias")
        for word in LIGHTS if word in words
    ]  # fmt: skip


def _sign(word: str) -> str:
    return rf"$\mathbf{{{LIGHTS[word].symbol}}}$"


def reconstructed_study() -> Any:
    """The entry of a legend for studies whose tables are reconstructed."""
    from matplotlib.lines import Line2D

    return Line2D([], [], marker="o", lw=0, ms=8, mfc="white", mec=FAINT,
                  label="study, table reconstructed")  # fmt: skip


def _legend(figure: Any, table: SrocTable) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = [
        Line2D([], [], marker="D", lw=0, ms=7, color=ACCENT, label="pooled point"),
        Patch(facecolor="#d1e5f0", edgecolor=ACCENT, label="95 % credible region, pooled"),
        Line2D([], [], color=INK, ls=(0, (5, 3)), lw=1, label="95 % prediction region, new study"),
        Line2D([], [], marker="o", lw=0, ms=8, mfc="#e4e4e4", mec=MUTED, label="study"),
        Line2D([], [], color=CONTRAST, lw=2, label="summary curve"),
    ]
    if table.reconstructed.any():
        handles.insert(4, reconstructed_study())
    handles += bias_entries(table.bias)
    if table.outside:
        handles.append(
            Line2D([], [], color=CONTRAST, lw=1, ls=(0, (2, 2)), label="curve beyond the studies")
        )
    if table.comparators:
        handles.append(
            Line2D([], [], marker="^", lw=0, ms=7, mfc="white", mec=CONTRAST,
                   label="external, not pooled")
        )  # fmt: skip
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
