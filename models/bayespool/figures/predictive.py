"""What was observed against what the model predicts for a study of the same size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bayespool.figures.marks import Interval
from bayespool.figures.style import ACCENT, CONTRAST, FAINT, INK, label, styled, value_axis, write

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MAX_ROWS = 80
ROW_HEIGHT, TOP, BOTTOM, WIDTH = 0.24, 0.45, 0.85, 9.4


@dataclass(frozen=True)
class PredictiveLine:
    """One study: observed value and predictive interval of each panel, None where nobody."""

    label: str
    number: int
    observed: tuple[float | None, ...]
    predicted: tuple[Interval | None, ...]


@dataclass(frozen=True)
class PredictiveTable:
    """Rows from top to bottom; `tables.predictive` keeps the most extreme ones when many."""

    rows: tuple[PredictiveLine, ...]
    titles: tuple[str, ...] = ("Sensitivity", "Specificity")
    scale: str = "percent"

    def limits(self) -> tuple[float, float]:
        """The least and largest value drawn."""
        ends = [x for row in self.rows for x in row.observed if x is not None]
        for row in self.rows:
            ends += [x for p in row.predicted if p is not None for x in (p.lower, p.upper)]
        low = 0.1 if self.scale == "log" else 0.0  # nothing is drawn
        return min(ends, default=low), max(ends, default=1.0)


@styled
def draw(table: PredictiveTable) -> Figure:
    """Intervals as lines, observed values as circles inside and crosses outside."""
    from matplotlib.lines import Line2D

    from bayespool.figures.shown import Figure

    lines = max(len(table.rows), 1)
    height = lines * ROW_HEIGHT + TOP + BOTTOM
    figure = Figure(figsize=(WIDTH, height))
    bottom, tall = BOTTOM / height, lines * ROW_HEIGHT / height
    step = 0.75 / len(table.titles)
    panels = [figure.add_axes((0.28 + i * step, bottom, step - 0.045, tall))
              for i in range(len(table.titles))]  # fmt: skip
    for i, (axes, title) in enumerate(zip(panels, table.titles, strict=True)):
        value_axis(axes, table.scale, *table.limits())
        axes.set_ylim(lines - 0.5, -0.5)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.set_title(f"{title} (%)" if table.scale == "percent" else title, loc="left")
        axes.vlines(axes.get_xticks(), -0.5, lines - 0.5, color=FAINT, lw=0.5, zorder=0)
        for y, row in enumerate(table.rows):
            seen, expected = row.observed[i], row.predicted[i]
            if seen is None or expected is None:
                write(axes, 0.5, y, "no counts of this group", ha="center", va="center", fontsize=8)
                continue
            inside = expected.lower <= seen <= expected.upper
            axes.plot([expected.lower, expected.upper], [y, y], color=ACCENT, lw=3.5, alpha=0.35,
                      solid_capstyle="butt")  # fmt: skip
            axes.plot([expected.centre] * 2, [y - 0.28, y + 0.28], color=ACCENT, lw=1.2)
            if inside:
                axes.plot(seen, y, "o", ms=4.5, mfc="white", mec=INK, clip_on=False)
            else:
                axes.plot(seen, y, "X", ms=7, color=CONTRAST, mec="white", clip_on=False)
    for y, row in enumerate(table.rows):
        panels[0].annotate(
            label(row.label, row.number), (0.01, y), xycoords=("figure fraction", "data"),
            va="center", fontsize=8.5, parse_math=False,
        )  # fmt: skip
    handles = [
        Line2D([], [], color=ACCENT, lw=3.5, alpha=0.35, label="95 % predictive interval"),
        Line2D([], [], color=ACCENT, lw=0, marker="|", ms=8, label="its median"),
        Line2D([], [], lw=0, marker="o", mfc="white", mec=INK, ms=4.5, label="observed, inside"),
        Line2D([], [], lw=0, marker="X", color=CONTRAST, ms=7, label="observed, outside"),
    ]
    figure.legend(handles=handles, loc="lower center", ncols=4, bbox_to_anchor=(0.5, 0.0))
    return figure
