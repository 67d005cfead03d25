"""Where the columns and panels of a forest plot stand, in inches."""

from __future__ import annotations

from dataclasses import dataclass

from bayespool.figures.forest_table import HEADING, ForestTable, Line
from bayespool.figures.style import drawable
from bayespool.figures.texts import SIZE, width, wrapped

WIDTH = 11.6  # of the figure; wider where texts need it
LABELS, INDENT = 2.9, 0.1  # widest column of names
SMALL = 8.0  # points of the columns
GAP = 0.15
BIAS = 0.62
WEIGHT = 0.5
NARROWEST, WIDEST = 1.9, 4.6  # inches of a panel
ROW, LEADING = 0.235, 0.135  # inches of a line, and of another line of its label
BOLD = "bold"


@dataclass(frozen=True)
class Look:
    """Sizes of a forest plot: that of the page, and the compact one of its first screen."""

    width: float = WIDTH
    size: float = SIZE
    row: float = ROW
    narrowest: float = NARROWEST
    compact: bool = False


FULL = Look()
COMPACT = Look(width=7.0, size=9.0, row=0.225, narrowest=1.3, compact=True)


@dataclass(frozen=True)
class Layout:
    """Places from left to right, in inches; columns and texts end at theirs."""

    look: Look
    labels: float
    bias: float
    columns: tuple[float, ...]
    texts: tuple[float, ...]
    weights: tuple[float | None, ...]
    panels: tuple[tuple[float, float], ...]
    width: float

    def names(self, line: Line) -> tuple[str, ...]:
        """The label of a line, as it stands on lines."""
        bold = line.kind == HEADING or line.ends
        room = self.labels - 2 * INDENT
        if line.kind == HEADING:
            room = max(room, self.columns[-1] if self.columns else room)
        return wrapped(line.label, line.number, room, self.look.size, BOLD if bold else "normal")

    def height(self, line: Line) -> float:
        """Of a line, in inches."""
        return self.look.row + LEADING * (len(self.names(line)) - 1)


def layout(table: ForestTable, look: Look = FULL) -> Layout:
    """The places of a whole table, the same on each of its pages."""
    lines, size = table.drawn, look.size
    widest = max(
        (width(drawable(line.label, line.number or None), size, BOLD if line.ends else "normal")
         for line in lines if line.kind != HEADING), default=1.0,
    )  # fmt: skip
    labels = min(widest, LABELS * (0.62 if look.compact else 1.0)) + 2 * INDENT + 0.02
    at = labels
    bias = at + BIAS / 2
    at += BIAS * table.judged
    columns = []
    for i, head in enumerate(table.columns):
        cells = [line.columns[i] for line in lines if line.columns]
        at += max([*(width(h, SMALL, BOLD) for h in head.split("\n")),
                   *(width(c, SMALL) for c in cells)]) + GAP  # fmt: skip
        columns.append(at)
    texts, weights = [], []
    for i, head in enumerate(table.texts):
        weighed = table.weighed[i] and not look.compact
        own = [width(line.cells[i].text, SMALL, BOLD if line.ends else "normal")
               for line in lines if line.cells]  # fmt: skip
        at += max([*(width(h, SMALL, BOLD) for h in head.split("\n")), *own]) + GAP
        texts.append(at)
        at += WEIGHT * weighed
        weights.append(at if weighed else None)
    n = len(table.panels)
    wide = min(max((look.width - at - 0.1) / n - 2 * GAP, look.narrowest), WIDEST)
    panels = tuple((at + GAP + i * (wide + 2 * GAP), wide) for i in range(n))
    return Layout(look, labels, bias, tuple(columns), tuple(texts), tuple(weights), panels,
                  at + n * (wide + 2 * GAP) + 0.1)  # fmt: skip
