"""The figures of the page: drawn, named, described."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bayespool.checks.predictive import things
from bayespool.plots import forest, pit, predictive, priors, sroc, svg, traces
from bayespool.report import figure_tables, group_figures, numbers, tables
from bayespool.report.accuracy_words import answer, elsewhere
from bayespool.report.blocks import Drawing
from bayespool.report.comparators import Comparator
from bayespool.report.per_study import StudyRow
from bayespool.report.summary import Summary
from bayespool.report.wording import ALONE, AVERAGE, POOLED, counted, listed

if TYPE_CHECKING:
    from bayespool.fitted import Fit

NB = numbers.SPACE


def accuracy_drawings(
    fitted: Fit,
    summary: Summary,
    rows: Sequence[StudyRow],
    comparators: Sequence[Comparator],
) -> list[Drawing]:
    """The figures that only accuracy has."""
    if summary.labels == ("",):
        shown = _sroc(fitted, summary, rows, comparators)
    else:
        shown = group_figures.sroc(fitted, summary, comparators)
    if summary.labels == ("",) and not fitted.studies.several_rows():
        studies = _forest(fitted, summary, rows, comparators)
    else:
        studies = group_figures.forest(fitted, summary, rows, comparators)
    return [studies, shown, *group_figures.bubbles(fitted), _predictive(rows)]


def draw_all(fitted: Fit, rows: Sequence[StudyRow], own: Sequence[Drawing]) -> dict[str, Drawing]:
    """All figures of a fit by name: its kind's own and the shared; one that fails raises."""
    made = [*own, _priors(fitted)]
    if any(m.predicted for row in rows for m in row.margins):
        made.insert(len(own), _pit(rows, things(fitted)))
    else:  # every row is told by limits alone: nothing to compare predictions with
        made = [drawing for drawing in made if drawing.name != "predictive"]
    if fitted.engine == "nuts":
        made.append(_ranks(fitted))
    return {drawing.name: drawing for drawing in made}


def _forest(
    fitted: Fit, summary: Summary, rows: Sequence[StudyRow], comparators: Sequence[Comparator]
) -> Drawing:
    table = figure_tables.forest_table(fitted, summary, rows, comparators)
    where = {POOLED: "pooled", ALONE: "the one study", AVERAGE: "the average study"}[summary.pooled]
    caption = (
        f"Open circles: observed shares with exact 95{NB}% intervals and counts. Squares: the "
        f"same studies shrunken towards the others, with 95{NB}% credible intervals. Filled "
        f"diamonds and dashed lines: {where}. Capped lines: where a new study's own value "
        "is predicted to lie."
    )
    caption += tables.dagger_words(rows)
    if any(row.bias for row in table.drawn):
        caption += f" {group_figures.BIAS_WORDS}"
    if comparators:
        caption += " Open diamonds: results from elsewhere, not pooled."
    if not table.drawn:
        caption = (
            f"{len(rows):,} studies are too many to draw one by one; they are in studies.csv. "
            "Filled diamonds: pooled. Capped lines: where a new study is predicted to lie."
        )
    words = f"{counted(len(rows), 'study', 'studies')}. {answer(summary)} {elsewhere(summary)}"
    if table.drawn:
        words += " The values of every study are in the table below the figure."
    text = svg.to_svg(
        forest.draw(table),
        "figure-forest",
        "Paired forest plot of sensitivity and specificity",
        words,
    )
    return Drawing("forest", text, caption)


def _sroc(
    fitted: Fit, summary: Summary, rows: Sequence[StudyRow], comparators: Sequence[Comparator]
) -> Drawing:
    table = figure_tables.sroc_table(fitted, summary, comparators)
    left = len(rows) - len(table.studies)
    each = "result of a study" if table.joined else "study"
    caption = (
        f"Each grey ellipse is a {each}: the wider, the more participants without the condition; "
        f"the taller, the more with it. {group_figures.regions_words(fitted)} The summary curve is "
        "that of the posterior medians; it is dashed beyond the observed false-positive "
        "proportions."
    )
    if table.joined:
        caption += " Thin lines join the results of one study."
    if left:
        caption += (
            f" Not drawn: {counted(left, 'study', 'studies')} with an empty or unknown group."
        )
    if table.reconstructed.any():
        caption += f" {group_figures.DOTTED_WORDS}"
    if any(table.bias):
        caption += f" {group_figures.BIAS_WORDS}"
    title = "Summary ROC plot"
    return Drawing(
        "sroc", svg.to_svg(sroc.draw(table), "figure-sroc", title, answer(summary)), caption
    )


def _predictive(rows: Sequence[StudyRow]) -> Drawing:
    table = figure_tables.predictive_table(rows)
    counts = [(m, m.predicted) for row in rows for m in row.margins if m.predicted is not None]
    inside = sum(p.inside for _, p in counts)
    outside = [row.row for row in rows if any(m.predicted and not m.predicted.inside
                                              for m in row.margins)]  # fmt: skip
    words = f"{inside} of {len(counts)} observed counts lie inside their predictive intervals."
    if outside:
        words += f" Outside: {listed(outside[:10])}{' and others' if len(outside) > 10 else ''}."
    caption = (
        f"Observed counts as shares, and 95{NB}% predictive intervals for a study of the same size "
        f"with new study effects. {words}"
    )
    what = "studies" if all(row.first for row in rows) else "results"
    if len(table.rows) < len(rows):
        caption += (
            f" Of {len(rows):,} {what} the {len(table.rows)} most surprising are drawn; all are "
            "in studies.csv."
        )
    title = "Observed and predicted counts of every study"
    text = svg.to_svg(predictive.draw(table), "figure-predictive", title, words)
    return Drawing("predictive", text, caption)


def _pit(rows: Sequence[StudyRow], what: str) -> Drawing:
    table = figure_tables.pit_table(rows)
    outside = int(((table.values < table.lower) | (table.values > table.upper)).sum())
    words = (
        f"{outside} of {len(table.values)} sorted values lie outside the band around the diagonal."
    )
    caption = (
        f"Leave-one-out probability integral transforms: where each {what.removesuffix('s')} falls "
        f"in what the other studies predict for it. Band: 95{NB}% at each point by itself. {words}"
    )
    title = "Leave-one-out probability integral transforms"
    return Drawing("pit", svg.to_svg(pit.draw(table), "figure-pit", title, words), caption)


def _priors(fitted: Fit) -> Drawing:
    panels = figure_tables.prior_panels(fitted)
    words = "One panel for each of: " + listed([panel.title for panel in panels]) + "."
    caption = (
        "Dashed lines: prior densities. Filled: posterior draws. Where the two look alike the data "
        "said little. The shared areas are in the table below."
    )
    title = "Priors beside posteriors"
    return Drawing(
        "priors", svg.to_svg(priors.draw(panels), "figure-priors", title, words), caption
    )


def _ranks(fitted: Fit) -> Drawing:
    panels = figure_tables.rank_panels(fitted)
    caption = (
        "Rank plots: how often each chain visits each twentieth of the pooled draws. Lines that "
        "stay near the grey level mean that all chains explored the same posterior."
    )
    words = "One panel for each of: " + listed([panel.title for panel in panels]) + "."
    title = "Rank plots of the Markov chains"
    return Drawing("ranks", svg.to_svg(traces.draw(panels), "figure-ranks", title, words), caption)
