"""Rows of intervals in panels: what the figures of influence, priors and time share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bayespool.figures.marks import Interval, bar
from bayespool.figures.style import ACCENT, FAINT, INK, label, log_axis, write

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MAX_ROWS = 80
ROW_HEIGHT, TOP, BOTTOM, WIDTH = 0.26, 0.45, 0.75, 9.4
NAMES, GAP = 0.25, 0.04
LONGEST = 34  # characters of a label: heavy-tailed tau: HalfCauchy(0.5)
LINE = 0.2  # inches of a second line of the titles
NARROWEST = 1.5  # inches of a panel with its gap
FEW_PANELS = 3  # whose titles have room for one line


@dataclass(frozen=True)
class Panel:
    """One quantity; `reference` is the fit that all rows are compared with."""

    title: str
    percent: bool
    reference: Interval
    log: bool = False


@dataclass(frozen=True)
class Row:
    """One fit: an interval for each panel, and a wider one where there is one."""

    label: str
    number: int
    main: tuple[Interval, ...]
    wide: tuple[Interval, ...] = ()


@dataclass(frozen=True)
class RowsTable:
    """Rows from top to bottom, at most `MAX_ROWS`."""

    panels: tuple[Panel, ...]
    rows: tuple[Row, ...]


def draw_rows(table: RowsTable, reference: str, main: str, wide: str = "") -> Figure:
    """Each row a square on its interval; the reference is a dashed line and a band.

    `reference`, `main` and `wide` are the texts of the legend.
    """
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    from bayespool.figures.shown import Figure

    lines = len(table.rows)
    narrow = len(table.panels) > FEW_PANELS
    height = lines * ROW_HEIGHT + TOP + BOTTOM + narrow * LINE
    width = max(WIDTH, NARROWEST * len(table.panels) / (1.0 - NAMES))
    figure = Figure(figsize=(width, height))
    bottom, tall = BOTTOM / height, lines * ROW_HEIGHT / height
    names = figure.add_axes((0.0, bottom, NAMES, tall))
    names.axis("off")
    names.set_xlim(0, 1)
    names.set_ylim(lines - 0.5, -0.5)
    for y, row in enumerate(table.rows):
        write(names, 0.03, y, label(row.label, row.number, LONGEST), va="center", fontsize=8.5)
    step = (1.0 - NAMES) / len(table.panels)
    for i, panel in enumerate(table.panels):
        axes = figure.add_axes((NAMES + i * step, bottom, step - GAP, tall))
        axes.set_ylim(lines - 0.5, -0.5)
        _panel(axes, table, i, panel)
        title = f"{panel.title} (%)" if panel.percent else panel.title
        axes.set_title(title.replace(", ", "\n", 1) if narrow else title, loc="left",
                       parse_math=False)  # fmt: skip
    handles: list[Any] = [
        Line2D([], [], color=ACCENT, lw=0.9, ls=(0, (4, 3)), label=f"{reference}: median"),
        Patch(color=ACCENT, alpha=0.13, lw=0, label=f"{reference}: 95 % interval"),
        Line2D([], [], color=INK, lw=1.8, marker="s", ms=4, label=main),
    ]
    if wide:
        handles.append(Line2D([], [], color=INK, lw=0.6, label=wide))
    figure.legend(handles=handles, loc="lower center", ncols=len(handles),
                  bbox_to_anchor=(0.5, 0.0), columnspacing=1.4, handletextpad=0.5)  # fmt: skip
    return figure


def _panel(axes: Any, table: RowsTable, i: int, panel: Panel) -> None:
    reference = panel.reference
    axes.axvspan(reference.lower, reference.upper, color=ACCENT, alpha=0.13, lw=0, zorder=0)
    axes.axvline(reference.centre, color=ACCENT, lw=0.9, ls=(0, (4, 3)), zorder=1)
    shown = [reference]
    for y, row in enumerate(table.rows):
        if row.wide:
            bar(axes, row.wide[i], y, INK, 0.6)
            shown.append(row.wide[i])
        bar(axes, row.main[i], y, INK, 1.8)
        shown.append(row.main[i])
        axes.plot(row.main[i].centre, y, "s", ms=4, color=INK, clip_on=False)
    low, high = min(x.lower for x in shown), max(x.upper for x in shown)
    if panel.log:
        log_axis(axes, low, high)
    else:
        pad = 0.04 * (high - low) or 0.01
        low, high = low - pad, high + pad
        if panel.percent:
            low, high = max(low, -0.01), min(high, 1.01)
        axes.set_xlim(low, high)
        axes.xaxis.set_major_locator(_ticks())
    if panel.percent:
        axes.xaxis.set_major_formatter(lambda x, _: f"{round(100 * x, 6):g}")
    axes.grid(axis="x", color=FAINT, lw=0.5)
    axes.set_axisbelow(True)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)


def _ticks() -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(nbins=6, steps=[1, 2, 5, 10])
