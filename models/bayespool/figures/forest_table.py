"""What a forest plot shows: lines from top to bottom, a cell of each in every panel."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from bayespool.figures.marks import Interval

MOST_ON_PAGE = 40  # lines
MOST_ROWS = 400  # of all pages together
STUDY, HEADING, POOLED, NEW, EXTERNAL = "study", "heading", "pooled", "new", "external"
REACH = 0.6  # how far beyond everything else an observed interval is drawn, in spans


@dataclass(frozen=True)
class Panel:
    """An axis: its title, ``percent`` (0 to 1), ``log`` or ``linear``, and where no effect is."""

    title: str
    scale: str = "percent"
    null: float | None = None
    of_null: str = "no association"


@dataclass(frozen=True)
class Cell:
    """A line in one panel: estimate as text, its share of the pooled one in percent, and marks.

    ``observed`` is what was found, ``model`` the model's estimate of the same.
    """

    text: str = ""
    weight: float | None = None
    observed: Interval | None = None
    model: Interval | None = None


EMPTY = Cell()


@dataclass(frozen=True)
class Line:
    """A study, a result of one, a heading, what was pooled, a new study, or an external result.

    ``number`` counts rows from 1, and ``index`` from 0; ``series`` is the number of its group or
    test. A ``tied`` line belongs to the study above. What a ``partial`` one observed is
    reconstructed. ``bias`` is a word of `LIGHTS`, another one where nothing is judged, and empty
    where the table says nothing of bias.
    """

    kind: str
    label: str
    cells: tuple[Cell, ...] = ()
    columns: tuple[str, ...] = ()
    number: int = 0
    index: int | None = None
    series: int = 0
    tied: bool = False
    partial: bool = False
    bias: str = ""

    @property
    def ends(self) -> bool:
        """It stands below the studies that it sums up."""
        return self.kind in (POOLED, NEW)


@dataclass(frozen=True)
class ForestTable:
    """Lines, panels, headings of the columns (two lines where there is a break).

    ``names`` are those of the series, for the legend; empty where headings name them. ``texts`` is
    the heading of the estimates of every panel.
    """

    panels: tuple[Panel, ...]
    lines: tuple[Line, ...]
    columns: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    @cached_property
    def n_rows(self) -> int:
        """Lines that are of one row of the table."""
        return sum(line.kind == STUDY for line in self.lines)

    @property
    def drawn(self) -> tuple[Line, ...]:
        """All lines, or without those of studies where there are too many of them."""
        if self.n_rows <= MOST_ROWS:
            return self.lines
        return tuple(line for line in self.lines if line.kind != STUDY)

    @property
    def pages(self) -> tuple[Page, ...]:
        """The lines in parts of about `MOST_ON_PAGE` at most."""
        out, first = [], 0
        spans = tuple(_spans(self.drawn))
        for part in _parts(self.drawn):
            last = first + len(part) - 1
            own = tuple(
                Span(s.pooled, max(s.first, first) - first, min(s.last, last) - first, s.alone)
                for s in spans if s.first <= last and s.last >= first
            )  # fmt: skip
            out.append(Page(tuple(part), own))
            first = last + 1
        return tuple(out)

    @property
    def judged(self) -> bool:
        """There is a risk of bias to be shown."""
        return any(line.bias for line in self.drawn)

    @cached_property
    def weighed(self) -> tuple[bool, ...]:
        """Whether the cells of each panel have a weight."""
        return tuple(
            any(line.cells[i].weight is not None for line in self.drawn if line.cells)
            for i in range(len(self.panels))
        )

    @cached_property
    def heaviest(self) -> float:
        """The largest weight, in percent; 1 where there is none."""
        found = [c.weight for line in self.drawn for c in line.cells if c.weight is not None]
        return max(found, default=1.0) or 1.0

    def limits(self, i: int) -> tuple[float, float]:
        """Ends of an axis: everything but the ends of very wide observed intervals."""
        panel = self.panels[i]
        if panel.scale == "percent":
            return 0.0, 1.0
        forward = math.log if panel.scale == "log" else float
        inner, outer = [] if panel.null is None else [forward(panel.null)], []
        for cell in (line.cells[i] for line in self.drawn if line.cells):
            if cell.model is not None:
                inner += [forward(cell.model.lower), forward(cell.model.upper)]
            if cell.observed is not None:
                inner.append(forward(cell.observed.centre))
                outer += [forward(cell.observed.lower), forward(cell.observed.upper)]
        low, high = min(inner), max(inner)
        span = high - low or 1.0
        low = max(min(low, *(outer or [low])), low - REACH * span)
        high = min(max(high, *(outer or [high])), high + REACH * span)
        return (math.exp(low), math.exp(high)) if panel.scale == "log" else (low, high)


@dataclass(frozen=True)
class Span:
    """A pooled line, and the first and last line of a page that it sums up.

    It is ``alone`` where no other is pooled from the same lines.
    """

    pooled: Line
    first: int
    last: int
    alone: bool = True


@dataclass(frozen=True)
class Page:
    """Lines of one figure, and what was pooled from them."""

    lines: tuple[Line, ...]
    spans: tuple[Span, ...]


def _spans(lines: Sequence[Line]) -> Iterator[Span]:
    first = at = 0
    while at < len(lines):
        if not lines[at].ends:
            at += 1
            continue
        last = at
        while last + 1 < len(lines) and lines[last + 1].ends:
            last += 1
        pooled = [line for line in lines[at : last + 1] if line.kind == POOLED]
        yield from (Span(line, first, last, len(pooled) == 1) for line in pooled)
        first = at = last + 1


def _parts(lines: Sequence[Line]) -> list[list[Line]]:
    """As few parts as can be, about equally long.

    A heading stays with what follows, and so does a result with its study, and what is pooled with
    the last study before it.
    """
    n = max(-(-len(lines) // MOST_ON_PAGE), 1)
    parts: list[list[Line]] = [[] for _ in range(n)]
    start = 0
    for block in _blocks(lines):
        parts[int((start + len(block) / 2) * n / len(lines))] += block
        start += len(block)
    return [part for part in parts if part]


def _blocks(lines: Sequence[Line]) -> list[list[Line]]:
    """Lines that stay together."""
    out: list[list[Line]] = []
    for line in lines:
        joins = line.tied or line.ends or line.kind == EXTERNAL
        if out and (joins or out[-1][-1].kind == HEADING) and len(out[-1]) < MOST_ON_PAGE // 2:
            out[-1].append(line)
        else:
            out.append([line])
    return out
