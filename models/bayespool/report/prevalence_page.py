"""The section on prevalence: how common the condition is, and what a result then means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayespool.accuracy.quantities import OF_PREVALENCE
from bayespool.quantity import inside
from bayespool.report import numbers
from bayespool.report.blocks import Block, Bullets, Prose, Section, Table
from bayespool.report.tables import INTERVAL, estimate_cells, estimates_table
from bayespool.report.wording import counted, listed

if TYPE_CHECKING:
    from bayespool.estimands import Estimate
    from bayespool.fitted import Fit
    from bayespool.report.page import Page
    from bayespool.report.summary import Summary

NB = numbers.SPACE
CORRELATIONS = ("rho", "rho_sens_prev", "rho_spec_prev")
CLEAR = 0.975  # probability of one sign from which a correlation is said to have it


def section(page: Page) -> Section | None:
    """Nothing of a model that does not learn prevalence."""
    fitted, summary = page.fitted, page.summary
    if not fitted.model.learns_prevalence:
        return None
    names = ("tau_prev", *CORRELATIONS)
    blocks: list[Block] = [
        table(summary),
        Bullets((carriers(fitted), *correlated(fitted))),
        estimates_table(summary, names, "How prevalence varies, and with what"),
        Prose(
            "Studies are done where people are referred to, so that their prevalences need not be "
            "those of the place where the test will be used. Where that prevalence is known, give "
            "it (--prevalence): the summary of findings is at that prevalence."
        ),
    ]
    return Section("prevalence", "Prevalence", "Prevalence and predictive values", tuple(blocks))


def _both(estimate: Estimate) -> str:
    median, interval, _ = estimate_cells(estimate)
    return f"{median} ({interval})"


def table(summary: Summary) -> Table:
    """Prevalence and predictive values in the average study, and in a new setting."""
    rows = tuple(
        (name.what, _both(summary.estimates[name]), _both(summary.estimates[name.like("new")]))
        for name in OF_PREVALENCE
    )
    head = ("", "In the average study", "In a new setting (predicted)")
    caption = f"With sensitivity, specificity and prevalence together: median ({INTERVAL})"
    return Table(caption, head, rows)


def carriers(fitted: Fit) -> str:
    """Which studies say how common the condition is."""
    own = fitted.model.carriers(fitted.studies)
    said = f"Prevalence is that of {counted(int(own.sum()), 'study', 'studies')}."
    rest = [row for row, carries in zip(fitted.studies.row, own, strict=True) if not carries]
    if not rest:
        return said
    return (
        f"{said} {listed(rest) if len(rest) <= 5 else counted(len(rest), 'study', 'studies')} "
        "chose cases and controls apart, or have one group only: they tell of accuracy alone."
    )


def correlated(fitted: Fit) -> tuple[str, ...]:
    """How sensitivity and specificity go with prevalence."""
    out = []
    for name, what in zip(CORRELATIONS[1:], ("Sensitivity", "Specificity"), strict=True):
        e, up = fitted.estimates[name], float((fitted.samples[name] > 0.0).mean())
        interval = f"{numbers.number(e.lower)} to {numbers.number(e.upper)}"
        way = "higher" if up >= CLEAR else "lower"
        found = (
            f"is {way} where the condition is more common"
            if max(up, 1.0 - up) >= CLEAR
            else "may go with prevalence either way"
        )
        out.append(f"{what} {found}: correlation {numbers.number(e.median)} (95{NB}% interval "
                   f"{interval}).")  # fmt: skip
    ppv = fitted.estimates[OF_PREVALENCE[1].like("new")]
    out.append(
        f"A {inside(OF_PREVALENCE[1].label)} in a new setting may lie anywhere from "
        f"{numbers.percent_interval_prose(ppv.lower, ppv.upper)} (95{NB}% prediction interval)."
    )
    return tuple(out)
