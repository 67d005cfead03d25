"""From the probability before a test to that after it: curves, and the nomogram of Fagan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool.figures.marks import Interval
from bayespool.figures.style import ACCENT, CONTRAST, FAINT, INK, MUTED, label, styled, write

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = np.ndarray
SIDE, TOP, BOTTOM = 4.05, 0.65, 0.9  # TOP holds a title, and the axis labels of what is above
UNTITLED = 0.15
PROBABILITIES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95,
                 0.98, 0.99, 0.995, 0.998, 0.999)  # fmt: skip
OUTLINE: dict[str, Any] = {"lw": 0.8, "ls": (0, (4, 1.5, 1, 1.5))}
READABLE = {"facecolor": "white", "alpha": 0.85, "pad": 0.6, "lw": 0}  # under crossing lines
NB = "\u00a0"
RATIOS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000)


@dataclass(frozen=True, eq=False)
class Ribbon:
    """A median with its band, all of shape (n_points,)."""

    x: Array
    median: Array
    lower: Array
    upper: Array


@dataclass(frozen=True)
class FaganPanel:
    """One test: curves of both results, and what they are at one probability before.

    ``new`` holds both curves once more, with the accuracy of a new study.
    """

    title: str
    positive: Ribbon
    negative: Ribbon
    before: float
    after_positive: Interval
    after_negative: Interval
    new: tuple[Ribbon, ...] = ()


@dataclass(frozen=True)
class FaganTable:
    """A panel for each test."""

    panels: tuple[FaganPanel, ...]


@styled
def draw(table: FaganTable) -> Figure:
    """Each test a row: the nomogram at one probability, and the curves for all of them."""
    from bayespool.figures.shown import Figure

    n = len(table.panels)
    top = TOP if any(panel.title for panel in table.panels) else UNTITLED
    height = n * (SIDE + top) + BOTTOM
    width = 2 * SIDE + 2.4
    figure = Figure(figsize=(width, height))
    for i, panel in enumerate(table.panels):
        low = (BOTTOM + (n - 1 - i) * (SIDE + top)) / height
        nomogram = figure.add_axes((0.55 / width, low, (SIDE + 0.35) / width, SIDE / height))
        curves = figure.add_axes((
            (SIDE + 1.85) / width, low, (SIDE + 0.25) / width, SIDE / height
        ))  # fmt: skip
        _nomogram(nomogram, panel)
        _curves(curves, panel)
    _legend(figure, new=any(panel.new for panel in table.panels))
    return figure


def outline(axes: Any, ribbon: Ribbon, color: str) -> None:
    """The band of a new study: its two ends."""
    for end in (ribbon.lower, ribbon.upper):
        axes.plot(ribbon.x, end, color=color, **OUTLINE)


def _logit(p: Any) -> Any:
    return np.log(p) - np.log1p(-p)


def _nomogram(axes: Any, panel: FaganPanel) -> None:
    axes.axis("off")
    ends = float(_logit(0.9992))
    axes.set_xlim(-1.25, 1.25)
    axes.set_ylim(-ends, ends)
    if panel.title:
        axes.set_title(label(panel.title), loc="left", parse_math=False)
    for x, sign in ((-1.0, -1.0), (1.0, 1.0)):
        axes.plot([x, x], [-ends, ends], color=INK, lw=0.8, clip_on=False)
        for p in PROBABILITIES:
            y = sign * float(_logit(p))
            axes.plot([x - 0.03, x + 0.03], [y, y], color=INK, lw=0.6)
            write(axes, x + 0.06 * sign, y, f"{100 * p:g}", fontsize=7.5, va="center",
                  ha="right" if sign < 0 else "left")  # fmt: skip
    axes.plot([0, 0], [np.log(RATIOS[0]) / 2, np.log(RATIOS[-1]) / 2], color=INK, lw=0.8)
    for ratio in RATIOS:
        y = float(np.log(ratio)) / 2.0
        axes.plot([-0.03, 0.03], [y, y], color=INK, lw=0.6)
        write(axes, 0.06, y, f"{ratio:g}", fontsize=7.5, va="center", zorder=5, bbox=READABLE)
    start = -float(_logit(panel.before))
    for after, color, line in ((panel.after_positive, CONTRAST, "-"),
                               (panel.after_negative, ACCENT, (0, (5, 2)))):  # fmt: skip
        low, middle, high = (
            float(np.clip(_logit(p), -ends, ends)) for p in (after.lower, after.centre, after.upper)
        )
        axes.fill([-1, 1, 1], [start, low, high], color=color, alpha=0.16, lw=0)
        axes.plot([-1, 1], [start, middle], color=color, lw=1.6, ls=line)
        write(axes, 1.3, middle, f"{100 * after.centre:.0f}{NB}%", color=color, va="center",
              fontsize=8.5, weight="bold", clip_on=False)  # fmt: skip
    below = -ends * 1.04
    for x, text in ((-1.0, "before the test (%)"), (0.0, "likelihood ratio"),
                    (1.0, "after the test (%)")):  # fmt: skip
        write(axes, x, below, text, ha="center", va="top", fontsize=8, clip_on=False)


def _curves(axes: Any, panel: FaganPanel) -> None:
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    ticks = np.linspace(0, 1, 6)
    for set_ticks in (axes.set_xticks, axes.set_yticks):
        set_ticks(ticks, [f"{100 * t:.0f}" for t in ticks])
    axes.grid(color=FAINT, lw=0.5)
    axes.set_axisbelow(True)
    axes.plot([0, 1], [0, 1], color=MUTED, lw=0.7, ls=(0, (1, 2)))
    axes.axvline(panel.before, color=MUTED, lw=0.7)
    for ribbon, color, line in ((panel.positive, CONTRAST, "-"),
                                (panel.negative, ACCENT, (0, (5, 2)))):  # fmt: skip
        axes.fill_between(ribbon.x, ribbon.lower, ribbon.upper, color=color, alpha=0.16, lw=0)
        axes.plot(ribbon.x, ribbon.median, color=color, lw=1.8, ls=line)
    for ribbon, color in zip(panel.new, (CONTRAST, ACCENT), strict=False):
        outline(axes, ribbon, color)
    axes.set_xlabel("Probability before the test (%)")
    axes.set_ylabel("Probability after the test (%)")


def _legend(figure: Any, *, new: bool) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles = [
        Line2D([], [], color=CONTRAST, lw=1.8, label="positive result"),
        Line2D([], [], color=ACCENT, lw=1.8, ls=(0, (5, 2)), label="negative result"),
        Patch(color=MUTED, alpha=0.2, lw=0, label="95 % interval"),
        Line2D([], [], color=MUTED, lw=0.7, ls=(0, (1, 2)), label="no test"),
    ]
    if new:
        handles.insert(3, Line2D([], [], color=MUTED, label="in a new study", **OUTLINE))
    figure.legend(handles=handles, loc="lower center", ncols=len(handles), columnspacing=1.4,
                  bbox_to_anchor=(0.5, 0.0))  # fmt: skip
