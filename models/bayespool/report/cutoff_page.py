"""The section on cut-offs: accuracy at each, the best one, and each by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from bayespool.accuracy.quantities import MARGINS as QUANTITIES
from bayespool.accuracy.quantities import at_cutoff
from bayespool.accuracy.roc import predictive_values
from bayespool.checks.separate_cutoffs import FEWEST, Separate, rows_at, separate
from bayespool.estimands import LOWER, UPPER
from bayespool.figures import bubble, svg
from bayespool.report import numbers
from bayespool.report.blocks import Block, Bullets, Drawing, Prose, Section, Table
from bayespool.report.tables import INTERVAL, estimate_cells
from bayespool.report.wording import listed

if TYPE_CHECKING:
    from bayespool.estimands import Estimate
    from bayespool.fitted import Fit
    from bayespool.report.page import Page
    from bayespool.report.summary import Summary

Array = np.ndarray
NB = numbers.SPACE
MOST = 15  # cut-offs in the table of the page; all are among the numbers
GRID = 61
MOST_MARKS = 6  # cut-offs written on the curve


def shown(fitted: Fit, most: int = MOST) -> list[float]:
    """The cut-offs of most studies, and the reference, increasing."""
    rows = rows_at(fitted)
    reference = fitted.model.cutoff
    order = sorted(rows, key=lambda c: (c != reference, -len(rows[c]), c))
    return sorted(order[:most])


def section(page: Page) -> Section | None:
    """Nothing of a model without cut-offs."""
    fitted = page.fitted
    if not fitted.model.cutoffs(fitted.studies):
        return None
    alone = separate(fitted)
    blocks: list[Block] = [
        page.drawings["cutoffs"],
        table(fitted, page.summary),
        Bullets(best_words(fitted, page.summary)),
    ]
    if alone:
        blocks += [separate_table(fitted, alone), Prose(apart_words(alone))]
    blocks.append(
        Prose(
            "Cut-offs that studies chose because they did well there make every cut-off look "
            "better than it is. All cut-offs of a study, where they are known, mend that in part."
        )
    )
    return Section("cutoffs", "Cut-offs", "Accuracy at every cut-off", tuple(blocks))


def _both(estimate: Estimate) -> str:
    median, interval, _ = estimate_cells(estimate)
    return f"{median} ({interval})"


def after_test(fitted: Fit, cutoff: float, prevalence: float) -> tuple[Array, Array]:
    """Draws of both predictive values."""
    sens, spec = (fitted.samples[at_cutoff(margin, cutoff)].ravel() for margin in QUANTITIES)
    return predictive_values(sens, spec, prevalence)


def _summarised(draws: Array) -> str:
    low, median, high = np.quantile(draws, [LOWER, 0.5, UPPER])
    return f"{numbers.percent(median)} ({numbers.percent_interval(low, high)})"


def table(fitted: Fit, summary: Summary) -> Table:
    """Sensitivity, specificity and predictive values at every cut-off."""
    rows, counts, found = [], rows_at(fitted), shown(fitted)
    for cutoff in found:
        cells = [f"{cutoff:g}", str(len(counts[cutoff]))]
        cells += [_both(summary.estimates[at_cutoff(margin, cutoff)]) for margin in QUANTITIES]
        for p in summary.prevalences:
            cells += map(_summarised, after_test(fitted, cutoff, p))
        rows.append(tuple(cells))
    head = ["Cut-off", "Studies", "Sensitivity", "Specificity"]
    for p in summary.prevalences:
        at = numbers.given_percent(p)
        head += [f"Positive predictive value at prevalence {at}",
                 f"Negative predictive value at prevalence {at}"]  # fmt: skip
    caption = f"The average study at every cut-off: median ({INTERVAL})"
    if len(found) < len(counts):
        caption += f"; the {len(found)} cut-offs of most studies, of {len(counts)}"
    return Table(caption, tuple(head), tuple(rows))


def best_words(fitted: Fit, summary: Summary) -> tuple[str, ...]:
    """The cut-off with the largest Youden index, and how sure that is."""
    best, index = summary.estimates["best_cutoff"], summary.estimates["youden"]
    draws = fitted.samples["best_cutoff"].ravel()
    values = fitted.model.scale(fitted.studies).ladders.values
    said = (
        f"Best cut-off, where sensitivity + specificity is largest in the average study: "
        f"{best.median:.3g} (95{NB}% interval {best.lower:.3g} to "
        f"{best.upper:.3g}); Youden index {numbers.number(index.median)} "
        f"({numbers.number(index.lower)} to {numbers.number(index.upper)})."
    )
    weighed = (
        "It weighs a missed case as much as a false alarm, at a prevalence of one half. Where one "
        "of them is worse, or rarer, another cut-off is better."
    )
    edge = float(np.mean((draws == values[0]) | (draws == values[-1])))
    out = [said, weighed]
    if edge >= 0.01:
        out.append(
            f"In {numbers.percent_prose(edge)} of the draws it is at the end of the range of the "
            f"cut-offs in the table, {values[0]:g} to {values[-1]:g}: the best one may lie beyond."
        )
    return tuple(out)


def separate_table(fitted: Fit, found: Sequence[Separate]) -> Table:
    """Each cut-off from its own studies alone, beside the model of all cut-offs."""
    rows = tuple(
        (
            f"{one.cutoff:g}", str(one.studies),
            *(text for margin, own in zip(QUANTITIES, one.estimates, strict=True)
              for text in (_both(own), _both(fitted.estimates[at_cutoff(margin, one.cutoff)]))),
        )
        for one in found
    )  # fmt: skip
    head = ("Cut-off", "Studies", "Sensitivity, these studies alone", "Sensitivity, all cut-offs",
            "Specificity, these studies alone", "Specificity, all cut-offs")  # fmt: skip
    caption = (
        f"Cut-off by cut-off, by the bivariate model (cut-offs of {FEWEST} studies or more; at "
        f"most {len(rows)}): median ({INTERVAL})"
    )
    return Table(caption, head, rows)


def apart_words(found: Sequence[Separate]) -> str:
    """Where the two analyses disagree."""
    names = ("sensitivity", "specificity")
    far = [f"{name} at {one.cutoff:g}" for one in found
           for name, apart in zip(names, one.apart, strict=True) if apart]  # fmt: skip
    if not far:
        return (
            "The two analyses agree: at none of these cut-offs does the median of all cut-offs lie "
            f"outside the interval of the cut-off's own studies (95{NB}%)."
        )
    return (
        f"The two analyses disagree: the median of all cut-offs lies outside the 95{NB}% interval "
        f"of the cut-off's own studies for {listed(far)}. Either studies reported this cut-off "
        "because of what they found at it, or the marker is not distributed as the model says. "
        "Another transformation (--transform box-cox) or a normal marker (--link probit) may tell."
    )


def drawings(fitted: Fit) -> list[Drawing]:
    """Sensitivity and specificity against the cut-off."""
    if not fitted.model.cutoffs(fitted.studies):
        return []
    studies = fitted.studies
    people = np.stack([studies.n_diseased, studies.n_healthy])
    with np.errstate(invalid="ignore"):
        observed = np.stack([studies.tp, studies.tn]) / people
    x = fitted.model.scale(studies).ladders.cutoffs
    line = _line(fitted, np.linspace(x.min(), x.max(), GRID))
    rows = np.zeros(len(x), int)
    drawn = bubble.BubbleTable("Cut-off", x, observed, people, rows, (line,))
    title = "Sensitivity and specificity at every cut-off"
    words = f"{title}. The values are in the table below the figure."
    caption = (
        "Bubbles: what studies found at their cut-offs, areas in proportion to the participants; a "
        "study with several cut-offs has several. Line: the average study at every cut-off; shaded "
        f"band: 95{NB}% credible, pointwise; dotted lines: where a new study's own value is "
        f"predicted to lie (95{NB}%)."
    )
    return [Drawing("cutoffs", svg.to_svg(bubble.draw(drawn), "figure-cutoffs", title, words),
                    caption)]  # fmt: skip


def _line(fitted: Fit, at: Array) -> bubble.Line:
    """Accuracy along the cut-offs, of the average study and of a new one."""
    found = np.empty((5, 2, len(at)))
    for k, cutoff in enumerate(at):
        average, new = fitted.model.along(fitted.draws.hyper, fitted.new_effects, fitted.coding,
                                          float(cutoff))  # fmt: skip
        for i in range(2):
            found[:3, i, k] = np.quantile(average[i], [0.5, LOWER, UPPER])
            found[3:, i, k] = np.quantile(new[i], [LOWER, UPPER])
    return bubble.Line("", at, *found)


def marks(fitted: Fit) -> tuple[tuple[str, float, float], ...]:
    """Cut-offs on the summary curve: label, false-positive proportion, sensitivity."""
    values = shown(fitted, MOST_MARKS) if fitted.model.cutoffs(fitted.studies) else []
    return tuple(
        (
            f"{value:g}",
            1.0 - fitted.estimates[at_cutoff(QUANTITIES[1], value)].median,
            fitted.estimates[at_cutoff(QUANTITIES[0], value)].median,
        )
        for value in values
    )
