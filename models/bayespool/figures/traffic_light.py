"""Risk of bias as traffic lights: a symbol, and not its colour alone, for every row and domain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bayespool.figures.style import FAINT, INK, MUTED, label, styled, write

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MAX_ROWS = 80
ROW_HEIGHT, TOP, BOTTOM, WIDTH = 0.26, 1.25, 0.5, 9.4
NAMES = 2.3  # inches
STEP = 0.62  # inches between columns
GAP = 0.45  # columns between kinds


@dataclass(frozen=True)
class Light:
    """How a judgement is drawn."""

    symbol: str
    face: str
    ink: str


LIGHTS = {
    "low": Light("+", "#00523a", "white"),
    "unclear": Light("?", "#f0d45c", INK),
    "high": Light("\u2212", "#d0601a", "white"),
}


@dataclass(frozen=True)
class TrafficRow:
    """One row of the table: its judgements in the order of the columns, None where not judged."""

    label: str
    number: int
    cells: tuple[str | None, ...]


@dataclass(frozen=True)
class TrafficTable:
    """Kinds of judgement with their domains, and rows from top to bottom."""

    kinds: tuple[tuple[str, tuple[str, ...]], ...]
    rows: tuple[TrafficRow, ...]

    @property
    def drawn(self) -> tuple[TrafficRow, ...]:
        """The rows of the figure: the first ones where there are more than a page can hold."""
        return self.rows[:MAX_ROWS]


@styled
def draw(table: TrafficTable) -> Figure:
    """A grid of circles, a kind of judgement beside another."""
    from bayespool.figures.shown import Figure

    lines = len(table.drawn)
    places, starts = [], []
    x = 0.0
    for _, domains in table.kinds:
        starts.append(x)
        places += [x + i for i in range(len(domains))]
        x += len(domains) + GAP
    height = lines * ROW_HEIGHT + TOP + BOTTOM
    width = NAMES + STEP * (x + 1.0)
    figure = Figure(figsize=(width, height))
    bottom, tall = BOTTOM / height, lines * ROW_HEIGHT / height
    axes = figure.add_axes((NAMES / width, bottom, STEP * x / width, tall))
    axes.set_xlim(-0.5, x - 0.5)
    axes.set_ylim(lines - 0.5, -0.5)
    axes.axis("off")
    for y, row in enumerate(table.drawn):
        write(axes, -0.7, y, label(row.label, row.number), ha="right", va="center", fontsize=8.5)
        axes.plot([-0.5, x - 1.0], [y + 0.5, y + 0.5], color=FAINT, lw=0.4, clip_on=False)
        for at, cell in zip(places, row.cells, strict=True):
            light(axes, at, y, cell)
    names = [name for _, domains in table.kinds for name in domains]
    for at, name in zip(places, names, strict=True):
        write(axes, at - 0.1, -0.65, name, rotation=38, ha="left", va="bottom", fontsize=8)
    for at, (kind, _) in zip(starts, table.kinds, strict=True):
        write(axes, at - 0.4, lines - 0.3, kind, ha="left", va="top", fontsize=8.5, weight="bold")
    legend(figure)
    return figure


def light(
    axes: Any, x: float, y: float, word: str | None, size: float = 12.5, lower: float = 0.02
) -> None:  # fmt: skip
    """A judgement as a circle, `size` points wide, around its symbol; empty if not judged.

    The symbol stands lower by as much, on the scale of y, as puts it in the middle.
    """
    if word not in LIGHTS:
        axes.plot(x, y, "o", ms=0.88 * size, mfc="none", mec=MUTED, mew=0.6)
        return
    found = LIGHTS[word]
    axes.plot(x, y, "o", ms=size, color=found.face, mec="none")
    write(axes, x, y + lower, found.symbol, ha="center", va="center", fontsize=0.72 * size,
          weight="bold", color=found.ink)  # fmt: skip


def legend(figure: Figure, bottom: float = 0.0, of: str = "") -> None:
    """What the symbols mean, in a line at the height `bottom`; `of` says what is low or high."""
    from matplotlib.patches import Patch

    handles = [
        Patch(facecolor=light.face, label=f"{light.symbol}  {word}{of}")
        for word, light in LIGHTS.items()
    ]
    figure.legend(handles=handles, loc="lower center", ncols=3, bbox_to_anchor=(0.5, bottom),
                  columnspacing=1.6)  # fmt: skip
