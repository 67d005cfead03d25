"""The figures of the page: drawn, named, described."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bayespool.checks.predictive import things
from bayespool.figures import pit, predictive, priors, svg, traces
from bayespool.report import (
    cutoff_page,
    figure_tables,
    forests,
    group_figures,
    network_page,
    numbers,
    srocs,
    tables,
)
from bayespool.report.accuracy_words import answer, elsewhere
from bayespool.report.blocks import Drawing
from bayespool.report.comparators import Comparator
from bayespool.report.ordering import ordered
from bayespool.report.per_study import StudyRow
from bayespool.report.summary import Summary
from bayespool.report.wording import counted, listed

if TYPE_CHECKING:
    from bayespool.fitted import Fit

NB = numbers.SPACE


def accuracy_drawings(
    fitted: Fit,
    summary: Summary,
    rows: Sequence[StudyRow],
    comparators: Sequence[Comparator],
    order: str = "input",
) -> list[Drawing]:
    """The figures that only accuracy has; studies of the forest plot in an `order`."""
    studies = _forest(fitted, summary, rows, comparators, order)
    shown = srocs.drawings(fitted, summary, comparators)
    along = cutoff_page.drawings(fitted)
    links = network_page.drawings(fitted)
    return [*studies, *shown, *along, *links, *group_figures.bubbles(fitted), _predictive(rows)]


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
    fitted: Fit, summary: Summary, rows: Sequence[StudyRow], comparators: Sequence[Comparator],
    order: str,
) -> list[Drawing]:  # fmt: skip
    table = forests.accuracy_table(fitted, summary, ordered(rows, fitted, order), comparators)
    caption = forests.caption(table, summary.pooled, order) + tables.dagger_words(rows)
    if table.judged:
        caption += f" {group_figures.BIAS_WORDS}"
    n = len(set(fitted.studies.study))
    words = f"{counted(n, 'study', 'studies')}. {answer(summary)} {elsewhere(summary)}"
    return forests.drawings(
        table, "Paired forest plot of sensitivity and specificity", words, caption
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
