"""Results from elsewhere that are shown beside the own result, never pooled with it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from bayespool.figures.marks import Interval
from bayespool.report.points import MARGINS


@dataclass(frozen=True)
class Comparator:
    """A published sensitivity or specificity; proportions, `interval` its kind ("95 % CI")."""

    name: str
    measure: str
    estimate: float
    reference: str = ""
    lower: float | None = None
    upper: float | None = None
    interval: str = ""
    note: str = ""

    @property
    def drawn(self) -> Interval:
        """As a mark; a point where no interval was published."""
        lower = self.estimate if self.lower is None else self.lower
        return Interval(self.estimate, lower, self.estimate if self.upper is None else self.upper)


def read_comparators(given: Iterable[Mapping[str, Any]]) -> tuple[Comparator, ...]:
    """Comparators from mappings.

    Raises
    ------
    ValueError
        An unknown or missing key, an unknown measure, or numbers that are not ordered proportions.
    """
    allowed = [item.name for item in fields(Comparator)]
    out = []
    for number, record in enumerate(given, start=1):
        where = f"comparator {number}"
        unknown = sorted(set(record) - set(allowed))
        missing = [key for key in ("name", "measure", "estimate") if key not in record]
        if unknown or missing:
            problem = f"unknown {', '.join(unknown)}" if unknown else f"no {', '.join(missing)}"
            raise ValueError(f"{where}: {problem}; allowed keys: {', '.join(allowed)}")
        if record["measure"] not in MARGINS:
            raise ValueError(
                f"{where}: measure={record['measure']!r}; allowed: {', '.join(MARGINS)}"
            )
        values = dict(record)
        for key in ("estimate", "lower", "upper"):
            if values.get(key) is not None:
                values[key] = float(values[key])
        ordered = [values[k] for k in ("lower", "estimate", "upper") if values.get(k) is not None]
        if not all(math.isfinite(x) and 0 <= x <= 1 for x in ordered) or ordered != sorted(ordered):
            raise ValueError(
                f"{where}: lower, estimate, upper are {ordered}; allowed: proportions in this order"
            )
        out.append(Comparator(**values))
    return tuple(out)


def by_name(comparators: Iterable[Comparator]) -> dict[str, dict[str, Comparator]]:
    """Comparators of one name together: name -> measure -> comparator."""
    out: dict[str, dict[str, Comparator]] = {}
    for item in comparators:
        out.setdefault(item.name, {})[item.measure] = item
    return out
