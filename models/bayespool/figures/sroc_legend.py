"""The legend of a summary ROC plot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bayespool.figures.marks import DOTTED
from bayespool.figures.series import look_of
from bayespool.figures.style import INK, MUTED, label
from bayespool.figures.traffic_light import LIGHTS

if TYPE_CHECKING:
    from bayespool.figures.sroc import SrocTable

FILL = "#dcdcdc"
REGIONS: Any = ((0, (5, 3)), (0, (1.5, 1.5)))  # lines of prediction regions


def sign(word: str) -> str:
    """The marker of a judgement on bias."""
    return rf"$\mathbf{{{LIGHTS[word].symbol}}}$"


def entries(table: SrocTable, longest: int = 28) -> list[Any]:
    """What every kind of mark is, of those that there are; names of `longest` signs at most."""
    several = len(table.parts) > 1
    handles = [*(_groups(table) if several else _one(table)), *_studies(table, several=several)]
    if table.joined:
        handles.append(_line(color=MUTED, lw=0.7, label="results of one study"))
    for i, one in enumerate(table.external):
        words = f"{_letter(i, table)}{label(one.label, None, longest)}, not pooled"
        handles.append(_line(lw=0, marker="D", ms=7, mfc="white", mec=INK, mew=1.3, label=words))
    return handles


def _letter(i: int, table: SrocTable) -> str:
    from bayespool.figures.sroc import letter

    found = letter(i, table)
    return f"{found}: " if found else ""


def _line(**options: Any) -> Any:
    from matplotlib.lines import Line2D

    return Line2D([], [], **options)


def _one(table: SrocTable) -> list[Any]:
    from matplotlib.patches import Patch

    series = look_of(0)
    found = [
        _line(marker=series.marker, lw=0, ms=9, color=series.color, label="pooled point"),
        Patch(facecolor=f"{series.color}33", edgecolor=series.color,
              label="95 % credible region"),
        _line(color=INK, ls=REGIONS[0], lw=1, label="95 % prediction region"),
    ]  # fmt: skip
    if len(table.parts[0].curve[0]):
        found.append(_line(color=INK, lw=1.8, label="summary curve"))
    return found


def _groups(table: SrocTable) -> list[Any]:
    from matplotlib.patches import Patch

    found = []
    for i, part in enumerate(table.parts):
        series = look_of(i)
        found.append(_line(color=series.color, lw=1.8, ls=series.line, marker=series.marker, ms=9,
                           mec="white", label=f"{label(part.label)}: pooled, curve"))  # fmt: skip
    for i, part in enumerate(table.parts):
        series = look_of(i)
        found.append(Patch(facecolor=f"{series.color}22", edgecolor=series.color, lw=1.0,
                           hatch=series.hatch, ls=series.line,
                           label=f"{label(part.label)}: 95 % credible"))  # fmt: skip
    if table.predicts:
        found += [
            _line(color=look_of(i).color, ls=REGIONS[i], lw=1,
                  label=f"{label(part.label)}: 95 % prediction")
            for i, part in enumerate(table.parts)
        ]  # fmt: skip
    return found


def _studies(table: SrocTable, *, several: bool) -> list[Any]:
    marker = look_of(0).marker if several else "o"
    found = []
    if any(len(part.studies) for part in table.parts):
        words = "study (its group's mark, open)" if several else "study, as large as its groups"
        found.append(_line(marker=marker, lw=0, ms=8, mfc=FILL, mec=MUTED, label=words))
    if any(part.partial.any() for part in table.parts):
        from matplotlib.patches import Patch

        found.append(Patch(facecolor="white", edgecolor=MUTED, ls=DOTTED, lw=1.1,
                           label="study, table reconstructed"))  # fmt: skip
    said = {word for part in table.parts for word in part.bias}
    found += [
        _line(marker=sign(word), lw=0, ms=5, color=INK, mew=0, label=f"{word} risk of bias")
        for word in LIGHTS if word in said
    ]  # fmt: skip
    return found
