"""Tables and figures of an association, as texts and small tables ready to be shown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from bayespool.association.scale import shown_name, to_measure
from bayespool.plots import effect_forest, predictive, svg
from bayespool.plots.marks import Interval
from bayespool.report import effect_words, numbers
from bayespool.report.association_numbers import risk_name
from bayespool.report.blocks import Drawing, Table
from bayespool.report.effect_words import people
from bayespool.report.figure_tables import most_surprising
from bayespool.report.per_study import StudyRow
from bayespool.report.tables import INTERVAL, MAX_ROWS, estimate_cells, only_first
from bayespool.report.wording import counted, estimand_kind, estimand_label, listed
from bayespool.studies.measures import MEASURES

if TYPE_CHECKING:
    from bayespool.estimands import Estimate
    from bayespool.fitting import Fit
    from bayespool.report.summary import Summary

NB = numbers.SPACE
SCALE = {"exp": "log", "expit": "percent"}
_STATEMENT = re.compile(r"P\((\w+) ([<>]) (\S+)\)")
_BETWEEN = re.compile(r"P\((\S+) <= (\w+) <= (\S+)\)")


def kind_of(measure: str) -> str:
    """How values on the measure's own scale are written."""
    return estimand_kind(shown_name("mu", measure))


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
        return numbers.MISSING
    if kind == "proportion" and margin.trials:
        bounds = numbers.observed_interval(margin.observed.lower, margin.observed.upper)
        return f"{numbers.share(margin.successes, margin.trials)} ({bounds})"
    return written(margin.observed, kind)


def estimates_table(summary: Summary, names: Sequence[str], caption: str) -> Table:
    """Estimands in words, one a row."""
    rows = []
    knows_variation = "tau" in summary.estimates
    for name in names:
        if name in summary.estimates and (knows_variation or "new" not in name):
            median, interval, error = estimate_cells(summary.estimates[name])
            exact = np.isinf(summary.estimates[name].ess)
            label = estimand_label(name, summary.measure)
            rows.append((label, median, interval, "exact" if exact else _error(error)))
    return Table(caption, ("", "Median", INTERVAL, "Monte Carlo error of the median"), tuple(rows))


def _error(text: str) -> str:
    """Evenly spread draws can give a median whose error cannot be measured."""
    return numbers.MISSING if text == "0" else text


def probabilities_table(summary: Summary) -> Table:
    """Probability statements, on the measure's own scale."""
    rows = []
    for item in summary.probabilities:
        if "tau" not in summary.estimates and "mu_new" in item.statement:
            continue
        error = numbers.error(item.mcse, "proportion") if item.mcse > 0.0 else numbers.MISSING
        if 0.0 < item.mcse < 1e-6:
            error = "exact"
        rows.append((statement(item.statement, summary.measure), numbers.percent(item.prob), error))
    head = ("", "Probability", "Monte Carlo error (percentage points)")
    return Table("How probable it is, given these studies and priors", head, tuple(rows))


def statement(text: str, measure: str) -> str:
    """A probability statement in words."""
    between = _BETWEEN.fullmatch(text)
    if between is not None:
        low, name, high = between.groups()
        ends = f"{_cut(float(low), name)} to {_cut(float(high), name)}"
        return f"{estimand_label(name, measure)} within {ends}: too small to matter"
    found = _STATEMENT.fullmatch(text)
    if found is None:
        return text
    name, sign, at = found.groups()
    cut = float(at)
    if name in ("mu", "mu_new") and shown_name(name, measure) != name:
        name, cut = shown_name(name, measure), float(to_measure(np.array(cut), measure))
    word = "above" if sign == ">" else "below"
    return f"{estimand_label(name, measure)} {word} {_cut(cut, name)}"


def _cut(x: float, name: str) -> str:
    if estimand_kind(name) == "proportion":
        return numbers.given_percent(x)
    return f"{x:.4g}".replace("-", numbers.MINUS)


def absolute_table(summary: Summary) -> Table:
    """Of 1,000 people in each group how many have the event."""
    rows = []
    for risk, needed in zip(summary.baseline_risks, summary.numbers_needed, strict=True):
        name = risk_name(risk)
        label = numbers.given_percent(risk) if isinstance(risk, float) else repr(risk)
        d = summary.estimates[f"difference@{name}"]
        needs = numbers.MISSING
        if needed.bounded:
            ends = sorted((1.0 / abs(needed.lower), 1.0 / abs(needed.upper)))
            way = "more" if needed.difference > 0 else "fewer"
            needs = (
                f"{people(1 / abs(needed.difference))} ({people(ends[0])}"
                f"{numbers.TO}{people(ends[1])}) for one event {way}"
            )
        rows.append((label, _per_thousand(summary.estimates[f"risk@{name}"]), _per_thousand(d),
                     needs))  # fmt: skip
    head = ("Risk in group 2", "Events per 1,000 in group 1", "Difference per 1,000",
            "Number needed")  # fmt: skip
    return Table(f"In 1,000 people: median ({INTERVAL})", head, tuple(rows))


def _per_thousand(e: Estimate) -> str:
    middle, low, high = (numbers.number(1000 * x, 0) for x in (e.median, e.lower, e.upper))
    return f"{middle} ({low}{numbers.TO}{high})"


def studies_table(fitted: Fit, summary: Summary, rows: Sequence[StudyRow]) -> Table:
    """Observed and shrunken values of every row."""
    kind, counted_rows = kind_of(summary.measure), any(row.margins[0].counts for row in rows)
    weights = getattr(fitted.studies, "how", None)
    body = []
    for row in rows[:MAX_ROWS]:
        cells = [row.margins[0].counts or numbers.MISSING] if counted_rows else []
        cells += [observed_text(row, kind), written(row.margins[0].shrunken, kind)]
        if weights is not None:
            cells.append(weights[row.index])
        body.append((row.row, *cells))
    head = ["Study", *(["Counts"] if counted_rows else []), "Observed", "Shrunken"]
    if weights is not None:
        head.append("From")
    caption = (
        f"Studies: observed {MEASURES[summary.measure].label} (95{NB}% interval) and posterior "
        f"median ({INTERVAL}){only_first(len(rows), len(body))}"
    )
    return Table(caption, tuple(head), tuple(body), folded="The studies as a table")


def short(fitted: Fit, row: StudyRow) -> str:
    """A label for figures: the study's where it has one row only."""
    studies = fitted.studies
    return row.row if studies.several_rows() else studies.study[row.index]


def forest(fitted: Fit, summary: Summary, rows: Sequence[StudyRow]) -> Drawing:
    """The forest plot."""
    table = forest_table(fitted, summary, rows)
    caption = (
        f"Open circles: observed, with 95{NB}% intervals (arrows: cut off). Squares: the same "
        f"studies shrunken towards the others, with 95{NB}% credible intervals. Filled diamond and "
        "dashed line: pooled. "
    )
    if table.predictive is not None:
        caption += "Capped line: where a new study's own value is predicted to lie. "
    caption += "Numbers at the right: observed, then pooled."
    if table.columns[0]:
        caption += f" Counts: {COUNTS[table.columns[0]]}."
    if not table.drawn:
        caption = (
            f"{len(rows):,} results are too many to draw one by one; they are in studies.csv. "
            "Filled diamond: pooled. Capped line: where a new study is predicted to lie."
        )
    words = (
        f"{counted(len(rows), 'result', 'results')}. {effect_words.answer(summary)} "
        f"{effect_words.elsewhere(summary)}"
    )
    title = f"Forest plot of the {MEASURES[summary.measure].label}"
    return Drawing(
        "forest", svg.to_svg(effect_forest.draw(table), "figure-forest", title, words), caption
    )


COUNTS = {
    "group 1, group 2": "events/people of group 1, then of group 2",
    "events/n": "events/people",
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
        lines.append(
            effect_forest.EffectRow(
                name, row.index + 1, margin.counts, observed_text(row, kind).replace(NB, " "),
                margin.observed, None if nested else margin.shrunken,
            )
        )  # fmt: skip
    ends = []
    summaries = [("Pooled", effect_words.pooled(summary))]
    if "tau" in summary.estimates:
        summaries.append(("A new study", effect_words.predicted(summary)))
    for label, e in summaries:
        interval = Interval(e.median, e.lower, e.upper)
        text = written(interval, kind).replace(NB, " ")
        ends.append(effect_forest.EffectRow(label, 0, "", text, None, interval))
    counts = ""
    if any(row.margins[0].counts for row in rows):
        counts = "events/n" if hasattr(fitted.studies, "events") else "group 1, group 2"
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
    inside = sum(p.inside for p in found if p is not None)
    outside = [
        row.row for row, p in zip(rows, found, strict=True) if p is not None and not p.inside
    ]
    words = f"{inside} of {len(found)} {what} lie inside their predictive intervals."
    if outside:
        words += f" Outside: {listed(outside[:10])}{' and others' if len(outside) > 10 else ''}."
    caption = f"{_PREDICTED[found[0].kind if found[0] else 'estimate']} {words}"
    if len(table.rows) < len(rows):
        caption += (
            f" Of {len(rows):,} the {len(table.rows)} most surprising are drawn; all are in "
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
    "e1": f"Events of group 1 as a share of its people, and 95{NB}% predictive intervals with a "
    "new study effect, given what the study itself says of its baseline risk: nothing predicts the "
    "baseline of a new study.",
}


def predictive_table(
    fitted: Fit, summary: Summary, rows: Sequence[StudyRow]
) -> tuple[predictive.PredictiveTable, str]:
    """What the predictive figure draws, and whether these are counts or estimates."""
    measure = MEASURES[summary.measure]
    lines = []
    shares = rows[0].margins[0].trials > 0
    for row in most_surprising(rows):
        margin = row.margins[0]
        found = margin.predicted
        if found is None:
            continue
        values = np.array([found.observed, found.median, found.lower, found.upper])
        values = values / max(margin.trials, 1) if shares else to_measure(values, measure.name)
        seen, *ends = map(float, values)
        lines.append(
            predictive.PredictiveLine(
                short(fitted, row), row.index + 1, (seen,), (Interval(*ends),)
            )
        )
    scale = "percent" if shares else SCALE.get(measure.back, "linear")
    title = measure.label[:1].upper() + measure.label[1:]
    if shares and measure.name != "proportion":
        title = "Events in group 1"
    what = "observed counts" if shares else "observed estimates"
    return predictive.PredictiveTable(tuple(lines), (title,), scale), what
