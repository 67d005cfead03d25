"""The forest plot of an association: what it shows, in lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bayespool.checks.study_weights import study_weights
from bayespool.figures.forest_table import NEW, POOLED, STUDY, Cell, ForestTable, Line, Panel
from bayespool.figures.marks import Interval
from bayespool.quantity import capital
from bayespool.report import effect_words, numbers
from bayespool.report.effect_tables import kind_of, observed_text, scale_of, written
from bayespool.report.forests import SHORT, bare
from bayespool.report.per_study import StudyRow, marked
from bayespool.studies.measures import MEASURES

if TYPE_CHECKING:
    from bayespool.fitted import Fit
    from bayespool.report.summary import Summary

NB = numbers.SPACE


def title_of(measure: str, unit: str = "") -> str:
    """The measure, as the title of an axis."""
    label = capital(MEASURES[measure].label)
    return f"{label}, {unit}" if unit else label


def effect_table(fitted: Fit, summary: Summary, rows: Sequence[StudyRow]) -> ForestTable:
    """A line for each study; of one with several results also for each that has an estimate."""
    measure = MEASURES[summary.measure]
    kind, columns = kind_of(measure.name), _columns(fitted.studies, rows, summary.groups)
    weights = _weights(fitted)
    lines: list[Line] = []
    for own in _by_study(rows):
        if len(own) == 1:
            lines.append(_study(fitted, own[0], kind, len(columns), weights))
        else:
            lines += _results(own, kind, len(columns), weights)
    percent = kind == "proportion"
    unit = ", %" if percent else ""
    null = 0.0 if measure.name == "generic" else measure.null
    title = title_of(measure.name, summary.unit)
    return ForestTable(
        (Panel(title, scale_of(measure), null, measure.of_null),),
        (*lines, *_endings(summary, kind)), columns, (f"{title}{unit}\n(95 % interval)",),
    )  # fmt: skip


def _columns(studies: Any, rows: Sequence[StudyRow], groups: Sequence[str]) -> tuple[str, ...]:
    """Headings of the counts, where there are any."""
    if not any(row.margins[0].counts for row in rows):
        return ()
    if studies.one_group:
        return ("Events/all",)
    named, what = (studies.COUNTED, "finding") if studies.same_people else (groups, "events")
    return tuple(f"{capital(name)}\n{what}/all" for name in named)


def _weights(fitted: Fit) -> dict[str, float]:
    """Of every study in the pooled effect, in percent."""
    found = study_weights(fitted)
    if found is None:
        return {}
    return dict(zip(fitted.hierarchy.labels, found[0].tolist(), strict=True))


def _by_study(rows: Sequence[StudyRow]) -> list[list[StudyRow]]:
    out: dict[str, list[StudyRow]] = {}
    for row in rows:
        out.setdefault(row.study, []).append(row)
    return list(out.values())


def _counts(row: StudyRow, n: int) -> tuple[str, ...]:
    """``7/14`` of each group."""
    found = row.margins[0].counts
    return tuple(found.split(", ")) if found else ("",) * n


def _text(row: StudyRow, kind: str) -> str:
    """What a row found; of shares as tables write it."""
    seen = row.margins[0].observed
    if seen is None:
        return "no estimate"
    return bare(observed_text(row, kind)) if kind == "proportion" else aligned(seen, kind)


def aligned(interval: Interval, kind: str) -> str:
    """``0.39 (0.12 to 1.26)``: two decimals, as the field prints ratios and differences.

    Fewer where the largest number has three digits before the point.
    """
    ends = (interval.centre, interval.lower, interval.upper)
    if kind == "proportion":
        return bare(written(interval, kind))
    if kind == "ratio":
        middle, low, high = (_number(x, 2 if x < 100 else 0) for x in ends)
    else:
        largest = max(map(abs, ends))
        middle, low, high = (_number(x, 2 if largest < 100 else 1 if largest < 1000 else 0)
                             for x in ends)  # fmt: skip
    return f"{middle} ({low} to {high})"


def _number(x: float, digits: int) -> str:
    """Two decimals, but never 0.00 where the number is not 0."""
    shown = numbers.number(x, digits)
    return numbers.small(x) if x != 0.0 and float(f"{x:.{digits}f}") == 0.0 else shown


def _study(fitted: Fit, row: StudyRow, kind: str, n: int, weights: dict[str, float]) -> Line:
    """A study with one result."""
    name = row.row if fitted.studies.several_rows() else fitted.studies.study[row.index]
    margin = row.margins[0]
    cell = Cell(_text(row, kind), weights.get(row.study), margin.observed, margin.shrunken)
    return Line(STUDY, marked(name, row.note), (cell,), _counts(row, n), row.index + 1, row.index,
                partial=row.reconstructed)  # fmt: skip


def _results(rows: Sequence[StudyRow], kind: str, n: int, weights: dict[str, float]) -> list[Line]:
    """A study with several results: its own line, and one for each that has an estimate."""
    first, told = rows[0], [row for row in rows if row.margins[0].observed]
    hidden = len(rows) - len(told)
    text = ""
    if hidden:
        some = f"{hidden} other{'s' * (hidden > 1)}" if told else f"{hidden} results"
        text = f"{some} without estimate"
    own = Cell(text, weights.get(first.study), None, first.margins[0].shrunken)
    out = [Line(STUDY, first.study, (own,), ("",) * n, first.index + 1, first.index)]
    for row in told:
        name = row.row.removeprefix(f"{row.study}, ")
        cell = Cell(_text(row, kind), None, row.margins[0].observed)
        out.append(Line(STUDY, marked(name, row.note), (cell,), _counts(row, n), row.index + 1,
                        row.index, tied=True, partial=row.reconstructed))  # fmt: skip
    return out


def _endings(summary: Summary, kind: str) -> list[Line]:
    found = [(POOLED, SHORT[summary.pooled], effect_words.pooled(summary))]
    if summary.varies:
        found.append((NEW, "New study", effect_words.predicted(summary)))
    out = []
    for what, name, e in found:
        interval = Interval(e.median, e.lower, e.upper)
        cell = Cell(aligned(interval, kind), model=interval)
        out.append(Line(what, name, (cell,)))
    return out
