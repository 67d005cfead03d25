"""The section on an imperfect reference: what was known, what the data add, and what it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool.accuracy.quantities import MARGINS as QUANTITIES
from bayespool.accuracy.standards import as_beta
from bayespool.checks.finding import whole_percent
from bayespool.checks.perfect_reference import perfect_reference
from bayespool.checks.prior_overlap import OVERLAP, overlaps
from bayespool.estimands import LOWER, UPPER
from bayespool.priors import Fixed
from bayespool.quantity import inside
from bayespool.report import numbers
from bayespool.report.blocks import Block, Prose, Section, Table
from bayespool.report.tables import INTERVAL, estimate_cells
from bayespool.report.wording import listed

if TYPE_CHECKING:
    from bayespool.accuracy.standards import Standard
    from bayespool.estimands import Estimate
    from bayespool.fitted import Fit
    from bayespool.report.page import Page
    from bayespool.report.summary import Summary

NB = numbers.SPACE
LEANS = (
    "The reference standard may be wrong here. What is assumed of it carries part of the answer; "
    "observed values are those against the reference."
)
MIRRORED = 0.01  # of the draws with an index test worse than chance, from which it is said


def section(page: Page) -> Section | None:
    """Nothing of a model that takes the reference for the truth."""
    found = page.fitted.model.standards(page.fitted.studies)
    if not found:
        return None
    blocks: list[Block] = [
        standards_table(page.fitted, found),
        Prose(carried(page.fitted, found)),
        *_beside(page.fitted, page.summary),
        prevalences_table(page.fitted),
        Prose(assumed(page.fitted)),
    ]
    said = mirrored(page.fitted)
    if said:
        blocks.insert(0, Prose(said))
    return Section("reference", "Reference", "The imperfect reference standard", tuple(blocks))


def cautions(fitted: Fit) -> list[str]:
    """What to keep in mind of an imperfect reference, on the first screen."""
    if not fitted.model.standards(fitted.studies):
        return []
    said = mirrored(fitted)
    return [*([said] if said else []), LEANS]


def _both(estimate: Estimate) -> str:
    median, interval, _ = estimate_cells(estimate)
    return f"{median} ({interval})"


def _interval(values: tuple[float, ...] | np.ndarray) -> str:
    low, median, high = (float(x) for x in values)
    return f"{numbers.percent(median)} ({numbers.percent_interval(low, high)})"


def standards_table(fitted: Fit, found: tuple[Standard, ...]) -> Table:
    """Prior and posterior of every reference standard, and how much they share."""
    share = overlaps(fitted)
    rows = []
    for standard in found:
        pairs = zip(standard.parameters, (standard.sens, standard.spec), strict=True)
        for name, prior in pairs:
            if isinstance(prior, Fixed):
                cells = (numbers.percent(float(prior.value)), "taken as known", "")
            else:
                ends = as_beta(prior).ppf(np.array([LOWER, 0.5, UPPER]))
                cells = (_interval(ends), _both(fitted.estimates[name]),
                         whole_percent(share[name]))  # fmt: skip
            rows.append((name.label, *cells))
    shared = [(fitted.named[name].label, _of_prior(fitted.model.dependence),
               _both(fitted.estimates[name]), whole_percent(share[name]))
              for name in fitted.model.odds_ratios]  # fmt: skip
    head = ("", f"Before the data (95{NB}% of the prior)", f"After ({INTERVAL})",
            "Shared by both")  # fmt: skip
    return Table("What is known of the reference standard, median (interval)", head,
                 (*rows, *shared))  # fmt: skip


def _of_prior(prior: Any) -> str:
    low, median, high = (float(x) for x in prior.ppf(np.array([LOWER, 0.5, UPPER])))
    return f"{numbers.ratio(median)} ({numbers.ratio(low)} to {numbers.ratio(high)})"


def carried(fitted: Fit, found: tuple[Standard, ...]) -> str:
    """Which parameters of the reference the prior carries."""
    share = overlaps(fitted)
    own = [name for standard in found for name in standard.priors]
    much = [inside(name.label) for name in own if share[name] > OVERLAP]
    if not own:
        return "Sensitivity and specificity of the reference are taken as known."
    if not much:
        return (
            "The data inform sensitivity and specificity of the reference beyond the prior. They "
            "still lean on it: without it no table tells a wrong index test from a wrong reference."
        )
    rest = "The data inform the others. " if len(much) < len(own) else ""
    return (
        f"The prior carries {listed(much)}: prior and posterior share more than "
        f"{whole_percent(OVERLAP)} of their area. {rest}Another prior gives another "
        "answer; it needs a source outside these studies."
    )


def _beside(fitted: Fit, summary: Summary) -> list[Block]:
    """The answer of a perfect reference beside this one."""
    other = perfect_reference(fitted)
    if other is None:
        return []
    rows = tuple(
        (margin.label, _both(summary.estimates[margin.name]), _both(other.estimates[margin.name]))
        for margin in QUANTITIES
    )
    head = ("", "Reference may be wrong", "Reference taken for the truth")
    caption = f"What it changes: the same studies and priors, median ({INTERVAL})"
    parts = []
    for margin in QUANTITIES:
        mine, theirs = (x[margin.name].median for x in (summary.estimates, other.estimates))
        way = "lower" if mine < theirs else "higher"
        points = numbers.number(100.0 * abs(mine - theirs))
        parts.append(f"{inside(margin.label)} is {points} points {way}")
    said = f"With a reference that may be wrong {listed(parts)} than with one taken for the truth."
    return [Table(caption, head, rows), Prose(said)]


def prevalences_table(fitted: Fit) -> Table:
    """How many have the condition in every study, beside how many the reference says."""
    drawn = fitted.model.study_prevalences(fitted.predictors)
    ends = np.quantile(drawn.reshape(len(drawn), -1), [LOWER, 0.5, UPPER], axis=1).T
    studies = fitted.studies
    rows = tuple(
        (row, f"{positive}/{people} = {numbers.share(positive, people)}", _interval(own))
        for row, positive, people, own in zip(
            studies.row, studies.n_diseased.tolist(),
            (studies.n_diseased + studies.n_healthy).tolist(), ends, strict=True,
        )
    )  # fmt: skip
    head = ("Study", "Positive by the reference", f"Prevalence ({INTERVAL})")
    return Table("How many have the condition", head, rows, folded="Prevalences as a table")


def assumed(fitted: Fit) -> str:
    """On conditional independence, which matters most."""
    if fitted.model.odds_ratios:
        return (
            "Index and reference test may be wrong in the same people: an odds ratio between them "
            "above 1, in people with or without the condition, says that they are. Four counts of "
            "a study tell three numbers: what is found here leans on the prior of the reference."
        )
    return (
        "Given the condition, index and reference test are taken as independent. If they tend to "
        "be wrong in the same people, as two tests of the same substance are, this answer is too "
        "good; --dependence estimates that."
    )


def mirrored(fitted: Fit) -> str:
    """A warning where draws exchange disease and health; empty where none do."""
    sens, spec = (fitted.samples[margin.name] for margin in QUANTITIES)
    share = float(np.mean(sens + spec < 1.0))
    if share < MIRRORED:
        return ""
    return (
        f"In {numbers.percent_prose(share)} of the draws the index test is worse than chance "
        "(sensitivity + specificity below 1). The data then do not tell the condition from its "
        "opposite, and medians mix two answers: a narrower prior of the reference, or of sens and "
        "spec, is needed."
    )
