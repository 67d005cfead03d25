"""Two engines on the same model and data, side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from bayespool.estimands import Estimate
from bayespool.report import numbers
from bayespool.report.blocks import Table
from bayespool.report.summary import Summary
from bayespool.report.wording import estimand_kind, label_of

if TYPE_CHECKING:
    from bayespool.fitting import Fit


def other_estimates(fitted: Fit, other: Fit) -> Mapping[str, Estimate]:
    """Estimates of the second fit.

    Raises
    ------
    ValueError
        When the two are not fits of the same model to the same data.
    """
    same = repr(fitted.model) == repr(other.model) and fitted.studies.row == other.studies.row
    if not same or fitted.studies.sha256 != other.studies.sha256:
        raise ValueError(
            "other_engine is a fit of another model or other data; legal: the same model and "
            "studies fitted by another engine"
        )
    return other.estimates


def difference(a: float, b: float, mcse_a: float, mcse_b: float) -> float:
    """Difference in units of the combined Monte Carlo standard error; 0 of 0 is 0."""
    combined = math.hypot(mcse_a, mcse_b)
    if combined == 0.0:
        return 0.0 if a == b else math.inf
    return (a - b) / combined


def agreement_table(fitted: Fit, other: Fit, summary: Summary) -> tuple[Table, float]:
    """Both medians and means per estimand, and the largest difference in combined errors."""
    theirs = other_estimates(fitted, other)
    rows, largest = [], 0.0
    for name in filter(summary.tells_of, theirs):
        a, b, kind = summary.estimates[name], theirs[name], estimand_kind(name)
        median = difference(a.median, b.median, a.mcse_median, b.mcse_median)
        mean = difference(a.mean, b.mean, a.mcse, b.mcse)
        largest = max(largest, abs(median), abs(mean))
        cells = [numbers.value(x, kind) for x in (a.median, b.median)]
        cells.append(numbers.number(median, 1))
        cells += [numbers.value(x, kind) for x in (a.mean, b.mean)]
        rows.append((label_of(fitted, name), *cells, numbers.number(mean, 1)))
    first, second = (fitted.engine, other.engine)
    if first == second:
        first, second = f"{first}, seed {fitted.seed}", f"{second}, seed {other.seed}"
    head = ("", f"Median, {first}", f"Median, {second}", "Difference in errors",
            f"Mean, {first}", f"Mean, {second}", "Difference in errors")  # fmt: skip
    caption = "Differences are in units of the combined Monte Carlo standard error"
    return Table(caption, head, tuple(rows)), largest
