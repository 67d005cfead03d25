"""Results told by a P value alone: "not significant", "P < 0.001", and the design behind them.

The statement is the event that the test statistic lies where such a P value comes from. Its
standard error follows from the design: the sizes of the groups and the number of events. What of
the design is not printed is every possibility, equally likely.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import product
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from bayespool.studies.contradictions import half_unit
from bayespool.studies.limits import MOST_COMPARED, MOST_DESIGNS, MOST_OUTCOMES, MOST_PEOPLE
from bayespool.studies.partial import Partial, RowReader
from bayespool.studies.survival import errors_of_events

Array = NDArray[np.float64]
Counts = NDArray[np.int64]
TESTS = ("wald", "chi2", "yates", "fisher")
DIRECTIONS = ("positive", "negative")
MOST_SPLITS, MOST_EVENTS = 15, 9
MANY_TABLES = 400
MOST_TRIED = 500  # designs with their events; beyond, some of them spread evenly stand for all
_P_VALUE = re.compile(r"(?:[0-9]\.?[0-9]{0,20}|\.[0-9]{1,20})(?:e-[0-9]{1,2})?")
Interval = tuple[float, float, float, float]


@dataclass(frozen=True)
class PValue:
    """A P value lies in (low, high]; ``text`` as printed."""

    text: str
    low: float
    high: float


@dataclass(frozen=True)
class Design:
    """Sizes of two groups, the events of both together, and how likely the sizes are."""

    n1: int
    n2: int
    events: tuple[int, ...]
    weight: float


def read_p(reader: RowReader) -> PValue | None:
    """Column ``p``: ``ns``, ``>0.05``, ``<0.001`` or a number; ``alpha`` goes with ``ns``."""
    text = reader.text("p", "pvalue", "pval").casefold().replace(" ", "").replace(",", ".")
    alpha = reader.number("alpha")
    if alpha is not None and not 0.0 < alpha < 1.0:
        reader.fault("alpha", f"alpha={alpha:g}", "a level above 0 and below 1, such as 0.05")
        return None
    level = 0.05 if alpha is None else alpha
    if text in ("", "ns", "n.s.", "notsignificant"):
        return PValue(f"not significant at {level:g}", level, 1.0)
    sign, number = ("", text) if text[0] not in "<>" else (text[0], text[1:].lstrip("="))
    value = float(number) if _P_VALUE.fullmatch(number) else float("nan")
    if sign == "<" and value == 1.0:
        return PValue("the sign alone", 0.0, 1.0)
    if not 0.0 < value < 1.0:
        reader.fault("p", f"p={text[:24]!r} is no P value", "ns, or such as >0.05, <0.001, 0.03")
        return None
    if sign:
        ends = (0.0, value) if sign == "<" else (value, 1.0)
        return PValue(f"P {sign} {value:g}", *ends)
    half = half_unit(number)
    return PValue(f"P = {number}", max(value - half, 0.0), min(value + half, 1.0))


def read_designs(reader: RowReader, *, events: bool) -> list[Design] | None:
    """Columns n1 and n2, or n where the split is not known; ``events`` of both groups together."""
    before = len(reader.problems)
    n1, n2, n = reader.counts("n1"), reader.counts("n2"), reader.count("n")
    total = reader.counts("events") if events else range(1)
    if len(reader.problems) > before or _too_many_designs(reader, n1, n2, n, total):
        return None
    if n1 is not None and n2 is not None:
        sizes = list(product(n1, n2))
    elif n is not None and n1 is not None:
        sizes = [(first, n - first) for first in n1]
    elif n is not None:
        sizes = [(first, n - first) for first in range(1, n)]
    else:
        reader.fault("n", "a result told by its P value alone has no design",
                     "n1 and n2, or n; numbers or ranges such as 5-18")  # fmt: skip
        return None
    sizes = [(a, b) for a, b in sizes if a > 0 and b > 0]
    if not sizes:
        reader.fault("n", "no two groups have such sizes", "two people or more")
        return None
    if total is None:
        reader.fault("events", "a result told by its P value alone has no number of events",
                     "events of both groups together: a number, or a range (1-22)")  # fmt: skip
        return None
    out = []
    for a, b in sizes:
        possible = tuple(k for k in total if not events or 0 < k < a + b)
        if possible:
            out.append(Design(a, b, possible, 1.0 / len(sizes)))
    if not out:
        reader.fault("events", f"events={reader.text('events')} of {sum(sizes[0])} people",
                     "more than 0 and fewer than the people")  # fmt: skip
        return None
    return out


def _too_many_designs(
    reader: RowReader, n1: range | None, n2: range | None, n: int | None, total: range | None
) -> bool:
    """Whether sizes with events are more than are listed; counted first, and reported."""
    sizes = len(n1) * len(n2) if n1 and n2 else len(n1) if n1 else n or 0
    designs = sizes * min(len(total) if total else 1, MOST_PEOPLE)
    people = max([n or 0, *(ends[-1] for ends in (n1, n2, total) if ends)])
    if designs <= MOST_DESIGNS and people <= MOST_PEOPLE:
        return False
    what = next(name for name in ("n", "n1", "events") if reader.text(name))
    reader.fault(what, f"the sizes and events allow {designs} designs of up to {people} people",
                 f"at most {MOST_DESIGNS} designs of {MOST_PEOPLE} people")  # fmt: skip
    return True


def thinned(items: list, most: int) -> list:
    """At most so many, evenly spread over the list, as middles of equal parts."""
    if len(items) <= most:
        return items
    at = ((np.arange(most) + 0.5) * len(items) / most).astype(int)
    return [items[i] for i in at]


def intervals_of(p: PValue, direction: str, errors: list[tuple[float, float]]) -> list[Interval]:
    """Where the estimate may lie for each (SE, weight): two mirrored parts without a direction."""
    near = 0.0 if p.high >= 1.0 else NormalDist().inv_cdf(1.0 - p.high / 2.0)
    far = np.inf if p.low <= 0.0 else -NormalDist().inv_cdf(p.low / 2.0)
    out: list[Interval] = []
    for se, weight in errors:
        if direction != "negative":
            out.append((near * se, far * se, se, weight))
        if direction != "positive":
            out.append((-far * se, -near * se, se, weight))
        if not direction and near == 0.0:
            out[-2:] = [(-far * se, far * se, se, weight)]
    return out


def error_of_log_odds(design: Design) -> list[tuple[float, float]]:
    """Standard error of a log odds ratio at equal risks, for each number of events."""
    n = design.n1 + design.n2
    out = []
    some = thinned(list(design.events), MOST_EVENTS)
    for events in some:
        risk = events / n
        variance = (1.0 / design.n1 + 1.0 / design.n2) / (risk * (1.0 - risk))
        out.append((float(np.sqrt(variance)), design.weight / len(some)))
    return out


def p_values(test: str, e1: Counts, n1: int, e2: Counts, n2: int) -> Array:
    """Two-sided P value of every table; a Wald test adds 1/2 to every cell where one is zero.

    Without that a table of 0 of 65 against 31 of 106 had a standard error without bounds, and
    would count as not significant (Haldane 1956, Ann Hum Genet 20:309-311).

    Parameters
    ----------
    test : {"wald", "chi2", "yates", "fisher"}
    e1, e2 : array of int
        Events of the groups of n1 and n2.
    """
    from scipy.special import ndtr

    a, b, c, d = e1, n1 - e1, e2, n2 - e2
    if test == "fisher":
        return _fisher(e1, n1, e2, n2)
    with np.errstate(divide="ignore", invalid="ignore"):
        if test == "wald":
            add = np.where(np.minimum(np.minimum(a, b), np.minimum(c, d)) == 0, 0.5, 0.0)
            a, b, c, d = a + add, b + add, c + add, d + add
            z = np.log(a * d / (b * c)) / np.sqrt(1 / a + 1 / b + 1 / c + 1 / d)
        else:
            off = np.abs(a * d - b * c) - (n1 + n2) / 2.0 * (test == "yates")
            margins = n1 * n2 * (a + c) * (b + d)
            chi2 = np.maximum(off, 0.0) ** 2 * (n1 + n2) / margins
            z = np.sqrt(np.where(margins > 0, chi2, 0.0))
    return np.asarray(2.0 * ndtr(-np.abs(z)))


def _fisher(e1: Counts, n1: int, e2: Counts, n2: int) -> Array:
    from scipy import stats

    out = np.ones(len(e1))
    for total in np.unique(e1 + e2):
        rows = np.flatnonzero(e1 + e2 == total)
        support = np.arange(max(0, total - n2), min(n1, total) + 1)
        mass = stats.hypergeom.pmf(support, n1 + n2, n1, total)
        own = mass[(e1[rows] - support[0]).astype(int)]
        as_rare = mass[None, :] <= own[:, None] * (1.0 + 1e-7)
        out[rows] = np.minimum((mass * as_rare).sum(axis=1), 1.0)
    return out


def censored_counts(reader: RowReader) -> Partial | None:
    """A comparison of two groups' events told by its P value: tables, and log odds ratios."""
    before = len(reader.problems)
    p = read_p(reader)
    direction = reader.word(DIRECTIONS, "direction")
    named = reader.word(TESTS, "p_test")
    designs = read_designs(reader, events=True)
    if len(reader.problems) > before or p is None or designs is None:
        return None
    # an exact P value is that of some test; a bound is held to one that every table has
    tests = (named,) if named else ("fisher",) if p.low == 0.0 or p.high == 1.0 else TESTS
    few = thinned(designs, MOST_SPLITS)
    coarse = [replace(d, events=tuple(thinned(list(d.events), MOST_EVENTS))) for d in few]
    every = sum(len(design.events) for design in designs) <= MOST_TRIED
    tried = designs if every else coarse
    if not _can_be_tried(tried, tests):  # its estimate is still known to lie in intervals
        tried, every = [], False
    tables, nearest = _tables(tried, p, direction, tests)
    if len(tables) > MANY_TABLES:
        tables, _ = _tables(coarse, p, direction, tests)
    said = _said(reader, p, direction)
    if not tables and every:
        reader.fault("p", f"no table of this design gives {said} by the test {' or '.join(tests)}",
                     f"the nearest possible P value is {nearest:.3g}")  # fmt: skip
        return None
    weights = list(tables.values())
    errors = [error for design in few for error in error_of_log_odds(design)]
    intervals = intervals_of(p, direction, errors)
    return Partial("censored", said, tuple(tables), tuple(weights), tuple(intervals))


def _can_be_tried(designs: list[Design], tests: tuple[str, ...]) -> bool:
    """Whether the tables of the designs are few enough; an exact test compares each with all."""
    sizes = [
        min(design.n1, events) - max(0, events - design.n2) + 1
        for design in designs
        for events in design.events
    ]
    compared = sum(size * size for size in sizes) if "fisher" in tests else 0
    return sum(sizes) <= MOST_OUTCOMES and compared <= MOST_COMPARED


def _tables(
    designs: list[Design], p: PValue, direction: str, tests: tuple[str, ...]
) -> tuple[dict[tuple[int, int, int, int], float], float]:
    """The tables that give such a P value by one of the tests, and the nearest P value there is."""
    tables: dict[tuple[int, int, int, int], float] = {}
    nearest = (np.inf, 0.0)
    for design in designs:
        e1, e2 = _outcomes(design)
        difference = e1 / design.n1 - e2 / design.n2
        toward = np.ones(len(e1), bool)
        if direction:
            toward = difference > 0 if direction == "positive" else difference < 0
        fits = np.zeros(len(e1), bool)
        for test in tests:
            value = p_values(test, e1, design.n1, e2, design.n2)
            fits |= (value > p.low) & (value <= p.high)
            off = np.where(toward, np.maximum(p.low - value, value - p.high), np.inf)
            at = int(np.argmin(off))
            nearest = min(nearest, (float(off[at]), float(value[at])))
        for a, b in zip(e1[fits & toward], e2[fits & toward], strict=True):
            tables[int(a), design.n1, int(b), design.n2] = design.weight
    return tables, nearest[1]


def _outcomes(design: Design) -> tuple[Counts, Counts]:
    """All tables of a design with one of its numbers of events."""
    pairs = [
        (e1, events - e1)
        for events in design.events
        for e1 in range(max(0, events - design.n2), min(design.n1, events) + 1)
    ]
    e1, e2 = np.array(pairs, dtype=np.int64).T
    return e1, e2


def censored_estimate(reader: RowReader, measure: str) -> Partial | None:
    """An estimate told by its P value, with the standard error of its design.

    ``se`` as given; else of an odds ratio from n1, n2 (or n) and events, of a standardised mean
    difference from n1, n2 (or n), of a mean difference also from ``sd``, of a correlation from n.
    """
    before = len(reader.problems)
    p = read_p(reader)
    direction = reader.word(DIRECTIONS, "direction")
    errors = _errors(reader, measure)
    if len(reader.problems) > before or p is None or errors is None:
        return None
    intervals = intervals_of(p, direction, errors)
    return Partial("censored", _said(reader, p, direction), intervals=tuple(intervals))


def _errors(reader: RowReader, measure: str) -> list[tuple[float, float]] | None:
    se = reader.number("se", "sei")
    if se is not None:
        if se <= 0:
            reader.fault("se", f"se={se:g}", "above 0")
            return None
        return [(se, 1.0)]
    if measure == "cor":
        n = reader.count("n")
        if n is None or n < 4:
            reader.fault("n", f"n={reader.text('n') or 'blank'} gives no standard error",
                         "n of 4 or more")  # fmt: skip
            return None
        return [(1.0 / float(np.sqrt(n - 3.0)), 1.0)]
    if measure == "hr":
        found = thinned(errors_of_events(reader), MOST_EVENTS)
        return [(se, 1.0 / len(found)) for se in found] or None
    if measure not in ("smd", "md", "or"):
        reader.fault("se", "the standard error of the design is not known",
                     f"se, on the scale of analysis of {measure}")  # fmt: skip
        return None
    designs = read_designs(reader, events=measure == "or")
    if designs is None:
        return None
    if measure == "or":
        return [
            error for design in thinned(designs, MOST_SPLITS) for error in error_of_log_odds(design)
        ]
    sd = 1.0
    if measure == "md":
        given = reader.number("sd")
        if given is None or given <= 0:
            reader.fault("sd", "a mean difference needs the SD within the groups", "sd above 0")
            return None
        sd = given
    few = thinned(designs, MOST_SPLITS)
    return [(sd * float(np.sqrt(1 / d.n1 + 1 / d.n2)), d.weight) for d in few]


def _said(reader: RowReader, p: PValue, direction: str) -> str:
    names = ("n1", "n2", "n", "events", "events1", "events2", "se")
    design = [f"{name} {reader.text(name)}" for name in names if reader.text(name)]
    toward = f", direction {direction}" if direction else ""
    return f"{p.text}{toward} ({', '.join(design)})"
