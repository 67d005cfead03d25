"""Figures of an association: its forest plot, and observed beside predicted values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool.association.scale import to_measure
from bayespool.figures import predictive, svg
from bayespool.figures.marks import Interval
from bayespool.numerics.two_groups import effect_given_total
from bayespool.report import effect_words, forests, numbers, tables
from bayespool.report.blocks import Drawing
from bayespool.report.effect_forests import effect_table
from bayespool.report.effect_tables import scale_of
from bayespool.report.figure_tables import most_surprising
from bayespool.report.ordering import ordered
from bayespool.report.per_study import StudyRow
from bayespool.report.wording import counted, listed
from bayespool.studies.measures import MEASURES

if TYPE_CHECKING:
    from bayespool.fitted import Fit
    from bayespool.report.summary import Summary

NB = numbers.SPACE


def short(fitted: Fit, row: StudyRow) -> str:
    """A label for figures: the study's where it has one row only."""
    studies = fitted.studies
    return row.row if studies.several_rows() else studies.study[row.index]


def forest(
    fitted: Fit, summary: Summary, rows: Sequence[StudyRow], order: str = "input"
) -> list[Drawing]:
    """The forest plot, its studies in an `order`; see `forests.drawings`."""
    table = effect_table(fitted, summary, ordered(rows, fitted, order))
    caption = forests.caption(table, summary.pooled, order) + tables.dagger_words(rows)
    words = (
        f"{counted(len(rows), 'result', 'results')}. {effect_words.answer(summary)} "
        f"{effect_words.elsewhere(summary)}"
    )
    title = f"Forest plot of the {MEASURES[summary.measure].label}"
    return forests.drawings(table, title, words, caption)


def predictions(fitted: Fit, summary: Summary, rows: Sequence[StudyRow]) -> Drawing:
    """Observed values against predictive intervals."""
    table, what = predictive_table(fitted, summary, rows)
    found = [row.margins[0].predicted for row in rows]
    shown = [p for p in found if p is not None]
    inside = sum(p.inside for p in shown)
    outside = [
        row.row for row, p in zip(rows, found, strict=True) if p is not None and not p.inside
    ]
    words = f"{inside} of {len(shown)} {what} lie inside their predictive intervals."
    if outside:
        words += f" Outside: {listed(outside[:10])}{' and others' if len(outside) > 10 else ''}."
    kind = shown[0].kind if shown else "estimate"
    how = _PREDICTED.get(kind, _OF_VALUES).format(group=summary.groups[0])
    caption = f"{how} {words}"
    if len(table.rows) < len(shown):
        caption += (
            f" Of {len(shown):,} the {len(table.rows)} most surprising are drawn; all are in "
            "studies.csv."
        )
    title = "Observed and predicted values of every study"
    text = svg.to_svg(predictive.draw(table), "figure-predictive", title, words)
    return Drawing("predictive", text, caption)


_OF_VALUES = (
    f"Observed values, and 95{NB}% predictive intervals for a study of the same size with a new "
    "study effect."
)
_PREDICTED = {
    "estimate": f"Observed estimates, and 95{NB}% predictive intervals for a study of the same "
    "standard error with a new study effect.",
    "events": f"Observed shares, and 95{NB}% predictive intervals for a study of the same size "
    "with a new study effect.",
    "e1": f"Observed events of {{group}}, and 95{NB}% predictive intervals of them with a new "
    "study effect, given the number of events of both groups together: nothing predicts the "
    "baseline of a new study. Both are drawn as the effect that they make, 1/2 added to every "
    "cell.",
}


def predictive_table(
    fitted: Fit, summary: Summary, rows: Sequence[StudyRow]
) -> tuple[predictive.PredictiveTable, str]:
    """What the predictive figure draws, and whether these are counts or estimates."""
    measure = MEASURES[summary.measure]
    lines = []
    for row in most_surprising(rows):
        if row.margins[0].predicted is None:
            continue
        seen, *ends = map(float, predicted_values(fitted, row))
        lines.append(
            predictive.PredictiveLine(
                short(fitted, row), row.index + 1, (seen,), (Interval(*ends),)
            )
        )
    counts = any(row.margins[0].trials > 0 for row in rows)
    title = measure.label[:1].upper() + measure.label[1:]
    what = "observed counts" if counts else "observed estimates"
    scale = scale_of(measure)
    return predictive.PredictiveTable(tuple(lines), (title,), scale), what


def predicted_values(fitted: Fit, row: StudyRow) -> np.ndarray:
    """Observed value, and median and ends of its predictive interval, on the measure's scale."""
    found, measure = row.margins[0].predicted, fitted.model.measure
    if found is None:
        raise ValueError(f"{row.row} has no prediction")
    values = np.array([found.observed, found.median, found.lower, found.upper])
    if np.isfinite(found.trials):
        return values / found.trials
    if found.kind == "e1":
        return effect_of_events(fitted.studies, row.index, values, measure)
    return to_measure(values, measure) if found.kind == "estimate" else values


def effect_of_events(studies: Any, i: int, e1: np.ndarray, measure: str) -> np.ndarray:
    """The effect that events of group 1 would make in a row, the total of events as observed."""
    (own, n1), (e2, n2) = ((events[i], people[i]) for events, people in studies.counted.values())
    return to_measure(effect_given_total(measure, e1, n1, own + e2, n2), measure)
