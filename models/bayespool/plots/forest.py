"""Paired forest plot: sensitivity and specificity of every study, the pooled ones, a new study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bayespool.plots.marks import Interval, bar, observed_mark, reconstructed
from bayespool.plots.style import (
    ACCENT,
    CONTRAST,
    FAINT,
    INK,
    MUTED,
    label,
    percent_axis,
    styled,
    write,
)
from bayespool.plots.traffic_light import legend, light

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bayespool.plots.grouped_forest import GroupedRow

MAX_ROWS = 80
ROW_HEIGHT, TOP, BOTTOM, WIDTH = 0.30, 0.45, 0.95, 9.4
BIAS_COLUMN = 0.05  # share of the width
BIAS_AT, BIAS_SIZE = 0.92, 11.0
LINE = 0.22  # inches of another line of the legend
Pair = tuple[Interval | None, Interval | None]


@dataclass(frozen=True)
class ForestRow:
    """One study: label, counts as text, observed and shrunken proportions of both panels.

    ``observed`` is None where the study has nobody in that group; ``counts`` says so. A `partial`
    row is no full result, and what it observed is reconstructed. ``bias`` is a word of `LIGHTS`,
    another one where nothing is judged, and empty where the table says nothing of bias.
    """

    label: str
    number: int
    counts: tuple[str, str]
    observed: Pair
    shrunken: Pair
    partial: bool = False
    bias: str = ""


@dataclass(frozen=True)
class ForestTable:
    """Rows from top to bottom, then what was pooled. Proportions throughout."""

    rows: tuple[ForestRow, ...]
    pooled: tuple[Interval, Interval]
    predictive: tuple[Interval, Interval]
    comparators: tuple[tuple[str, Pair], ...] = ()
    titles: tuple[str, str] = ("Sensitivity", "Specificity")

    @property
    def drawn(self) -> tuple[ForestRow, ...]:
        """The study rows of the figure: none when there are more than a page can hold."""
        return self.rows if len(self.rows) <= MAX_ROWS else ()


@styled
def draw(table: ForestTable) -> Figure:
    """The forest plot; with more than 80 studies only what was pooled."""
    lines = len(table.drawn) + 2 + len(table.comparators)
    figure, panels, names = layout(lines, table.titles, [row.bias for row in table.drawn])
    for i, axes in enumerate(panels):
        axes.axvline(table.pooled[i].centre, color=ACCENT, lw=0.8, ls=(0, (4, 3)), zorder=0)
        _panel(axes, table, i)
    _names(names, table)
    _legend(figure, table)
    return figure


def layout(
    lines: int, titles: Sequence[str], biases: Sequence[str]
) -> tuple[Figure, list[Any], Any]:
    """A figure of so many `lines`: a panel for each title, and the place of the names.

    With a word in `biases` there is a column for them beside the names.
    """
    from matplotlib.figure import Figure

    biased = any(biases)
    height = lines * ROW_HEIGHT + TOP + BOTTOM + biased * LINE
    figure = Figure(figsize=(WIDTH, height))
    bottom, tall = (BOTTOM + biased * LINE) / height, lines * ROW_HEIGHT / height
    shift = biased * BIAS_COLUMN
    panels = [figure.add_axes((x, bottom, 0.295 - shift / 2, tall))
              for x in (0.285 + shift, 0.685 + shift / 2)]  # fmt: skip
    names = figure.add_axes((0.0, bottom, 0.26, tall))
    names.axis("off")
    names.set_xlim(0, 1)
    for axes in (*panels, names):
        axes.set_ylim(lines - 0.5, -0.5)
    for axes, title in zip(panels, titles, strict=True):
        percent_axis(axes)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.set_title(f"{title} (%)", loc="left")
        axes.vlines([0.0, 0.25, 0.5, 0.75, 1.0], -0.5, lines - 0.5, color=FAINT, lw=0.5, zorder=0)
    if biased:
        write(names, BIAS_AT, -0.78, "Risk of bias", ha="center", fontsize=9.5, weight="bold")
        legend(figure, (BOTTOM - 1.5 * LINE) / height, " risk of bias")
    return figure, panels, names


def name_row(names: Any, y: int, row: ForestRow | GroupedRow) -> None:
    """The label of a study, and its risk of bias where the table tells it."""
    write(names, 0.03, y, label(row.label, row.number), va="center", fontsize=8.5, clip_on=False)
    if row.bias:
        light(names, BIAS_AT, y, row.bias, BIAS_SIZE)


def _panel(axes: Any, table: ForestTable, i: int) -> None:
    for y, row in enumerate(table.drawn):
        write(axes, -0.04, y, row.counts[i], ha="right", va="center", fontsize=8, color=MUTED)
        seen, shrunken = row.observed[i], row.shrunken[i]
        if seen is not None:
            observed_mark(axes, seen, y - 0.15, partial=row.partial)
        if shrunken is not None:
            bar(axes, shrunken, y + 0.17, ACCENT, 2.0)
            axes.plot(shrunken.centre, y + 0.17, "s", ms=4, color=ACCENT, clip_on=False)
    y = len(table.drawn)
    if y:
        axes.axhline(y - 0.5, color=MUTED, lw=0.7)
    diamond(axes, table.pooled[i], y, ACCENT, fill=True)
    bar(axes, table.predictive[i], y + 1, INK, 1.2)
    new = table.predictive[i]
    axes.plot([new.lower, new.upper], [y + 1, y + 1], "|", ms=7, color=INK)
    for offset, (_, pair) in enumerate(table.comparators, start=y + 2):
        found = pair[i]
        if found is not None:
            diamond(axes, found, offset, CONTRAST, fill=False)


def diamond(axes: Any, interval: Interval, y: float, color: str, *, fill: bool) -> None:
    """The interval as a diamond at height `y`."""
    x = [interval.lower, interval.centre, interval.upper, interval.centre]
    axes.fill(x, [y, y - 0.28, y, y + 0.28], facecolor=color if fill else "none",
              edgecolor=color, lw=1.2, zorder=3)  # fmt: skip


def _names(axes: Any, table: ForestTable) -> None:
    for y, row in enumerate(table.drawn):
        name_row(axes, y, row)
    y = len(table.drawn)
    write(axes, 0.03, y, "Pooled", va="center", fontsize=8.5, weight="bold")
    write(axes, 0.03, y + 1, "A new study", va="center", fontsize=8.5, weight="bold")
    for offset, (name, _) in enumerate(table.comparators, start=y + 2):
        text = label(f"{name} (not pooled)", offset)
        write(axes, 0.03, offset, text, va="center", fontsize=8.5, style="italic")


def _legend(figure: Figure, table: ForestTable) -> None:
    from matplotlib.lines import Line2D

    handles = []
    if table.drawn:
        handles += [
            Line2D([], [], color=MUTED, lw=0.9, marker="o", mfc="white", mec=INK, ms=4.5,
                   label="observed, exact interval"),
            Line2D([], [], color=ACCENT, lw=2, marker="s", ms=4, label="shrunken"),
        ]  # fmt: skip
    if any(row.partial for row in table.drawn):
        handles.append(reconstructed())
    handles += [
        Line2D([], [], color=ACCENT, lw=0, marker="D", ms=6, label="pooled"),
        Line2D([], [], color=INK, lw=1.2, marker="|", ms=7, label="predicted for a new study"),
    ]
    if table.comparators:
        handles.append(
            Line2D([], [], color=CONTRAST, lw=0, marker="D", mfc="none", ms=6, label="external")
        )
    figure.legend(handles=handles, loc="lower center", ncols=len(handles),
                  bbox_to_anchor=(0.5, 0.0), columnspacing=1.4, handletextpad=0.5)  # fmt: skip
