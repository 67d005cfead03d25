"""Figures of an association: its forest plot, and observed beside predicted values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool.association.scale import to_measure
from bayespool.numerics.two_groups import effect_given_total
from bayespool.plots import effect_forest, predictive, svg
from bayespool.plots.marks import Interval
from bayespool.report import effect_words, numbers, tables
from bayespool.report.blocks import Drawing
from bayespool.report.effect_tables import kind_of, observed_text, written
from bayespool.report.figure_tables import most_surprising
from bayespool.report.per_study import StudyRow, marked
from bayespool.report.wording import ALONE, AVERAGE, POOLED, counted, listed
from bayespool.studies.measures import MEASURES

if TYPE_CHECKING:
    from bayespool.fitted import Fit
    from bayespool.report.summary import Summary

NB = numbers.SPACE
SCALE = {"exp": "log", "expit": "percent"}


def short(fitted: Fit, row: StudyRow) -> str:
    """A label for figures: the study's where it has one row only."""
    studies = fitted.studies
    return row.row if studies.several_rows() else studies.study[row.index]


def forest(fitted: Fit, summary: Summary, rows: Sequence[StudyRow]) -> Drawing:
    """The forest plot."""
    table = forest_table(fitted, summary, rows)
    mean = table.pooled.label.lower()
    if len({row.study for row in rows}) == 1:
        caption = (
            f"Open circle: observed, with its 95{NB}% interval. Square: the study's own value, "
            f"with its 95{NB}% credible interval. "
        )
    else:
        caption = (
            f"Open circles: observed, with 95{NB}% intervals (arrows: cut off). Squares: the same "
            f"studies shrunken towards the others, with 95{NB}% credible intervals. "
        )
    caption += f"Filled diamond and dashed line: {mean}. "
    if table.predictive is not None:
        caption += "Capped line: where a new study's own value is predicted to lie. "
    caption += tables.dagger_words(rows).lstrip() + " " * any(row.note for row in rows)
    caption += f"Numbers at the right: observed, then {mean}."
    if table.columns[0]:
        caption += f" Counts: {COUNTS[table.columns[0]]}."
    if not table.drawn:
        caption = (
            f"{len(rows):,} results are too many to draw one by one; they are in studies.csv. "
            f"Filled diamond: {mean}. Capped line: where a new study is predicted to lie."
        )
    words = (
        f"{counted(len(rows), 'result', 'results')}. {effect_words.answer(summary)} "
        f"{effect_words.elsewhere(summary)}"
    )
    title = f"Forest plot of the {MEASURES[summary.measure].label}"
    return Drawing(
        "forest", svg.to_svg(effect_forest.draw(table), "figure-forest", title, words), caption
    )


SHORT = {POOLED: "Pooled", AVERAGE: "The average study", ALONE: "Estimate"}
COUNTS = {
    "group 1, group 2": "events/people of group 1, then of group 2",
    "events/n": "events/people",
    "before, after": "people with the finding/all, before, then after",
}


def forest_table(
    fitted: Fit, summary: Summary, rows: Sequence[StudyRow]
) -> effect_forest.EffectForestTable:
    """What the forest plot draws."""
    measure = MEASURES[summary.measure]
    kind = kind_of(measure.name)
    nested = len({row.study for row in rows}) < len(rows)
    lines: list[effect_forest.EffectRow] = []
    for row in rows:
        margin = row.margins[0]
        if nested and row.study not in {line.label for line in lines if line.shrunken}:
            lines.append(
                effect_forest.EffectRow(row.study, row.index + 1, "", "", None, margin.shrunken)
            )
        name = row.row.removeprefix(f"{row.study}, ") if nested else short(fitted, row)
        text = observed_text(row, kind).replace(NB, " ") if margin.observed else "no estimate"
        lines.append(
            effect_forest.EffectRow(
                marked(name, row.note), row.index + 1, margin.counts, text,
                margin.observed, None if nested else margin.shrunken, row.reconstructed,
            )
        )  # fmt: skip
    ends = []
    summaries = [(SHORT[summary.pooled], effect_words.pooled(summary))]
    if summary.varies:
        summaries.append(("A new study", effect_words.predicted(summary)))
    for label, e in summaries:
        interval = Interval(e.median, e.lower, e.upper)
        text = written(interval, kind).replace(NB, " ")
        ends.append(effect_forest.EffectRow(label, 0, "", text, None, interval))
    counts = ""
    if any(row.margins[0].counts for row in rows):
        paired = "before, after" if hasattr(fitted.studies, "yes_before") else "group 1, group 2"
        counts = "events/n" if hasattr(fitted.studies, "events") else paired
    title = measure.label[:1].upper() + measure.label[1:]
    scale = SCALE.get(measure.back, "linear")
    null = 0.0 if measure.name == "generic" else measure.null
    return effect_forest.EffectForestTable(
        title, scale, tuple(lines), ends[0], ends[1] if len(ends) > 1 else None, null,
        (counts, "observed"),
    )  # fmt: skip


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
    caption = f"{_PREDICTED[shown[0].kind if shown else 'estimate']} {words}"
    if len(table.rows) < len(shown):
        caption += (
            f" Of {len(shown):,} the {len(table.rows)} most surprising are drawn; all are in "
            "studies.csv."
        )
    title = "Observed and predicted values of every study"
    text = svg.to_svg(predictive.draw(table), "figure-predictive", title, words)
    return Drawing("predictive", text, caption)


_PREDICTED = {
    "estimate": f"Observed estimates, and 95{NB}% predictive intervals for a study of the same "
    "standard error with a new study effect.",
    "events": f"Observed shares, and 95{NB}% predictive intervals for a study of the same size "
    "with a new study effect.",
    "e1": f"Observed events of group 1, and 95{NB}% predictive intervals of them with a new study "
    "effect, given the number of events of both groups together: nothing predicts the baseline of "
    "a new study. Both are drawn as the effect that they make, 1/2 added to every cell.",
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
    scale = SCALE.get(measure.back, "linear")
    return predictive.PredictiveTable(tuple(lines), (title,), scale), what


def predicted_values(fitted: Fit, row: StudyRow) -> np.ndarray:
    """Observed value, and median and ends of its predictive interval, on the measure's scale."""
    margin, measure = row.margins[0], fitted.model.measure
    found = margin.predicted
    if found is None:
        raise ValueError(f"{row.row} has no prediction")
    values = np.array([found.observed, found.median, found.lower, found.upper])
    if found.kind == "events":
        return values / margin.trials
    if found.kind == "e1":
        return effect_of_events(fitted.studies, row.index, values, measure)
    return to_measure(values, measure)


def effect_of_events(studies: Any, i: int, e1: np.ndarray, measure: str) -> np.ndarray:
    """The effect that events of group 1 would make in a row, the total of events as observed."""
    own, n1, e2, n2 = (np.array(getattr(studies, n)[i]) for n in ("e1", "n1", "e2", "n2"))
    return to_measure(effect_given_total(measure, e1, n1, own + e2, n2), measure)
