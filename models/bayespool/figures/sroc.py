"""Summary ROC plot: studies, pooled points, regions and summary curves of one group or several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool.figures.marks import DOTTED, Interval
from bayespool.figures.series import look_of
from bayespool.figures.sroc_legend import REGIONS, entries, sign
from bayespool.figures.style import FAINT, INK, MUTED, look
from bayespool.figures.svg import tag
from bayespool.figures.traffic_light import LIGHTS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = np.ndarray
Path = tuple[Array, Array]  # false-positive proportion, sensitivity
SIGN_SIZE = 5.0  # points
MOST_REGIONS = 2  # prediction regions of more groups would hide one another
LARGEST = 0.085  # of an ellipse, before there are many


@dataclass(frozen=True, eq=False)
class Part:
    """One group or test. Everything as proportions, x the false-positive one, y the sensitivity.

    Attributes
    ----------
    label : str
        Empty where there is one group.
    studies : array, shape (n, 2)
    sizes : array, shape (n, 2)
        Number without and with the target condition: width and height of the study's mark.
    rows : sequence of int, length n
        The studies' rows of the table.
    summary : (x, y)
    credible, prediction : closed outlines
    curve : within the range of the data on both axes; may be empty
    partial : array of bool, shape (n,)
        Studies whose tables are reconstructed.
    bias : tuple of str
        Risk of bias of every study, a word of `LIGHTS` where it is judged.
    """

    label: str
    studies: Array
    sizes: Array
    rows: tuple[int, ...]
    summary: tuple[float, float]
    credible: Path
    prediction: Path
    curve: Path
    partial: Array
    bias: tuple[str, ...] = ()


@dataclass(frozen=True)
class External:
    """A result from elsewhere; its ends are those of its centre where no interval is known."""

    label: str
    fpr: Interval
    sens: Interval


@dataclass(frozen=True, eq=False)
class SrocTable:
    """Groups, lines that join the results of one study (each (m, 2)), and external results.

    Cut-offs are marked on the curve: label, false-positive proportion, sensitivity.
    """

    parts: tuple[Part, ...]
    joined: tuple[Array, ...] = ()
    external: tuple[External, ...] = ()
    cutoffs: tuple[tuple[str, float, float], ...] = ()

    @property
    def predicts(self) -> bool:
        """Prediction regions are drawn."""
        return len(self.parts) <= MOST_REGIONS


def draw(table: SrocTable, *, compact: bool = False) -> Figure:
    """The summary ROC plot; the compact one for a first screen has its legend beside it."""
    from bayespool.figures.shown import Figure

    with look():
        if compact:
            figure = Figure(figsize=(7.0, 4.5))
            axes = frame(figure.add_axes((0.085, 0.105, 3.95 / 7.0, 3.95 / 4.5)))
        else:
            figure = Figure(figsize=(6.6, 7.4), layout="constrained")
            axes = frame(figure.add_subplot())
        for points in table.joined:
            axes.plot(points[:, 0], points[:, 1], color=MUTED, lw=0.7, zorder=1)
        for i, part in enumerate(table.parts):
            _part(axes, table, part, i)
        for text, x, y in table.cutoffs:
            axes.plot(x, y, "o", ms=4, color=INK, mec="white", mew=0.6, zorder=5.5)
            axes.annotate(text, (x, y), (5, -9), textcoords="offset points", fontsize=8,
                          color=INK, zorder=6)  # fmt: skip
        for i, one in enumerate(table.external):
            external(axes, one, letter(i, table))
        place: dict[str, Any] = {"loc": "outside lower center", "ncols": 2}
        if compact:
            place = {"loc": "upper left", "bbox_to_anchor": (0.655, 0.99)}
        figure.legend(
            handles=entries(table, 18 if compact else 28), labelcolor=INK, fontsize=9, **place
        )
    return figure


def letter(i: int, table: SrocTable) -> str:
    """What tells one of several external results in the figure; empty for one."""
    return chr(ord("a") + i % 26) if len(table.external) > 1 else ""


def frame(axes: Any) -> Any:
    """Empty axes: specificity falling along x, sensitivity along y, in percent."""
    axes.set_aspect("equal")
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(-0.02, 1.02)
    ticks = np.linspace(0, 1, 6)
    axes.set_xticks(ticks, [f"{100 * (1 - t):.0f}" for t in ticks])
    axes.set_yticks(ticks, [f"{100 * t:.0f}" for t in ticks])
    axes.grid(color=FAINT, lw=0.5)
    axes.set_axisbelow(True)
    axes.plot([0, 1], [0, 1], color=MUTED, lw=0.6, ls=(0, (1, 3)))
    axes.set_xlabel("Specificity (%)")
    axes.set_ylabel("Sensitivity (%)")
    return axes


def _part(axes: Any, table: SrocTable, part: Part, i: int) -> None:
    series, several = look_of(i), len(table.parts) > 1
    if several:
        _marks(axes, table, part, i)
    else:
        _ellipses(axes, part)
    for word in LIGHTS:
        own = [said == word for said in part.bias]
        if any(own):
            axes.plot(*part.studies[own].T, marker=sign(word), ms=SIGN_SIZE, color=INK, mew=0,
                      ls="", clip_on=False, zorder=3.5)  # fmt: skip
    axes.fill(*part.credible, facecolor=series.color, alpha=0.16, lw=0, zorder=2.5)
    axes.fill(*part.credible, facecolor="none", edgecolor=series.color, lw=1.3,
              ls=series.line, hatch=series.hatch if several else None, zorder=3)  # fmt: skip
    if table.predicts:
        axes.fill(*part.prediction, facecolor="none", edgecolor=series.color if several else INK,
                  lw=1.0, ls=REGIONS[i], zorder=3)  # fmt: skip
    if len(part.curve[0]):
        axes.plot(*part.curve, color=series.color if several else INK, lw=1.8, ls=series.line,
                  zorder=3)  # fmt: skip
    axes.plot(*part.summary, series.marker, ms=10, color=series.color, mec="white", mew=1.0,
              zorder=5)  # fmt: skip


def _ellipses(axes: Any, part: Part) -> None:
    """Studies as ellipses, each as wide and high as its groups are large."""
    from matplotlib.patches import Ellipse

    if not len(part.studies):
        return
    largest = LARGEST / (1.0 + len(part.studies) / 60)
    size = np.maximum(np.sqrt(part.sizes / part.sizes.max()) * largest, 0.14 * largest)
    for place, extent, partial, row in zip(part.studies, size, part.partial, part.rows,
                                           strict=True):  # fmt: skip
        mark = Ellipse(
            (float(place[0]), float(place[1])), *map(float, extent), edgecolor=MUTED, lw=0.8,
            facecolor="none" if partial else (0.4, 0.4, 0.4, 0.18), clip_on=False,
            ls=DOTTED if partial else "-",
        )  # fmt: skip
        tag(mark, row)
        axes.add_patch(mark)


def _marks(axes: Any, table: SrocTable, part: Part, i: int) -> None:
    """Studies of one of several groups as markers, their areas the number of people."""
    series = look_of(i)
    most = max(int(p.sizes.sum(axis=1).max(initial=1)) for p in table.parts)
    sizes = np.sqrt(12.0 + 130.0 * part.sizes.sum(axis=1) / most)
    for place, size, partial, row in zip(part.studies, sizes, part.partial, part.rows,
                                         strict=True):  # fmt: skip
        mark = axes.scatter(
            [place[0]], [place[1]], s=size**2, marker=series.marker, linewidths=0.8,
            facecolors="none" if partial else f"{series.color}22", edgecolors=series.color,
            linestyles=[DOTTED if partial else "solid"], clip_on=False, zorder=2,
        )  # fmt: skip
        tag(mark, row)


def external(axes: Any, one: External, letter: str) -> None:
    """An open diamond, and a dotted ellipse within its intervals where these are known."""
    if one.fpr.lower < one.fpr.upper and one.sens.lower < one.sens.upper:
        angle = np.linspace(0.0, 2.0 * np.pi, 121)
        x, y = (
            centre.centre + np.where(way > 0, centre.upper - centre.centre,
                                     centre.centre - centre.lower) * way
            for centre, way in ((one.fpr, np.cos(angle)), (one.sens, np.sin(angle)))
        )  # fmt: skip
        axes.fill(x, y, facecolor="none", edgecolor=INK, lw=1.1, ls=DOTTED, zorder=3)
    axes.plot(one.fpr.centre, one.sens.centre, "D", ms=7, mfc="white", mec=INK, mew=1.3, zorder=6)
    if letter:
        axes.annotate(letter, (one.fpr.centre, one.sens.centre), ha="center", va="center",
                      fontsize=6, zorder=7)  # fmt: skip
