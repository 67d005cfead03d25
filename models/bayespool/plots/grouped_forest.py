"""Paired forest plot of several groups or tests, or of studies with several results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bayespool.plots.forest import MAX_ROWS, Pair, diamond, layout, name_row
from bayespool.plots.marks import Interval, bar, observed_mark, reconstructed
from bayespool.plots.series import look_of
from bayespool.plots.style import CONTRAST, INK, MUTED, label, styled, write

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLES = ("Sensitivity", "Specificity")


@dataclass(frozen=True)
class GroupedRow:
    """One row of the table: label, counts as text, observed and shrunken proportions.

    ``series`` is the number of its group or test; ``tied`` rows belong to the study above, and
    `partial` ones are no full results. ``bias`` is as in `ForestRow`.
    """

    label: str
    number: int
    counts: tuple[str, str]
    observed: Pair
    shrunken: Pair
    series: int = 0
    tied: bool = False
    partial: bool = False
    bias: str = ""


@dataclass(frozen=True)
class Ending:
    """What was pooled of one group or test, and what is predicted for a new study."""

    label: str
    pooled: tuple[Interval, Interval]
    predictive: tuple[Interval, Interval]
    series: int = 0
    new: str = "a new study"


@dataclass(frozen=True)
class Block:
    """Rows under a title, and what they add up to; `keep` its rows where not all can be drawn."""

    title: str
    rows: tuple[GroupedRow, ...]
    endings: tuple[Ending, ...] = ()
    keep: bool = False


@dataclass(frozen=True)
class GroupedForestTable:
    """Blocks from top to bottom. Proportions throughout.

    ``names`` are those of the series, for the legend; empty where titles name them.
    """

    blocks: tuple[Block, ...]
    comparators: tuple[tuple[str, Pair], ...] = ()
    names: tuple[str, ...] = ()

    @property
    def drawn(self) -> tuple[Block, ...]:
        """The blocks of the figure: without rows when there are more than a page can hold."""
        if _rows(self.blocks) <= MAX_ROWS:
            return self.blocks
        fits = _rows([block for block in self.blocks if block.keep]) <= MAX_ROWS
        fewer = [block if block.keep and fits else Block(block.title, (), block.endings)
                 for block in self.blocks]  # fmt: skip
        return tuple(block for block in fewer if block.rows or block.endings)

    @property
    def shows_rows(self) -> bool:
        """Studies are drawn."""
        return any(block.rows for block in self.drawn)


def _rows(blocks: Sequence[Block]) -> int:
    return sum(len(block.rows) for block in blocks)


@styled
def draw(table: GroupedForestTable) -> Figure:
    """The forest plot; with more than 80 rows only what was pooled."""
    lines = sum(_height(block) for block in table.drawn) + len(table.comparators)
    biases = [row.bias for block in table.drawn for row in block.rows]
    figure, panels, names = layout(lines, TITLES, biases)
    _pooled_lines(panels, table, lines)
    y = 0
    for block in table.drawn:
        _block(panels, names, block, y)
        y += _height(block)
    for offset, (name, pair) in enumerate(table.comparators, start=y):
        text = label(f"{name} (not pooled)", offset)
        write(names, 0.03, offset, text, va="center", fontsize=8.5, style="italic")
        for axes, found in zip(panels, pair, strict=True):
            if found is not None:
                diamond(axes, found, offset, CONTRAST, fill=False)
    _legend(figure, table)
    return figure


def _height(block: Block) -> int:
    return bool(block.title) + len(block.rows) + 2 * len(block.endings)


def _pooled_lines(panels: list[Any], table: GroupedForestTable, lines: int) -> None:
    """Dashed lines at what was pooled: beside the block of one group, or beside all rows."""
    y = 0
    for block in table.drawn:
        alone = len(block.endings) == 1
        top, end = (y, y + _height(block)) if alone else (0, lines - len(table.comparators))
        for ending in block.endings:
            look = look_of(ending.series)
            for axes, pooled in zip(panels, ending.pooled, strict=True):
                axes.plot([pooled.centre] * 2, [top - 0.5, end - 0.5], color=look.color, lw=0.8,
                          ls=(0, (4, 3)) if alone else look.line, zorder=0)  # fmt: skip
        y += _height(block)


def _block(panels: list[Any], names: Any, block: Block, y: int) -> None:
    if block.title:
        write(names, 0.0, y, block.title, va="center", fontsize=8.5, weight="bold", clip_on=False)
        y += 1
    for row in block.rows:
        name_row(names, y, row)
        if row.tied:
            names.plot([0.012, 0.012], [y - 1.3, y + 0.3], color=INK, lw=1.0)
        for i, axes in enumerate(panels):
            _row(axes, row, i, y)
        y += 1
    for ending in block.endings:
        look = look_of(ending.series)
        for axes, pooled, new in zip(panels, ending.pooled, ending.predictive, strict=True):
            axes.axhline(y - 0.5, color=MUTED, lw=0.7)
            diamond(axes, pooled, y, look.color, fill=True)
            bar(axes, new, y + 1, look.color, 1.2)
            axes.plot([new.lower, new.upper], [y + 1, y + 1], "|", ms=7, color=look.color)
        both = (f"{ending.label}, pooled", f"{ending.label}, {ending.new}")
        capital = f"{ending.new[:1].upper()}{ending.new[1:]}"
        texts = both if ending.label else ("Pooled", capital)
        for offset, text in enumerate(texts):
            write(names, 0.03, y + offset, label(text), va="center", fontsize=8.5, weight="bold",
                  clip_on=False)  # fmt: skip
        y += 2


def _row(axes: Any, row: GroupedRow, i: int, y: int) -> None:
    look = look_of(row.series)
    write(axes, -0.04, y, row.counts[i], ha="right", va="center", fontsize=8, color=MUTED)
    seen, shrunken = row.observed[i], row.shrunken[i]
    if seen is not None:
        observed_mark(axes, seen, y - 0.15, partial=row.partial)
    if shrunken is not None:
        bar(axes, shrunken, y + 0.17, look.color, 2.0)
        axes.plot(shrunken.centre, y + 0.17, look.marker, ms=4.5, color=look.color, clip_on=False)


def _legend(figure: Any, table: GroupedForestTable) -> None:
    from matplotlib.lines import Line2D

    handles = []
    if table.shows_rows:
        handles.append(
            Line2D([], [], color=MUTED, lw=0.9, marker="o", mfc="white", mec=INK, ms=4.5,
                   label="observed, exact interval")
        )  # fmt: skip
        if any(row.partial for block in table.drawn for row in block.rows):
            handles.append(reconstructed())
        if not table.names:
            handles.append(Line2D([], [], color=INK, lw=2, label="shrunken"))
        for i, name in enumerate(table.names):
            look = look_of(i)
            handles.append(
                Line2D([], [], color=look.color, lw=2, marker=look.marker, ms=4.5,
                       label=f"shrunken, {label(name)}")
            )  # fmt: skip
    handles += [
        Line2D([], [], color=INK, lw=0, marker="D", ms=6, label="pooled"),
        Line2D([], [], color=INK, lw=1.2, marker="|", ms=7, label="predicted for a new study"),
    ]
    if table.comparators:
        handles.append(
            Line2D([], [], color=CONTRAST, lw=0, marker="D", mfc="none", ms=6, label="external")
        )
    figure.legend(handles=handles, loc="lower center", ncols=min(len(handles), 5),
                  bbox_to_anchor=(0.5, 0.0), columnspacing=1.2, handletextpad=0.5)  # fmt: skip
