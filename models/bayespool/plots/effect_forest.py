"""Forest plot of one effect: every study observed and shrunken, the pooled value, a new study."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bayespool.plots.forest import BOTTOM, MAX_ROWS, ROW_HEIGHT, TOP, WIDTH, diamond
from bayespool.plots.marks import Interval, bar, observed_mark, reconstructed
from bayespool.plots.style import ACCENT, FAINT, INK, MUTED, label, styled, value_axis, write

if TYPE_CHECKING:
    from matplotlib.figure import Figure

REACH = 0.6  # how far beyond everything else an observed interval is drawn, in spans


@dataclass(frozen=True)
class EffectRow:
    """A study, or one result of a study: its label, counts and values as text, and what is drawn.

    ``observed`` is None for the line of a study whose results follow, and where no estimate is
    known; ``shrunken`` is None for a result. What a `partial` row observed is reconstructed.
    """

    label: str
    number: int
    counts: str
    text: str
    observed: Interval | None
    shrunken: Interval | None
    partial: bool = False


@dataclass(frozen=True)
class EffectForestTable:
    """Rows from top to bottom, then what was pooled, all on the scale that is shown.

    Attributes
    ----------
    title : str
        Of the axis.
    scale : {"log", "percent", "linear"}
    null : float or None
        Where there is no association.
    columns : (str, str)
        Headings of the counts and of the values.
    """

    title: str
    scale: str
    rows: tuple[EffectRow, ...]
    pooled: EffectRow
    predictive: EffectRow | None = None
    null: float | None = None
    columns: tuple[str, str] = ("", "")

    @property
    def drawn(self) -> tuple[EffectRow, ...]:
        """The study rows of the figure: none when there are more than a page can hold."""
        return self.rows if len(self.rows) <= MAX_ROWS else ()

    @property
    def last(self) -> tuple[EffectRow, ...]:
        """Below the studies: the pooled value, and a new study where the model knows of any."""
        return (self.pooled,) if self.predictive is None else (self.pooled, self.predictive)


@styled
def draw(table: EffectForestTable) -> Figure:
    """The forest plot; with more than 80 rows only what was pooled."""
    from matplotlib.figure import Figure

    lines = len(table.drawn) + len(table.last)
    height = lines * ROW_HEIGHT + TOP + BOTTOM + 0.1
    figure = Figure(figsize=(WIDTH, height))
    bottom, tall = BOTTOM / height, lines * ROW_HEIGHT / height
    counted = any(row.counts for row in table.drawn)
    left = 0.44 if counted else 0.29
    axes = figure.add_axes((left, bottom, 0.80 - left, tall))
    names = figure.add_axes((0.0, bottom, 1.0, tall))
    names.axis("off")
    names.set_xlim(0, 1)
    for panel in (axes, names):
        panel.set_ylim(lines - 0.5, -0.5)
    low, high = limits(table)
    value_axis(axes, table.scale, low, high)
    axes.grid(axis="x", color=FAINT, lw=0.5)
    axes.set_axisbelow(True)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_title(f"{table.title} (%)" if table.scale == "percent" else table.title, loc="left")
    if table.null is not None:
        axes.axvline(table.null, color=INK, lw=0.8, zorder=0)
    pooled = table.pooled.shrunken
    if pooled is None:
        raise ValueError("the pooled value needs an interval")
    axes.axvline(pooled.centre, color=ACCENT, lw=0.8, ls=(0, (4, 3)), zorder=0)
    for y, row in enumerate(table.drawn):
        _study(axes, row, y)
    y = len(table.drawn)
    if y:
        axes.axhline(y - 0.5, color=MUTED, lw=0.7)
    diamond(axes, pooled, y, ACCENT, fill=True)
    new = table.predictive.shrunken if table.predictive is not None else None
    if new is not None:
        bar(axes, new, y + 1, INK, 1.2)
        axes.plot([new.lower, new.upper], [y + 1, y + 1], "|", ms=7, color=INK)
    _texts(names, table, left)
    _legend(figure, table)
    return figure


def limits(table: EffectForestTable) -> tuple[float, float]:
    """Ends of the axis: everything but the ends of very wide observed intervals.

    Those are cut off where they would leave no room for the rest.
    """
    forward = math.log if table.scale == "log" else float
    core, wide = [], []
    for row in (*table.drawn, *table.last):
        if row.shrunken is not None:
            core += [row.shrunken.lower, row.shrunken.upper]
        if row.observed is not None:
            core.append(row.observed.centre)
            wide += [row.observed.lower, row.observed.upper]
    if table.null is not None:
        core.append(table.null)
    inner = [forward(x) for x in core]
    low, high = min(inner), max(inner)
    span = high - low or 1.0
    outer = [forward(x) for x in wide] or inner
    low = max(min(low, *outer), low - REACH * span)
    high = min(max(high, *outer), high + REACH * span)
    return (math.exp(low), math.exp(high)) if table.scale == "log" else (low, high)


def _study(axes: Any, row: EffectRow, y: int) -> None:
    both = row.observed is not None and row.shrunken is not None
    low, high = axes.get_xlim()
    if row.observed is not None:
        at, seen = y - 0.15 * both, row.observed
        inside = Interval(seen.centre, max(seen.lower, low), min(seen.upper, high))
        observed_mark(axes, inside, at, partial=row.partial)
        for end, beyond, arrow in ((low, seen.lower < low, "<"), (high, seen.upper > high, ">")):
            if beyond:
                axes.plot(end, at, arrow, ms=4.5, color=MUTED, clip_on=False)
    if row.shrunken is not None:
        at = y + 0.17 * both
        bar(axes, row.shrunken, at, ACCENT, 2.0)
        axes.plot(row.shrunken.centre, at, "s", ms=4, color=ACCENT, clip_on=False)


def _texts(axes: Any, table: EffectForestTable, left: float) -> None:
    for y, row in enumerate((*table.drawn, *table.last)):
        bold = {"weight": "bold"} if y >= len(table.drawn) else {}
        indent = 0.02 if row.shrunken is None else 0.0
        write(axes, 0.008 + indent, y, label(row.label, row.number), va="center", fontsize=8.5,
              **bold)  # fmt: skip
        write(axes, left - 0.015, y, row.counts, va="center", ha="right", fontsize=8, color=MUTED)
        write(axes, 0.995, y, row.text, va="center", ha="right", fontsize=8.5, **bold)
    top = -0.75
    write(axes, left - 0.015, top, table.columns[0], ha="right", va="center", fontsize=8,
          color=MUTED)  # fmt: skip
    write(axes, 0.995, top, table.columns[1], ha="right", va="center", fontsize=8, color=MUTED)


def _legend(figure: Any, table: EffectForestTable) -> None:
    from matplotlib.lines import Line2D

    handles = []
    if table.drawn:
        handles += [
            Line2D([], [], color=MUTED, lw=0.9, marker="o", mfc="white", mec=INK, ms=4.5,
                   label="observed"),
            Line2D([], [], color=ACCENT, lw=2, marker="s", ms=4, label="shrunken"),
        ]  # fmt: skip
    if any(row.partial and row.observed is not None for row in table.drawn):
        handles.append(reconstructed())
    handles += [
        Line2D([], [], color=ACCENT, lw=0, marker="D", ms=6, label=table.pooled.label.lower()),
    ]
    if table.predictive is not None:
        handles.append(
            Line2D([], [], color=INK, lw=1.2, marker="|", ms=7, label="predicted for a new study")
        )
    if table.null is not None:
        handles.append(Line2D([], [], color=INK, lw=0.8, label="no association"))
    figure.legend(handles=handles, loc="lower center", ncols=len(handles),
                  bbox_to_anchor=(0.5, 0.0), columnspacing=1.4, handletextpad=0.5)  # fmt: skip
