"""Forest plot: every study with its numbers, what was pooled, and where a new study may lie."""

from __future__ import annotations

import math
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from bayespool.figures.forest_layout import (
    COMPACT,
    FULL,
    INDENT,
    LEADING,
    SMALL,
    Layout,
    Look,
    layout,
)
from bayespool.figures.forest_table import (
    EXTERNAL,
    HEADING,
    NEW,
    POOLED,
    STUDY,
    Cell,
    ForestTable,
    Line,
    Page,
)
from bayespool.figures.marks import Interval, bar, external_mark, observed_mark, reconstructed
from bayespool.figures.series import look_of
from bayespool.figures.style import FAINT, INK, MUTED, look, value_axis, write
from bayespool.figures.svg import BAND, tag
from bayespool.figures.traffic_light import legend, light

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HEAD, AXIS, KEY = 0.5, 0.38, 0.3  # inches above the lines, of the axis, of a line of the legend
MARK, CHARACTER = 0.48, 0.065  # inches of an entry of the legend: its mark and gap, a letter
ABOVE, BELOW = -0.13, 0.17  # shares of a line: where what was found and the model's value stand
SMALLEST, LARGEST = 2.6, 6.5  # points of the square of a study


def draw(table: ForestTable, sizes: Look = FULL) -> list[Figure]:
    """The forest plot, a figure for each of its pages.

    Squares are what studies found, their areas the weights; the marks below them what the model
    makes of it; diamonds what was pooled. With more than 400 rows only what was pooled is drawn.
    """
    places = layout(table, sizes)
    with look():
        return [_page(table, page, places) for page in table.pages]


def _page(table: ForestTable, page: Page, places: Layout) -> Figure:
    from bayespool.figures.shown import Figure

    ends = list(accumulate((places.height(line) for line in page.lines), initial=0.0))
    body = ends[-1]
    handles = [] if places.look.compact else _handles(table)
    lines_of_key = math.ceil(sum(map(_width, handles)) / places.width)
    key = KEY * (lines_of_key + (table.judged and not places.look.compact))
    head = HEAD if table.texts else 0.3
    height = head + body + AXIS + key
    figure = Figure(figsize=(places.width, height))
    whole: Any = figure.add_axes((0.0, (AXIS + key) / height, 1.0, body / height))
    whole.axis("off")
    whole.set_xlim(0.0, places.width)
    panels = [
        figure.add_axes((left / places.width, (AXIS + key) / height, wide / places.width,
                         body / height)) for left, wide in places.panels
    ]  # fmt: skip
    for axes in (whole, *panels):
        axes.set_ylim(body, 0.0)
    for i, axes in enumerate(panels):
        _axis(axes, table, i)
    studies = any(line.kind == STUDY for line in page.lines)
    for span in page.spans if studies else ():
        series = look_of(span.pooled.series)
        for axes, cell in zip(panels, span.pooled.cells, strict=True):
            if cell.model is not None:
                axes.plot([cell.model.centre] * 2, [ends[span.first], ends[span.last + 1]],
                          color=series.color, lw=0.8, zorder=0,
                          ls=(0, (4, 3)) if span.alone else series.line)  # fmt: skip
    for line, top, bottom in zip(page.lines, ends, ends[1:], strict=False):
        _line(whole, panels, table, line, (top, bottom), places)
    _headings(whole, table, places)
    if not places.look.compact:
        _legend(figure, handles, lines_of_key)
        if table.judged:
            legend(figure, 0.85 * KEY / height, " risk of bias")
    return figure


def _axis(axes: Any, table: ForestTable, i: int) -> None:
    panel = table.panels[i]
    value_axis(axes, panel.scale, *table.limits(i))
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x", color=FAINT, lw=0.5)
    axes.set_axisbelow(True)
    axes.set_facecolor("none")
    unit = " (%)" if panel.scale == "percent" else ""
    axes.set_title(f"{panel.title}{unit}", loc="left", parse_math=False)
    if panel.null is not None:
        axes.axvline(panel.null, color=INK, lw=0.8, zorder=0)


def _headings(whole: Any, table: ForestTable, places: Layout) -> None:
    heads = list(zip(table.columns, places.columns, strict=True))
    heads += list(zip(table.texts, places.texts, strict=False))
    heads += [("Weight\n(%)", x) for x in places.weights if x is not None]
    for text, x in heads:
        write(whole, x, -0.06, text, ha="right", va="bottom", fontsize=SMALL, weight="bold",
              linespacing=1.15)  # fmt: skip
    if table.judged:
        write(whole, places.bias, -0.06, "Risk of\nbias", ha="center", va="bottom",
              fontsize=SMALL, weight="bold", linespacing=1.15)  # fmt: skip


def _line(
    whole: Any, panels: list[Any], table: ForestTable, line: Line, between: tuple[float, float],
    places: Layout,
) -> None:  # fmt: skip
    top, bottom = between
    y = (top + bottom) / 2.0
    if line.index is not None:
        _band(whole, line.index, top, bottom, places.width)
    if line.kind == POOLED:
        whole.plot([INDENT, places.width - INDENT], [top, top], color=MUTED, lw=0.6)
    _texts(whole, line, y, places)
    if line.tied:
        whole.plot([0.04, 0.04], [top - 0.5 * (bottom - top), y], color=INK, lw=1.0)
    if line.bias:
        light(whole, places.bias, y, line.bias, 10.5, 0.005)
    for axes, cell in zip(panels, line.cells, strict=False):
        _cell(axes, line, cell, y, table.heaviest)


def _texts(whole: Any, line: Line, y: float, places: Layout) -> None:
    names, size = places.names(line), places.look.size
    bold: dict[str, Any] = {"weight": "bold"} if line.ends or line.kind == HEADING else {}
    if line.kind == EXTERNAL:
        bold = {"style": "italic"}
    x = INDENT * (0.4 if line.kind == HEADING else 2.0 if line.tied else 1.0)
    for k, name in enumerate(names):
        at = y + LEADING * (k - (len(names) - 1) / 2.0)
        mark = write(whole, x, at, name, va="center", fontsize=size, **bold)
        tag(mark, line.index)
    for text, place in zip(line.columns, places.columns, strict=False):
        write(whole, place, y, text, ha="right", va="center", fontsize=SMALL)
    for cell, place, weight in zip(line.cells, places.texts, places.weights, strict=False):
        write(whole, place, y, cell.text, ha="right", va="center", fontsize=SMALL, **bold)
        if weight is not None and cell.weight is not None:
            write(whole, weight, y, f"{cell.weight:.1f}", ha="right", va="center", fontsize=SMALL)


def _band(whole: Any, index: int, top: float, bottom: float, width: float) -> None:
    """An unseen rectangle that a page can colour."""
    from matplotlib.patches import Rectangle

    band = Rectangle((0.0, top), width, bottom - top, facecolor="white", alpha=0.0, lw=0,
                     zorder=-2)  # fmt: skip
    band.set_gid(f"{BAND}{index}")
    whole.add_patch(band)


def _cell(axes: Any, line: Line, cell: Cell, y: float, heaviest: float) -> None:
    series = look_of(line.series)
    both = cell.observed is not None and cell.model is not None and line.kind == STUDY
    height = 0.235
    if cell.observed is not None:
        at = y + ABOVE * height * both
        if line.kind == EXTERNAL:
            external_mark(axes, cell.observed, at, 0.3 * height)
        else:
            share = math.sqrt((cell.weight if cell.weight is not None else heaviest) / heaviest)
            size = SMALLEST + (LARGEST - SMALLEST) * share
            _found(axes, cell.observed, at, size, line)
    if cell.model is None:
        return
    if line.kind == POOLED:
        diamond(axes, cell.model, y, series.color, 0.36 * height)
    elif line.kind == NEW:
        bar(axes, cell.model, y, series.color, 1.3)
        ends = [cell.model.lower, cell.model.upper]
        axes.plot(ends, [y, y], "|", ms=7, color=series.color, clip_on=False)
    else:
        at = y + BELOW * height * both
        bar(axes, cell.model, at, series.color, 1.9, line.index)
        mark = axes.plot(cell.model.centre, at, series.marker, ms=4, color=series.color,
                         clip_on=False)  # fmt: skip
        tag(mark[0], line.index)


def _found(axes: Any, seen: Interval, y: float, size: float, line: Line) -> None:
    """What a study found; arrows where its interval is cut off."""
    low, high = axes.get_xlim()
    inside = Interval(seen.centre, max(seen.lower, low), min(seen.upper, high))
    observed_mark(axes, inside, y, size, partial=line.partial, index=line.index)
    for end, beyond, arrow in ((low, seen.lower < low, "<"), (high, seen.upper > high, ">")):
        if beyond:
            axes.plot(end, y, arrow, ms=4.5, color=MUTED, clip_on=False)


def diamond(axes: Any, interval: Interval, y: float, color: str, half: float) -> None:
    """The interval as a filled diamond at height `y`."""
    x = [interval.lower, interval.centre, interval.upper, interval.centre]
    axes.fill(x, [y, y - half, y, y + half], facecolor=color, edgecolor=color, lw=1.0, zorder=3)


def _width(handle: Any) -> float:
    """Inches that an entry of the legend takes, about."""
    return MARK + CHARACTER * len(handle.get_label())


def _handles(table: ForestTable) -> list[Any]:
    """What the marks are, as entries of the legend."""
    from matplotlib.lines import Line2D

    lines: tuple[Line, ...] = table.drawn
    handles: list[Any] = []
    studies = [line for line in lines if line.kind == STUDY]
    cells = [cell for line in studies for cell in line.cells]
    if any(cell.observed for cell in cells):
        area = ", area by weight" if any(table.weighed) else ""
        handles.append(Line2D([], [], color=INK, lw=0.9, marker="s", ms=5,
                              label=f"found by the study{area}"))  # fmt: skip
    if any(line.partial and cell.observed for line in studies for cell in line.cells):
        handles.append(reconstructed())
    if any(cell.model for cell in cells):
        named = [(i, f"model's estimate, {name}") for i, name in enumerate(table.names)]
        for i, name in named or [(0, "model's estimate")]:
            one = look_of(i)
            handles.append(Line2D([], [], color=one.color, lw=1.9, marker=one.marker, ms=4,
                                  label=name))  # fmt: skip
    handles += [
        Line2D([], [], color=MUTED, lw=0, marker="D", ms=6, label=_pooled(lines)),
        Line2D([], [], color=MUTED, lw=1.3, marker="|", ms=7, label="prediction for a new study"),
    ]
    if not any(line.kind == NEW for line in lines):
        handles.pop()
    if any(line.kind == EXTERNAL for line in lines):
        handles.append(Line2D([], [], color=INK, lw=0, marker="D", mfc="white", ms=6,
                              label="external, not pooled"))  # fmt: skip
    for words in dict.fromkeys(p.of_null for p in table.panels if p.null is not None):
        handles.append(Line2D([], [], color=INK, lw=0.8, label=words))
    return handles


def _legend(figure: Figure, handles: list[Any], rows: int) -> None:
    """In as many lines as its entries need side by side."""
    figure.legend(handles=handles, loc="lower center", ncols=math.ceil(len(handles) / rows),
                  bbox_to_anchor=(0.5, 0.0), columnspacing=1.4, handletextpad=0.5)  # fmt: skip


def _pooled(lines: tuple[Line, ...]) -> str:
    """What is pooled is called as its line is, where all lines are called the same."""
    found = {line.label for line in lines if line.kind == POOLED}
    return found.pop().lower() if len(found) == 1 else "pooled"


__all__ = ["COMPACT", "FULL", "draw"]
