"""The figures of models with groups, tests, covariates or several results in a study."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool.estimands import LOWER, UPPER
from bayespool.numerics.links import link
from bayespool.plots import bubble, grouped_forest, grouped_sroc, svg
from bayespool.plots.grouped_forest import Block, Ending, GroupedForestTable, GroupedRow
from bayespool.plots.marks import Interval
from bayespool.quantity import Group
from bayespool.report import figure_tables, numbers, points, tables
from bayespool.report.accuracy_words import answer, elsewhere
from bayespool.report.blocks import Drawing
from bayespool.report.comparators import Comparator, by_name
from bayespool.report.per_study import EMPTY_SHORT, StudyRow
from bayespool.report.points import MARGINS, ending
from bayespool.report.summary import Summary
from bayespool.report.wording import counted, listed
from bayespool.streams import rng

if TYPE_CHECKING:
    from bayespool.fitted import Fit

Array = np.ndarray
NB = numbers.SPACE
GRID = 41
DOTTED_WORDS = (
    "Dotted and empty: a study whose table is reconstructed, at the possible table in the middle."
)
BIAS_WORDS = (
    "Signs: overall risk of bias, the worst of the domains: plus low, question mark unclear, minus "
    "high, no sign not judged."
)


def forest_table(
    fitted: Fit, summary: Summary, rows: Sequence[StudyRow], comparators: Sequence[Comparator]
) -> GroupedForestTable:
    """Studies under their group; where studies have several tests, under the tests they have."""
    labels = points.drawn(fitted)
    biases = figure_tables.bias_words(fitted.studies)
    lines = [_row(row, labels.index(row.group), bias)
             for row, bias in zip(rows, biases, strict=True)]  # fmt: skip
    endings = [_ending(summary, label, i) for i, label in enumerate(labels)]
    external = tuple(
        (name, (found["sens"].drawn if "sens" in found else None,
                found["spec"].drawn if "spec" in found else None))
        for name, found in by_name(comparators).items()
    )  # fmt: skip
    if labels == ("",):
        return GroupedForestTable((Block("", tuple(lines), tuple(endings)),), external)
    if not fitted.studies.several_rows():
        blocks = tuple(
            Block(label.shown, tuple(x for x in lines if x.series == i), (endings[i],))
            for i, label in enumerate(labels)
        )
        return GroupedForestTable(blocks, external)
    tests: dict[str, list[str]] = {}
    for row in rows:
        tests.setdefault(row.study, []).append(row.group)
    sets = {study: tuple(x for x in labels if x in found) for study, found in tests.items()}
    titles = sorted(set(sets.values()), key=lambda s: (-len(s), [labels.index(x) for x in s]))
    parts = [
        Block(
            f"{listed(list(title))}{' only' if len(title) == 1 else ''}",
            tuple(x for x, row in zip(lines, rows, strict=True) if sets[row.study] == title),
            keep=len(title) > 1,
        )
        for title in titles
    ]
    return GroupedForestTable((*parts, Block("", (), tuple(endings))), external, labels)


def _row(row: StudyRow, series: int, bias: str) -> GroupedRow:
    sens, spec = row.margins
    counts = [
        f"{m.successes}/{m.trials}" if m.trials else row.empty(EMPTY_SHORT[name])
        for name, m in zip(MARGINS, row.margins, strict=True)
    ]
    return GroupedRow(
        row.marked, row.index + 1, (counts[0], counts[1]), (sens.observed, spec.observed),
        (sens.shrunken, spec.shrunken), series, not row.first, row.reconstructed, bias,
    )  # fmt: skip


def _ending(summary: Summary, label: Group, series: int) -> Ending:
    of = ending(label)

    def pair(stem: str) -> tuple[Interval, Interval]:
        found = [summary.estimates[f"{name}{stem}{of}"] for name in MARGINS]
        sens, spec = (Interval(e.median, e.lower, e.upper) for e in found)
        return sens, spec

    new = "a new study"
    if "sens_new_study" in summary.estimates:
        new = "one result of a new study"
    return Ending(label.shown, pair(""), pair("_new"), series, new)


def forest(
    fitted: Fit, summary: Summary, rows: Sequence[StudyRow], comparators: Sequence[Comparator]
) -> Drawing:
    """The forest plot."""
    table = forest_table(fitted, summary, rows, comparators)
    caption = (
        f"Open circles: observed shares with exact 95{NB}% intervals and counts. Filled marks: the "
        f"same results shrunken towards the others, with 95{NB}% credible intervals. Diamonds and "
        "broken lines: pooled. Capped lines: where a new study's own value is predicted to lie."
    )
    if fitted.studies.several_rows():
        caption += " A vertical bar beside the names joins the rows of one study."
    caption += tables.dagger_words(rows)
    if any(row.bias for block in table.drawn for row in block.rows):
        caption += f" {BIAS_WORDS}"
    if comparators:
        caption += " Open diamonds: results from elsewhere, not pooled."
    shown = sum(len(block.rows) for block in table.drawn)
    if not shown:
        caption = (
            f"{len(rows):,} rows are too many to draw one by one; they are in the table below and "
            "in studies.csv. Diamonds: pooled. Capped lines: where a new study is predicted to lie."
        )
    elif shown < len(rows):
        caption += (
            f" Of {len(rows):,} rows the {shown} of studies with several tests are drawn; all are "
            "in the table below and in studies.csv."
        )
    n = len(set(fitted.studies.study))
    words = f"{counted(n, 'study', 'studies')}. {answer(summary)} {elsewhere(summary)}"
    title = "Paired forest plot of sensitivity and specificity"
    return Drawing(
        "forest", svg.to_svg(grouped_forest.draw(table), "figure-forest", title, words), caption
    )


def sroc_table(
    fitted: Fit, summary: Summary, comparators: Sequence[Comparator]
) -> grouped_sroc.GroupedSrocTable:
    """A part for each group or test, and lines between the results of one study."""
    parts = tuple(
        (label.shown, figure_tables.sroc_table(fitted, summary, comparators, label))
        for label in points.drawn(fitted)
    )
    joined = figure_tables.joined(fitted.studies)
    return grouped_sroc.GroupedSrocTable(parts, joined, parts[0][1].comparators)


def sroc(fitted: Fit, summary: Summary, comparators: Sequence[Comparator]) -> Drawing:
    """The summary ROC plot of several groups or tests."""
    table = sroc_table(fitted, summary, comparators)
    caption = (
        "Each open mark is a result of a study: the larger, the more participants. Filled areas: "
        "credible regions of the pooled points. "
    )
    if table.predicts:
        caption += "Thin outlines: prediction regions of a new study. "
    else:
        caption += "Prediction regions of so many groups would hide one another. "
    caption += regions_words(fitted) + (
        " The summary curves are those of the posterior medians; they are dotted beyond the "
        "false-positive proportions that studies of the group observed."
    )
    if table.joined:
        caption += " Thin grey lines join the results of one study."
    if any(part.reconstructed.any() for _, part in table.parts):
        caption += f" {DOTTED_WORDS}"
    if any(word for _, part in table.parts for word in part.bias):
        caption += f" {BIAS_WORDS}"
    text = svg.to_svg(
        grouped_sroc.draw(table), "figure-sroc", "Summary ROC plot of each group", answer(summary)
    )
    return Drawing("sroc", text, caption)


def regions_words(fitted: Fit) -> str:
    """What the regions of a summary ROC plot are."""
    words = (
        f"The regions are ellipses on the {fitted.model.link} scale from mean and covariance of "
        "the posterior draws, drawn back on the scale of proportions: an approximation."
    )
    if fitted.model.nu is not None:
        words += (
            f" The prediction region is as large as it must be to hold 95{NB}% of the predictive "
            "draws."
        )
    return words


def bubbles(fitted: Fit) -> list[Drawing]:
    """One bubble plot for each numeric covariate."""
    out = []
    numeric = [c.covariate for c in points.codings(fitted) if not c.levels]
    for i, covariate in enumerate(numeric):
        table = bubble_table(fitted, covariate)
        caption = (
            f"Sensitivity and specificity by {covariate}. Each mark is a study: the larger its "
            "area, the more participants in that group. Lines: posterior medians"
        )
        if len(table.lines) <= bubble.MOST_BANDS:
            caption += (
                f"; shaded bands: 95{NB}% credible, pointwise; dotted lines: where a new study's "
                f"own value is predicted to lie (95{NB}%)"
            )
        settings, first = fitted.model.settings(fitted.studies), points.drawn(fitted)[0]
        told_apart = settings[first] if first else {}
        others = [c.note for c in points.codings(fitted)
                  if c.covariate != covariate and c.covariate not in told_apart]  # fmt: skip
        if others:
            caption += f". Other covariates at their reference or centre ({'; '.join(others)})"
        name = f"bubble-{i + 1}"
        title = f"Sensitivity and specificity by {covariate}"
        words = f"{title}. The values at the ends of the lines are in the table below the figure."
        out.append(
            Drawing(name, svg.to_svg(bubble.draw(table), f"figure-{name}", title, words),
                    f"{caption}.")
        )  # fmt: skip
    return out


def bubble_table(fitted: Fit, covariate: str) -> bubble.BubbleTable:
    """Observed accuracy against a covariate, and a regression line for each group drawn."""
    studies = fitted.studies
    x = np.array(studies.covariates[covariate], float)
    people = np.stack([studies.n_diseased, studies.n_healthy])
    with np.errstate(invalid="ignore"):
        observed = np.stack([studies.tp, studies.tn]) / people
    labels = points.drawn(fitted)
    at = np.linspace(x.min(), x.max(), GRID)
    lines = tuple(_line(fitted, label, covariate, at) for label in labels)
    series = np.array([labels.index(group) for group in points.of_rows(fitted)])
    return bubble.BubbleTable(covariate, x, observed, people, series, lines)


def _line(fitted: Fit, label: Group, covariate: str, at: Array) -> bubble.Line:
    g, model, studies = link(fitted.model.link), fitted.model, fitted.studies
    hyper = {name: draws.ravel() for name, draws in fitted.draws.hyper.items()}
    fixed: dict[str, Any] = dict(model.settings(studies)[label]) if label else {}
    random = rng(fitted.seed, "covariate line")
    z = random.standard_normal(fitted.theta.shape[1])
    if model.nu is not None:
        z = z * np.sqrt(hyper["nu"] / random.chisquare(hyper["nu"]))
    found = np.empty((2, 5, len(at)))
    for k, value in enumerate(at):
        mu, tau, _ = model.point(hyper, studies, fixed | {covariate: float(value)})
        for i in range(2):
            found[i, :3, k] = np.quantile(mu[i], [0.5, LOWER, UPPER])
            found[i, 3:, k] = np.quantile(mu[i] + tau[i] * z, [LOWER, UPPER])
    median, lower, upper, new_lower, new_upper = g.inverse(found).swapaxes(0, 1)
    return bubble.Line(label.shown, at, median, lower, upper, new_lower, new_upper)
