"""Two engines on the same model and data, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayespool.agreement import Agreement, Difference
from bayespool.quantity import inside
from bayespool.report import numbers
from bayespool.report.blocks import Bullets, Prose, Section, Table
from bayespool.report.summary import Summary

if TYPE_CHECKING:
    from bayespool.fitted import Fit

OF = {"lower": "the lower end of ", "upper": "the upper end of ", "median": "the median of "}


def agreement_section(fitted: Fit, other: Agreement, summary: Summary) -> Section:
    """How far the two are from each other, and every estimate of both."""
    again = (
        "a second time by the same engine"
        if other.engine == fitted.engine
        else "by a second engine that shares no random numbers with the first"
    )
    largest = other.largest(summary.estimates, filter(summary.tells_of, other.estimates))
    words = (
        f"The same model and data were also fitted {again}. The largest "
        f"difference is {numbers.number(abs(largest.value), 1)} combined Monte Carlo standard "
        f"errors, of {named(fitted, largest)}; among this many medians and ends of intervals two "
        "or three are no surprise."
    )
    table = agreement_table(fitted, other, summary)
    said = (Bullets(other.messages),) if other.messages else ()
    blocks = (Prose(words), *said, table)
    return Section("agreement", "Two engines", "Two independent computations", blocks)


def named(fitted: Fit, one: Difference) -> str:
    """What a difference is of, in words."""
    return f"{OF[one.summary]}{inside(fitted.named[one.name].label)}"


def agreement_table(fitted: Fit, other: Agreement, summary: Summary) -> Table:
    """Both medians and means per estimand, and their differences in combined errors."""
    rows = []
    names = [name for name in other.estimates if summary.tells_of(name)]
    apart = {
        (one.name, one.summary): one.value for one in other.differences(summary.estimates, names)
    }
    for name in names:
        a, b = summary.estimates[name], other.estimates[name]
        kind = a.estimand.unit
        cells = [numbers.value(x, kind) for x in (a.median, b.median)]
        cells.append(numbers.number(apart.get((name, "median"), 0.0), 1))
        cells += [numbers.value(x, kind) for x in (a.mean, b.mean)]
        cells.append(numbers.number(apart.get((name, "mean"), 0.0), 1))
        rows.append((fitted.named[name].label, *cells))
    first, second = (fitted.engine, other.engine)
    if first == second:
        first, second = f"{first}, seed {fitted.seed}", f"{second}, seed {other.seed}"
    head = ("", f"Median, {first}", f"Median, {second}", "Difference in errors",
            f"Mean, {first}", f"Mean, {second}", "Difference in errors")  # fmt: skip
    caption = "Differences are in units of the combined Monte Carlo standard error"
    return Table(caption, head, tuple(rows))
