"""Rows of two groups' events that are no full table, as the tables they allow."""

from __future__ import annotations

import numpy as np

from bayespool.studies.censoring import Interval, censored_counts
from bayespool.studies.columns import Recognised
from bayespool.studies.counts import read_counts
from bayespool.studies.partial import (
    EMPTY,
    Kinds,
    Partial,
    RowReader,
    candidate_weights,
    check_candidates,
    too_many,
)
from bayespool.studies.possible import ARM_RATES, read_rate, tables_that_print, too_many_to_try
from bayespool.studies.problems import Problem
from bayespool.studies.spellings import ARMS

KINDS = ("rates", "candidate", "censored")


def statement(
    kinds: Kinds, row: int, recognised: Recognised, problems: list[Problem]
) -> Partial | None:
    """What a partial row states; None, and a problem, where it states nothing possible."""
    kind = kinds.kinds[row]
    if kind == "candidate":
        return _candidates(kinds, row, recognised, problems)
    reader = RowReader(kinds.table, row, problems)
    return _rates(reader) if kind == "rates" else censored_counts(reader)


def _candidates(
    kinds: Kinds, row: int, recognised: Recognised, problems: list[Problem]
) -> Partial | None:
    members = kinds.members[row]
    before = len(problems)
    weights = candidate_weights(kinds, members, problems)
    counts, found = read_counts(kinds.original.take(members), recognised, every_group=True)
    problems += found
    if len(problems) > before:
        return None
    cells = zip(*(counts[role] for role in ("e1", "none1", "e2", "none2")), strict=True)
    tables = tuple((a, a + b, c, c + d) for a, b, c, d in cells)
    check_candidates(kinds, members, tables, problems)
    return Partial("candidate", f"one of {len(tables)} tables", tables, tuple(weights))


def _rates(reader: RowReader) -> Partial | None:
    before = len(reader.problems)
    texts = {name: reader.text(*ARMS[name]) for name in ARM_RATES}
    printed = {name: read_rate(text) for name, text in texts.items() if text}
    for name, rate in printed.items():
        if rate is None:
            reader.fault(name, f"{name}={texts[name]!r} is no rate",
                         "a proportion, a percentage, or a range of them")  # fmt: skip
    sizes = [reader.counts(*ARMS[name]) for name in ("n1", "n2")]
    if len(reader.problems) > before:
        return None
    if len(printed) < 2 or sizes[0] is None or sizes[1] is None:
        lacking = next((n for n, t in texts.items() if not t), "n1" if sizes[0] is None else "n2")
        reader.fault(lacking, f"{lacking} is blank", "risk1 with n1, and risk2 with n2")
        return None
    known = {name: rate for name, rate in printed.items() if rate is not None}
    if much := too_many_to_try(sizes[0], sizes[1], {}):
        reader.fault("n1", *much)
        return None
    tables, weights, nearest = tables_that_print(sizes[0], sizes[1], ARM_RATES, known, {})
    said = ", ".join(f"{texts[name]} of {reader.text(*ARMS[size])}"
                     for name, size in (("risk1", "n1"), ("risk2", "n2")))  # fmt: skip
    if not tables:
        reader.fault("risk1", f"no table prints {said}", f"the nearest possible prints {nearest}")
        return None
    if too_many(tables):
        reader.fault("risk1", f"{len(tables)} tables print {said}", "more decimals")
        return None
    count = "one table" if len(tables) == 1 else f"{len(tables)} tables"
    return Partial("rates", f"{said}: {count}", tuple(tables), tuple(weights))


def intervals_of_tables(partial: Partial, measure: str, add: float | None) -> tuple[Interval, ...]:
    """The estimate of each possible table with its standard error and weight.

    Tables without an estimate (a zero cell, with nothing added) are left out, and so are those
    that say nothing of the measure, unless there are no others.
    """
    from bayespool.studies.arms import effects_of_counts

    e1, n1, e2, n2 = np.array(partial.tables, dtype=np.int64).T
    found = effects_of_counts(measure, e1, n1, e2, n2, add)
    if found.empty.all():
        return ((-np.inf, np.inf, float(found.se.mean()), 1.0),)
    weight = np.array(partial.weights) * found.usable
    if not weight.sum():
        return ()
    weight = weight / weight.sum()
    return tuple(
        (float(y), float(y), float(se), float(w))
        for y, se, w in zip(found.estimate, found.se, weight, strict=True)
        if w > 0
    )


def says_nothing(e1: int, n1: int, e2: int, n2: int, se: float) -> Partial:
    """A row whose groups do not tell a measure, whatever it is; `se` with 1/2 in every cell."""
    who = "nobody has" if e1 + e2 == 0 else "everybody has"
    why = f"{who} the event in either group" if n1 and n2 else "one group is without people"
    return Partial(EMPTY, f"{why}: it says nothing", intervals=((-np.inf, np.inf, se, 1.0),))


def central_estimate(intervals: tuple[Interval, ...]) -> tuple[float, float]:
    """Mean and standard deviation of the estimate over what is possible; nan where censored."""
    low, high, se, weight = np.array(intervals).T
    weight = weight / weight.sum()
    if not np.array_equal(low, high):
        return float("nan"), float(weight @ se)
    mean = float(weight @ low)
    return mean, float(np.sqrt(weight @ (se**2 + (low - mean) ** 2)))
