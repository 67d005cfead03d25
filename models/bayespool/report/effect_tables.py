"""Tables of an association, as texts ready to be shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool.association import quantities
from bayespool.association.scale import shown_name, to_measure
from bayespool.estimands import Statement
from bayespool.figures.marks import Interval
from bayespool.report import numbers
from bayespool.report.blocks import Table
from bayespool.report.effect_words import about_mid, people, risk_words
from bayespool.report.per_study import StudyRow
from bayespool.report.tables import INTERVAL, MAX_ROWS, daggers, estimate_cells, only_first
from bayespool.studies.measures import MEASURES, Measure

if TYPE_CHECKING:
    from bayespool.fitted import Fit
    from bayespool.report.summary import Summary

NB = numbers.SPACE
SMALLEST = 1e-6  # error that is told


def kind_of(measure: str) -> str:
    """How values on the measure's own scale are written."""
    return quantities.told(measure).unit


def scale_of(measure: Measure) -> str:
    """Of an axis: ``log``, ``percent`` or ``linear``."""
    if measure.is_ratio:
        return "log"
    return "percent" if kind_of(measure.name) == "proportion" else "linear"


def written(interval: Interval, kind: str) -> str:
    """``1.29 (0.91 to 1.83)``."""
    return (
        f"{numbers.value(interval.centre, kind)} "
        f"({numbers.interval(interval.lower, interval.upper, kind)})"
    )


def observed_text(row: StudyRow, kind: str) -> str:
    """What a row found; shares may be 0 or 100 %."""
    margin = row.margins[0]
    if margin.observed is None:
        return row.note or numbers.MISSING
    if kind == "proportion" and margin.trials:
        bounds = numbers.observed_interval(margin.observed.lower, margin.observed.upper)
        return f"{numbers.share(margin.successes, margin.trials)} ({bounds})"
    return written(margin.observed, kind)


def estimates_table(summary: Summary, names: Sequence[str], caption: str) -> Table:
    """Estimands in words, one a row."""
    rows = []
    for name in names:
        if summary.tells_of(name):
            e = summary.estimates[name]
            median, interval, _ = estimate_cells(e)
            error = _error(e.mcse_median, e.estimand.unit)
            rows.append((e.estimand.label, median, interval, error))
    return Table(caption, ("", "Median", INTERVAL, "Numerical error of the median"), tuple(rows))


def _error(x: float, kind: str) -> str:
    """An error as measured; below 1e-6 only that, and a dash where draws cannot tell."""
    if x == 0.0:
        return numbers.MISSING
    return numbers.error(x, kind) if x >= SMALLEST else f"<{NB}{numbers.error(SMALLEST, kind)}"


def probabilities_table(summary: Summary) -> Table:
    """Probability statements, on the measure's own scale."""
    rows = []
    for item in summary.probabilities:
        if not summary.tells_of(item.statement.estimand):
            continue
        said = statement(item.statement, summary)
        error = _error(item.mcse, "proportion")
        rows.append((said, numbers.percent(item.prob), error))
    head = ("", "Probability", "Numerical error (percentage points)")
    return Table("How probable it is, given the data and the priors", head, tuple(rows))


def statement(said: Statement, summary: Summary) -> str:
    """A probability statement about a number, in words."""
    name, cut, measure = said.estimand, said.cut, summary.measure
    assert isinstance(cut, float | int)
    if name in ("mu", "mu_new") and shown_name(name, measure) != name:
        name, cut = shown_name(name, measure), float(to_measure(np.array(cut), measure))
    estimand = summary.estimates[name].estimand
    if said.relation == "within":
        assert said.high is not None
        ends = f"{numbers.cut(cut, estimand.unit)} to {numbers.cut(said.high, estimand.unit)}"
        small = ": too small to matter" if about_mid(said, summary) else ""
        return f"{estimand.label} within {ends}{small}"
    word = "above" if said.relation == ">" else "below"
    return f"{estimand.label} {word} {numbers.cut(cut, estimand.unit)}"


def needed_table(summary: Summary) -> Table:
    """People for one event more or fewer, at every baseline risk."""
    rows = []
    for risk, needed in zip(summary.baseline_risks, summary.numbers_needed, strict=True):
        cell = numbers.MISSING
        if needed.bounded:
            ends = sorted((1.0 / abs(needed.lower), 1.0 / abs(needed.upper)))
            way = "more" if needed.difference > 0 else "fewer"
            cell = (
                f"{people(1 / abs(needed.difference))} ({people(ends[0])}"
                f"{numbers.TO}{people(ends[1])}) for one event {way}"
            )
        rows.append((risk_words(risk), cell))
    head = (f"Risk in {summary.groups[1]}", "Number needed")
    return Table(f"Number needed: median ({INTERVAL})", head, tuple(rows))


def studies_table(fitted: Fit, summary: Summary, rows: Sequence[StudyRow]) -> Table:
    """Observed and shrunken values of every row."""
    kind, counted_rows = kind_of(summary.measure), any(row.margins[0].counts for row in rows)
    studies: Any = fitted.studies
    weights = studies.how if "how" in studies.TUPLES else None
    body = []
    for row in rows[:MAX_ROWS]:
        cells = [row.margins[0].counts or numbers.MISSING] if counted_rows else []
        cells += [observed_text(row, kind), written(row.margins[0].shrunken, kind)]
        if weights is not None:
            cells.append(weights[row.index])
        body.append((row.marked, *cells))
    head = ["Study", *(["Counts"] if counted_rows else []), "Observed", "Model-based estimate"]
    if weights is not None:
        head.append("From")
    caption = (
        f"Studies: observed {MEASURES[summary.measure].label} (95{NB}% interval) and posterior "
        f"median ({INTERVAL}){only_first(len(rows), len(body))}{daggers(rows)}"
    )
    marks = tuple(row.index for row in rows[:MAX_ROWS])
    return Table(caption, tuple(head), tuple(body), folded="The studies as a table", marks=marks)
