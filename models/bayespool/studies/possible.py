"""Which integer tables print as a study prints: enumeration of two groups' counts.

A rate may have been rounded or cut off; both are allowed. Exact comparison of whole numbers.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from bayespool.studies.limits import MOST_PAIRS, MOST_PEOPLE, MOST_TRIED

Counts = NDArray[np.int64]
# hits and people of group 1, of group 2 -> numerator and denominator
Rate = Callable[[Counts, Counts, Counts, Counts], tuple[Counts, Counts]]
ACCURACY_RATES: dict[str, Rate] = {
    "sens": lambda x, n, y, m: (x, n),
    "spec": lambda x, n, y, m: (y, m),
    "ppv": lambda x, n, y, m: (x, x + m - y),
    "npv": lambda x, n, y, m: (y, y + n - x),
    "accuracy": lambda x, n, y, m: (x + y, n + m),
}
ARM_RATES: dict[str, Rate] = {
    "risk1": lambda x, n, y, m: (x, n),
    "risk2": lambda x, n, y, m: (y, m),
}
_RATE = re.compile(r"[0-9]{0,3}[.,\u00b7]?[0-9]{0,17}")
AT_ONCE = 200_000  # tables compared at a time: some 20 MB
_FINEST = Fraction(1, 10**9)  # decimals beyond are those of a computed rate


@dataclass(frozen=True)
class Printed:
    """A printed rate: the values in [low, high) would print so; ``text`` as printed."""

    text: str
    low: Fraction
    high: Fraction


def read_rate(text: str) -> Printed | None:
    """A rate or a range of rates, ``92.1%``, ``0.92``, ``0.27-0.80``; None if it is neither.

    A number above 1 is a percentage. Between the two ends of a range every value is possible.
    """
    cleaned = text.replace("\u2013", "-").replace(" ", "")
    percent = "%" in cleaned
    parts = cleaned.replace("%", "").split("-")
    numbers = all(_RATE.fullmatch(part) and re.search("[0-9]", part) for part in parts)
    if not 1 <= len(parts) <= 2 or not numbers:
        return None
    values = [Decimal(part.replace(",", ".").replace("\u00b7", ".")) for part in parts]
    scale = 100 if percent or any(value > 1 for value in values) else 1
    if values[0] > values[-1] or values[0] < 0 or values[-1] > scale:
        return None
    exponents = (int(value.as_tuple().exponent) for value in values)
    units = [max(Fraction(1, 10 ** max(0, -exponent)), _FINEST) for exponent in exponents]
    if scale == 1:  # nobody rounds a proportion to 0 or 1: its zeros were trimmed
        units = [
            min(unit, Fraction(1, 100)) if value in (0, 1) else unit
            for unit, value in zip(units, values, strict=True)
        ]
    low = (Fraction(values[0]) - units[0] / 2) / scale
    high = (Fraction(values[-1]) + units[-1]) / scale
    return Printed(text, low, high)


def tables_that_print(
    sizes1: Sequence[int],
    sizes2: Sequence[int],
    rates: dict[str, Rate],
    printed: dict[str, Printed],
    fixed: dict[str, int],
) -> tuple[list[tuple[int, int, int, int]], list[float], str]:
    """Every (hits1, n1, hits2, n2) whose rates print as stated, and the weight of its sizes.

    Parameters
    ----------
    sizes1, sizes2
        Possible sizes of the two groups, equally likely.
    rates
        What each named rate is.
    printed
        The rates that are printed.
    fixed
        Known counts among hit1, miss1, hit2, miss2.

    Returns
    -------
    tables, weights
    nearest : str
        Where there is none: what the nearest table would print.
    """
    found: list[tuple[int, int, int, int]] = []
    nearest: tuple[float, str] = (float("inf"), "")
    for n in sizes1:
        for m in sizes2:
            x = _hits(n, fixed.get("hit1"), fixed.get("miss1"))
            y = _hits(m, fixed.get("hit2"), fixed.get("miss2"))
            if not len(x) or not len(y):
                continue
            for some in np.array_split(x, -(-len(x) * len(y) // AT_ONCE)):
                fits, near = _tried(some, n, y, m, rates, printed)
                found += fits
                if near[0] < nearest[0]:
                    nearest = near
    weight = 1.0 / (len(sizes1) * len(sizes2))
    return found, [weight] * len(found), nearest[1]


def _tried(
    x: Counts, n: int, y: Counts, m: int, rates: dict[str, Rate], printed: dict[str, Printed]
) -> tuple[list[tuple[int, int, int, int]], tuple[float, str]]:
    """Which of the hits x of n and y of m print as stated; how far off the nearest is, and what
    it would print."""
    grid_x, grid_y = (g.ravel() for g in np.meshgrid(x, y, indexing="ij"))
    people = np.full(len(grid_x), n), np.full(len(grid_x), m)
    fits = np.ones(len(grid_x), bool)
    miss = np.zeros(len(grid_x))
    for name, rate in printed.items():
        top, bottom = rates[name](grid_x, people[0], grid_y, people[1])
        fits &= (bottom > 0) & _between(top, bottom, rate)
        value = top / np.maximum(bottom, 1)
        off = np.maximum(float(rate.low) - value, value - float(rate.high))
        miss += np.where(bottom > 0, np.maximum(off, 0.0), 1.0)
    found = [(int(a), n, int(b), m) for a, b in zip(grid_x[fits], grid_y[fits], strict=True)]
    best = int(np.argmin(miss))
    said = _said(rates, printed, grid_x[best], n, grid_y[best], m)
    return found, (float(miss[best]), said)


def too_many_to_try(
    sizes1: range, sizes2: range, fixed: Mapping[str, int]
) -> tuple[str, str] | None:
    """What is wrong with sizes that allow more tables than are tried; counted, not listed."""
    people = max(sizes1[-1], sizes2[-1])
    pairs = len(sizes1) * len(sizes2)
    tries = 1
    for k, sizes in (("1", sizes1), ("2", sizes2)):
        known = {f"hit{k}", f"miss{k}"} & set(fixed)
        tries *= len(sizes) if known else sum(sizes) + len(sizes) if people <= MOST_PEOPLE else 1
    if people <= MOST_PEOPLE and pairs <= MOST_PAIRS and tries <= MOST_TRIED:
        return None
    rule = f"groups of {_range(sizes1)} and {_range(sizes2)} allow more tables than are tried"
    return rule, (f"the counts; or at most {MOST_PEOPLE} people, {MOST_PAIRS} pairs of sizes and "
                  f"{MOST_TRIED} tables")  # fmt: skip


def _range(sizes: range) -> str:
    return str(sizes[0]) if len(sizes) == 1 else f"{sizes[0]}-{sizes[-1]}"


def _hits(n: int, hit: int | None, miss: int | None) -> Counts:
    every = np.arange(n + 1)
    if hit is not None:
        every = every[every == hit]
    return every if miss is None else every[every == n - miss]


def _between(top: Counts, bottom: Counts, rate: Printed) -> NDArray[np.bool_]:
    low, high = rate.low, rate.high
    above = top * low.denominator >= low.numerator * bottom
    return above & (top * high.denominator < high.numerator * bottom)


def _said(
    rates: dict[str, Rate], printed: dict[str, Printed], x: int, n: int, y: int, m: int
) -> str:
    out = []
    for name in printed:
        top, bottom = rates[name](*(np.array(v) for v in (x, n, y, m)))
        value = f"{100 * int(top) / int(bottom):.1f} %" if bottom else "undefined"
        out.append(f"{name} {int(top)}/{int(bottom)} = {value}")
    return ", ".join(out)
